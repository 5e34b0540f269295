"""Backfill: what could not be sent is sent when a column appears, a second link is made, or a member is back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.identity.models import Enrolment
from lti_tool.ledger import services
from lti_tool.ledger.models import LineItem, LineItemState, ScorePost
from lti_tool.ledger.rules import NOT_GRADED, PostState
from lti_tool.passback.drain import Drain
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook
from tests.school import Person, School


def enrolment(database: Database, person: Person, **values: Any) -> Enrolment:
    with database.writing() as session:
        row = session.scalars(select(Enrolment).where(Enrolment.member_id == person.member_id)).one()
        for name, value in values.items():
            setattr(row, name, value)
        return row


def back(database: Database, school: School, *people: Person, context_id: int | None = None) -> int:
    with database.writing_core() as connection:
        return services.requeue_members(
            connection,
            context_id=context_id or school.context_id,
            member_ids=[person.member_id for person in people],
            now=school.now,
        )


def state(school: School, column: int, person: Person) -> tuple[PostState, str]:
    post = school.post(column, person)
    assert post is not None
    return post.state, post.cause


def test_member_who_is_not_active_waits_and_is_sent_when_he_is_back(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    enrolment(database, school.member, is_active=False)
    for person in (school.member, school.member2):
        reach(activity.id, person, "70")
    assert state(school, column, school.member) == (PostState.not_gradable, "inactive")
    assert drain.run().answers == {"accepted": 1}
    assert back(database, school, school.member, school.member2) == 0  # still away
    assert drain.run().answers == {}
    enrolment(database, school.member, is_active=True)
    assert back(database, school, school.member, school.member2) == 1  # only what was left out
    assert drain.run().answers == {"accepted": 1}
    assert state(school, column, school.member) == (PostState.sent, "")


def test_member_who_leaves_while_the_score_waits_is_not_sent(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "70")
    enrolment(database, school.member, is_active=False)
    assert drain.run().answers == {}
    assert state(school, column, school.member) == (PostState.not_gradable, "inactive")


def test_AG_26_whom_the_lms_gave_no_grades_is_sent_when_he_is_back(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.planned = [(400, {}, b"Incorrect score received")]
    reach(activity.id, school.member, "70")
    drain.run()
    assert state(school, column, school.member) == (PostState.refused, NOT_GRADED)
    assert enrolment(database, school.member).not_graded_at == clock.now()
    assert enrolment(database, school.member2).not_graded_at is None
    assert back(database, school, school.member) == 0
    enrolment(database, school.member, not_graded_at=None)
    assert back(database, school, school.member) == 1
    drain.run()
    assert state(school, column, school.member) == (PostState.sent, "")


def test_member_who_is_back_in_one_course_is_not_sent_in_another(
    school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    enrolment(database, school.member, gradable=False)
    reach(activity.id, school.member, "70")
    enrolment(database, school.member, gradable=True)
    assert back(database, school, school.member, context_id=school.other_context_id) == 0
    assert back(database, school, school.member2) == 0
    assert back(database, school, school.member) == 1


def test_refusals_of_other_kinds_are_left_when_a_member_is_back(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.always = (403, {}, b"")
    reach(activity.id, school.member, "70")
    drain.run()
    assert back(database, school, school.member) == 0
    assert state(school, column, school.member) == (PostState.refused, "forbidden")


# Bursts


def test_burst_of_a_parent_is_one_post_and_goes_10_seconds_after_its_first_change(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    home = school.activity("outline", "Home", maximum=100)
    tasks = [school.activity("lesson", parent_id=home.id) for _ in range(5)]
    school.placement(home)
    for task in tasks[:4]:
        assert drain.run().answers == {}
        reach(task.id, school.member, "100")
        clock.advance(timedelta(seconds=3))
    assert drain.run().answers == {"accepted": 1}  # 12 s after the first, 3 s after the last
    assert gradebook.grade("4") == 80


def test_burst_of_a_parent_ends_with_the_last_task(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    """A completed course stands in the gradebook at once, not 10 s later."""
    home = school.activity("outline", "Home", maximum=100)
    tasks = [school.activity("lesson", parent_id=home.id) for _ in range(3)]
    school.placement(home)
    for task in tasks:
        reach(task.id, school.member, "100")
    assert drain.run().answers == {"accepted": 1}
    assert gradebook.grade("4") == 100


def test_score_that_is_put_off_does_not_hold_up_a_newer_one(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    gradebook.planned = [(500, {}, b"")]
    reach(activity.id, school.member, "70")
    drain.run()
    reach(activity.id, school.member, "80")
    clock.advance(timedelta(seconds=1))
    assert drain.run().answers == {"accepted": 1}
    assert gradebook.grade("4") == 80


# Who is never sent


@pytest.mark.parametrize("is_test", [False, True])
def test_staff_and_test_users_are_not_sent_even_when_it_is_asked_for(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, is_test: bool
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    person = school.member if is_test else school.assistant
    enrolment(database, person, gradable=False, is_test=is_test)
    reach(activity.id, person, "70")
    back(database, school, person)
    with database.writing() as session:
        services.requeue(session, line_item_id=column, now=school.now)
        session.execute(update(ScorePost).values(state=PostState.waiting))
    assert drain.run().answers == {}
    assert gradebook.scores == []
    assert state(school, column, person) == (PostState.not_gradable, "")


def test_results_of_a_link_that_has_no_column_yet_wait_for_it(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, clock: FakeClock
) -> None:
    """AG-35, a second link for an activity that members have done already: `look` finds its column, and all follows."""
    activity = school.activity("quiz")
    first = school.placement(activity)
    reach(activity.id, school.member, "70")
    drain.run()
    second = school.placement(activity, column=False, resource_link_id="again")
    with database.writing() as session:
        assert services.requeue(session, line_item_id=second, now=clock.now()) == 1
    assert state(school, second, school.member)[0] is PostState.waiting_for_column
    with database.writing() as session:
        session.execute(
            update(LineItem).where(LineItem.id == second).values(url="https://lms.example/2", state=LineItemState.ready)
        )
        services.requeue(session, line_item_id=second, now=clock.now())
    drain.run()
    posts = [school.post(column, school.member) for column in (first, second)]
    assert [post.sent_score for post in posts if post] == [Decimal(70), Decimal(70)]
