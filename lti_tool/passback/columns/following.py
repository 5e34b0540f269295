"""Columns that we made follow their activities' titles and maxima (AG-09). What others made is never changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from lti_tool.core.database import Database
from lti_tool.core.http import HttpError
from lti_tool.core.logs import log
from lti_tool.identity.models import Deployment, Registration
from lti_tool.ledger.joined import COLUMNS_TO_DEPLOYMENTS
from lti_tool.ledger.models import Activity, LineItem, LineItemSource, LineItemState, Placement
from lti_tool.ledger.services import requeue
from lti_tool.lms import platform
from lti_tool.lms.connector import SCOPE_LINE_ITEM, Connector
from lti_tool.lms.errors import LmsError, ServiceFailed
from lti_tool.lms.headings import LONGEST_LABEL, heading
from lti_tool.lms.platform import Platform
from lti_tool.passback.columns.looking import EVERY

AT_ONCE = 20
REFUSED_AGAIN = timedelta(days=1)
"""An LMS that does not let us change a column of ours is asked again after that."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A column of ours whose activity has another title or maximum by now."""

    line_item_id: int
    platform: Platform
    url: str
    resource_id: str
    label: str
    """As we gave it; if the LMS shows another, a teacher has renamed the column, and his name stays."""
    maximum: int
    wanted_label: str
    wanted_maximum: int


def follow(database: Database, connector: Connector, now: datetime) -> int:
    """Bring our own columns up to date; returns how many were changed. Opens its own transactions.

    Each is tried at most every 5 minutes, by one worker. A new maximum makes all scores of the column due, since an LMS may
    or may not rescale what it has.
    """
    with database.reading_core() as connection:
        if not _rows(connection, now):
            return 0
    with database.writing_core() as connection:
        taken = _take(connection, now)
    done = 0
    for changed in taken:
        try:
            connector.change_column(changed.platform, changed.url, partial(_replaced, changed))
        except (LmsError, HttpError) as error:
            log.warning("column_not_changed", line_item=changed.line_item_id, kind=type(error).__name__)
            if isinstance(error, ServiceFailed) and error.is_permanent:
                _put_off(database, changed, now)
            continue
        _keep(database, changed, now)
        done += 1
    return done


def _replaced(changed: Changed, before: Any) -> Any:
    """The whole column with what we change; None where it is not ours any more, or has it all."""
    if not isinstance(before, dict) or before.get("resourceId") != changed.resource_id:
        return None
    after = dict(before)
    if before.get("label") == changed.label:
        after["label"] = changed.wanted_label
    if changed.wanted_maximum != changed.maximum:
        after["scoreMaximum"] = changed.wanted_maximum
    return after if after != before else None


def _rows(connection: Connection, now: datetime) -> list[Any]:
    title = func.substr(Activity.title, 1, LONGEST_LABEL)
    is_different = or_(LineItem.label != title, LineItem.maximum != Activity.maximum)
    rows = connection.execute(
        select(
            *platform.COLUMNS,
            LineItem.id.label("line_item_id"),
            LineItem.url,
            LineItem.resource_id,
            LineItem.label,
            LineItem.maximum,
            LineItem.checked_at,
            Activity.title,
            Activity.maximum.label("wanted_maximum"),
            Placement.scopes,
        )
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .join(Activity, Activity.id == LineItem.activity_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(
            LineItem.source == LineItemSource.created,
            LineItem.state == LineItemState.ready,
            LineItem.label != "",
            is_different,
            or_(LineItem.checked_at.is_(None), LineItem.checked_at <= now - EVERY),
            Registration.is_active,
            or_(Registration.breaker_until.is_(None), Registration.breaker_until <= now),
        )
        .order_by(LineItem.checked_at, LineItem.id)
        .limit(AT_ONCE)
    ).all()
    return [
        row
        for row in rows
        if SCOPE_LINE_ITEM in row.scopes and (heading(row.title) != row.label or row.wanted_maximum != row.maximum)
    ]


def _take(connection: Connection, now: datetime) -> list[Changed]:
    """The columns to change now; `checked_at` says to other workers that they are taken."""
    taken = []
    for row in _rows(connection, now):
        done = connection.execute(
            update(LineItem)
            .where(LineItem.id == row.line_item_id, LineItem.checked_at.is_not_distinct_from(row.checked_at))
            .values(checked_at=now)
        )
        if done.rowcount:
            taken.append(
                Changed(
                    row.line_item_id,
                    platform.platform_of(row),
                    row.url,
                    row.resource_id,
                    row.label,
                    row.maximum,
                    heading(row.title),
                    row.wanted_maximum,
                )
            )
    return taken


def _keep(database: Database, changed: Changed, now: datetime) -> None:
    with database.writing() as session:
        done = session.connection().execute(
            update(LineItem)
            .where(LineItem.id == changed.line_item_id, LineItem.url == changed.url)
            .values(label=changed.wanted_label, maximum=changed.wanted_maximum)
        )
        if done.rowcount and changed.wanted_maximum != changed.maximum:
            requeue(session, line_item_id=changed.line_item_id, now=now, is_new=False)


def _put_off(database: Database, changed: Changed, now: datetime) -> None:
    with database.writing_core() as connection:
        connection.execute(
            update(LineItem)
            .where(LineItem.id == changed.line_item_id, LineItem.checked_at == now)
            .values(checked_at=now + REFUSED_AGAIN)
        )
