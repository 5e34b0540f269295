"""Rosters and groups as the LMS says them.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SOURCES = "source IN ('hand', 'service', 'roster', 'launch')"


def upgrade() -> None:
    with op.batch_alter_table("context") as batch_op:
        batch_op.add_column(sa.Column("memberships_url", sa.String(length=1000), nullable=True))
        batch_op.add_column(sa.Column("groups_url", sa.String(length=1000), nullable=True))
        batch_op.add_column(sa.Column("roster_asked_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("enrolment") as batch_op:
        batch_op.add_column(sa.Column("is_listed", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("claimed_groups", sa.String(length=1000), server_default="", nullable=False))
        batch_op.add_column(sa.Column("is_regrouped", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index(
            "ix_enrolment_regrouped",
            ["id"],
            unique=False,
            sqlite_where=sa.text("is_regrouped"),
            postgresql_where=sa.text("is_regrouped"),
        )
    with op.batch_alter_table("member_group") as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=24), server_default="hand", nullable=False))
        batch_op.add_column(sa.Column("external_id", sa.String(length=255), nullable=True))
        batch_op.create_check_constraint(batch_op.f("ck_member_group_groupsource"), _SOURCES)
        batch_op.create_unique_constraint(
            batch_op.f("uq_member_group_context_id_source_external_id"), ["context_id", "source", "external_id"]
        )
    op.create_table(
        "roster_sync",
        sa.Column("context_id", _ID, autoincrement=False, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "reading", "merging", "done", "failed",
                name="syncstate", native_enum=False, length=24, create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("complete_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("differences_url", sa.String(length=2000), nullable=True),
        sa.Column("groups_cause", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["context_id"], ["context.id"], name=op.f("fk_roster_sync_context_id_context")),
        sa.PrimaryKeyConstraint("context_id", name=op.f("pk_roster_sync")),
    )  # fmt: skip
    op.create_table(
        "roster_row",
        sa.Column("id", _ID, nullable=False),
        sa.Column("context_id", _ID, nullable=False),
        sa.Column("sub", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "instructor", "assistant", "member", "mentor", "guest",
                name="role", native_enum=False, length=24, create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column("gradable", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("groups", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(["context_id"], ["context.id"], name=op.f("fk_roster_row_context_id_context")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_row")),
        sa.UniqueConstraint("context_id", "sub", name=op.f("uq_roster_row_context_id_sub")),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("roster_row")
    op.drop_table("roster_sync")
    with op.batch_alter_table("member_group") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_member_group_context_id_source_external_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("ck_member_group_groupsource"), type_="check")
        batch_op.drop_column("external_id")
        batch_op.drop_column("source")
    with op.batch_alter_table("enrolment") as batch_op:
        batch_op.drop_index(
            "ix_enrolment_regrouped",
            sqlite_where=sa.text("is_regrouped"),
            postgresql_where=sa.text("is_regrouped"),
        )
        batch_op.drop_column("is_regrouped")
        batch_op.drop_column("claimed_groups")
        batch_op.drop_column("is_listed")
    with op.batch_alter_table("context") as batch_op:
        batch_op.drop_column("roster_asked_at")
        batch_op.drop_column("groups_url")
        batch_op.drop_column("memberships_url")
