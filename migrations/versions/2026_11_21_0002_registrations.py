"""Dynamic registration, the states of our keys, and hosts on private addresses.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allowed_host",
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_allowed_host")),
    )
    op.create_table(
        "key_pin",
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["tool_key.id"], name=op.f("fk_key_pin_key_id_tool_key")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_key_pin_registration_id_registration")
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_key_pin")),
    )
    with op.batch_alter_table("key_pin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_pin_key_id"), ["key_id"], unique=False)

    op.create_table(
        "registration_invite",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_registration_invite_registration_id_registration")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_registration_invite_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_invite")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_registration_invite_secret_hash")),
    )
    with op.batch_alter_table("registration_invite", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registration_invite_expires_at"), ["expires_at"], unique=False)

    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "scopes",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                nullable=False,
                server_default=sa.text("'[]'"),
            )
        )
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    # Whoever has launched has shown that the LMS took the registration.
    op.execute(
        "UPDATE registration SET confirmed_at = created_at"
        " WHERE EXISTS (SELECT 1 FROM member WHERE member.registration_id = registration.id)"
    )
    _allow_states("announced", "active", "retired", "destroyed")


def downgrade() -> None:
    op.execute("DELETE FROM key_pin WHERE key_id IN (SELECT id FROM tool_key WHERE state = 'destroyed')")
    op.execute("DELETE FROM tool_key WHERE state = 'destroyed'")
    _allow_states("announced", "active", "retired")
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.drop_column("confirmed_at")
        batch_op.drop_column("scopes")

    with op.batch_alter_table("registration_invite", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registration_invite_expires_at"))

    op.drop_table("registration_invite")
    with op.batch_alter_table("key_pin", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_key_pin_key_id"))

    op.drop_table("key_pin")
    op.drop_table("allowed_host")


def _allow_states(*states: str) -> None:
    """Let `tool_key.state` hold these values; the CHECK constraint is written anew."""
    if op.get_bind().dialect.name == "postgresql":
        listed = ", ".join(f"'{state}'" for state in states)
        op.drop_constraint(op.f("ck_tool_key_keystate"), "tool_key", type_="check")
        op.create_check_constraint(op.f("ck_tool_key_keystate"), "tool_key", f"state IN ({listed})")
        return
    kind = sa.Enum(*states, name="keystate", native_enum=False, create_constraint=True, length=24)
    with op.batch_alter_table("tool_key", schema=None) as batch_op:
        batch_op.alter_column("state", existing_type=sa.String(24), type_=kind, existing_nullable=False)
