"""Groups of an LMS say which set they stand in.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("context", schema=None) as batch_op:
        batch_op.add_column(sa.Column("group_sets_url", sa.String(length=1000), nullable=True))
    with op.batch_alter_table("member_group", schema=None) as batch_op:
        batch_op.add_column(sa.Column("set_name", sa.String(length=200), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("member_group", schema=None) as batch_op:
        batch_op.drop_column("set_name")
    with op.batch_alter_table("context", schema=None) as batch_op:
        batch_op.drop_column("group_sets_url")
