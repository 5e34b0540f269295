"""What the course home reads of one member stands together in indexes that begin with the member.

Revision ID: 0023
Revises: 0020
"""

from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("result", schema=None) as batch_op:
        batch_op.drop_index("ix_result_member")
        batch_op.create_index("ix_result_member", ["member_id", "activity_id", "completed_at", "score", "updated_at"])
    with op.batch_alter_table("score_post", schema=None) as batch_op:
        batch_op.drop_index("ix_score_post_member_id")
        batch_op.create_index("ix_score_post_member", ["member_id", "line_item_id", "state", "cause"])


def downgrade() -> None:
    with op.batch_alter_table("score_post", schema=None) as batch_op:
        batch_op.drop_index("ix_score_post_member")
        batch_op.create_index("ix_score_post_member_id", ["member_id"])
    with op.batch_alter_table("result", schema=None) as batch_op:
        batch_op.drop_index("ix_result_member")
        batch_op.create_index("ix_result_member", ["member_id"])
