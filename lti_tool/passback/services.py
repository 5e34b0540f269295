"""Writes that somebody asks for: sending again. Flush, never commit."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.ledger.models import Activity, LineItem, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.passback import outbox

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
        .join(Activity, Activity.id == LineItem.activity_id)
        .where(or_(Activity.id == activity_id, Activity.parent_id == activity_id))
    )
    posts: list[Any] = [ScorePost.line_item_id.in_(items)]
    if member_id is not None:
        posts.append(ScorePost.member_id == member_id)
    if only_refused:
        posts.append(ScorePost.state.in_(REFUSED))
    connection = session.connection()
    outbox.hold_posts(connection, and_(*posts))
    return connection.execute(
        update(ScorePost)
        .where(*posts)
        .values(state=PostState.waiting, revision=ScorePost.revision + 1, due_at=now, attempts=0, cause="")
    ).rowcount
