"""Alembic's environment: runs migrations on the connection that lti_tool.core.schema hands over."""

from typing import Any, Literal

from alembic import context

from lti_tool.app import METADATA
from lti_tool.core.columns import Json, Points, UtcDateTime

_PLAIN = {UtcDateTime: "sa.DateTime(timezone=True)", Points: "sa.BigInteger()"}


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Write column types as what the database has: a migration must mean the same when our types have changed."""
    if kind == "type":
        for ours, plain in _PLAIN.items():
            if isinstance(item, ours):
                return plain
        if item is Json:
            autogen.imports.add("from sqlalchemy.dialects import postgresql")
            return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    render_item=render_item,
    compare_type=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
