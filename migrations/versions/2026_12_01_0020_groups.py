"""A group of the LMS is one, whoever names it; groups that the LMS does not name any more; what the last roster changed.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_COUNTS = ("came", "gone", "renamed", "nameless")


def upgrade() -> None:
    with op.batch_alter_table("member_group") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_member_group_context_id_source_external_id"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_member_group_context_id_external_id"), ["context_id", "external_id"]
        )
        batch_op.add_column(sa.Column("is_gone", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("roster_sync") as batch_op:
        for name in _COUNTS:
            batch_op.add_column(sa.Column(name, sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("roster_sync") as batch_op:
        for name in _COUNTS:
            batch_op.drop_column(name)
    with op.batch_alter_table("member_group") as batch_op:
        batch_op.drop_column("is_gone")
        batch_op.drop_constraint(batch_op.f("uq_member_group_context_id_external_id"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_member_group_context_id_source_external_id"), ["context_id", "source", "external_id"]
        )
