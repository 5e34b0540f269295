"""The resource link that was opened, and the activity that it shows."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, select

from lti_tool.core.columns import upsert
from lti_tool.launch.rules.claims import Claims
from lti_tool.ledger.models import Activity, ActivityStatus, Placement


@cache
def _placement_statement(dialect: str) -> Any:
    """Upsert of the link; binds it by the activity token of its custom parameters, in its own course only (CT-07)."""
    table = Placement.__table__
    named = (
        select(Activity.id)
        .where(
            Activity.token == bindparam("activity_token"),
            Activity.context_id == bindparam("context_id"),
            Activity.status != ActivityStatus.archived,
        )
        .scalar_subquery()
    )
    statement = upsert(table, dialect).values(
        context_id=bindparam("context_id"),
        resource_link_id=bindparam("resource_link_id"),
        activity_id=named,
        title=bindparam("title"),
        lineitems_url=bindparam("lineitems_url"),
        scopes=bindparam("scopes", type_=table.c.scopes.type),
        created_at=bindparam("created_at", type_=table.c.created_at.type),
    )
    new = statement.excluded
    of = Activity.__table__.alias("shown")

    def shown(column: Any) -> Any:
        return select(column).where(of.c.id == literal_column("placement.activity_id")).scalar_subquery()

    return statement.on_conflict_do_update(
        index_elements=["context_id", "resource_link_id"],
        set_={
            "activity_id": func.coalesce(table.c.activity_id, new.activity_id),
            "title": new.title,
            "lineitems_url": new.lineitems_url,
            "scopes": new.scopes,
        },
    ).returning(
        table.c.id,
        table.c.activity_id,
        shown(of.c.kind).label("kind"),
        shown(of.c.maximum).label("maximum"),
        shown(of.c.token).label("token"),
    )


def place(connection: Connection, context_id: int, claims: Claims, now: datetime) -> Any:
    """Row of the link as it stands now: id, activity_id, kind, maximum, token. One statement."""
    return connection.execute(
        _placement_statement(connection.dialect.name),
        {
            "context_id": context_id,
            "resource_link_id": claims.resource_link_id,
            "activity_token": claims.activity_token,
            "title": claims.resource_title,
            "lineitems_url": claims.endpoint.line_items or None,
            "scopes": list(claims.endpoint.scopes),
            "created_at": now,
        },
    ).one()
