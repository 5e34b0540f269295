"""Writes that somebody asks for: sending again, or letting the LMS's grade count. Flush, never commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.identity.actor import Actor
from lti_tool.ledger.models import LineItem, ScoreEvent, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.ledger.services import ask_for_rest, audit
from lti_tool.passback import outbox
from lti_tool.passback.rules import Event, follow, moved_by
from lti_tool.passback.wishes import What, is_meant

REFUSED = (PostState.refused, PostState.differs)
"""What needs somebody."""
SLICE = 240
"""Scores that one transaction makes due, each with a line of its history: at most 500 rows with the act and the job."""


def send_again(session: Session, *, actor: Actor, activity_id: int, what: What, now: datetime) -> int:
    """Make the scores of an activity, and of those below it, due; returns how many are due already.

    A slice of them at once; if there are more, a job does the rest (`send_more`). Whether each has a column, a number and
    a gradable member is looked at when it is claimed.
    """
    act_id = audit(session, actor=actor, action="send_again", activity_id=activity_id, reason="", now=now)
    connection = session.connection()
    done, last = _send(connection, activity_id, what, act_id, now, 0)
    if last is not None:
        ask_for_rest(connection, f"again.{what}", activity_id, now, after=last, act=act_id)
    return done


def send_more(
    connection: Connection, activity_id: int, now: datetime, after: int, *, what: What, act_id: int
) -> int | None:
    """Make the next slice due, by id from `after` on; where to go on, None: there are no more. Four statements."""
    return _send(connection, activity_id, what, act_id, now, after)[1]


def _send(
    connection: Connection, activity_id: int, what: What, act_id: int, now: datetime, after: int
) -> tuple[int, int | None]:
    meant = is_meant(activity_id, what)
    ids = (
        connection.execute(select(ScorePost.id).where(*meant, ScorePost.id > after).order_by(ScorePost.id).limit(SLICE))
        .scalars()
        .all()
    )
    _make_due(connection, ids, meant, act_id, now)
    return len(ids), ids[-1] if len(ids) == SLICE else None


def send_one_again(session: Session, *, actor: Actor, activity_id: int, member_id: int, now: datetime) -> int:
    """Make one member's score of one activity due, in all its columns and whatever stands there; returns in how many."""
    act_id = audit(
        session, actor=actor, action="send_again", activity_id=activity_id, member_id=member_id, reason="", now=now
    )
    items = select(LineItem.id).where(LineItem.activity_id == activity_id)
    ours = (ScorePost.line_item_id.in_(items), ScorePost.member_id == member_id)
    connection = session.connection()
    ids = connection.execute(select(ScorePost.id).where(*ours)).scalars().all()
    return _make_due(connection, ids, ours, act_id, now)


def _make_due(
    connection: Connection, ids: Sequence[int], conditions: tuple[Any, ...], act_id: int, now: datetime
) -> int:
    """What an answer has moved out of the conditions in the meantime is left alone."""
    held = outbox.held_posts(connection, and_(ScorePost.id.in_(ids), *conditions)) if ids else []
    if not held:
        return 0
    connection.execute(
        update(ScorePost)
        .where(ScorePost.id.in_(held))
        .values(state=PostState.waiting, revision=ScorePost.revision + 1, due_at=now, attempts=0, cause="")
    )
    events = [{"score_post_id": id_, "at": now, "event": "asked", "act_id": act_id} for id_ in held]
    connection.execute(insert(ScoreEvent).values(cause=""), events)
    return len(held)


def keep_there(session: Session, *, actor: Actor, activity_id: int, member_id: int, reason: str, now: datetime) -> int:
    """Let the LMS's grade count for a member where it is another than ours; returns in how many columns.

    `reason` stands in the history of the score, with the name of who said it.
    """
    session.flush()
    connection = session.connection()
    items = select(LineItem.id).where(LineItem.activity_id == activity_id)
    ours = (
        ScorePost.line_item_id.in_(items),
        ScorePost.member_id == member_id,
        ScorePost.state.in_(moved_by(Event.kept_there)),
    )
    held = outbox.held_posts(connection, and_(*ours))
    if not held:
        return 0
    act_id = audit(
        session, actor=actor, action="keep_there", activity_id=activity_id, member_id=member_id, reason=reason, now=now
    )
    found = connection.execute(
        select(ScorePost.id, ScorePost.state, ScorePost.read_score).where(ScorePost.id.in_(held))
    ).all()
    for post in found:
        connection.execute(
            update(ScorePost)
            .where(ScorePost.id == post.id)
            .values(state=follow(post.state, Event.kept_there), cause=KEPT_THERE)
        )
        connection.execute(
            insert(ScoreEvent).values(
                score_post_id=post.id,
                at=now,
                event=Event.kept_there.value,
                score=post.read_score,
                cause=KEPT_THERE,
                act_id=act_id,
            )
        )
    return len(held)
