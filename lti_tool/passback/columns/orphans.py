"""Columns that we made and that nobody needs, since a launch brought another one meanwhile: taken back (AG-10).

Such a column is written down first and deleted then, so that a worker may die in between. Never one that a link uses by now:
a launch may have named the very column that we had just made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, or_, select, update
from sqlalchemy.orm import aliased

from lti_tool.core.database import Database
from lti_tool.core.http import HttpError
from lti_tool.core.logs import log
from lti_tool.identity.models import Deployment, Registration
from lti_tool.ledger.joined import COLUMNS_TO_DEPLOYMENTS
from lti_tool.ledger.models import LineItem
from lti_tool.lms import platform
from lti_tool.lms.connector import Connector
from lti_tool.lms.errors import LmsError
from lti_tool.lms.platform import Platform

AT_ONCE = 20
AGAIN = timedelta(days=1)
"""An LMS that did not let us, or did not answer, is asked again after that; until then instructors read of the column."""
NOT_THERE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Orphan:
    """A column to take back."""

    line_item_id: int
    url: str
    platform: Platform


def write_down(database: Database, line_item_id: int, url: str, now: datetime) -> None:
    """Keep in mind that nobody needs the column at `url`, unless it is the link's own by now."""
    with database.writing_core() as connection:
        connection.execute(
            update(LineItem)
            .where(LineItem.id == line_item_id, or_(LineItem.url.is_(None), LineItem.url != url))
            .values(orphan_url=url, orphan_due_at=now)
        )


def take_back(database: Database, connector: Connector, now: datetime) -> int:
    """Delete the columns that nobody needs; returns how many are gone. Opens its own transactions.

    Each is tried once a day, by one worker.
    """
    with database.reading_core() as connection:
        if not _rows(connection, now):
            return 0
    with database.writing_core() as connection:
        taken = _take(connection, now)
    gone = 0
    for orphan in taken:
        try:
            status = connector.delete_column(orphan.platform, orphan.url)
            answer: dict[str, object] = {} if 200 <= status < 300 or status in NOT_THERE else {"status": status}
        except (LmsError, HttpError) as error:
            answer = {"kind": type(error).__name__}
        if answer:
            log.warning("column_left_over", line_item=orphan.line_item_id, **answer)
            continue
        with database.writing_core() as connection:
            _forget(connection, orphan.line_item_id, orphan.url)
        gone += 1
    return gone


def _rows(connection: Connection, now: datetime) -> Sequence[Any]:
    user = aliased(LineItem)
    return connection.execute(
        select(
            *platform.COLUMNS,
            LineItem.id.label("line_item_id"),
            LineItem.orphan_url,
            exists().where(user.url == LineItem.orphan_url).label("is_used"),
        )
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(LineItem.orphan_due_at <= now, Registration.is_active)
        .order_by(LineItem.orphan_due_at, LineItem.id)
        .limit(AT_ONCE)
    ).all()


def _take(connection: Connection, now: datetime) -> list[Orphan]:
    """What to delete now; the later date says to other workers that it is taken."""
    taken = []
    for row in _rows(connection, now):
        if row.is_used:
            _forget(connection, row.line_item_id, row.orphan_url)
            continue
        done = connection.execute(
            update(LineItem)
            .where(LineItem.id == row.line_item_id, LineItem.orphan_due_at <= now)
            .values(orphan_due_at=now + AGAIN)
        )
        if done.rowcount:
            taken.append(Orphan(row.line_item_id, row.orphan_url, platform.platform_of(row)))
    return taken


def _forget(connection: Connection, line_item_id: int, url: str) -> None:
    connection.execute(
        update(LineItem)
        .where(LineItem.id == line_item_id, LineItem.orphan_url == url)
        .values(orphan_url="", orphan_due_at=None)
    )
