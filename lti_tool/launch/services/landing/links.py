"""The resource link that was opened, and the activity that it shows."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, select, update

from lti_tool.core.columns import left_open, upsert
from lti_tool.core.hot import Hot
from lti_tool.launch.rules.claims import Claims
from lti_tool.launch.services.landing.arrival import Link
from lti_tool.ledger.models import Activity, ActivityStatus, Placement

_named, _shown = Activity.__table__.alias("named"), Activity.__table__.alias("shown")


def _line_of_the_token() -> Any:
    """The activity of this course whose line the token names; a copied link still carries the original's (CT-07)."""
    line = select(_named.c.lineage).where(_named.c.token == bindparam("activity_token")).scalar_subquery()
    return (
        select(Activity.id)
        .where(
            Activity.context_id == bindparam("context_id"),
            Activity.lineage == line,
            Activity.status != ActivityStatus.archived,
        )
        .scalar_subquery()
    )


@cache
def _placement_statement(dialect: str) -> Hot:
    """Upsert of the link; binds it by the activity token of its custom parameters, in its own course only."""
    table = Placement.__table__
    told = left_open(
        table, "context_id", "resource_link_id", "title", "lineitems_url", "scopes", "link_history", "created_at"
    )
    statement = upsert(table, dialect).values(
        activity_id=_line_of_the_token(), hint_token=bindparam("activity_token"), **told
    )
    new = statement.excluded

    def shown(column: Any) -> Any:
        return select(column).where(_shown.c.id == literal_column("placement.activity_id")).scalar_subquery()

    changed = statement.on_conflict_do_update(
        index_elements=["context_id", "resource_link_id"],
        set_={
            "activity_id": func.coalesce(table.c.activity_id, new.activity_id),
            "title": new.title,
            "lineitems_url": new.lineitems_url,
            "scopes": new.scopes,
            "hint_token": func.coalesce(new.hint_token, table.c.hint_token),
            "link_history": new.link_history,
        },
    )
    return Hot(
        changed.returning(
            table.c.id,
            table.c.activity_id,
            shown(_shown.c.kind).label("kind"),
            shown(_shown.c.maximum).label("maximum"),
            shown(_shown.c.token).label("token"),
            shown(_shown.c.status).label("status"),
            table.c.lms_opens_at,
            table.c.lms_closes_at,
        )
    )


def place(connection: Connection, context_id: int, claims: Claims, now: datetime) -> Link:
    """The link as it stands now, with the activity it shows. One statement."""
    (row,) = _placement_statement(connection.dialect.name).all(
        connection,
        {
            "context_id": context_id,
            "resource_link_id": claims.resource_link_id,
            "activity_token": claims.custom.activity_token,
            "title": claims.resource_title,
            "lineitems_url": claims.endpoint.line_items or None,
            "scopes": list(claims.endpoint.scopes),
            "link_history": list(claims.custom.link_history),
            "created_at": now,
        },
    )
    return Link(*row)


def bind(connection: Connection, placement_id: int, activity_id: int) -> Link | None:
    """Let a link that shows nothing yet show the activity; None if it shows one already. Two statements."""
    done = connection.execute(
        update(Placement)
        .where(Placement.id == placement_id, Placement.activity_id.is_(None))
        .values(activity_id=activity_id)
    )
    if not done.rowcount:
        return None
    row = connection.execute(
        select(Activity.kind, Activity.maximum, Activity.token, Activity.status).where(Activity.id == activity_id)
    ).one()
    return Link(placement_id, activity_id, *row)
