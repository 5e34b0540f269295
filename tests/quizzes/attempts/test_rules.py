"""The timing rules of domain 3.8 as tables, and their laws."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.ledger.availability import Window
from quizzes.attempts.rules import (
    AttemptState,
    ClosedBy,
    OnExpiry,
    Past,
    Refusal,
    Timing,
    end_of,
    limit_for,
    may_start,
    on_contact,
    on_submission,
    replanned,
)

T0 = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
END = T0 + timedelta(minutes=10)
GRACE = timedelta(hours=1)
S = AttemptState


def at(seconds: float) -> datetime:
    """So many seconds after the end."""
    return END + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("limit", "closes", "end"),
    [
        (None, None, None),
        (600, None, 600),
        (None, 300, 300),
        (600, 300, 300),
        (600, 900, 600),
    ],
)
def test_end_is_the_earlier_of_limit_and_close(limit: int | None, closes: int | None, end: int | None) -> None:
    def after(seconds: int | None) -> datetime | None:
        return None if seconds is None else T0 + timedelta(seconds=seconds)

    assert end_of(T0, limit, after(closes)) == after(end)


@pytest.mark.parametrize(
    ("before", "own", "narrowed", "end"),
    [
        (600, 600, 600, 600),
        (600, 900, 900, 900),
        (600, 300, 300, 300),
        (600, 600, 300, 600),
        (600, 900, 300, 600),
        (600, 450, 300, 450),
        (600, None, 300, 600),
        (600, None, None, None),
        (None, None, 300, 300),
        (None, 600, 300, 300),
    ],
)
def test_running_attempt_loses_no_time_to_the_lms(
    before: int | None, own: int | None, narrowed: int | None, end: int | None
) -> None:
    def after(seconds: int | None) -> datetime | None:
        return None if seconds is None else T0 + timedelta(seconds=seconds)

    assert replanned(after(before), after(own), after(narrowed)) == after(end)


@given(*[st.none() | st.integers(0, 10**4).map(lambda seconds: T0 + timedelta(seconds=seconds))] * 3)
def test_law_new_end_is_never_later_than_our_own_dates_and_planning_twice_changes_nothing(
    before: datetime | None, own: datetime | None, lms: datetime | None
) -> None:
    narrowed = min((each for each in (own, lms) if each is not None), default=None)
    end = replanned(before, own, narrowed)
    assert own is None or (end is not None and end <= own)
    assert replanned(end, own, narrowed) == end


def test_starting_five_minutes_before_close_gives_five_minutes() -> None:
    closes = T0 + timedelta(minutes=5)
    assert end_of(T0, 1800, closes) == closes


@pytest.mark.parametrize(
    ("percent", "seconds", "limit"), [(0, 0, 600), (50, 0, 900), (0, 60, 660), (25, 30, 780), (1, 0, 606)]
)
def test_extra_time_lengthens_the_limit(percent: int, seconds: int, limit: int) -> None:
    assert limit_for(600, Window(extra_percent=percent, extra_seconds=seconds)) == limit
    assert limit_for(None, Window(extra_percent=percent, extra_seconds=seconds)) is None


@pytest.mark.parametrize(
    ("policy", "before", "seconds", "after", "by"),
    [
        (OnExpiry.autosubmit, S.in_progress, -1, S.in_progress, None),
        (OnExpiry.autosubmit, S.in_progress, 0, S.finished, ClosedBy.time),
        (OnExpiry.autosubmit, S.in_progress, 10**6, S.finished, ClosedBy.time),
        (OnExpiry.grace, S.in_progress, -1, S.in_progress, None),
        (OnExpiry.grace, S.in_progress, 0, S.overdue, None),
        (OnExpiry.grace, S.overdue, 3599, S.overdue, None),
        (OnExpiry.grace, S.overdue, 3600, S.abandoned, ClosedBy.time),
        (OnExpiry.grace, S.in_progress, 3600, S.abandoned, ClosedBy.time),
        (OnExpiry.grace, S.overdue, -1, S.in_progress, None),
        (OnExpiry.abandon, S.in_progress, -1, S.in_progress, None),
        (OnExpiry.abandon, S.in_progress, 0, S.abandoned, ClosedBy.time),
        (OnExpiry.autosubmit, S.finished, 5, S.finished, None),
        (OnExpiry.autosubmit, S.abandoned, 5, S.abandoned, None),
    ],
)
def test_contact(
    policy: OnExpiry, before: AttemptState, seconds: int, after: AttemptState, by: ClosedBy | None
) -> None:
    step = on_contact(before, Timing(END, policy, GRACE), at(seconds))
    assert (step.state, step.closed_by) == (after, by)


def test_preview_and_attempt_without_end_never_close_by_time() -> None:
    for timing in (Timing(END, is_preview=True), Timing(None)):
        step = on_contact(S.in_progress, timing, at(10**6))
        assert (step.state, step.next_check_at) == (S.in_progress, None)


def test_worker_looks_a_moment_after_the_end() -> None:
    assert on_contact(S.in_progress, Timing(END), T0).next_check_at == at(5)
    assert on_contact(S.in_progress, Timing(END, OnExpiry.grace, GRACE), at(0)).next_check_at == at(3600)


@pytest.mark.parametrize(
    ("policy", "before", "seconds", "finishing", "after", "takes"),
    [
        (OnExpiry.autosubmit, S.in_progress, -60, False, S.in_progress, True),
        (OnExpiry.autosubmit, S.in_progress, -60, True, S.finished, True),
        (OnExpiry.autosubmit, S.in_progress, -2, False, S.in_progress, True),
        (OnExpiry.autosubmit, S.in_progress, -1.9, False, S.finished, True),
        (OnExpiry.autosubmit, S.in_progress, 60, False, S.finished, True),
        (OnExpiry.autosubmit, S.in_progress, 60.1, False, S.finished, False),
        (OnExpiry.abandon, S.in_progress, 30, True, S.finished, True),
        (OnExpiry.abandon, S.in_progress, 61, True, S.finished, False),
        (OnExpiry.grace, S.in_progress, -1, False, S.overdue, True),
        (OnExpiry.grace, S.in_progress, 30, True, S.finished, True),
        (OnExpiry.grace, S.in_progress, 61, True, S.finished, False),
        (OnExpiry.grace, S.overdue, 30, True, S.finished, False),
        (OnExpiry.grace, S.overdue, 3650, True, S.finished, False),
        (OnExpiry.grace, S.overdue, 3661, True, S.abandoned, False),
        (OnExpiry.grace, S.overdue, 30, False, S.overdue, False),
        (OnExpiry.autosubmit, S.finished, -60, True, S.finished, False),
    ],
)
def test_submission(
    policy: OnExpiry, before: AttemptState, seconds: float, finishing: bool, after: AttemptState, takes: bool
) -> None:
    done = on_submission(before, Timing(END, policy, GRACE), at(seconds), is_finishing=finishing)
    assert (done.step.state, done.takes_answers) == (after, takes)


@pytest.mark.parametrize(("seconds", "by"), [(-60, ClosedBy.member), (-1, ClosedBy.member), (1, ClosedBy.time)])
def test_who_closed_it(seconds: int, by: ClosedBy) -> None:
    assert on_submission(S.in_progress, Timing(END), at(seconds), is_finishing=True).step.closed_by is by


def test_delay_counts_from_the_end_of_the_limit_when_the_browser_was_closed() -> None:
    past = [Past(T0, T0 + timedelta(hours=5), limit=600)]
    window = Window()
    delay = timedelta(minutes=30)
    start = may_start(window=window, past=past, attempts_allowed=2, delay=delay, now=END + timedelta(minutes=29))
    assert (start.refusal, start.from_when) == (Refusal.too_soon, END + delay)
    assert may_start(window=window, past=past, attempts_allowed=2, delay=delay, now=END + delay).refusal is None


@pytest.mark.parametrize(
    ("window", "allowed", "taken", "refusal", "left"),
    [
        (Window(), 1, 0, None, 1),
        (Window(), 1, 1, Refusal.no_attempts_left, 0),
        (Window(extra_attempts=1), 1, 1, None, 1),
        (Window(), None, 99, None, None),
        (Window(opens=T0 + timedelta(days=9)), 1, 0, Refusal.not_open_yet, 1),
        (Window(closes=T0), 1, 0, Refusal.closed, 1),
        (Window(due=T0 - timedelta(days=9)), 1, 0, None, 1),
    ],
)
def test_may_start(window: Window, allowed: int | None, taken: int, refusal: Refusal | None, left: int | None) -> None:
    past = [Past(T0 - timedelta(days=1), T0 - timedelta(hours=23))] * taken
    start = may_start(window=window, past=past, attempts_allowed=allowed, delay=timedelta(0), now=T0)
    assert (start.refusal, start.attempts_left) == (refusal, left)


states = st.sampled_from(AttemptState)
timings = st.builds(
    Timing,
    ends_at=st.none() | st.integers(-(10**5), 10**5).map(lambda s: T0 + timedelta(seconds=s)),
    on_expiry=st.sampled_from(OnExpiry),
    grace=st.integers(1, 10**5).map(lambda s: timedelta(seconds=s)),
    is_preview=st.booleans(),
)
moments = st.integers(-(2 * 10**5), 2 * 10**5).map(lambda s: T0 + timedelta(seconds=s))


@given(states, timings, moments)
def test_contact_twice_is_contact_once(state: AttemptState, timing: Timing, now: datetime) -> None:
    once = on_contact(state, timing, now)
    assert on_contact(once.state, timing, now).state is once.state


@given(states, timings, moments, moments)
def test_closed_attempts_never_open_again_by_time(
    state: AttemptState, timing: Timing, first: datetime, second: datetime
) -> None:
    step = on_contact(state, timing, first)
    if not step.state.is_open:
        assert on_contact(step.state, timing, second).state is step.state
        again = on_submission(step.state, timing, second, is_finishing=True)
        assert (again.step.state, again.takes_answers) == (step.state, False)


@given(timings, moments, st.booleans())
def test_no_answer_is_taken_after_the_time_for_late_packets(timing: Timing, now: datetime, finishing: bool) -> None:
    done = on_submission(S.in_progress, timing, now, is_finishing=finishing)
    if timing.ends_at is not None and now > timing.ends_at + timedelta(seconds=60):
        assert not done.takes_answers
    if timing.ends_at is None or now <= timing.ends_at:
        assert done.takes_answers


@given(states, timings, moments)
def test_open_attempt_with_an_end_is_looked_at_again(state: AttemptState, timing: Timing, now: datetime) -> None:
    step = on_contact(state, timing, now)
    if step.state.is_open and timing.ends_at is not None and not timing.is_preview:
        assert step.next_check_at is not None
        assert step.next_check_at > now
    else:
        assert step.next_check_at is None
