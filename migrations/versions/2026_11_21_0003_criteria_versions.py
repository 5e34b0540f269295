"""Changed criteria are noticed by a number.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_DIFFERS = sa.text("criteria_version <> evaluated_version")


def upgrade() -> None:
    for name in ("criteria_version", "evaluated_version"):
        op.add_column("activity", sa.Column(name, sa.Integer(), nullable=False, server_default="1"))
    op.create_index("ix_activity_to_evaluate", "activity", ["id"], sqlite_where=_DIFFERS, postgresql_where=_DIFFERS)


def downgrade() -> None:
    op.drop_index("ix_activity_to_evaluate", "activity")
    for name in ("evaluated_version", "criteria_version"):
        op.drop_column("activity", name)
