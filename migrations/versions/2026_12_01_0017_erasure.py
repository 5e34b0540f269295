"""Erasure of persons: marks of who was erased, erasures on their way, launches to somebody's data, test users.

Revision ID: 0017
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_erased", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_test", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "erased_member",
        sa.Column("registration_id", _ID, autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_erased_member_registration_id_registration")
        ),
        sa.PrimaryKeyConstraint("registration_id", "mark", name=op.f("pk_erased_member")),
    )
    op.create_table(
        "erasure_key",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_key")),
    )
    op.create_table(
        "data_request",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("session_id", _ID, nullable=False),
        sa.Column("member_id", _ID, nullable=False),
        sa.Column("subject_id", _ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["browser_session.id"],
            name=op.f("fk_data_request_session_id_browser_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_data_request_member_id_member")),
        sa.ForeignKeyConstraint(["subject_id"], ["member.id"], name=op.f("fk_data_request_subject_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
    )
    op.create_index("ix_data_request_session_id", "data_request", ["session_id"])
    op.create_index("ix_data_request_member_id", "data_request", ["member_id"])
    op.create_index("ix_data_request_subject_id", "data_request", ["subject_id"])
    op.create_table(
        "erasure",
        sa.Column("id", _ID, nullable=False),
        sa.Column("member_id", _ID, nullable=False),
        sa.Column("keeps_posts", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("leaves_trail", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_erasure_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("member_id", name=op.f("uq_erasure_member_id")),
    )


def downgrade() -> None:
    op.drop_table("erasure")
    op.drop_table("data_request")
    op.drop_table("erasure_key")
    op.drop_table("erased_member")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_column("is_test")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_column("is_erased")
