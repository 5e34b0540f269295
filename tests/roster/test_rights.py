"""What a roster does to running sessions and to scores: rights fall and never rise, and who comes back is told of (NR-10)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lti_tool.identity.actor import Role
from lti_tool.identity.models import Context, Enrolment, Grant, Member
from lti_tool.identity.rules.roles import RANK, is_lower
from lti_tool.ledger import services
from lti_tool.ledger.models import LineItem, ScorePost
from lti_tool.ledger.rules import NOT_GRADED, Outcome, PostState
from lti_tool.roster.rules import lowered
from tests.lti.world import ORIGIN
from tests.roster.conftest import Roster

ROLES = st.sampled_from(list(Role))


def seen(browser: Any, activity_id: int) -> Any:
    """What the probe says to a browser: role and rights, None for nobody."""
    answer = browser.get(f"/probe/{activity_id}", base_url=ORIGIN)
    return answer.get_json() if answer.status_code == 200 else None


def test_NR_10_role_that_rises_in_the_roster_raises_no_session(roster: Roster) -> None:
    activity = roster.world.bound("link-b")
    browser = roster.visit("member1", "link-b")
    roster.world.lms.enrol("member1", role="Instructor")
    roster.read()
    assert roster.people()["member1"].role is Role.instructor
    assert seen(browser, activity.id)["role"] == "member"
    again = roster.visit("member1", "link-b")
    assert seen(again, activity.id)["role"] == "instructor", "a launch says so itself"


def test_NR_10_role_that_falls_is_lost_at_the_next_request(roster: Roster) -> None:
    activity = roster.world.bound("link-b")
    browser = roster.visit("teacher", "link-b")
    assert seen(browser, activity.id)["may_author"]
    roster.world.lms.enrol("teacher", role="Learner")
    roster.read()
    assert seen(browser, activity.id)["role"] == "member"
    assert not seen(browser, activity.id)["may_author"]


def test_NR_10_view_as_a_member_does_not_keep_a_role_that_fell(roster: Roster) -> None:
    activity = roster.world.bound("link-b")
    browser = roster.visit("teacher", "link-b")
    with roster.runtime.database.writing_core() as connection:
        connection.execute(update(Grant).values(own_role=Grant.role, role=Role.member, preview=True))
    roster.world.lms.enrol("teacher", role="Learner")
    roster.read()
    with roster.runtime.database.writing_core() as connection:
        begun = connection.execute(
            select(Grant.role, Grant.own_role, Grant.preview).where(Grant.own_role.is_(None))
        ).all()
    assert [tuple(each) for each in begun] == [(Role.member, None, False)] * len(begun)
    assert begun, "the view has ended with the role"
    assert seen(browser, activity.id)["role"] == "member"


@pytest.mark.parametrize("status", ["Inactive", "Deleted", ""])
def test_NR_10_session_of_somebody_who_left_ends(roster: Roster, status: str) -> None:
    activity = roster.world.bound("link-b")
    browser = roster.visit("member1", "link-b")
    assert seen(browser, activity.id) is not None
    if status:
        roster.world.lms.enrol("member1", status=status)
    else:
        roster.world.lms.unenrol("member1")
    roster.read()
    assert seen(browser, activity.id) is None


def test_NR_10_session_of_somebody_who_was_never_listed_goes_on(roster: Roster) -> None:
    """Moodle lets administrators in whom its list does not name."""
    roster.world.lms.roster(without="member1")
    with roster.runtime.database.writing_core() as connection:
        connection.execute(update(Enrolment).values(is_listed=False))
    activity = roster.world.bound("link-b")
    browser = roster.visit("member1", "link-b")
    roster.read()
    assert not roster.people()["member1"].is_active
    assert seen(browser, activity.id) is not None


@given(role=ROLES, own_role=st.one_of(st.none(), ROLES), told=ROLES)
def test_NR_10_no_session_ever_rises(role: Role, own_role: Role | None, told: Role) -> None:
    found = lowered(role, own_role, told)
    before = own_role or role
    if found is None:
        assert not is_lower(told, before)
        return
    after = found[1] or found[0]
    assert RANK.index(after) > RANK.index(before)
    assert after is told


def _post(roster: Roster, person: str = "member1") -> PostState | None:
    with roster.runtime.database.reading() as session:
        found: PostState | None = session.scalar(
            select(ScorePost.state)
            .join(Member, Member.id == ScorePost.member_id)
            .join(LineItem, LineItem.id == ScorePost.line_item_id)
            .where(Member.sub == person)
        )
        return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PostState.refused, PostState.waiting),
        (PostState.not_gradable, PostState.waiting),
        (PostState.sent, PostState.sent),
        (PostState.confirmed, PostState.confirmed),
        (PostState.kept, PostState.kept),
    ],
)
def test_scores_of_a_member_who_comes_back_are_told_unless_they_were(
    roster: Roster, before: PostState, after: PostState
) -> None:
    activity = roster.world.bound()
    roster.visit("member1")
    with roster.runtime.database.writing() as session:
        member = session.scalars(select(Member.id).where(Member.sub == "member1")).one()
        services.record(
            session, activity_id=activity.id, member_id=member, verb="completed", source="probe:1",
            outcome=Outcome(Decimal(1), Decimal(8), completed=True), now=roster.clock.now(),
        )  # fmt: skip
        session.execute(update(ScorePost).values(state=before, cause=NOT_GRADED))
    roster.world.lms.enrol("member1", status="Inactive")
    roster.read()
    assert _post(roster) is before
    roster.world.lms.enrol("member1")
    roster.read()
    assert _post(roster) is after


def test_scores_of_other_courses_are_not_told_again(roster: Roster) -> None:
    activity = roster.world.bound()
    roster.visit("both")
    with roster.runtime.database.writing() as session:
        member = session.scalars(select(Member.id).where(Member.sub == "both")).one()
        services.record(
            session, activity_id=activity.id, member_id=member, verb="completed", source="probe:1",
            outcome=Outcome(Decimal(1), Decimal(8), completed=True), now=roster.clock.now(),
        )  # fmt: skip
        session.execute(update(ScorePost).values(state=PostState.refused))
        other = Context(
            deployment_id=roster_deployment(session), tenant_id=1, context_key="c:none", created_at=roster.clock.now()
        )
        session.add(other)
        session.flush()
        other_id = other.id
    with roster.runtime.database.writing_core() as connection:
        assert (
            services.requeue_members(connection, context_id=other_id, member_ids=[member], now=roster.clock.now()) == 0
        )
    assert _post(roster, "both") is PostState.refused


def roster_deployment(session: Any) -> int:
    found: int = session.scalars(select(Context.deployment_id)).first()
    return found
