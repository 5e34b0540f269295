"""Other criteria or other blocks: what members have read and answered already is compared with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.lessons import rules, services, standing
from courses.lessons.rules import Block, BlockKind, Reached, Wanted
from courses.progress.models import LearningTime
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.web import Runtime
from lti_tool.ledger.models import Activity
from lti_tool.ledger.rules import PostState, ResultState
from tests.courses.conftest import QUESTION, TEXTS, Makers, actor_of
from tests.school import School

BLOCKS = (*TEXTS, QUESTION)
KEYS = [each.key for each in BLOCKS]
WANTED = st.builds(Wanted, st.just(value=True), st.integers(0, 600), st.sampled_from(["none", "answered", "correct"]))
ORDER = ["none", "answered", "correct"]


@st.composite
def reached(draw: st.DrawFn) -> Reached:
    keys = st.frozensets(st.sampled_from(KEYS))
    answered = draw(keys)
    return Reached(draw(keys), draw(st.integers(0, 900)), answered, answered & draw(keys))


@given(reached(), WANTED, WANTED)
def test_law_criteria_that_want_less_are_met_by_whoever_meets_more(done: Reached, one: Wanted, other: Wanted) -> None:
    less = Wanted(one.blocks, min(one.seconds, other.seconds), min(one.question, other.question, key=ORDER.index))
    outcomes = [
        rules.outcome_of(rules.checked(rules.criteria_of(wanted, BLOCKS), BLOCKS, done), 100) for wanted in (less, one)
    ]
    assert outcomes[0].completed >= outcomes[1].completed


def want(school: School, lesson: Activity, wanted: Wanted, blocks: tuple[Block, ...] = TEXTS) -> None:
    with school.database.writing() as session:
        services.set_criteria(
            session,
            activity=session.get_one(Activity, lesson.id),
            wanted=wanted,
            effort_minutes=None,
            blocks=blocks,
        )


def publish(school: School, lesson: Activity, *blocks: Block) -> None:
    author = actor_of(school, school.instructor)
    with school.database.writing() as session:
        services.save_draft(session, activity_id=lesson.id, blocks=blocks, revision=None, actor=author, now=school.now)
        services.publish(session, activity=session.get_one(Activity, lesson.id), actor=author, now=school.now)


def study(school: School, lesson: Activity, seconds: int) -> None:
    with school.database.writing() as session:
        session.add(
            LearningTime(
                activity_id=lesson.id,
                member_id=school.member.member_id,
                credited_ms=seconds * 1000,
                last_at=school.now,
            )
        )


def read(school: School, lesson: Activity, *keys: str) -> None:
    body = {"seen": list(keys)}
    assert school.client(school.member).post_json(f"/lessons/{lesson.id}/progress", body).status_code == 200


def sweep(runtime: Runtime, clock: FakeClock) -> int:
    with runtime.database.reading_core() as connection:
        is_due = standing.EVALUATION.due(connection, clock.now())
    return standing.EVALUATION.run(runtime, clock.now()) if is_due else 0


def state(school: School, lesson: Activity) -> ResultState | None:
    result = school.result(lesson.id, school.member)
    return result.state if result else None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), ResultState.done),
        (Wanted(seconds=60), ResultState.done),
        (Wanted(seconds=61), ResultState.doing),
        (Wanted(blocks=False, seconds=30), ResultState.done),
    ],
)
def test_result_follows_the_criteria(
    wanted: Wanted,
    expected: ResultState,
    runtime: Runtime,
    clock: FakeClock,
    school: School,
    make: Makers,
) -> None:
    lesson = make.lesson(wanted=Wanted(seconds=300))
    column = school.placement(lesson)
    sweep(runtime, clock)
    study(school, lesson, 60)
    read(school, lesson, "t1", "t2")
    assert state(school, lesson) is ResultState.doing
    want(school, lesson, wanted)
    assert sweep(runtime, clock) == 1
    assert state(school, lesson) is expected
    post = school.post(column, school.member)
    assert (post.state if post else None) == (PostState.waiting if expected is ResultState.done else None)


def test_time_without_a_result_counts_when_less_is_wanted(
    runtime: Runtime, clock: FakeClock, school: School, make: Makers
) -> None:
    lesson = make.lesson(wanted=Wanted(blocks=False, seconds=300))
    sweep(runtime, clock)
    study(school, lesson, 90)
    want(school, lesson, Wanted(blocks=False, seconds=60))
    assert sweep(runtime, clock) == 1
    assert state(school, lesson) is ResultState.done


def test_part_that_is_taken_out_completes_whoever_has_read_the_others(
    runtime: Runtime, clock: FakeClock, school: School, make: Makers
) -> None:
    lesson = make.lesson()
    sweep(runtime, clock)
    read(school, lesson, "t1")
    publish(school, lesson, TEXTS[0])
    assert sweep(runtime, clock) == 1
    assert state(school, lesson) is ResultState.done


def test_part_that_is_added_takes_no_completion_away(
    runtime: Runtime, clock: FakeClock, school: School, make: Makers
) -> None:
    lesson = make.lesson()
    read(school, lesson, "t1", "t2")
    publish(school, lesson, *TEXTS, Block("t3", BlockKind.text, source="More.", html="<p>More.</p>"))
    sweep(runtime, clock)
    assert state(school, lesson) is ResultState.done


def test_same_criteria_and_blocks_make_no_work(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, make: Makers
) -> None:
    lesson = make.lesson()
    sweep(runtime, clock)
    want(school, lesson, Wanted())
    publish(school, lesson, *TEXTS)
    with database.reading_core() as connection:
        assert not standing.EVALUATION.due(connection, clock.now())
