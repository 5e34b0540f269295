"""Copied courses: lines of activities, where content came from, and whose results a column holds.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "context_copy",
        sa.Column(
            "context_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.Column("copied_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["context_id"], ["context.id"], name=op.f("fk_context_copy_context_id_context")),
        sa.ForeignKeyConstraint(["source_id"], ["context.id"], name=op.f("fk_context_copy_source_id_context")),
        sa.PrimaryKeyConstraint("context_id", "source_id", name=op.f("pk_context_copy")),
    )
    with op.batch_alter_table("context_copy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_context_copy_source_id"), ["source_id"], unique=False)

    op.add_column("activity", sa.Column("lineage", sa.String(length=32), server_default="", nullable=False))
    op.execute("UPDATE activity SET lineage = token")
    op.create_index("ix_activity_line", "activity", ["context_id", "lineage"], unique=True)

    op.add_column("enrolment", sa.Column("has_taught", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE enrolment SET has_taught = role = 'instructor'")

    _tie_columns_to_activities()

    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hint_token", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column(
                "link_history",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                server_default="[]",
                nullable=False,
            )
        )
        batch_op.create_index("ix_placement_resource_link_id", ["resource_link_id"], unique=False)


def _tie_columns_to_activities() -> None:
    """A column holds the results of what its link shows; a link that shows nothing has none, but a row is never lost."""
    op.add_column("line_item", sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.execute(
        "UPDATE line_item SET activity_id = (SELECT coalesce(placement.activity_id,"
        " (SELECT min(activity.id) FROM activity)) FROM placement WHERE placement.id = line_item.placement_id)"
    )
    with op.batch_alter_table("line_item") as batch_op:
        batch_op.alter_column("activity_id", existing_type=sa.BigInteger(), nullable=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_line_item_activity_id_activity"), "activity", ["activity_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_line_item_activity_id"), ["activity_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.drop_index("ix_placement_resource_link_id")
        batch_op.drop_column("link_history")
        batch_op.drop_column("hint_token")

    with op.batch_alter_table("line_item", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_line_item_activity_id_activity"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_line_item_activity_id"))
        batch_op.drop_column("activity_id")

    op.drop_column("enrolment", "has_taught")
    op.drop_index("ix_activity_line", "activity")
    op.drop_column("activity", "lineage")

    with op.batch_alter_table("context_copy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_context_copy_source_id"))

    op.drop_table("context_copy")
