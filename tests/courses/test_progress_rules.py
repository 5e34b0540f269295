"""The laws of learning time, and that the statement keeps to the rule."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.progress import rules
from courses.progress.models import LearningPointer, LearningTime
from courses.progress.rules import DAILY_MS, LONGEST_GAP_MS, Pointer, beat, credited, item_cap_ms, opened
from lti_tool.core.database import Database
from tests.courses.conftest import Makers
from tests.school import School

MINUTE = 60_000


def run(moments: list[int], day: int = 1) -> tuple[int, Pointer | None]:
    """(credit of all, last pointer) after beats at these moments, whatever tab they come from."""
    total, pointer = 0, None
    for moment in moments:
        pointer = beat(pointer, moment, day)
        total += pointer.credit_ms
    return total, pointer


TABS = st.lists(st.lists(st.integers(min_value=100, max_value=90_000), min_size=1, max_size=40), min_size=1, max_size=5)


@given(TABS)
def test_credit_is_never_more_than_the_time_that_passed(tabs: list[list[int]]) -> None:
    moments = sorted(sum(gaps[: index + 1]) for gaps in tabs for index in range(len(gaps)))
    total, _ = run(moments)
    assert 0 <= total <= moments[-1] - moments[0]


@given(st.lists(st.integers(min_value=0, max_value=10_000_000), min_size=1, max_size=60))
def test_credit_is_never_more_than_the_time_that_passed_when_beats_arrive_out_of_order(moments: list[int]) -> None:
    total, _ = run(moments)
    assert 0 <= total <= max(moments) - min(moments)


@given(st.integers(min_value=LONGEST_GAP_MS + 1, max_value=10 * MINUTE), st.integers(min_value=2, max_value=60))
def test_client_that_beats_too_rarely_is_credited_nothing(gap: int, beats: int) -> None:
    assert run([gap * index for index in range(beats)])[0] == 0


@given(st.integers(min_value=2, max_value=200), st.integers(min_value=1, max_value=5))
def test_more_tabs_do_not_give_more(beats: int, tabs: int) -> None:
    one = [15_000 * index for index in range(beats)]
    many = sorted(moment + 10 * tab for moment in one for tab in range(tabs))
    assert run(many)[0] - run(one)[0] <= 10 * tabs


def test_steady_beats_are_credited_in_full() -> None:
    assert run([15_000 * index for index in range(41)])[0] == 10 * MINUTE


def test_a_break_is_not_credited() -> None:
    assert run([0, 15_000, 15_000 + 20 * MINUTE, 30_000 + 20 * MINUTE])[0] == 30_000


def test_no_more_than_eight_hours_a_day_and_the_next_day_counts_anew() -> None:
    pointer = Pointer(0, day=1, day_ms=DAILY_MS - 10_000)
    assert beat(pointer, 15_000, 1).credit_ms == 0
    assert beat(pointer, 10_000, 1).credit_ms == 10_000
    assert beat(pointer, 15_000, 2).day_ms == 15_000


@pytest.mark.parametrize(
    ("total", "credit", "effort", "expected"),
    [
        (0, 15_000, 10, 15_000),
        (30 * MINUTE - 5_000, 15_000, 10, 30 * MINUTE),
        (30 * MINUTE, 15_000, 10, 30 * MINUTE),
        (40 * MINUTE, 15_000, 10, 40 * MINUTE),
        (89 * MINUTE, 30_000, 0, 89 * MINUTE + 30_000),
    ],
)
def test_item_credits_three_times_its_estimate_at_most(total: int, credit: int, effort: int, expected: int) -> None:
    assert credited(total, credit, effort) == expected


def test_open_time_is_never_more_than_what_passed() -> None:
    assert [opened(0, claimed, 15_000) for claimed in (-1, 0, 14_000, 10**9)] == [0, 0, 14_000, 15_000]


GAPS = [15_000, 15_000, 40_000, 15_000, 1, 0, 34_999, 35_001, 35_000, 3 * 3_600_000, 15_000, 9 * 3_600_000, 20_000]


def stored(database: Database) -> tuple[Pointer, int]:
    with database.reading() as session:
        pointer = session.query(LearningPointer).one()
        total = session.query(LearningTime).one().credited_ms
    return (
        Pointer(pointer.beat_ms, pointer.gap_ms, pointer.credit_ms, pointer.day, pointer.day_ms),
        total,
    )


def test_statement_keeps_to_the_rule(school: School, make: Makers) -> None:
    lesson = make.lesson(effort_minutes=1)
    client = school.client(school.member)
    pointer, total = None, 0
    for gap in [0, *GAPS]:
        school.runtime.clock.advance(timedelta(milliseconds=gap))  # type: ignore[attr-defined]  # a FakeClock
        with school.database.writing_core() as connection:
            connection.exec_driver_sql("UPDATE browser_session SET seen_at = expires_at")
        answer = client.post_json(f"/lessons/{lesson.id}/beat", {"open": 15})
        if answer.status_code == 404:
            client = school.client(school.member)
            answer = client.post_json(f"/lessons/{lesson.id}/beat", {"open": 15})
        assert answer.status_code == 200
        now = rules.milliseconds(school.now)
        before = pointer
        pointer = beat(before, now, stored(school.database)[0].day)
        total = credited(total, pointer.credit_ms, 1)
        assert stored(school.database) == (pointer, total)
    assert total <= item_cap_ms(1)
