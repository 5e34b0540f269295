"""Another pass mark or grading method: what is handed in already is compared with it."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.web import Runtime
from lti_tool.ledger.models import Activity
from lti_tool.ledger.rules import ResultState
from quizzes.attempts import services, standing
from quizzes.attempts.models import Attempt
from quizzes.marking.rules import Finished, GradeMethod, criteria_of, outcome_of
from quizzes.papers.rules import Settings
from quizzes.papers.services import set_settings
from tests.meeting import meeting
from tests.quizzes.conftest import RIGHT, Quizzes, Sitting
from tests.school import School

SETTINGS = Settings(shuffle_options=False, attempts_allowed=None, pass_percent=60)
LOWERED = Settings(shuffle_options=False, attempts_allowed=None, pass_percent=40)
TWO_OF_FIVE = {slot: RIGHT[slot] for slot in (1, 2)}
ATTEMPTS = st.lists(st.builds(Finished, st.integers(-5, 10).map(Decimal) | st.none(), st.just(Decimal(10))), max_size=5)


def change(database: Database, activity: Activity, settings: Settings) -> None:
    with database.writing() as session:
        set_settings(session, activity=session.get_one(Activity, activity.id), settings=settings)


def sweep(runtime: Runtime, clock: FakeClock) -> int:
    with runtime.database.reading_core() as connection:
        is_due = standing.EVALUATION.due(connection, clock.now())
    return standing.EVALUATION.run(runtime, clock.now()) if is_due else 0


@given(ATTEMPTS, st.sampled_from(GradeMethod), st.integers(0, 100), st.integers(0, 100))
def test_law_lower_pass_mark_completes_everybody_whom_the_higher_one_completes(
    attempts: list[Finished], method: GradeMethod, one: int, other: int
) -> None:
    low, high = sorted((one, other))
    lower, higher = (outcome_of(method, attempts, criteria_of(mark), 100) for mark in (low, high))
    assert lower.completed >= higher.completed
    assert lower.progress >= higher.progress
    assert lower.score == higher.score


@given(ATTEMPTS, st.sampled_from(GradeMethod), st.integers(0, 100))
def test_law_no_pass_mark_is_met_by_whoever_has_handed_in(
    attempts: list[Finished], method: GradeMethod, mark: int
) -> None:
    free = outcome_of(method, attempts, criteria_of(None), 100)
    assert free.completed is bool(attempts)
    assert free.completed >= outcome_of(method, attempts, criteria_of(mark), 100).completed


@pytest.mark.parametrize(
    ("changed", "state", "score"),
    [
        (Settings(pass_percent=40), ResultState.done, 40),
        (Settings(pass_percent=None), ResultState.done, 40),
        (Settings(pass_percent=41), ResultState.doing, 40),
        (Settings(pass_percent=60, grade_method=GradeMethod.last), ResultState.doing, 20),
        (Settings(pass_percent=30, grade_method=GradeMethod.average), ResultState.done, 30),
    ],
)
def test_result_follows_the_settings(
    changed: Settings,
    state: ResultState,
    score: int,
    runtime: Runtime,
    database: Database,
    clock: FakeClock,
    school: School,
    quizzes: Quizzes,
    take: Callable[..., Sitting],
) -> None:
    activity = quizzes.quiz(settings=SETTINGS)
    take(activity, school.member, TWO_OF_FIVE)
    take(activity, school.member, {1: RIGHT[1]})
    change(database, activity, changed)
    assert sweep(runtime, clock) == 1
    result = school.result(activity.id, school.member)
    assert result is not None
    assert (result.state, result.score) == (state, Decimal(score))


def test_other_settings_make_no_work(runtime: Runtime, database: Database, clock: FakeClock, quizzes: Quizzes) -> None:
    activity = quizzes.quiz(settings=SETTINGS)
    change(database, activity, Settings(shuffle_options=True, attempts_allowed=3, pass_percent=60))
    assert sweep(runtime, clock) == 0


def test_raised_pass_mark_takes_no_completion_away(
    runtime: Runtime,
    database: Database,
    clock: FakeClock,
    school: School,
    quizzes: Quizzes,
    take: Callable[..., Sitting],
) -> None:
    activity = quizzes.quiz(settings=LOWERED)
    take(activity, school.member, TWO_OF_FIVE)
    take(activity, school.member2, {1: RIGHT[1]})
    change(database, activity, Settings(pass_percent=90))
    sweep(runtime, clock)
    result, other = school.result(activity.id, school.member), school.result(activity.id, school.member2)
    assert result is not None
    assert other is not None
    assert (result.state, result.criteria_met) == (ResultState.done, [True, False])
    assert other.state is ResultState.doing


def submit(session: Session, sitting: Sitting, school: School) -> None:
    attempt = session.get_one(Attempt, sitting.attempt_id, with_for_update=True)
    activity = session.get_one(Activity, attempt.activity_id)
    services.submit(session, attempt=attempt, activity=activity, given={}, is_finishing=True, now=school.now)


def test_hand_in_that_meets_a_lowered_pass_mark_is_compared_with_it(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, quizzes: Quizzes
) -> None:
    """The hand-in has begun when the teacher saves: the sweep sees it. It begins while the teacher saves: it reads the new."""
    activity = quizzes.quiz(settings=SETTINGS)
    first, second = quizzes.begin(activity, school.member), quizzes.begin(activity, school.member2)
    for sitting in (first, second):
        for slot, response in TWO_OF_FIVE.items():
            sitting.answer(slot, response)

    def lowered() -> bool:
        change(database, activity, LOWERED)
        return True

    meeting(database, lambda session: submit(session, first, school), lowered)
    sweep(runtime, clock)
    change(database, activity, SETTINGS)

    def lower(session: Session) -> None:
        set_settings(session, activity=session.get_one(Activity, activity.id), settings=LOWERED)

    meeting(database, lower, second.submit)
    for person in (school.member, school.member2):
        result = school.result(activity.id, person)
        assert result is not None
        assert result.state is ResultState.done
