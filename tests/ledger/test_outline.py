"""When the outline changes, the parents' results follow; completion once reached stays."""

from decimal import Decimal

import pytest

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.web import Runtime
from lti_tool.identity.actor import Actor, Carrier, Role
from lti_tool.ledger import outline, services
from lti_tool.ledger.models import Activity, ActivityStatus
from lti_tool.ledger.rules import Outcome, PostState, ResultState
from tests.school import School

FULL = Outcome(Decimal(1), Decimal(100), completed=True)


def finish(database: Database, clock: FakeClock, activity: Activity, member_id: int) -> None:
    with database.writing() as session:
        services.record(
            session,
            activity_id=activity.id,
            member_id=member_id,
            outcome=FULL,
            verb="finished",
            source=f"{activity.id}:{member_id}",
            now=clock.now(),
        )


def sweep(runtime: Runtime, clock: FakeClock) -> int:
    count = 0
    while is_due(runtime, clock):
        count += outline.ROLL_UP.run(runtime, clock.now())
    return count


def is_due(runtime: Runtime, clock: FakeClock) -> bool:
    with runtime.database.reading_core() as connection:
        return outline.ROLL_UP.due(connection, clock.now())


@pytest.fixture
def home(school: School) -> Activity:
    return school.activity("outline", "Home")


@pytest.fixture
def staff(school: School) -> Actor:
    return Actor(
        session_id=1,
        grant_id=1,
        context_id=school.context_id,
        member_id=school.instructor.member_id,
        tenant_id=1,
        registration_id=school.registration_id,
        role=Role.instructor,
        gradable=False,
        preview=False,
        locale="",
        document_target="",
        return_url="",
        resource_link_id="",
        name="",
        carrier=Carrier.cookie,
    )


def test_parent_follows_a_task_that_is_added_and_one_that_becomes_optional(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, home: Activity
) -> None:
    column = school.placement(home)
    first, second = school.activity(parent_id=home.id), school.activity(parent_id=home.id)
    for person in (school.member, school.member2):
        finish(database, clock, first, person.member_id)
    third = school.activity(parent_id=home.id, status="draft")
    with database.writing() as session:
        services.publish(session, session.get_one(Activity, third.id))
    assert sweep(runtime, clock) == 2
    for person in (school.member, school.member2):
        result = school.result(home.id, person)
        assert result is not None
        assert result.score == Decimal("33.3333333")
    with database.writing() as session:
        for task in (second, third):
            services.set_required(session, session.get_one(Activity, task.id), False)
    assert sweep(runtime, clock) == 2
    result = school.result(home.id, school.member)
    post = school.post(column, school.member)
    assert result is not None
    assert (result.score, result.state) == (Decimal(100), ResultState.done)
    assert post is not None
    assert post.state is PostState.waiting
    assert not is_due(runtime, clock)


def test_completion_once_reached_stays_when_a_task_is_added(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, home: Activity
) -> None:
    task = school.activity(parent_id=home.id)
    finish(database, clock, task, school.member.member_id)
    added = school.activity(parent_id=home.id, status="draft")
    with database.writing() as session:
        services.publish(session, session.get_one(Activity, added.id))
    sweep(runtime, clock)
    result = school.result(home.id, school.member)
    assert result is not None
    assert (result.state, result.progress, result.score) == (ResultState.done, Decimal(1), Decimal(50))


def test_members_with_results_only_below_are_taken_in(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, home: Activity
) -> None:
    task = school.activity()
    finish(database, clock, task, school.member.member_id)
    with database.writing() as session:
        session.get_one(Activity, task.id).parent_id = home.id
        services.outline_changed(session, home.id)
    assert sweep(runtime, clock) == 1
    result = school.result(home.id, school.member)
    assert result is not None
    assert result.state is ResultState.done


def test_rolling_up_twice_changes_nothing(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, home: Activity
) -> None:
    column = school.placement(home)
    first = school.activity(parent_id=home.id)
    school.activity(parent_id=home.id)
    finish(database, clock, first, school.member.member_id)
    before = school.post(column, school.member)
    with database.writing() as session:
        services.outline_changed(session, home.id)
    sweep(runtime, clock)
    after = school.post(column, school.member)
    assert before is not None
    assert after is not None
    assert after.revision == before.revision


def test_archiving_takes_a_task_out_of_the_sum(
    runtime: Runtime, database: Database, clock: FakeClock, school: School, home: Activity, staff: Actor
) -> None:
    first, second = school.activity(parent_id=home.id), school.activity(parent_id=home.id)
    finish(database, clock, first, school.member.member_id)
    with database.writing() as session:
        activity = session.get_one(Activity, second.id)
        services.archive(session, activity, actor=staff, reason="replaced", now=clock.now())
        assert activity.status is ActivityStatus.archived
    sweep(runtime, clock)
    result = school.result(home.id, school.member)
    assert result is not None
    assert result.score == Decimal(100)
