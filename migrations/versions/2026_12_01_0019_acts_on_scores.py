"""By whose word a score was sent again or kept, in its history.

Revision ID: 0019
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("score_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("act_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_score_event_act_id_audit_event"), "audit_event", ["act_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("score_event", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_score_event_act_id_audit_event"), type_="foreignkey")
        batch_op.drop_column("act_id")
