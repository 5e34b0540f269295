"""The columns that are read back, as rows: which are due, and when each was read.

All of it is Core SQL on a connection that the caller opened; nothing here talks to an LMS.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, func, literal, or_, select, update

from lti_tool.identity.models import Deployment, Registration, Tenant
from lti_tool.ledger.joined import COLUMNS_TO_DEPLOYMENTS
from lti_tool.ledger.models import Activity, LineItem, LineItemState, Placement, ScorePost
from lti_tool.passback.reconciler import rules

AT_MOST = 500
"""Rows of one writing transaction (house rule 2), and of one list of parameters."""
SLICE = 250
"""Of what takes two rows: a score and a line of its history, a column and the job of its LMS."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is due to be read."""

    line_item_id: int
    url: str
    maximum: int
    activity_maximum: int
    scopes: tuple[str, ...]
    failures: int
    zone: str


def _is_readable() -> tuple[Any, ...]:
    return LineItem.state == LineItemState.ready, LineItem.url.is_not(None)


def due(connection: Connection, registration_id: int, now: datetime, limit: int) -> list[Column]:
    """Columns of one LMS whose time has come, those that have waited longest first. One statement."""
    ours = (Deployment.registration_id == registration_id, LineItem.read_due_at <= now)
    return _columns(connection, ours, (LineItem.read_due_at, LineItem.id), limit)


def _columns(connection: Connection, conditions: Iterable[Any], order: Iterable[Any], limit: int) -> list[Column]:
    statement = (
        select(
            LineItem.id,
            LineItem.url,
            LineItem.maximum,
            LineItem.read_failures,
            Activity.maximum.label("activity_maximum"),
            Placement.scopes,
            Tenant.timezone,
        )
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .join(Activity, Activity.id == LineItem.activity_id)
        .join(Tenant, Tenant.id == Deployment.tenant_id)
    )
    found = connection.execute(statement.where(*conditions, *_is_readable()).order_by(*order).limit(limit))
    return [
        Column(row.id, row.url, row.maximum, row.activity_maximum, tuple(row.scopes), row.read_failures, row.timezone)
        for row in found
    ]


def next_due(connection: Connection, registration_id: int) -> datetime | None:
    """When the next column of one LMS is due. One statement."""
    found: datetime | None = connection.scalar(
        select(func.min(LineItem.read_due_at))
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .where(Deployment.registration_id == registration_id, *_is_readable())
    )
    return found


def breaker_until(connection: Connection, registration_id: int) -> datetime | None:
    """Until when the LMS is left alone. One statement."""
    found: datetime | None = connection.scalar(
        select(Registration.breaker_until).where(Registration.id == registration_id)
    )
    return found


def was_read(connection: Connection, column: Column, now: datetime) -> None:
    """A column has been read as a whole; its turn comes again in the night."""
    _set(
        connection,
        column,
        read_at=now,
        read_due_at=rules.next_night(column.line_item_id, ZoneInfo(column.zone), now),
        read_failures=0,
        read_cause="",
    )


def was_not_read(connection: Connection, column: Column, cause: str, now: datetime, *, is_permanent: bool) -> None:
    """A column could not be read: tried again after a while, or where that does not help, in the night."""
    again = rules.next_try(column.failures + 1, now)
    if is_permanent:
        again = rules.next_night(column.line_item_id, ZoneInfo(column.zone), now)
    _set(connection, column, read_due_at=again, read_failures=column.failures + 1, read_cause=cause)


def _set(connection: Connection, column: Column, **values: Any) -> None:
    connection.execute(
        # Only if it is still the column that we asked for.
        update(LineItem).where(LineItem.id == column.line_item_id, LineItem.url == column.url).values(**values)
    )


def unplanned(connection: Connection, limit: int = AT_MOST) -> list[Any]:
    """(id, timezone) of columns that nobody has planned to read yet and that scores were sent to. One statement."""
    sent = select(ScorePost.id).where(ScorePost.line_item_id == LineItem.id, ScorePost.sent_at.is_not(None)).exists()
    statement = (
        select(LineItem.id, Tenant.timezone)
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .join(Tenant, Tenant.id == Deployment.tenant_id)
    )
    return list(connection.execute(statement.where(LineItem.read_due_at.is_(None), *_is_readable(), sent).limit(limit)))


def plan(connection: Connection, found: Iterable[Any], now: datetime) -> None:
    """Give each column its time of the coming night. One statement."""
    connection.execute(
        update(LineItem)
        .where(LineItem.id == bindparam("item"), LineItem.read_due_at.is_(None))
        .values(read_due_at=bindparam("moment", type_=LineItem.read_due_at.type)),
        [{"item": row.id, "moment": rules.next_night(row.id, ZoneInfo(row.timezone), now)} for row in found],
    )


def planned(connection: Connection) -> list[tuple[int, datetime]]:
    """(registration, when its next column is due) of the active registrations. One statement."""
    rows: Any = connection.execute(
        select(Registration.id, func.min(LineItem.read_due_at))
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(Registration.is_active, LineItem.read_due_at.is_not(None), *_is_readable())
        .group_by(Registration.id)
    )
    return [(row[0], row[1]) for row in rows]


def want(connection: Connection, condition: Any, now: datetime, after: int) -> tuple[list[int], int | None]:
    """Let up to 250 of the columns that meet a condition on LineItem be read now, by id from `after` on.

    The registrations that they lie in, and where to go on; None: there are no more. Two statements.
    """
    found = connection.execute(
        select(LineItem.id, Deployment.registration_id)
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .where(condition, *_is_readable(), LineItem.id > after)
        .order_by(LineItem.id)
        .limit(SLICE)
    ).all()
    connection.execute(
        update(LineItem)
        .where(
            LineItem.id.in_([row.id for row in found]),
            or_(LineItem.read_due_at.is_(None), LineItem.read_due_at > now),
        )
        .values(read_due_at=literal(now, LineItem.read_due_at.type))
    )
    return sorted({row.registration_id for row in found}), found[-1].id if len(found) == SLICE else None
