"""Who has come, and into which course."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, null, or_, select

from lti_tool.core import jobs
from lti_tool.core.columns import left_open, upsert
from lti_tool.core.hot import Hot
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Context, Deployment, Enrolment, EnrolmentSource, Member, Tenant
from lti_tool.identity.rules.roles import Standing
from lti_tool.launch.services.landing.arrival import Arrival
from lti_tool.lms.work import READ_ROSTER, roster_key

ROSTER_AGE = timedelta(hours=6)
"""A launch asks for the roster to be read if none has asked for as long."""
STAFF = frozenset({Role.instructor, Role.assistant})
"""Who sees drafts and what is archived."""


def school_of_deployment() -> Any:
    """The school of the deployment `of_deployment`, asked by the launch's own statements.

    What the process remembers may be half a minute old, and the deployment may be at another school by now: while one is
    moved, no launch is on its way (`launch.schools`).
    """
    return select(Deployment.tenant_id).where(Deployment.id == bindparam("of_deployment")).scalar_subquery()


@cache
def _context_statement(dialect: str, *, is_instructor: bool, has_history: bool) -> Hot:
    # Dates of a new course are shown and typed in its school's zone.
    zone = select(Tenant.timezone).where(Tenant.id == school_of_deployment()).scalar_subquery()
    table = Context.__table__
    told = left_open(
        table, "deployment_id", "context_key", "title", "label", "kind", "history", "memberships_url", "groups_url",
        "group_sets_url",
        "roster_asked_at", "created_at",
    )  # fmt: skip
    statement = upsert(table, dialect).values(timezone=zone, tenant_id=school_of_deployment(), **told)
    followed = ("title", "label", "kind") if is_instructor else ()
    kept = {name: statement.excluded[name] for name in followed}
    if has_history:
        kept["history"] = statement.excluded.history
    new, old = statement.excluded, table.c
    is_old = or_(
        old.roster_asked_at.is_(None),
        old.roster_asked_at <= bindparam("asked_before", type_=old.roster_asked_at.type),
    )
    # A launch that names no roster does not take it away: deep linking and other tools' links may come without the claim.
    kept["memberships_url"] = func.coalesce(new.memberships_url, old.memberships_url)
    kept["groups_url"] = func.coalesce(new.groups_url, old.groups_url)
    kept["group_sets_url"] = func.coalesce(new.group_sets_url, old.group_sets_url)
    kept["roster_asked_at"] = case(
        (and_(new.memberships_url.is_not(None), is_old), new.roster_asked_at), else_=old.roster_asked_at
    )
    changed = statement.on_conflict_do_update(index_elements=["deployment_id", "context_key"], set_=kept)
    return Hot(changed.returning(old.id, old.roster_asked_at))


def context_of(connection: Connection, arrival: Arrival, now: datetime) -> int:
    """The course; its title follows each launch of an instructor (CT-10).

    One statement, and one more when its roster has not been asked for in the last 6 hours.
    """
    claims = arrival.claims
    is_instructor = arrival.standing.role is Role.instructor and claims.context_title != ""
    history = list(claims.custom.context_history)
    statement = _context_statement(connection.dialect.name, is_instructor=is_instructor, has_history=bool(history))
    ((context_id, roster_asked_at),) = statement.all(
        connection,
        {
            "deployment_id": arrival.deployment.id,
            "context_key": claims.context_key,
            "title": claims.context_title or claims.resource_title,
            "label": claims.context_label,
            "kind": claims.context_kind,
            "of_deployment": arrival.deployment.id,
            "history": history,
            "memberships_url": claims.memberships_url or None,
            "groups_url": claims.groups_url or None,
            "group_sets_url": claims.group_sets_url or None,
            "roster_asked_at": now if claims.memberships_url else None,
            "asked_before": now - ROSTER_AGE,
            "created_at": now,
        },
    )
    if claims.memberships_url and roster_asked_at == now:
        jobs.ask(connection, name=READ_ROSTER, key=roster_key(context_id), due_at=now)
    return int(context_id)


@cache
def _member_statement(dialect: str, *, is_named: bool) -> Hot:
    table = Member.__table__
    told = left_open(table, "registration_id", "sub", "name", "created_at")
    statement = upsert(table, dialect).values(tenant_id=school_of_deployment(), **told)
    kept = {"name": statement.excluded.name} if is_named else {"sub": statement.excluded.sub}
    changed = statement.on_conflict_do_update(index_elements=["registration_id", "sub"], set_=kept)
    return Hot(changed.returning(table.c.id))


def member_of(connection: Connection, arrival: Arrival, now: datetime) -> int:
    """The person: registration and sub, never the e-mail (ID-05). A name once known is not taken away by its absence."""
    name = arrival.claims.name
    ((member_id,),) = _member_statement(connection.dialect.name, is_named=bool(name)).all(
        connection,
        {
            "registration_id": arrival.known.id,
            "of_deployment": arrival.deployment.id,
            "sub": arrival.claims.sub,
            "name": name or arrival.pseudonym,
            "created_at": now,
        },
    )
    return int(member_id)


@cache
def _enrolment_statement(dialect: str, *, names_groups: bool) -> Hot:
    table = Enrolment.__table__
    told = left_open(
        table, "context_id", "member_id", "role", "source", "is_active", "gradable", "is_test", "has_taught", "is_listed",
        "last_launch_at", "claimed_groups", "is_regrouped",
    )  # fmt: skip
    statement = upsert(table, dialect).values(told)
    old, new = table.c, statement.excluded
    was_left_out = or_(old.gradable.is_(False), old.is_active.is_(False), old.not_graded_at.is_not(None))
    kept = {
        "role": new.role,
        "source": new.source,
        "is_active": new.is_active,
        "gradable": new.gradable,
        "is_test": new.is_test,
        "has_taught": or_(old.has_taught, new.has_taught),
        "last_launch_at": new.last_launch_at,
        "not_graded_at": null(),
        "returned_at": case((and_(new.gradable, was_left_out), new.last_launch_at), else_=old.returned_at),
    }
    if names_groups:
        kept["claimed_groups"] = new.claimed_groups
        kept["is_regrouped"] = or_(old.is_regrouped, old.claimed_groups != new.claimed_groups)
    changed = statement.on_conflict_do_update(index_elements=["context_id", "member_id"], set_=kept)
    return Hot(changed.returning(old.returned_at))


def enrol(
    connection: Connection,
    context_id: int,
    member_id: int,
    standing: Standing,
    now: datetime,
    groups: tuple[str, ...] | None = None,
) -> bool:
    """The person's place in the course, as this launch says it; whether scores can be sent for the person again."""
    ((returned_at,),) = _enrolment_statement(connection.dialect.name, names_groups=groups is not None).all(
        connection,
        {
            "context_id": context_id,
            "member_id": member_id,
            "role": standing.role,
            "source": EnrolmentSource.launch,
            "is_active": True,
            "gradable": standing.gradable,
            "is_test": standing.is_test,
            "has_taught": standing.role is Role.instructor,
            "is_listed": False,
            "last_launch_at": now,
            "claimed_groups": ",".join(groups or ()),
            "is_regrouped": bool(groups),
        },
    )
    return bool(returned_at == now)
