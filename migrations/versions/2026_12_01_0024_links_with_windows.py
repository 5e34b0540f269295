"""Links on which the LMS sets a window of its own are found by their course.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_HAS_WINDOW = sa.text("lms_opens_at IS NOT NULL OR lms_closes_at IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.create_index(
            "ix_placement_with_window", ["context_id"], sqlite_where=_HAS_WINDOW, postgresql_where=_HAS_WINDOW
        )


def downgrade() -> None:
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.drop_index("ix_placement_with_window")
