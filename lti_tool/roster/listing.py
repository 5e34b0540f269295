"""Reads of the members' page: who is in the course, a page at a time."""

from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from lti_tool.identity.actor import Role
from lti_tool.identity.groups import people_of
from lti_tool.identity.models import Enrolment, Member

PAGE: Final = 50
_STAFF_FIRST = case((Enrolment.role == Role.instructor, 0), (Enrolment.role == Role.assistant, 1), else_=2)


def people(session: Session, context_id: int, *, group_id: int | None, after: int) -> list[Any]:
    """Active people, those who teach first, then by name: a page, and one more to know whether others follow. One statement."""
    found = (
        select(
            Member.id,
            Member.name,
            Enrolment.role,
            Enrolment.last_launch_at,
            Enrolment.gradable,
            Enrolment.is_test,
        )
        .join(Enrolment, Enrolment.member_id == Member.id)
        .where(Enrolment.context_id == context_id, Enrolment.is_active)
        .order_by(_STAFF_FIRST, Member.name, Member.id)
        .offset(after)
        .limit(PAGE + 1)
    )
    if group_id is not None:
        found = found.where(Enrolment.member_id.in_(people_of(group_id)))
    return list(session.execute(found))


def counts(session: Session, context_id: int) -> tuple[int, int]:
    """(active people, how many of them never came). One statement."""
    never = func.coalesce(func.sum(case((Enrolment.last_launch_at.is_(None), 1), else_=0)), 0)
    row = session.execute(
        select(func.count(), never).where(Enrolment.context_id == context_id, Enrolment.is_active)
    ).one()
    return int(row[0]), int(row[1])
