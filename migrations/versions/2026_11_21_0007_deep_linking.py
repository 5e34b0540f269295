"""Choices of several activities, and the drafts that were made while choosing.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "choice_draft",
        sa.Column(
            "activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("choice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_choice_draft_activity_id_activity")),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_choice_draft")),
    )
    with op.batch_alter_table("choice_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_choice_draft_choice_id"), ["choice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_choice_draft_created_at"), ["created_at"], unique=False)

    with op.batch_alter_table("deep_link_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accepts_multiple", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("is_auto_created", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("deep_link_request", schema=None) as batch_op:
        batch_op.drop_column("is_auto_created")
        batch_op.drop_column("accepts_multiple")

    with op.batch_alter_table("choice_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_choice_draft_created_at"))
        batch_op.drop_index(batch_op.f("ix_choice_draft_choice_id"))

    op.drop_table("choice_draft")
