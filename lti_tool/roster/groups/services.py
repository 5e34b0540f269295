"""Groups made by hand: making, naming, filling and removing them; and what any group is given. Flush, never commit.

The LMS's groups are changed there alone; one that is gone there can be removed here.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lti_tool.core.columns import upsert
from lti_tool.core.errors import Conflict, Invalid, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.actor import Actor, Role
from lti_tool.identity.models import Enrolment, Group, GroupMember
from lti_tool.identity.rules.groups import GroupSource
from lti_tool.ledger import services as ledger
from lti_tool.ledger.models import Override
from lti_tool.roster.groups.forms import ExceptionForm
from lti_tool.roster.groups.rules import MOST

MOST_PEOPLE: Final = 400
"""In a group made by hand."""


def make(session: Session, context_id: int, name: str) -> Group:
    """A new group with nobody in it. Raises Invalid for a name that there is, and for more groups than a course has."""
    _must_be_free(session, context_id, name)
    if (session.scalar(select(func.count()).where(Group.context_id == context_id)) or 0) >= MOST:
        raise Invalid(_l("This course has too many groups already."), action=_l("Remove one that nobody needs first."))
    group = Group(context_id=context_id, name=name, source=GroupSource.hand)
    session.add(group)
    session.flush()
    return group


def rename(session: Session, group: Group, name: str) -> None:
    """Another name for a group made by hand. Raises Conflict for the LMS's."""
    _must_be_ours(group)
    if name != group.name:
        _must_be_free(session, group.context_id, name)
        group.name = name
        session.flush()


def put_in(session: Session, group: Group, member_ids: Collection[int]) -> None:
    """Active people of the course into a group made by hand; others are overlooked. Raises Conflict for the LMS's."""
    _must_be_ours(group)
    found = session.scalars(
        select(Enrolment.member_id)
        .where(
            Enrolment.context_id == group.context_id,
            Enrolment.member_id.in_(member_ids),
            Enrolment.is_active,
            Enrolment.role == Role.member,
        )
        .order_by(Enrolment.member_id)
    ).all()
    are = session.scalar(select(func.count()).where(GroupMember.group_id == group.id)) or 0
    if are + len(found) > MOST_PEOPLE:
        raise Invalid(
            _l("A group made here has at most %(num)s people.", num=MOST_PEOPLE),
            action=_l("Make a second group for the others."),
        )
    if found:
        statement = upsert(GroupMember.__table__, session.get_bind().dialect.name).on_conflict_do_nothing()
        session.execute(statement, [{"group_id": group.id, "member_id": each} for each in found])
        ledger.groups_changed(session.connection(), [group.id])


def take_out(session: Session, group: Group, member_id: int) -> None:
    """Somebody out of a group made by hand. Raises Conflict for the LMS's, NotFound for who is not in it."""
    _must_be_ours(group)
    done = session.execute(
        delete(GroupMember)
        .where(GroupMember.group_id == group.id, GroupMember.member_id == member_id)
        .returning(GroupMember.member_id)
    ).first()
    if done is None:
        raise NotFound
    ledger.groups_changed(session.connection(), [group.id])


def remove(session: Session, group: Group, actor: Actor, now: datetime) -> None:
    """A group made by hand, or one that is gone in the LMS, with what it was given. Raises Conflict for the LMS's."""
    if not group.is_gone:
        _must_be_ours(group)
    given = session.scalars(
        select(Override.activity_id).where(Override.group_id == group.id).order_by(Override.activity_id)
    ).all()
    for activity_id in given:
        ledger.remove_group_override(session, activity_id=activity_id, group_id=group.id, actor=actor, now=now)
    session.execute(delete(GroupMember).where(GroupMember.group_id == group.id))
    session.delete(group)
    session.flush()


def give(session: Session, group: Group, wish: ExceptionForm, actor: Actor, now: datetime) -> None:
    """Other dates, time or attempts for a task, for all of a group. Raises Conflict for one that is gone in the LMS."""
    if group.is_gone:
        raise Conflict(
            _l("Your platform does not name this group any more."), action=_l("Remove it, or choose another.")
        )
    ledger.set_override(
        session,
        activity_id=wish.activity_id,
        group_id=group.id,
        actor=actor,
        reason=wish.reason,
        now=now,
        due_at=wish.due_at,
        closes_at=wish.closes_at,
        extra_seconds=None if wish.minutes is None else wish.minutes * 60,
        extra_attempts=wish.attempts,
    )


def _must_be_ours(group: Group) -> None:
    if group.source is not GroupSource.hand:
        raise Conflict(_l("This group is your platform's."), action=_l("Change it there; it follows here."))


def _must_be_free(session: Session, context_id: int, name: str) -> None:
    found = select(Group.id).where(Group.context_id == context_id, Group.name == name).limit(1)
    if session.execute(found).first() is not None:
        raise Invalid(_l("There is a group of this name already."), action=_l("Choose another name."))
