"""Finding or making the column of a link whose launch names none, while scores wait for it (AG-02, AG-04, AG-05, AG-28)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, or_, select, update

from lti_tool.core.database import Database
from lti_tool.core.http import HttpError
from lti_tool.core.logs import log
from lti_tool.identity.models import Deployment, Registration
from lti_tool.ledger.joined import COLUMNS_TO_DEPLOYMENTS
from lti_tool.ledger.models import Activity, LineItem, LineItemSource, LineItemState, Placement, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.ledger.services import requeue
from lti_tool.lms import platform
from lti_tool.lms.connector import SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ, Column, Connector
from lti_tool.lms.errors import LmsError, TokenRefused, TokenUnavailable
from lti_tool.lms.headings import heading
from lti_tool.lms.links import ForeignPage, TooManyPages
from lti_tool.lms.platform import Platform
from lti_tool.lms.quirks import quirks_of
from lti_tool.passback.columns import orphans

EVERY = timedelta(minutes=5)
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Missing:
    """A link without a usable column for which scores wait."""

    line_item_id: int
    platform: Platform
    lineitems: str
    resource_link_id: str
    resource_id: str
    label: str
    maximum: int
    url: str | None
    """Of a column that was there."""
    scopes: tuple[str, ...]
    may_create: bool
    """AG-28: one that was there and is gone is made anew only if we had made it. Where teachers allow columns it is always they who do (lms.quirks)."""


def look(database: Database, connector: Connector, now: datetime) -> int:
    """Ask the LMSs for the columns that scores wait for; returns how many were found or made.

    Opens its own transactions. Each link is asked for at most every 5 minutes, by one worker.
    """
    with database.reading_core() as connection:
        if not _are_due(connection, now):
            return 0
    with database.writing_core() as connection:
        links = _take(connection, now)
    found = 0
    silent: set[int] = set()
    for missing in links:
        if missing.platform.id in silent:
            continue
        try:
            column, source = _find_or_create(connector, missing)
        except (LmsError, HttpError, ForeignPage, TooManyPages) as error:
            log.warning("column_not_found", line_item=missing.line_item_id, kind=type(error).__name__)
            if isinstance(error, HttpError | TokenRefused | TokenUnavailable):
                silent.add(missing.platform.id)
            continue
        if column is None:
            continue
        if _keep(database, missing, column, source, now):
            found += 1
        elif source is LineItemSource.created:
            orphans.write_down(database, missing.line_item_id, column.url, now)
    return found


def _conditions(now: datetime) -> tuple[object, ...]:
    return (
        LineItem.state.in_([LineItemState.none, LineItemState.gone]),
        Placement.lineitems_url.is_not(None),
        or_(LineItem.checked_at.is_(None), LineItem.checked_at <= now - EVERY),
        exists().where(ScorePost.line_item_id == LineItem.id, ScorePost.state == PostState.waiting_for_column),
        Registration.is_active,
        or_(Registration.breaker_until.is_(None), Registration.breaker_until <= now),
    )


def _are_due(connection: Connection, now: datetime) -> bool:
    statement = (
        select(LineItem.id)
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(*_conditions(now))  # type: ignore[arg-type]  # SQL conditions of several kinds
        .limit(1)
    )
    return connection.execute(statement).first() is not None


def _take(connection: Connection, now: datetime) -> list[Missing]:
    """The links to ask for now; `checked_at` says to other workers that they are taken."""
    rows = connection.execute(
        select(
            *platform.COLUMNS,
            LineItem.id.label("line_item_id"),
            LineItem.state,
            LineItem.source,
            LineItem.checked_at,
            LineItem.maximum,
            LineItem.url,
            LineItem.resource_id,
            Placement.lineitems_url,
            Placement.resource_link_id,
            Placement.scopes,
            Placement.title.label("link_title"),
            Activity.title.label("activity_title"),
            Activity.token,
        )
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .join(Activity, Activity.id == LineItem.activity_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(*_conditions(now))  # type: ignore[arg-type]  # SQL conditions of several kinds
        .order_by(LineItem.id)
        .limit(AT_ONCE)
    ).all()
    taken = []
    for row in rows:
        done = connection.execute(
            update(LineItem)
            .where(LineItem.id == row.line_item_id, LineItem.checked_at.is_not_distinct_from(row.checked_at))
            .values(checked_at=now)
        )
        if done.rowcount:
            taken.append(
                Missing(
                    row.line_item_id,
                    platform.platform_of(row),
                    row.lineitems_url,
                    row.resource_link_id,
                    row.resource_id or row.token,
                    row.activity_title or row.link_title,
                    row.maximum,
                    row.url,
                    tuple(row.scopes),
                    (row.state is LineItemState.none and not quirks_of(row.family).teacher_allows_columns)
                    or row.source is LineItemSource.created,
                )
            )
    return taken


def _find_or_create(connector: Connector, missing: Missing) -> tuple[Column | None, LineItemSource]:
    scopes = [scope for scope in (SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ) if scope in missing.scopes]
    if not scopes:
        return None, LineItemSource.found
    of_link = connector.columns(
        missing.platform, missing.lineitems, {"resource_link_id": missing.resource_link_id}, scopes=scopes[:1]
    )
    # Of several columns of one link, the one that we made or asked for; else the first.
    columns = [column for column in of_link if column.resource_id == missing.resource_id] or of_link
    if columns:
        return columns[0], LineItemSource.found
    if not missing.may_create or SCOPE_LINE_ITEM not in scopes:
        return None, LineItemSource.found
    # An LMS may have forgotten the link of a column that we had made when a worker was killed.
    loose = [
        column
        for column in connector.columns(
            missing.platform, missing.lineitems, {"resource_id": missing.resource_id}, scopes=scopes[:1]
        )
        if not column.resource_link_id
    ]
    if loose:
        return loose[0], LineItemSource.found
    made = connector.create_column(
        missing.platform,
        missing.lineitems,
        label=missing.label,
        maximum=missing.maximum,
        resource_id=missing.resource_id,
        resource_link_id=missing.resource_link_id,
    )
    return made, LineItemSource.created


def _keep(database: Database, missing: Missing, column: Column, source: LineItemSource, now: datetime) -> bool:
    """Remember the column and send it everything that waits; False if a launch has brought one in the meantime."""
    ours = {"label": heading(missing.label), "resource_id": missing.resource_id}
    maximum = max(round(column.maximum), 1)
    is_new = column.url != missing.url
    with database.writing() as session:
        done = session.connection().execute(
            update(LineItem)
            .where(LineItem.id == missing.line_item_id, LineItem.state != LineItemState.ready)
            .values(
                url=column.url,
                state=LineItemState.ready,
                cause="",
                source=source,
                maximum=maximum,
                checked_at=now,
                **(ours if source is LineItemSource.created else {}),
                **({} if is_new else {"read_due_at": now}),
            )
        )
        if done.rowcount:
            requeue(session, line_item_id=missing.line_item_id, now=now, is_new=is_new)
    return bool(done.rowcount)
