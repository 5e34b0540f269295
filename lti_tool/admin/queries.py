"""Reads for the operator: refused launches by reason, and the console's log. No names of members, no ids of theirs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.identity.models import AdminEvent, Context, Registration, Tenant
from lti_tool.launch.models import LaunchFailure
from lti_tool.ledger.models import Activity, AuditEvent

MOST: Final = 100
DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Failure:
    """A refused login or launch."""

    at: datetime
    reason: str
    reference: str
    registration_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the log."""

    id: int
    at: datetime
    name: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class StaffAct:
    """What staff of a course did that changes somebody's chances. Who it was and why is read in the course."""

    id: int
    at: datetime
    action: str
    tenant: str
    course: str
    activity: str


def failures_by_reason(session: Session, now: datetime) -> list[tuple[str, int]]:
    """(reason, how often in the last 7 days), the most frequent first. One statement."""
    times = func.count()
    rows = session.execute(
        select(LaunchFailure.reason, times)
        .where(LaunchFailure.at > now - timedelta(days=DAYS))
        .group_by(LaunchFailure.reason)
        .order_by(times.desc(), LaunchFailure.reason)
    )
    return [(reason, count) for reason, count in rows]


def failures(
    session: Session, now: datetime, *, reason: str = "", reference: str = "", registration_id: int | None = None
) -> list[Failure]:
    """The latest refusals of the last 7 days, or the one that a user has given the reference of. One statement."""
    statement = (
        select(
            LaunchFailure.at, LaunchFailure.reason, LaunchFailure.reference, LaunchFailure.registration_id, Registration.name
        )
        .outerjoin(Registration, Registration.id == LaunchFailure.registration_id)
        .order_by(LaunchFailure.id.desc())
        .limit(MOST)
    )  # fmt: skip
    if reference:
        statement = statement.where(LaunchFailure.reference == reference.upper())
    else:
        statement = statement.where(LaunchFailure.at > now - timedelta(days=DAYS))
    if reason:
        statement = statement.where(LaunchFailure.reason == reason)
    if registration_id is not None:
        statement = statement.where(LaunchFailure.registration_id == registration_id)
    return [
        Failure(row.at, row.reason, row.reference, row.registration_id, row.name or "")
        for row in session.execute(statement)
    ]


def log(session: Session, before: int | None = None) -> list[Happened]:
    """The latest lines of the log, or those before one of them. One statement."""
    statement = select(AdminEvent).order_by(AdminEvent.id.desc()).limit(MOST)
    if before is not None:
        statement = statement.where(AdminEvent.id < before)
    return [
        Happened(row.id, row.at, row.name, row.action, row.subject, row.detail) for row in session.scalars(statement)
    ]


def staff_log(session: Session, before: int | None = None) -> list[StaffAct]:
    """The latest acts of staff in all courses, or those before one of them. One statement."""
    statement = (
        select(
            AuditEvent.id, AuditEvent.at, AuditEvent.action, Tenant.name, Context.title, Activity.title
        )
        .join(Context, Context.id == AuditEvent.context_id)
        .join(Tenant, Tenant.id == Context.tenant_id)
        .outerjoin(Activity, Activity.id == AuditEvent.activity_id)
        .order_by(AuditEvent.id.desc())
        .limit(MOST)
    )  # fmt: skip
    if before is not None:
        statement = statement.where(AuditEvent.id < before)
    return [
        StaffAct(number, at, action, tenant, course, activity or "")
        for number, at, action, tenant, course, activity in session.execute(statement)
    ]
