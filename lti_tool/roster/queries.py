"""Reads of the roster: what a reading needs to know of a course, and how old rosters are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, or_, select
from sqlalchemy.orm import Session

from lti_tool.core.jobs import Job
from lti_tool.identity.models import Context, Deployment, Enrolment, Registration, Tenant
from lti_tool.lms import platform
from lti_tool.lms.platform import Platform
from lti_tool.lms.work import READ_ROSTER, roster_key
from lti_tool.roster.models import RosterRow, RosterSync, SyncState

ACTIVE = timedelta(days=14)
"""A course is in use while its last launch is not longer ago."""


@dataclass(frozen=True, slots=True)
class Course:
    """A course whose roster can be read."""

    id: int
    key: str
    tenant_id: int
    locale: str
    registration_id: int
    platform: Platform
    role_overrides: Mapping[str, str]
    breaker_until: datetime | None
    memberships_url: str
    groups_url: str | None
    group_sets_url: str | None
    differences_url: str | None
    complete_at: datetime | None

    @property
    def lms_id(self) -> str:
        """What the LMS calls the course; '' where a link stands for one."""
        return self.key.removeprefix("c:") if self.key.startswith("c:") else ""

    @property
    def link_id(self) -> str:
        """The link that stands for the course, where the LMS has none (CT-01)."""
        return self.key.removeprefix("l:") if self.key.startswith("l:") else ""


def course_to_read(connection: Connection, context_id: int) -> Course | None:
    """The course, if its last launch said where its roster is, and its LMS is switched on. One statement."""
    row = connection.execute(
        select(
            *platform.COLUMNS,
            Context.id.label("context_id"),
            Context.context_key,
            Context.memberships_url,
            Context.groups_url,
            Context.group_sets_url,
            Deployment.tenant_id,
            Tenant.locale,
            Registration.role_overrides,
            Registration.breaker_until,
            RosterSync.differences_url,
            RosterSync.complete_at,
        )
        .select_from(Context)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .join(Tenant, Tenant.id == Deployment.tenant_id)
        .outerjoin(RosterSync, RosterSync.context_id == Context.id)
        .where(
            Context.id == context_id,
            Context.memberships_url.is_not(None),
            Registration.is_active,
            Deployment.is_active,
        )
    ).first()
    if row is None:
        return None
    return Course(
        id=row.context_id,
        key=row.context_key,
        tenant_id=row.tenant_id,
        locale=row.locale,
        registration_id=row.id,
        platform=platform.platform_of(row),
        role_overrides=row.role_overrides,
        breaker_until=row.breaker_until,
        memberships_url=row.memberships_url,
        groups_url=row.groups_url,
        group_sets_url=row.group_sets_url,
        differences_url=row.differences_url,
        complete_at=row.complete_at,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a page says about a course's roster."""

    has_service: bool
    state: SyncState | None
    cause: str
    groups_cause: str
    complete_at: datetime | None
    pages: int
    listed: int
    came: int
    gone: int
    renamed: int
    nameless: int
    due_at: datetime | None
    """When it is read next, of those wishes that are there; None: nobody has asked."""
    is_taken: bool
    """Whether a worker has it in hand."""


_COUNTS = (
    RosterSync.pages,
    RosterSync.listed,
    RosterSync.came,
    RosterSync.gone,
    RosterSync.renamed,
    RosterSync.nameless,
)


def standing_of(session: Session, context_id: int, now: datetime) -> Standing:
    """How old the roster of a course is, what came of the last reading, and whether there is one on its way. One statement."""
    row: Any = session.execute(
        select(
            Context.memberships_url.is_not(None),
            RosterSync.state,
            func.coalesce(RosterSync.cause, ""),
            func.coalesce(RosterSync.groups_cause, ""),
            RosterSync.complete_at,
            *(func.coalesce(each, 0) for each in _COUNTS),
            Job.due_at,
            func.coalesce(Job.lease_until > now, False),
        )
        .select_from(Context)
        .outerjoin(RosterSync, RosterSync.context_id == Context.id)
        .outerjoin(Job, (Job.name == READ_ROSTER) & (Job.key == roster_key(context_id)))
        .where(Context.id == context_id)
    ).one()
    return Standing(*row)


