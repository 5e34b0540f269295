"""Which attempt counts (domain 3.6), and the outcome for the ledger."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.marking.rules import Finished, GradeMethod, best, criteria_of, is_passed, outcome_of, share

D = Decimal


@pytest.mark.parametrize(
    ("method", "shares", "counted"),
    [
        (GradeMethod.highest, ["0.5", "0.8", "0.2"], "0.8"),
        (GradeMethod.average, ["0.5", "0.7"], "0.6"),
        (GradeMethod.first, ["0.5", "0.8"], "0.5"),
        (GradeMethod.last, ["0.8", "0.5"], "0.5"),
        (GradeMethod.highest, [None, "0.3"], "0.3"),
        (GradeMethod.average, [None, "0.3"], "0.3"),
        (GradeMethod.first, [None, "0.3"], None),
        (GradeMethod.last, ["0.3", None], None),
        *((method, [], None) for method in GradeMethod),
        (GradeMethod.average, [None, None], None),
    ],
)
def test_best(method: GradeMethod, shares: Sequence[str | None], counted: str | None) -> None:
    given_shares = [None if each is None else D(each) for each in shares]
    assert best(method, given_shares) == (None if counted is None else D(counted))


def test_nothing_to_reach_is_zero() -> None:
    assert share(D(0), D(0)) == 0
    assert share(None, D(5)) is None


def test_pass_mark_is_compared_unrounded() -> None:
    assert not is_passed(D("0.59996"), 60)
    assert is_passed(D("0.6"), 60)
    assert not is_passed(None, 0)


def test_negative_total_is_zero_for_the_lms() -> None:
    done = outcome_of(GradeMethod.highest, [Finished(D(-3), D(10))], criteria_of(60), 100)
    assert (done.score, done.criteria, done.completed) == (D(0), (True, False), False)


def test_no_finished_attempt_has_no_score() -> None:
    done = outcome_of(GradeMethod.highest, [], criteria_of(60), 100)
    assert (done.score, done.progress, done.completed) == (None, D(0), False)


attempts = st.lists(
    st.builds(
        Finished,
        score=st.none() | st.decimals(-10, 10, places=3),
        maximum=st.decimals(10, 10, places=0),
    ),
    max_size=6,
)


@given(st.sampled_from(GradeMethod), attempts, st.none() | st.integers(0, 100), st.integers(1, 1000))
def test_outcome_stays_in_its_limits(
    method: GradeMethod, done: list[Finished], percent: int | None, maximum: int
) -> None:
    outcome = outcome_of(method, done, criteria_of(percent), maximum)
    assert outcome.score is None or 0 <= outcome.score <= maximum
    assert 0 <= outcome.progress <= 1
    assert outcome.completed == (bool(done) and all(outcome.criteria))
    assert len(outcome.criteria) == (1 if percent is None else 2)


@given(attempts)
def test_highest_is_never_below_the_average(done: list[Finished]) -> None:
    shares = [share(each.score, each.maximum) for each in done]
    highest, average = best(GradeMethod.highest, shares), best(GradeMethod.average, shares)
    assert (highest is None) == (average is None)
    assert highest is None or average is None or highest >= average - D("1e-20")
