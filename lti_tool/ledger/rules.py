"""Pure rules of the spine: states, how a result may move, how children roll up to their parent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

ZERO, ONE = Decimal(0), Decimal(1)
INACTIVE = "inactive"
"""Cause of a score that is not sent while its member is not active in the course."""
NOT_GRADED = "not_graded"
"""Cause of a refused score: the LMS gives this person no grades in this course. It ends when the person comes back."""
RELINKED = "relinked"
"""Cause of a score that is `kept` because its column is another activity's now."""
_SEVENTH = Decimal("0.0000001")


class ResultState(StrEnum):
    """How far a member is; "not started" is the absence of a result."""

    doing = "doing"
    done = "done"


class PostState(StrEnum):
    """Where a score is on its way to the LMS."""

    waiting_for_column = "waiting_for_column"
    waiting = "waiting"
    sending = "sending"
    sent = "sent"
    confirmed = "confirmed"
    differs = "differs"
    refused = "refused"
    kept = "kept"
    not_gradable = "not_gradable"


REMOVED_THERE, NOT_TAKEN = "removed_there", "not_taken"
"""Causes of a score that `differs` though no grade of anybody else's stands there: it was there and is not any more; the LMS said
yes twice and never showed it."""
KEPT_THERE = "kept_there"
"""Cause of a score that is `kept` because an instructor said that the LMS's grade counts. That holds for later results too,
until he sends again; other kept scores only wait for a number."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a domain says that a member has reached now.

    `progress` 0 to 1; `score` 0 to the activity's maximum or None (nothing to send); `criteria` in the order of
    Activity.criteria.
    """

    progress: Decimal
    score: Decimal | None
    completed: bool
    criteria: tuple[bool, ...] = ()
    attempt: tuple[datetime, datetime] | None = None
    """When the last attempt was begun and handed in, where there are attempts."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A result as stored."""

    progress: Decimal
    score: Decimal | None
    state: ResultState
    criteria: tuple[bool, ...]
    started_at: datetime
    completed_at: datetime | None
    attempt: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """What a parent needs to know of one child for one member."""

    is_required: bool
    progress: Decimal
    completed: bool


def advance(before: Standing | None, outcome: Outcome, maximum: int, now: datetime) -> Standing:
    """The result after `outcome`.

    Completion once reached stays, with the moment it was reached; progress and score follow the outcome, clamped to
    0..1 and 0..maximum (an LMS refuses negative scores). Applying the same outcome twice changes nothing, and a score
    once reached is never taken back to None, because an LMS may delete the grade then (AG-16).
    """
    completed_at = before.completed_at if before else None
    if outcome.completed and completed_at is None:
        completed_at = now
    score = outcome.score if outcome.score is not None else (before.score if before else None)
    return Standing(
        progress=ONE if completed_at else min(max(outcome.progress, ZERO), ONE).quantize(_SEVENTH, ROUND_HALF_UP),
        score=None if score is None else min(max(score, ZERO), Decimal(maximum)).quantize(_SEVENTH, ROUND_HALF_UP),
        state=ResultState.done if completed_at else ResultState.doing,
        criteria=outcome.criteria,
        started_at=before.started_at if before else now,
        completed_at=completed_at,
        attempt=outcome.attempt or (before.attempt if before else None),
    )


def is_same(before: Standing | None, after: Standing) -> bool:
    """Whether nothing that anybody sees has changed."""
    return before is not None and replace(before, started_at=after.started_at) == after


def roll_up(children: Iterable[Child], maximum: int) -> Outcome:
    """What a parent has reached: the share of its required children that are completed, and completion with the last.

    Optional children count only if there is no required one. Progress is the mean progress of what counts, so it moves
    with every step; the score is maximum x completed / counted, because a column must not show points for half a task.
    """
    every: Sequence[Child] = tuple(children)
    counted = [child for child in every if child.is_required] or every
    if not counted:
        return Outcome(ZERO, None, completed=False)
    n = Decimal(len(counted))
    done = sum(child.completed for child in counted)
    progress = sum((child.progress for child in counted), ZERO) / n
    score = (Decimal(maximum) * done / n).quantize(_SEVENTH, ROUND_HALF_UP)
    return Outcome(min(progress, ONE), score if done else None, completed=done == len(counted))
