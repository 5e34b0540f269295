"""Writes that somebody asks for: sending again, or letting the LMS's grade count. Flush, never commit."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert, not_, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.ledger.models import Activity, LineItem, ScoreEvent, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.passback import outbox
from lti_tool.passback.rules import Event, follow, moved_by

REFUSED = (PostState.refused, PostState.differs)
"""What needs somebody."""


def send_again(
    session: Session, *, activity_id: int, now: datetime, member_id: int | None = None, only_refused: bool = False
) -> int:
    """Make the scores of an activity due now: of one member, or of all and of those below it too; returns how many.

    Whether each has a column, a number and a gradable member is looked at when it is claimed. Where the LMS has
    another grade, and where an instructor has said that it counts, only a wish for this one member writes over it.
    """
    session.flush()
    of_all = or_(Activity.id == activity_id, Activity.parent_id == activity_id)
    items = (
        select(LineItem.id)
        .join(Activity, Activity.id == LineItem.activity_id)
        .where(of_all if member_id is None else Activity.id == activity_id)
    )
    posts: list[Any] = [ScorePost.line_item_id.in_(items)]
    if member_id is None:
        posts.append(ScorePost.state != PostState.differs)
        posts.append(not_(and_(ScorePost.state == PostState.kept, ScorePost.cause == KEPT_THERE)))
    else:
        posts.append(ScorePost.member_id == member_id)
    if only_refused:
        posts.append(ScorePost.state == PostState.refused)
    connection = session.connection()
    outbox.hold_posts(connection, and_(*posts))
    return connection.execute(
        update(ScorePost)
        .where(*posts)
        .values(state=PostState.waiting, revision=ScorePost.revision + 1, due_at=now, attempts=0, cause="")
    ).rowcount


def keep_there(session: Session, *, activity_id: int, member_id: int, now: datetime) -> int:
    """Let the LMS's grade count for a member where it is another than ours; returns in how many columns."""
    session.flush()
    connection = session.connection()
    items = select(LineItem.id).where(LineItem.activity_id == activity_id)
    ours = (
        ScorePost.line_item_id.in_(items),
        ScorePost.member_id == member_id,
        ScorePost.state.in_(moved_by(Event.kept_there)),
    )
    outbox.hold_posts(connection, and_(*ours))
    found = connection.execute(select(ScorePost.id, ScorePost.state, ScorePost.read_score).where(*ours)).all()
    for post in found:
        connection.execute(
            update(ScorePost)
            .where(ScorePost.id == post.id)
            .values(state=follow(post.state, Event.kept_there), cause=KEPT_THERE)
        )
        connection.execute(
            insert(ScoreEvent).values(
                score_post_id=post.id, at=now, event=Event.kept_there.value, score=post.read_score, cause=KEPT_THERE
            )
        )
    return len(found)
