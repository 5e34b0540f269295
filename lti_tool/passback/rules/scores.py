"""The score itself: its number on the column's scale, and the body that is posted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Attempt:
    """When what the score is for was begun and handed in, as far as it is known."""

    began_at: datetime | None = None
    ended_at: datetime | None = None


UNKNOWN = Attempt()
FIFTH = Decimal("0.00001")
"""Gradebooks keep five decimals (domain.md 3.9)."""


def score_given(score: Decimal, *, maximum: int, column_maximum: int) -> Decimal:
    """The score on the scale of the column, to five decimals, half up; 0 to the column's maximum."""
    scaled = score if maximum == column_maximum else score * column_maximum / maximum
    return min(max(scaled.quantize(FIFTH, ROUND_HALF_UP), Decimal(0)), Decimal(column_maximum))


def score_body(
    *,
    sub: str,
    given: Decimal,
    maximum: int,
    timestamp: datetime,
    attempt: Attempt = UNKNOWN,
    comment: str = "",
    extra: Mapping[str, Any] = MappingProxyType({}),
) -> Mapping[str, Any]:
    """The score as it is posted (AGS 2.0, 3.4): always final, always with a number.

    A score without `scoreGiven`, or not FullyGraded, would make Moodle delete the grade (AG-16). We have no comments of our
    own (AG-24): `comment` is one that stands in the LMS and would be erased. `extra` is what only this LMS understands. The
    times of the attempt go along (AG-23) and are never later than the score.
    """
    number = int(given) if given == given.to_integral_value() else float(given)
    times = {"startedAt": attempt.began_at, "submittedAt": attempt.ended_at}
    submission = {name: _written(min(moment, timestamp)) for name, moment in times.items() if moment is not None}
    return {
        "userId": sub,
        "timestamp": _written(timestamp),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": number,
        "scoreMaximum": maximum,
        **({"submission": submission} if submission else {}),
        **({"comment": comment} if comment else {}),
        **extra,
    }


def _written(moment: datetime) -> str:
    """ISO 8601 in UTC with a zone, and a fraction as the specification wants it (AG-13)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def is_resubmitted(attempt: Attempt, sent_at: datetime | None) -> bool:
    """Whether something was handed in after the last score arrived; without times only the first score is a submission."""
    return sent_at is None or (attempt.ended_at is not None and attempt.ended_at > sent_at)
