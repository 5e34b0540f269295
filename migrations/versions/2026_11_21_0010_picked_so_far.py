"""What is ticked on the page to choose on, while another activity is created.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("deep_link_request", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "picked",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                server_default=sa.text("'[]'"),
                nullable=False,
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("deep_link_request", schema=None) as batch_op:
        batch_op.drop_column("picked")
