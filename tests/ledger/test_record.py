from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.identity.actor import Actor, Carrier, Role
from lti_tool.ledger import services
from lti_tool.ledger.models import Entry, LineItem, LineItemState
from lti_tool.ledger.rules import Outcome, PostState, ResultState
from tests.school import Person, School

HALF = Outcome(Decimal("0.5"), None, completed=False, criteria=(True, False))
FULL = Outcome(Decimal(1), Decimal("71.5"), completed=True, criteria=(True, True))


def record(
    database: Database, clock: FakeClock, activity_id: int, person: Person, outcome: Outcome, source: str = "x:1"
) -> None:
    with database.writing() as session:
        services.record(
            session,
            activity_id=activity_id,
            member_id=person.member_id,
            outcome=outcome,
            verb="finished",
            source=source,
            now=clock.now(),
        )


@pytest.mark.shows("H-08")
def test_record_stores_result_entry_and_score_post_together(
    database: Database, clock: FakeClock, school: School
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    record(database, clock, activity.id, school.member, FULL)
    result = school.result(activity.id, school.member)
    post = school.post(column, school.member)
    assert result is not None
    assert (result.score, result.state, result.criteria_met) == (Decimal("71.5"), ResultState.done, [True, True])
    assert post is not None
    assert (post.state, post.due_at, post.revision) == (PostState.waiting, clock.now(), 1)


def test_record_twice_changes_nothing(database: Database, clock: FakeClock, school: School) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    record(database, clock, activity.id, school.member, FULL)
    clock.advance(timedelta(minutes=1))
    record(database, clock, activity.id, school.member, FULL)
    post = school.post(column, school.member)
    assert post is not None
    assert post.revision == 1
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 1


def test_progress_without_score_is_never_queued(database: Database, clock: FakeClock, school: School) -> None:
    activity = school.activity("lesson")
    column = school.placement(activity)
    record(database, clock, activity.id, school.member, HALF)
    assert school.post(column, school.member) is None


def test_record_waits_for_column_when_the_lms_gives_none(database: Database, clock: FakeClock, school: School) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity, column=False)
    record(database, clock, activity.id, school.member, FULL)
    post = school.post(column, school.member)
    assert post is not None
    assert post.state is PostState.waiting_for_column


def test_requeue_sends_all_earlier_results_when_the_column_appears(
    database: Database, clock: FakeClock, school: School
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity, column=False)
    for person in (school.member, school.member2):
        record(database, clock, activity.id, person, FULL, source=f"x:{person.member_id}")
    with database.writing() as session:
        item = session.get_one(LineItem, column)
        item.url, item.state = "https://lms.example/lineitems/1", LineItemState.ready
        assert services.requeue(session, line_item_id=column, now=clock.now()) == 2
    for person in (school.member, school.member2):
        post = school.post(column, person)
        assert post is not None
        assert post.state is PostState.waiting


def test_staff_are_never_sent(database: Database, clock: FakeClock, school: School) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    record(database, clock, activity.id, school.instructor, FULL)
    post = school.post(column, school.instructor)
    assert post is not None
    assert post.state is PostState.not_gradable


def test_second_placement_has_its_own_post(database: Database, clock: FakeClock, school: School) -> None:
    activity = school.activity("quiz")
    columns = [school.placement(activity, resource_link_id=link) for link in ("a", "b")]
    record(database, clock, activity.id, school.member, FULL)
    assert all(school.post(column, school.member) for column in columns)


@pytest.mark.shows("H-08")
def test_parent_rolls_up_only_when_a_child_changes(database: Database, clock: FakeClock, school: School) -> None:
    home = school.activity("outline", "Home")
    first = school.activity("lesson", parent_id=home.id)
    school.activity("quiz", parent_id=home.id)
    school.activity("forum", parent_id=home.id, is_required=False)
    column = school.placement(home)
    record(database, clock, first.id, school.member, FULL)
    result = school.result(home.id, school.member)
    assert result is not None
    assert (result.progress, result.score, result.state) == (Decimal("0.5"), Decimal(50), ResultState.doing)
    post = school.post(column, school.member)
    assert post is not None
    assert post.due_at == clock.now() + services.PARENT_DELAY
    record(database, clock, first.id, school.member, FULL)
    again = school.post(column, school.member)
    assert again is not None
    assert again.revision == 1


class _GoneWrong(Exception):
    """What the caller meets after it has recorded."""


@pytest.mark.shows("H-08")
@pytest.mark.parametrize("goes_wrong", [False, True])
def test_result_roll_up_and_posts_are_all_stored_or_none_with_the_transaction_of_the_caller(
    database: Database, clock: FakeClock, school: School, goes_wrong: bool
) -> None:
    home = school.activity("outline", "Home")
    task = school.activity("quiz", parent_id=home.id)
    columns = [school.placement(each) for each in (home, task)]
    ending = pytest.raises(_GoneWrong) if goes_wrong else nullcontext()
    with ending, database.writing() as session:
        services.record(
            session, activity_id=task.id, member_id=school.member.member_id, outcome=FULL, verb="finished",
            source="x:1", now=clock.now(),
        )  # fmt: skip
        if goes_wrong:
            raise _GoneWrong
    stored: list[object] = [school.result(each.id, school.member) for each in (home, task)]
    stored += [school.post(column, school.member) for column in columns]
    with database.reading() as session:
        entries = session.scalar(select(func.count()).select_from(Entry)) or 0
    assert [each is not None for each in stored] == [not goes_wrong] * 4
    assert (entries > 0) is not goes_wrong


def test_preview_leaves_no_trace(database: Database, clock: FakeClock, school: School) -> None:
    activity = school.activity("quiz")
    actor = Actor(
        session_id=1,
        grant_id=1,
        context_id=school.context_id,
        member_id=school.instructor.member_id,
        tenant_id=1,
        registration_id=1,
        role=Role.instructor,
        gradable=False,
        preview=True,
        locale="",
        document_target="",
        return_url="",
        resource_link_id="",
        name="",
        carrier=Carrier.cookie,
    )
    with pytest.raises(services.PreviewLeavesNoTrace), database.writing() as session:
        services.record(
            session,
            activity_id=activity.id,
            member_id=actor.member_id,
            outcome=FULL,
            verb="finished",
            source="x",
            now=clock.now(),
            actor=actor,
        )
    assert school.result(activity.id, school.instructor) is None
