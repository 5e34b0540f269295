"""Columns that we made and could not take back are kept in mind.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("line_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("orphan_url", sa.String(length=1000), server_default="", nullable=False))
        batch_op.add_column(sa.Column("orphan_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_line_item_orphan_due_at", ["orphan_due_at"])


def downgrade() -> None:
    with op.batch_alter_table("line_item", schema=None) as batch_op:
        batch_op.drop_index("ix_line_item_orphan_due_at")
        batch_op.drop_column("orphan_due_at")
        batch_op.drop_column("orphan_url")
