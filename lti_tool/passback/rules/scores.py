"""The score itself: its number on the column's scale, and the body that is posted."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

FIFTH = Decimal("0.00001")
"""Gradebooks keep five decimals (domain.md 3.9)."""


def score_given(score: Decimal, *, maximum: int, column_maximum: int) -> Decimal:
    """The score on the scale of the column, to five decimals, half up; 0 to the column's maximum."""
    scaled = score if maximum == column_maximum else score * column_maximum / maximum
    return min(max(scaled.quantize(FIFTH, ROUND_HALF_UP), Decimal(0)), Decimal(column_maximum))


def score_body(*, sub: str, given: Decimal, maximum: int, timestamp: datetime) -> Mapping[str, Any]:
    """The score as it is posted (AGS 2.0, 3.4): always final, always with a number.

    A score without `scoreGiven`, or not FullyGraded, would make Moodle delete the grade (AG-16).
    """
    number = int(given) if given == given.to_integral_value() else float(given)
    return {
        "userId": sub,
        "timestamp": timestamp.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": number,
        "scoreMaximum": maximum,
    }
