"""View as a member, and whom mentors may see.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ROLES = "own_role IN ('instructor', 'assistant', 'member', 'mentor', 'guest')"
_PREVIEW = sa.text("is_preview")


def upgrade() -> None:
    with op.batch_alter_table("launch_grant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("own_role", sa.String(length=24), nullable=True))
        batch_op.add_column(
            sa.Column(
                "mentored",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                server_default=sa.text("'[]'"),
                nullable=False,
            )
        )
        batch_op.create_check_constraint(batch_op.f("ck_launch_grant_own_role"), _ROLES)
    op.create_index("ix_attempt_preview", "attempt", ["started_at"], sqlite_where=_PREVIEW, postgresql_where=_PREVIEW)


def downgrade() -> None:
    op.drop_index("ix_attempt_preview", "attempt")
    # A grant in the view as a member is the launch's own again: nobody may keep a role that he did not come with.
    op.execute("UPDATE launch_grant SET role = own_role, preview = false WHERE own_role IS NOT NULL")
    with op.batch_alter_table("launch_grant", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_launch_grant_own_role"), type_="check")
        batch_op.drop_column("mentored")
        batch_op.drop_column("own_role")
