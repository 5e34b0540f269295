"""Transactions that meet on the outbox: columns first, then posts by (member, column), so that none waits for a waiter."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.ledger import services
from lti_tool.ledger.models import Activity, LineItem, LineItemState
from lti_tool.ledger.rules import PostState
from lti_tool.passback import outbox, rules
from lti_tool.passback.outbox import Claimed, Outcome
from lti_tool.passback.services import send_one_again
from tests.courses.conftest import actor_of
from tests.passback.conftest import Recorder
from tests.school import School

GONE = rules.Reply(rules.Answer.gone, 404)


@pytest.fixture
def activity(school: School) -> Activity:
    return school.activity("quiz")


@pytest.fixture
def column(school: School, activity: Activity) -> int:
    return school.placement(activity)


@pytest.fixture
def claimed(
    school: School, activity: Activity, column: int, reach: Recorder, database: Database, clock: FakeClock
) -> list[Claimed]:
    """Scores of two members on their way to a column."""
    for person in (school.member, school.member2):
        reach(activity.id, person, "7")
    with database.writing_core() as connection:
        (target,) = outbox.targets(connection, clock.now())
        return outbox.claim(connection, target, limit=10, now=clock.now()).claimed


def answered(posts: list[Claimed], reply: rules.Reply) -> list[Outcome]:
    step = rules.after(reply, attempts=1, cause="", chance=0)
    return [Outcome(post, reply, step) for post in posts]


def interleaved(database: Database, *steps: Callable[[Session], Any], other: Callable[[], None]) -> None:
    """Do `steps` in one transaction; `other` begins after the first of them, in a thread, and has time to get stuck."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            other()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    thread = threading.Thread(target=guarded)
    with database.writing() as session:
        first, *rest = steps
        first(session)
        thread.start()
        thread.join(timeout=1)
        for step in rest:
            step(session)
    thread.join(timeout=30)
    assert not failures
    assert not thread.is_alive()


def test_launch_that_brings_a_column_meets_the_answer_that_it_is_gone(
    claimed: list[Claimed], column: int, school: School, database: Database, clock: FakeClock
) -> None:
    def renew(session: Session) -> None:
        session.execute(
            update(LineItem)
            .where(LineItem.id == column)
            .values(url="https://lms.example/lineitems/new", state=LineItemState.ready)
        )

    def gone() -> None:
        with database.writing_core() as connection:
            outbox.record(connection, answered(claimed, GONE), clock.now())

    interleaved(
        database, renew, lambda session: services.requeue(session, line_item_id=column, now=clock.now()), other=gone
    )
    with database.reading() as session:
        assert session.get_one(LineItem, column).state is LineItemState.ready
    posts = [school.post(column, person) for person in (school.member, school.member2)]
    assert [post.state for post in posts if post] == [PostState.waiting, PostState.waiting]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_answers_of_two_members_meet_everything_that_is_sent_again(
    is_reversed: bool,
    claimed: list[Claimed],
    activity: Activity,
    column: int,
    school: School,
    database: Database,
    clock: FakeClock,
) -> None:
    """Whatever order the answers come in, both lock the first member's post first."""
    author = actor_of(school, school.instructor)
    answers = answered(claimed[::-1] if is_reversed else claimed, rules.Reply(rules.Answer.accepted, 200))

    def answer() -> None:
        with database.writing_core() as connection:
            outbox.record(connection, answers, clock.now())

    def again(person: Any) -> Callable[[Session], int]:
        return lambda session: send_one_again(
            session, actor=author, activity_id=activity.id, member_id=person.member_id, now=clock.now()
        )

    interleaved(database, again(school.member), again(school.member2), other=answer)
    posts = [school.post(column, person) for person in (school.member, school.member2)]
    assert [post.state for post in posts if post] == [PostState.waiting, PostState.waiting]


def test_result_of_a_task_and_its_parent_meets_the_answers_of_both(
    school: School, reach: Recorder, database: Database, clock: FakeClock
) -> None:
    """The parent's column is the older one: both score posts are laid down in the order of the columns all the same."""
    home = school.activity("outline", "Home")
    task = school.activity("quiz", parent_id=home.id)
    school.activity("lesson", parent_id=home.id)
    columns = [school.placement(home), school.placement(task)]
    reach(task.id, school.member, "7")
    clock.advance(services.PARENT_DELAY)
    with database.writing_core() as connection:
        (target,) = outbox.targets(connection, clock.now())
        claimed = outbox.claim(connection, target, limit=10, now=clock.now()).claimed
    assert [post.line_item_id for post in claimed] == columns[::-1]

    def answer() -> None:
        with database.writing_core() as connection:
            outbox.record(connection, answered(claimed, rules.Reply(rules.Answer.accepted, 200)), clock.now())

    interleaved(
        database,
        *(lambda session, item=item: services.requeue(session, line_item_id=item, now=clock.now()) for item in columns),
        other=answer,
    )
    posts = [school.post(item, school.member) for item in columns]
    assert [post.state for post in posts if post] == [PostState.waiting, PostState.waiting]