def due_courses(connection: Connection, now: datetime, *, after: int, most: int) -> list[int]:
    """Courses in use whose roster can be read, in order of their ids, `most` after `after`. One statement."""
    return list(
        connection.scalars(
            select(Context.id)
            .join(Deployment, Deployment.id == Context.deployment_id)
            .join(Registration, Registration.id == Deployment.registration_id)
            .where(
                Context.id > after,
                Context.memberships_url.is_not(None),
                Context.roster_asked_at > now - ACTIVE,
                Registration.is_active,
                Deployment.is_active,
            )
            .order_by(Context.id)
            .limit(most)
        )
    )


@dataclass(frozen=True, slots=True)
class Age:
    """How the rosters of one registration's courses in use are."""

    registration_id: int
    courses: int
    never: int
    """Of them, how many have never been read to the end."""
    failed: int
    """Of them, how many could not be read the last time."""
    oldest: timedelta | None
    """Since the oldest complete reading began; None: there is none."""


def roster_age_by_registration(connection: Connection, now: datetime) -> list[Age]:
    """The rosters of courses in use, by registration; those without such a course are left out. One statement."""
    rows = connection.execute(
        select(
            Deployment.registration_id,
            func.count().label("courses"),
            func.sum(case((RosterSync.complete_at.is_(None), 1), else_=0)).label("never"),
            func.sum(case((RosterSync.state == SyncState.failed, 1), else_=0)).label("failed"),
            func.min(RosterSync.complete_at, type_=RosterSync.complete_at.type).label("oldest"),
        )
        .select_from(Context)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .outerjoin(RosterSync, RosterSync.context_id == Context.id)
        .where(
            Context.memberships_url.is_not(None),
            Context.roster_asked_at > now - ACTIVE,
            Registration.is_active,
            Deployment.is_active,
        )
        .group_by(Deployment.registration_id)
        .order_by(Deployment.registration_id)
    )
    return [
        Age(
            row.registration_id,
            row.courses,
            int(row.never),
            int(row.failed),
            None if row.oldest is None else now - row.oldest,
        )
        for row in rows
    ]


def shown(connection: Connection, now: datetime, *, registration_id: int | None = None, most: int = 500) -> list[Any]:
    """Courses whose roster can be read, those read longest ago first.

    (id, title, registration, state, cause, complete, listed, came, gone, renamed, is in use). One statement.
    """
    found = (
        select(
            Context.id,
            Context.title,
            Deployment.registration_id,
            RosterSync.state,
            RosterSync.cause,
            RosterSync.complete_at,
            RosterSync.listed,
            RosterSync.came,
            RosterSync.gone,
            RosterSync.renamed,
            (Context.roster_asked_at > now - ACTIVE).label("is_used"),
        )
        .select_from(Context)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .outerjoin(RosterSync, RosterSync.context_id == Context.id)
        .where(Context.memberships_url.is_not(None), Registration.is_active, Deployment.is_active)
        .order_by(RosterSync.complete_at.asc().nulls_first(), Context.id)
        .limit(most)
    )
    if registration_id is not None:
        found = found.where(Registration.id == registration_id)
    return list(connection.execute(found))


def is_left_over(connection: Connection, context_id: int) -> bool:
    """Whether rows of a reading are there."""
    return (
        connection.execute(select(RosterRow.id).where(RosterRow.context_id == context_id).limit(1)).first() is not None
    )


def absent(context_id: int, read_began: datetime) -> Any:
    """Conditions on enrolments: here, or listed before, and not in the list that was read; who launched since is left alone."""
    return (
        Enrolment.context_id == context_id,
        or_(Enrolment.is_active, Enrolment.is_listed),
        or_(Enrolment.last_launch_at.is_(None), Enrolment.last_launch_at < read_began),
    )
