"""Who has come, and into which course."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, null, or_, select

from lti_tool.core.columns import upsert
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Context, Enrolment, EnrolmentSource, Member, Tenant
from lti_tool.launch.rules.roles import Standing
from lti_tool.launch.services.landing.arrival import Arrival

STAFF = frozenset({Role.instructor, Role.assistant})
"""Who sees drafts and what is archived."""


@cache
def _context_statement(dialect: str, *, is_instructor: bool, has_history: bool) -> Any:
    # Dates of a new course are shown and typed in its school's zone.
    zone = select(Tenant.timezone).where(Tenant.id == bindparam("of_tenant")).scalar_subquery()
    statement = upsert(Context.__table__, dialect).values(timezone=zone)
    followed = ("title", "label", "kind") if is_instructor else ()
    kept = {name: statement.excluded[name] for name in followed}
    if has_history:
        kept["history"] = statement.excluded.history
    return statement.on_conflict_do_update(
        index_elements=["deployment_id", "context_key"],
        set_=kept or {"context_key": statement.excluded.context_key},
    ).returning(Context.id)


def context_of(connection: Connection, arrival: Arrival, now: datetime) -> int:
    """The course; its title follows each launch of an instructor (CT-10)."""
    claims = arrival.claims
    is_instructor = arrival.standing.role is Role.instructor and claims.context_title != ""
    history = list(claims.custom.context_history)
    return int(
        connection.execute(
            _context_statement(connection.dialect.name, is_instructor=is_instructor, has_history=bool(history)),
            {
                "deployment_id": arrival.deployment.id,
                "tenant_id": arrival.deployment.tenant_id,
                "context_key": claims.context_key,
                "title": claims.context_title or claims.resource_title,
                "label": claims.context_label,
                "kind": claims.context_kind,
                "of_tenant": arrival.deployment.tenant_id,
                "history": history,
                "created_at": now,
            },
        ).scalar_one()
    )


@cache
def _member_statement(dialect: str, *, is_named: bool) -> Any:
    statement = upsert(Member.__table__, dialect)
    kept = {"name": statement.excluded.name} if is_named else {"sub": statement.excluded.sub}
    return statement.on_conflict_do_update(index_elements=["registration_id", "sub"], set_=kept).returning(Member.id)


def member_of(connection: Connection, arrival: Arrival, now: datetime) -> int:
    """The person: registration and sub, never the e-mail (ID-05). A name once known is not taken away by its absence."""
    name = arrival.claims.name
    return int(
        connection.execute(
            _member_statement(connection.dialect.name, is_named=bool(name)),
            {
                "registration_id": arrival.known.id,
                "tenant_id": arrival.deployment.tenant_id,
                "sub": arrival.claims.sub,
                "name": name or arrival.pseudonym,
                "created_at": now,
            },
        ).scalar_one()
    )


@cache
def _enrolment_statement(dialect: str) -> Any:
    statement = upsert(Enrolment.__table__, dialect)
    new = statement.excluded
    was_left_out = or_(
        Enrolment.gradable.is_(False), Enrolment.is_active.is_(False), Enrolment.not_graded_at.is_not(None)
    )
    is_back = and_(new.gradable, was_left_out)
    return statement.on_conflict_do_update(
        index_elements=["context_id", "member_id"],
        set_={
            "role": new.role,
            "source": new.source,
            "is_active": new.is_active,
            "gradable": new.gradable,
            "is_test": new.is_test,
            "has_taught": or_(Enrolment.has_taught, new.has_taught),
            "last_launch_at": new.last_launch_at,
            "not_graded_at": null(),
            "returned_at": case((is_back, new.last_launch_at), else_=Enrolment.returned_at),
        },
    ).returning(Enrolment.returned_at)


def enrol(connection: Connection, context_id: int, member_id: int, standing: Standing, now: datetime) -> bool:
    """The person's place in the course, as this launch says it; whether scores can be sent for the person again."""
    returned_at = connection.execute(
        _enrolment_statement(connection.dialect.name),
        {
            "context_id": context_id,
            "member_id": member_id,
            "role": standing.role,
            "source": EnrolmentSource.launch,
            "is_active": True,
            "gradable": standing.gradable,
            "is_test": standing.is_test,
            "has_taught": standing.role is Role.instructor,
            "last_launch_at": now,
        },
    ).scalar_one()
    return bool(returned_at == now)
