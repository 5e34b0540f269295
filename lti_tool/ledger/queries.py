"""Reads of the spine that several domains need."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.web import runtime
from lti_tool.ledger.models import Activity


def home_of(session: Session, context_id: int) -> int | None:
    """The activity under which new ones of this course are listed: the oldest of a root kind. None: there is none yet."""
    roots = [kind.name for kind in runtime().kinds.values() if kind.is_root]
    found: int | None = session.scalar(
        select(Activity.id)
        .where(Activity.context_id == context_id, Activity.kind.in_(roots))
        .order_by(Activity.id)
        .limit(1)
    )
    return found
