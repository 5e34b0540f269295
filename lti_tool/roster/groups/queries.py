"""Reads of groups: lists for pages, who is in one, what it was given."""

from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from lti_tool.core.web import runtime
from lti_tool.identity.actor import Role
from lti_tool.identity.groups import people_of
from lti_tool.identity.models import Enrolment, Group, GroupMember, Member
from lti_tool.ledger.models import Activity, ActivityStatus, Override

PAGE: Final = 50


def groups(session: Session, context_id: int) -> list[Any]:
    """(id, name, set_name, source, is_gone, people) of a course's groups, by set and name; of their people the active ones. One statement."""
    people = (
        select(func.count())
        .select_from(GroupMember)
        .join(Enrolment, Enrolment.member_id == GroupMember.member_id)
        .where(GroupMember.group_id == Group.id, Enrolment.context_id == Group.context_id, Enrolment.is_active)
        .correlate(Group)
        .scalar_subquery()
    )
    return list(
        session.execute(
            select(Group.id, Group.name, Group.set_name, Group.source, Group.is_gone, people.label("people"))
            .where(Group.context_id == context_id)
            .order_by(Group.is_gone, Group.set_name, Group.name, Group.id)
        )
    )


def group(session: Session, context_id: int, group_id: int) -> Group | None:
    """A group of this course. One statement."""
    return session.scalar(select(Group).where(Group.id == group_id, Group.context_id == context_id))


def _people(context_id: int, *conditions: ColumnElement[bool], words: str = "") -> Any:
    found = (
        select(Member.id, Member.name, Enrolment.role)
        .join(Enrolment, Enrolment.member_id == Member.id)
        .where(Enrolment.context_id == context_id, Enrolment.is_active, *conditions)
        .order_by(Member.name, Member.id)
    )
    return found.where(Member.name.icontains(words, autoescape=True)) if words else found


def people(session: Session, context_id: int, group_id: int) -> list[Any]:
    """(id, name, role) of the active people in a group, at most 500. One statement."""
    return list(session.execute(_people(context_id, Member.id.in_(people_of(group_id))).limit(500)))


def others(session: Session, context_id: int, group_id: int, words: str) -> list[Any]:
    """(id, name, role) of members who are not in a group and whose name holds these words: a page. One statement."""
    found = _people(context_id, Member.id.not_in(people_of(group_id)), Enrolment.role == Role.member, words=words)
    return list(session.execute(found.limit(PAGE)))


def names_by_member(session: Session, context_id: int, member_ids: list[int]) -> dict[int, list[str]]:
    """The names of the groups that these people are in. One statement."""
    rows = session.execute(
        select(GroupMember.member_id, Group.name)
        .join(Group, Group.id == GroupMember.group_id)
        .where(Group.context_id == context_id, GroupMember.member_id.in_(member_ids))
        .order_by(Group.name, Group.id)
    )
    found = dict[int, list[str]]()
    for row in rows:
        found.setdefault(row.member_id, []).append(row.name)
    return found


def exceptions(session: Session, group_id: int) -> list[Any]:
    """(override, title) of what a group was given. One statement."""
    return list(
        session.execute(
            select(Override, Activity.title)
            .join(Activity, Activity.id == Override.activity_id)
            .where(Override.group_id == group_id)
            .order_by(Activity.position, Activity.id)
        )
    )


def tasks(session: Session, context_id: int) -> list[tuple[int, str]]:
    """(id, title) of the tasks that a group can be given an exception for. One statement."""
    roots = [kind.name for kind in runtime().kinds.values() if kind.is_root]
    rows = session.execute(
        select(Activity.id, Activity.title)
        .where(
            Activity.context_id == context_id,
            Activity.kind.not_in(roots),
            Activity.status != ActivityStatus.archived,
        )
        .order_by(Activity.position, Activity.id)
    )
    return [(row.id, row.title) for row in rows]
