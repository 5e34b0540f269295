"""Grades that are read back from the LMS's gradebook.

Revision ID: 0015
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("line_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("read_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("read_failures", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("read_cause", sa.String(length=64), server_default="", nullable=False))
        batch_op.create_index("ix_line_item_read_due_at", ["read_due_at"], unique=False)

    with op.batch_alter_table("score_post", schema=None) as batch_op:
        batch_op.add_column(sa.Column("read_score", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("resent_revision", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(
            "ix_score_post_differs",
            ["line_item_id"],
            unique=False,
            sqlite_where=sa.text("state = 'differs'"),
            postgresql_where=sa.text("state = 'differs'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("score_post", schema=None) as batch_op:
        batch_op.drop_index("ix_score_post_differs")
        batch_op.drop_column("resent_revision")
        batch_op.drop_column("read_score")

    with op.batch_alter_table("line_item", schema=None) as batch_op:
        batch_op.drop_index("ix_line_item_read_due_at")
        batch_op.drop_column("read_cause")
        batch_op.drop_column("read_failures")
        batch_op.drop_column("read_at")
        batch_op.drop_column("read_due_at")
