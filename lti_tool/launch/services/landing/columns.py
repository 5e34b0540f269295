"""The link's column as the AGS claim tells it."""

from datetime import datetime
from functools import cache

from sqlalchemy import Connection, and_, case, or_
from sqlalchemy.orm import Session

from lti_tool.core.columns import left_open, upsert
from lti_tool.core.hot import Hot
from lti_tool.launch.rules.claims import Endpoint
from lti_tool.launch.services.landing.arrival import Link
from lti_tool.ledger.models import LineItem, LineItemSource, LineItemState
from lti_tool.ledger.services import requeue


def column_of(connection: Connection, link: Link, endpoint: Endpoint, now: datetime) -> None:
    """Bring the link's column up to what the launch claims; if that is news, queue all results: for the column, or until it is found.

    One statement, and one more in that case. A column that we found or made ourselves is not taken away because a
    launch does not name it, and one that a teacher keeps for another activity stays with that. One that is back at its
    own address is the column that it was: grades of others that stand there stay, and it is read back next.
    """
    state, url, cause = _claimed(endpoint)
    changed = _column_statement(connection.dialect.name).all(
        connection,
        {
            "placement_id": link.id,
            "activity_id": link.activity_id,
            "url": url,
            "resource_id": link.token,
            "tag": "",
            "maximum": link.maximum,
            "source": LineItemSource.claimed if url else None,
            "state": state,
            "cause": cause,
            "checked_at": now,
        },
    )
    for line_item_id, read_due_at in changed:
        with Session(connection) as session:
            requeue(session, line_item_id=line_item_id, now=now, is_new=read_due_at != now)


def _claimed(endpoint: Endpoint) -> tuple[LineItemState, str | None, str]:
    """(state, URL, cause) of a column as the AGS claim tells it."""
    if endpoint.line_item == "":
        return LineItemState.gone, None, "gone"
    if endpoint.line_item is None:
        return LineItemState.none, None, "not_allowed" if endpoint.line_items else "no_service"
    if not endpoint.may_score:
        return LineItemState.forbidden, endpoint.line_item, "no_scope"
    return LineItemState.ready, endpoint.line_item, ""


@cache
def _column_statement(dialect: str) -> Hot:
    table = LineItem.__table__
    told = left_open(
        table, "placement_id", "activity_id", "url", "resource_id", "tag", "maximum", "source", "state", "cause",
        "checked_at",
    )  # fmt: skip
    statement = upsert(table, dialect).values(told)
    old, new = table.c, statement.excluded
    has_appeared = and_(
        new.url.is_not(None),
        or_(
            old.url.is_distinct_from(new.url),
            # Not IN: SQLAlchemy writes its list anew into the statement at each execution.
            old.state == LineItemState.none,
            old.state == LineItemState.gone,
            and_(old.cause == "no_scope", new.cause == ""),
            and_(old.cause == "", new.cause == "no_scope"),
        ),
    )
    has_vanished = and_(
        new.url.is_(None),
        or_(old.source.is_(None), old.source == LineItemSource.claimed),
        or_(old.state != new.state, old.cause != new.cause),
    )
    changed = statement.on_conflict_do_update(
        index_elements=["placement_id"],
        set_={
            "url": new.url,
            "source": new.source,
            "state": new.state,
            "cause": new.cause,
            "checked_at": new.checked_at,
            "read_due_at": case((old.url == new.url, new.checked_at), else_=old.read_due_at),
        },
        where=or_(has_appeared, has_vanished),
    )
    return Hot(changed.returning(old.id, old.read_due_at))
