"""Logins say whether their half is in the LMS's storage.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("login_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_in_storage", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("login_state", schema=None) as batch_op:
        batch_op.drop_column("is_in_storage")
