"""Pure rules: what a reading of the LMS's gradebook says about a score that it was told, and what follows.

Two sentences carry them. A grade that the LMS was seen to have, or that never was ours, is not written over by itself: a
person has put there what stands there now (AG-14). What it was told and was never seen to have is sent a second time, once
(AG-15), if nothing stands there or an older score of ours.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from lti_tool.ledger.rules import KEPT_THERE, NOT_TAKEN, REMOVED_THERE, PostState
from lti_tool.passback.reconciler.readings import Reading
from lti_tool.passback.rules.machine import Event
from lti_tool.passback.rules.scores import FIFTH

SEVENTH = Decimal("0.0000001")
NIGHT, NIGHT_HOURS, SLOT = time(1), 4, timedelta(minutes=5)
"""From one to five in the morning of the school, each column at a time of its own."""
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=5), timedelta(hours=12)

COMPARED = (PostState.sent, PostState.confirmed, PostState.differs, PostState.refused, PostState.kept)
"""The rest is on its way, waits, or is none of the LMS's business."""


class Drift(StrEnum):
    """How the LMS's grade differs from ours; a cause of the state `differs`."""

    changed_there = "changed_there"
    """Another number stands there, which was never ours. Seen once."""
    teacher_overrode = "teacher_overrode"
    """The same at a second reading: it is the teacher's."""
    removed_there = REMOVED_THERE
    """It was there, and nothing stands there now."""
    not_taken = NOT_TAKEN
    """It was told twice, said yes twice, and does not show it."""


class Step(StrEnum):
    """What follows from a reading for one score."""

    leave = "leave"
    confirm = "confirm"
    differ = "differ"
    resend = "resend"
    note = "note"
    """Only the LMS's number is written down; whose turn it is stays as it was."""


EVENTS: Final[Mapping[Step, Event]] = MappingProxyType(
    {Step.confirm: Event.seen, Step.differ: Event.seen_other, Step.resend: Event.dropped}
)
"""What each step is in the life of a score post; the others do not move it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A score as it stood before the reading; numbers on the scale of the column."""

    state: PostState
    cause: str
    ours: Decimal
    """What the LMS was told; of one that it refused: what it would be told."""
    was_seen: bool
    """Whether a reading has shown it there since it was sent."""
    was_resent: bool
    """Whether it was sent a second time after a reading."""
    read: Decimal | None
    """What stood there at the last reading that differed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows, and the number that the LMS shows if it is another than ours."""

    step: Step
    cause: str = ""
    there: Decimal | None = None


@dataclass(frozen=True, slots=True)
class There:
    """What the LMS shows, on the scale of the column, and how exact that is. `score` None: nothing."""

    score: Decimal | None
    tolerance: Decimal = FIFTH


def on_scale(reading: Reading | None, column_maximum: int) -> There:
    """A reading on the scale of the column. Gradebooks keep five decimals, of their own scale or of ours."""
    if reading is None:
        return There(None)
    factor = Decimal(column_maximum) / reading.maximum
    return There((reading.score * factor).quantize(SEVENTH, ROUND_HALF_UP), FIFTH * max(factor, Decimal(1)))


def is_same(ours: Decimal | None, there: There) -> bool:
    """Whether the two are one number, as far as gradebooks keep them."""
    if ours is None or there.score is None:
        return ours is there.score
    return abs(ours - there.score) <= there.tolerance


def judge(told: Told, there: There, earlier: Collection[Decimal] = ()) -> Verdict:
    """What follows for one score. `earlier`: what the LMS was told for this person before, on the scale of the column."""
    if told.state is PostState.kept:
        return _noted(told, there) if told.cause == KEPT_THERE else Verdict(Step.leave)
    if is_same(told.ours, there):
        return Verdict(Step.leave if told.state is PostState.confirmed else Step.confirm)
    if told.state is PostState.refused:
        return _noted(told, there)
    was_dropped = not told.was_seen and (there.score is None or any(is_same(each, there) for each in earlier))
    if was_dropped and not told.was_resent:
        return Verdict(Step.resend, there=there.score)
    cause = Drift.not_taken if was_dropped else _cause(told, there)
    if (told.state, told.cause) == (PostState.differs, cause) and is_same(told.read, there):
        return Verdict(Step.leave)
    return Verdict(Step.differ, cause, there.score)


def _cause(told: Told, there: There) -> Drift:
    if there.score is None:
        return Drift.removed_there
    return Drift.teacher_overrode if is_same(told.read, there) else Drift.changed_there


def _noted(told: Told, there: There) -> Verdict:
    return Verdict(Step.leave) if is_same(told.read, there) else Verdict(Step.note, told.cause, there.score)


def next_night(line_item_id: int, zone: tzinfo, now: datetime) -> datetime:
    """When a column is read next: at its own time of the coming night in the school's time zone."""
    slots = timedelta(hours=NIGHT_HOURS) // SLOT
    digest = hashlib.blake2b(str(line_item_id).encode(), digest_size=4).digest()
    offset = int.from_bytes(digest) % slots * SLOT
    day = now.astimezone(zone).date()
    for days in range(3):
        found = (datetime.combine(day + timedelta(days=days), NIGHT, zone) + offset).astimezone(now.tzinfo)
        if found > now:
            return found
    raise AssertionError("a night without an end")


def next_try(failures: int, now: datetime) -> datetime:
    """When a column that could not be read is tried again; `failures` counts this one."""
    delay: timedelta = min(FIRST_DELAY * (1 << min(max(failures - 1, 0), 20)), LONGEST_DELAY)
    return now + delay
