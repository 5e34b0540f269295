"""Writes that somebody asks for: sending again. Flush, never commit."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from lti_tool.ledger.models import Activity, LineItem, Placement, ScorePost
from lti_tool.ledger.rules import PostState

REFUSED = (PostState.refused, PostState.differs)


def send_again(
    session: Session, *, activity_id: int, now: datetime, member_id: int | None = None, only_refused: bool = False
) -> int:
    """Make the scores of an activity (and of those below it) due now, of one member or of all; returns how many.

    Whether each has a column, a number and a gradable member is looked at when it is claimed.
    """
    session.flush()
    items = (
        select(LineItem.id)
        .join(Placement, Placement.id == LineItem.placement_id)
        .join(Activity, Activity.id == Placement.activity_id)
        .where(or_(Activity.id == activity_id, Activity.parent_id == activity_id))
    )
    statement = (
        update(ScorePost)
        .where(ScorePost.line_item_id.in_(items))
        .values(state=PostState.waiting, revision=ScorePost.revision + 1, due_at=now, attempts=0, cause="")
    )
    if member_id is not None:
        statement = statement.where(ScorePost.member_id == member_id)
    if only_refused:
        statement = statement.where(ScorePost.state.in_(REFUSED))
    return session.connection().execute(statement).rowcount
