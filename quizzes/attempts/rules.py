"""When an attempt begins, runs out and closes (domain 3.8), after Moodle's quiz_attempt (pure).

`now` is the server's clock; the browser's is never asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from lti_tool.ledger.availability import Phase, Window

CONTINUE: Final = timedelta(seconds=2)
"""With less time than this left, a submission counts as time up (QUIZ_MIN_TIME_TO_CONTINUE)."""
LATE_PACKETS: Final = timedelta(seconds=60)
"""Answers are still taken this long after the end, because the way and the server may be slow (graceperiodmin)."""
WORKER_WAITS: Final = timedelta(seconds=5)
"""The worker closes this much after the end, so that a browser which hands in at zero comes first."""


class AttemptState(StrEnum):
    """Where an attempt is. `abandoned`: never submitted, does not count."""

    in_progress = "in_progress"
    overdue = "overdue"
    finished = "finished"
    abandoned = "abandoned"

    @property
    def is_open(self) -> bool:
        """Whether it can still be handed in."""
        return self in {AttemptState.in_progress, AttemptState.overdue}


class ClosedBy(StrEnum):
    """Who ended the attempt."""

    member = "member"
    time = "time"
    staff = "staff"


class OnExpiry(StrEnum):
    """What happens when the time is up."""

    autosubmit = "autosubmit"
    grace = "grace"
    abandon = "abandon"


def limit_for(limit_seconds: int | None, window: Window) -> int | None:
    """The time limit of one person in seconds: the rule, plus a percentage of it (rounded up), plus seconds."""
    if limit_seconds is None:
        return None
    return limit_seconds - (-limit_seconds * window.extra_percent // 100) + window.extra_seconds


def end_of(started_at: datetime, limit: int | None, closes: datetime | None) -> datetime | None:
    """min(start + limit, close) over those that are set: the closing date beats the limit."""
    ends = [closes] if closes is not None else []
    if limit is not None:
        ends.append(started_at + timedelta(seconds=limit))
    return min(ends, default=None)


def replanned(before: datetime | None, own: datetime | None, narrowed: datetime | None) -> datetime | None:
    """The end of a running attempt once dates have changed.

    `before`: its end so far; `own`: by our dates and concessions as they are now; `narrowed`: by the LMS's window too.
    Our own dates hold at once. What the LMS says may move an end back, but takes no time away that was promised (CP-04).
    """
    if before is None or narrowed is None or narrowed >= before:
        return narrowed
    return max(narrowed, before if own is None else min(before, own))


@dataclass(frozen=True, slots=True)
class Timing:
    """What decides when an attempt closes."""

    ends_at: datetime | None
    on_expiry: OnExpiry = OnExpiry.autosubmit
    grace: timedelta = timedelta(days=1)
    is_preview: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What an attempt becomes. `next_check_at` None: the worker need not look again."""

    state: AttemptState
    next_check_at: datetime | None = None
    closed_by: ClosedBy | None = None


def on_contact(state: AttemptState, timing: Timing, now: datetime) -> Step:
    """What a page view, or the worker, makes of an attempt at `now`. Doing it twice changes nothing more."""
    if not state.is_open:
        return Step(state)
    if timing.is_preview or timing.ends_at is None:
        return Step(AttemptState.in_progress)
    if now < timing.ends_at:
        # Also an overdue attempt whose end was moved: it may be worked on again.
        return Step(AttemptState.in_progress, timing.ends_at + WORKER_WAITS)
    match timing.on_expiry:
        case OnExpiry.autosubmit:
            return Step(AttemptState.finished, closed_by=ClosedBy.time)
        case OnExpiry.grace if now - timing.ends_at < timing.grace:
            return Step(AttemptState.overdue, timing.ends_at + timing.grace)
        case _:
            return Step(AttemptState.abandoned, closed_by=ClosedBy.time)


@dataclass(frozen=True, slots=True)
class Submission:
    """What a submission does: the step, and whether the answers it carries are taken."""

    step: Step
    takes_answers: bool


def on_submission(state: AttemptState, timing: Timing, now: datetime, *, is_finishing: bool) -> Submission:
    """What sending a page does at `now`; `is_finishing`: with the button that hands in, not by the clock alone.

    A closed attempt stays as it is: handing in twice is handing in once.
    """
    if not state.is_open:
        return Submission(Step(state), takes_answers=False)
    end = timing.ends_at
    if end is None or now <= end - CONTINUE:
        if is_finishing:
            return Submission(Step(AttemptState.finished, closed_by=ClosedBy.member), takes_answers=True)
        return Submission(on_contact(state, timing, now), takes_answers=True)
    in_time = now <= end + LATE_PACKETS
    if timing.on_expiry is not OnExpiry.grace or timing.is_preview:
        by = ClosedBy.member if is_finishing and now <= end else ClosedBy.time
        return Submission(Step(AttemptState.finished, closed_by=by), takes_answers=in_time)
    if now > end + timing.grace + LATE_PACKETS:
        return Submission(Step(AttemptState.abandoned, closed_by=ClosedBy.time), takes_answers=False)
    # Once overdue, only handing in works; answers that were on their way when the time ran out are still taken.
    takes = in_time and state is AttemptState.in_progress
    if is_finishing:
        return Submission(Step(AttemptState.finished, closed_by=ClosedBy.member), takes_answers=takes)
    return Submission(Step(AttemptState.overdue, end + timing.grace), takes_answers=takes)


@dataclass(frozen=True, slots=True)
class Past:
    """A closed attempt, as far as the next one needs to know it."""

    started_at: datetime
    finished_at: datetime
    limit: int | None = None
    """The limit that held for this person, in seconds."""

    @property
    def counts_until(self) -> datetime:
        """min(finish, start + limit): who closed the browser is not blocked longer."""
        if self.limit is None:
            return self.finished_at
        return min(self.finished_at, self.started_at + timedelta(seconds=self.limit))


class Refusal(StrEnum):
    """Why no attempt may begin now."""

    not_open_yet = "not_open_yet"
    closed = "closed"
    no_attempts_left = "no_attempts_left"
    too_soon = "too_soon"
    no_questions = "no_questions"


@dataclass(frozen=True, slots=True)
class Start:
    """Whether an attempt may begin, and if only later: from when."""

    refusal: Refusal | None = None
    from_when: datetime | None = None
    attempts_left: int | None = None
    """None: unlimited."""


def may_start(
    *, window: Window, past: Sequence[Past], attempts_allowed: int | None, delay: timedelta, now: datetime
) -> Start:
    """Whether the next attempt may begin; `past` are the closed ones, in order. An open one is continued instead."""
    left = None if attempts_allowed is None else max(0, attempts_allowed + window.extra_attempts - len(past))
    phase = window.phase(now)
    if phase is Phase.before:
        return Start(Refusal.not_open_yet, window.opens, left)
    if phase is Phase.closed:
        return Start(Refusal.closed, None, left)
    if left == 0:
        return Start(Refusal.no_attempts_left, None, 0)
    allowed_from = past[-1].counts_until + delay if past else None
    if allowed_from is not None and now < allowed_from:
        return Start(Refusal.too_soon, allowed_from, left)
    return Start(None, None, left)
