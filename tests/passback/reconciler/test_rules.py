"""What follows from a reading: every state with every thing that may stand there; and laws that hold for all of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.passback.reconciler import rules, scores
from lti_tool.passback.reconciler.readings import UNREADABLE, Reading, read_results
from lti_tool.passback.reconciler.rules import Drift, Step, There, Told, Verdict, judge
from lti_tool.passback.rules import follow, moved_by

pytestmark = pytest.mark.once

OURS, OLDER, TEACHERS = Decimal("71.5"), Decimal(60), Decimal(88)
SENT = Told(PostState.sent, "", OURS, was_seen=False, was_resent=False, read=None)
SEEN = replace(SENT, state=PostState.confirmed, was_seen=True)
RESENT = replace(SENT, was_resent=True)
REFUSED = replace(SENT, state=PostState.refused, cause="newer_in_lms")
KEPT = replace(SENT, state=PostState.kept, cause=KEPT_THERE, read=TEACHERS)


def differing(cause: str, read: Decimal | None, *, was_seen: bool = True) -> Told:
    return replace(SENT, state=PostState.differs, cause=cause, read=read, was_seen=was_seen)


LEAVE = Verdict(Step.leave)
CONFIRM = Verdict(Step.confirm)


@pytest.mark.parametrize(
    ("told", "there", "expected"),
    [
        # Sent and never seen there: it was not taken, or somebody has put another number there.
        (SENT, OURS, CONFIRM),
        (SENT, None, Verdict(Step.resend)),
        (SENT, OLDER, Verdict(Step.resend, there=OLDER)),
        (SENT, TEACHERS, Verdict(Step.differ, Drift.changed_there, TEACHERS)),
        (replace(SENT, read=TEACHERS), TEACHERS, Verdict(Step.differ, Drift.teacher_overrode, TEACHERS)),
        # Sent twice: not a third time.
        (RESENT, OURS, CONFIRM),
        (RESENT, None, Verdict(Step.differ, Drift.not_taken)),
        (RESENT, OLDER, Verdict(Step.differ, Drift.not_taken, OLDER)),
        (RESENT, TEACHERS, Verdict(Step.differ, Drift.changed_there, TEACHERS)),
        # Seen there before: whatever stands there now, somebody has done it.
        (SEEN, OURS, LEAVE),
        (SEEN, None, Verdict(Step.differ, Drift.removed_there)),
        (SEEN, OLDER, Verdict(Step.differ, Drift.changed_there, OLDER)),
        (SEEN, TEACHERS, Verdict(Step.differ, Drift.changed_there, TEACHERS)),
        # Differs already.
        (differing(Drift.changed_there, TEACHERS), OURS, CONFIRM),
        (differing(Drift.changed_there, TEACHERS), TEACHERS, Verdict(Step.differ, Drift.teacher_overrode, TEACHERS)),
        (differing(Drift.changed_there, TEACHERS), Decimal(90), Verdict(Step.differ, Drift.changed_there, Decimal(90))),
        (differing(Drift.teacher_overrode, TEACHERS), TEACHERS, LEAVE),
        (differing(Drift.teacher_overrode, TEACHERS), None, Verdict(Step.differ, Drift.removed_there)),
        (differing(Drift.removed_there, None), None, LEAVE),
        (replace(differing(Drift.not_taken, None, was_seen=False), was_resent=True), None, LEAVE),
        # Refused: what the LMS has is shown; if that is ours after all, it has it.
        (REFUSED, OURS, CONFIRM),
        (REFUSED, TEACHERS, Verdict(Step.note, "newer_in_lms", TEACHERS)),
        (replace(REFUSED, read=TEACHERS), TEACHERS, LEAVE),
        (REFUSED, None, LEAVE),
        # Kept: the instructor's word holds.
        (KEPT, OURS, Verdict(Step.note, KEPT_THERE, OURS)),
        (KEPT, TEACHERS, LEAVE),
        (KEPT, None, Verdict(Step.note, KEPT_THERE)),
        (replace(KEPT, cause="relinked"), TEACHERS, LEAVE),
    ],
)
def test_AG_15_what_follows_when(told: Told, there: Decimal | None, expected: Verdict) -> None:
    assert judge(told, There(there), {OLDER, OURS}) == expected


@pytest.mark.parametrize(
    ("score", "maximum", "column_maximum", "ours", "same"),
    [
        ("71.5", "100", 100, "71.5", True),
        ("71.50001", "100", 100, "71.5", True),
        ("71.50002", "100", 100, "71.5", False),
        ("0.715", "1", 100, "71.5", True),
        ("0.33333", "1", 100, "33.33333", True),
        ("33.33333", "100", 10, "3.33333", True),
        ("3.34", "10", 10, "3.33333", False),
        ("0", "100", 100, "0", True),
    ],
)
def test_numbers_are_compared_on_the_scale_of_the_column_to_the_fifth_decimal(
    score: str, maximum: str, column_maximum: int, ours: str, same: bool
) -> None:
    there = rules.on_scale(Reading(Decimal(score), Decimal(maximum)), column_maximum)
    assert rules.is_same(Decimal(ours), there) is same


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"userId": "4", "resultScore": 8, "resultMaximum": 10}, {"4": Reading(Decimal(8), Decimal(10))}),
        ({"userId": "4", "resultScore": 0.8}, {"4": Reading(Decimal("0.8"), Decimal(1))}),
        ({"userId": "4", "resultScore": 0.8, "resultMaximum": None}, {"4": Reading(Decimal("0.8"), Decimal(1))}),
        ({"userId": "4", "resultScore": "66.00000", "resultMaximum": "100"}, {"4": Reading(Decimal(66), Decimal(100))}),
        ({"userId": 4, "resultScore": 0, "resultMaximum": 10}, {"4": Reading(Decimal(0), Decimal(10))}),
        ({"userId": "4", "resultScore": None, "resultMaximum": 10}, {}),
        ({"userId": "4"}, {}),
        ({"resultScore": 5, "resultMaximum": 10}, {}),
        ({"userId": "", "resultScore": 5}, {}),
        ({"userId": "4", "resultScore": True}, {"4": UNREADABLE}),
        ({"userId": "4", "resultScore": "A+"}, {"4": UNREADABLE}),
        ({"userId": "4", "resultScore": float("nan")}, {"4": UNREADABLE}),
        ({"userId": "4", "resultScore": -1, "resultMaximum": 10}, {"4": UNREADABLE}),
        ({"userId": "4", "resultScore": 5, "resultMaximum": 0}, {"4": UNREADABLE}),
        ({"userId": "4", "resultScore": {"points": 5}}, {"4": UNREADABLE}),
        ("nonsense", {}),
        (None, {}),
    ],
)
def test_AG_33_results_are_read_tolerantly(item: Any, expected: dict[str, Any]) -> None:
    assert read_results([[item]]) == expected


people = st.sampled_from(["4", "5", "6"])
items = st.builds(
    lambda person, score, maximum: {"userId": person, "resultScore": score, "resultMaximum": maximum},
    people,
    st.none() | st.integers(-1, 3) | st.sampled_from(["2", "x", True]),
    st.sampled_from([None, 1, 2, 0]),
)


@given(st.lists(st.lists(items, max_size=2), max_size=4))
def test_AG_33_order_of_pages_does_not_matter(pages: list[list[Any]]) -> None:
    expected = read_results(pages)
    assert all(read_results(each) == expected for each in permutations(pages))


numbers = st.sampled_from([Decimal(0), Decimal("33.33333"), OLDER, OURS, TEACHERS])
earlier_values = st.frozensets(numbers)


@st.composite
def tolds(draw: st.DrawFn) -> Told:
    return Told(
        draw(st.sampled_from(rules.COMPARED)),
        draw(st.sampled_from(["", KEPT_THERE, *Drift])),
        draw(numbers),
        was_seen=draw(st.booleans()),
        was_resent=draw(st.booleans()),
        read=draw(st.none() | numbers),
    )


def after(told: Told, verdict: Verdict) -> Told:
    """As it stands after the verdict; what is sent again has arrived meanwhile."""
    match verdict.step:
        case Step.confirm:
            return replace(told, state=PostState.confirmed, cause="", was_seen=True, read=None)
        case Step.differ:
            return replace(told, state=PostState.differs, cause=verdict.cause, read=verdict.there)
        case Step.resend:
            return replace(told, state=PostState.sent, cause="", was_seen=False, was_resent=True, read=verdict.there)
        case Step.note:
            return replace(told, read=verdict.there)
        case Step.leave:
            return told


@given(tolds(), st.none() | numbers, earlier_values)
def test_what_is_confirmed_is_what_stands_there(told: Told, there: Decimal | None, before: frozenset[Decimal]) -> None:
    verdict = judge(told, There(there), before)
    assert verdict.step is not Step.confirm or there == told.ours
    kept = after(told, verdict).state is PostState.confirmed and told.state is not PostState.kept
    assert kept is (there == told.ours and told.state is not PostState.kept)


@given(tolds(), st.none() | numbers, earlier_values)
def test_every_step_is_what_the_life_of_a_score_post_allows(
    told: Told, there: Decimal | None, before: frozenset[Decimal]
) -> None:
    verdict = judge(told, There(there), before)
    if (event := rules.EVENTS.get(verdict.step)) is not None:
        stored = scores.STATES[verdict.step]
        assert (told.state in moved_by(event), follow(told.state, event)) == (True, stored)


@given(tolds(), st.lists(st.none() | numbers, max_size=8), earlier_values)
def test_AG_15_nothing_is_sent_twice_by_itself(
    told: Told, seen: list[Decimal | None], before: frozenset[Decimal]
) -> None:
    resent = 0
    for there in seen:
        verdict = judge(told, There(there), before)
        resent += verdict.step is Step.resend
        told = after(told, verdict)
    assert resent <= 1


@given(tolds(), st.none() | numbers, earlier_values)
def test_AG_14_a_grade_that_never_was_ours_is_not_written_over(
    told: Told, there: Decimal | None, before: frozenset[Decimal]
) -> None:
    if judge(told, There(there), before).step is Step.resend:
        assert there is None or there in before
        assert not told.was_seen


@given(tolds(), st.none() | numbers, earlier_values)
def test_third_equal_reading_changes_nothing(told: Told, there: Decimal | None, before: frozenset[Decimal]) -> None:
    """The second one may: it tells a teacher's grade from a passing one, or what was sent again from what was not taken."""
    for _ in range(3):
        told = after(told, judge(told, There(there), before))
    assert judge(told, There(there), before) == LEAVE


NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


@given(st.integers(1, 10**9), st.sampled_from(["Asia/Shanghai", "America/New_York", "UTC"]), st.integers(0, 400 * 24))
def test_each_column_has_its_own_time_of_the_night(item: int, zone: str, hours: int) -> None:
    now = NOON + timedelta(hours=hours)
    found = rules.next_night(item, ZoneInfo(zone), now)
    local = found.astimezone(ZoneInfo(zone))
    assert now < found <= now + timedelta(hours=26)
    # Where clocks are put forward, what would be between two and three is an hour later.
    assert 1 <= local.hour < 5 or (local.hour, local.dst()) == (5, timedelta(hours=1))
    assert rules.next_night(item, ZoneInfo(zone), found - timedelta(seconds=1)) == found


def test_columns_are_spread_over_the_night() -> None:
    times = {rules.next_night(item, ZoneInfo("Asia/Shanghai"), NOON) for item in range(1, 500)}
    assert len(times) == 48


def test_a_failing_column_is_asked_less_and_less_often() -> None:
    delays = [(rules.next_try(failures, NOON) - NOON) / timedelta(minutes=1) for failures in (1, 2, 3, 20)]
    assert delays == [5, 10, 20, 720]
