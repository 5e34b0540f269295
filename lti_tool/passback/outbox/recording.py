"""Writing down what was answered, for the post and for its column."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, case, insert, literal, null, select, update

from lti_tool.identity.models import Enrolment
from lti_tool.ledger.models import LineItem, LineItemState, ScoreEvent, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.ledger.services import ask_for_rest
from lti_tool.passback import rules
from lti_tool.passback.outbox.rows import Outcome
from lti_tool.passback.rules import Event, follow, moved_by

SLICE: Final = 240
"""Scores of a column that one transaction of the job settles."""


def record(connection: Connection, outcomes: Sequence[Outcome], now: datetime, *, settled: int = SLICE) -> None:
    """Write down what was answered. An answer whose lease another worker has taken over is history only.

    If the post was moved while it was on the way (its result has changed, its column is gone), it stays as that left it.
    Of the other scores of columns that are gone `settled` are put away at once; if there are more, a job goes on.
    """
    _note_ungraded(connection, outcomes, now)
    # In the order of ledger.services.outbox.ORDER: columns first, then posts; a launch does the same.
    columns = _change_columns(connection, outcomes, now)
    most = max(settled // len(columns), 1) if columns else 0
    others_of = {item: _unsettled(connection, item, cause, most) for item, cause in columns.items()}
    ours = [outcome.post.id for outcome in outcomes]
    hold_posts(connection, ScorePost.id.in_([*ours, *(row.id for rows in others_of.values() for row in rows)]))
    sent = [outcome for outcome in outcomes if outcome.step.event is Event.accepted]
    there = [outcome for outcome in outcomes if outcome.step.event is Event.there_already]
    others = [outcome for outcome in outcomes if outcome.step.event not in _ARRIVED]
    if sent:
        connection.execute(_SENT, [_values(outcome, now) | _sent_values(outcome, now) for outcome in sent])
    if there:
        connection.execute(_THERE, [_values(outcome, now) | _sent_values(outcome, now) for outcome in there])
    if others:
        connection.execute(_NOT_SENT, [_values(outcome, now) for outcome in others])
    events = [_event(outcome, now) for outcome in outcomes if outcome.reply.answer is not rules.Answer.unsent]
    if events:
        connection.execute(insert(ScoreEvent), events)
    for item_id, cause in columns.items():
        rows = others_of[item_id]
        _settle_posts(connection, item_id, [*ours, *(row.id for row in rows)], cause, now)
        if len(rows) == most:
            ask_for_rest(connection, "settle", item_id, now, after=rows[-1].member_id, cause=cause or "")


def _note_ungraded(connection: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Whom the LMS gives no grades: the next launch or roster that has the person queues his scores again."""
    people = {(o.post.context_id, o.post.member_id) for o in outcomes if o.reply.answer is rules.Answer.not_graded}
    if people:
        connection.execute(
            update(Enrolment)
            .where(Enrolment.context_id == bindparam("course"), Enrolment.member_id == bindparam("person"))
            .values(not_graded_at=now),
            [{"course": course, "person": person} for course, person in sorted(people)],
        )


def hold_posts(connection: Connection, condition: Any) -> None:
    """Lock score posts in the house's order; statements that change many of them lock in an order of their own."""
    if connection.dialect.name != "sqlite":
        held_posts(connection, condition)


def held_posts(connection: Connection, condition: Any) -> Sequence[int]:
    """The same, and which they are, as they stand now that nobody else can change them."""
    statement = select(ScorePost.id).where(condition).order_by(ScorePost.member_id, ScorePost.line_item_id)
    if connection.dialect.name != "sqlite":
        statement = statement.with_for_update()
    return connection.execute(statement).scalars().all()


_ARRIVED = frozenset({Event.accepted, Event.there_already})
_IS_CURRENT = and_(ScorePost.revision == bindparam("sent_revision_"), ScorePost.state == PostState.sending)
_AFTER = {
    name: case(
        (_IS_CURRENT, bindparam(f"{name}_", type_=getattr(ScorePost, name).type)), else_=getattr(ScorePost, name)
    )
    for name in ("state", "cause", "due_at", "attempts")
}
_OURS = update(ScorePost).where(ScorePost.id == bindparam("post"), ScorePost.send_at == bindparam("proof"))
_NOT_SENT = _OURS.values(lease_until=null(), **_AFTER)
_SENT = _NOT_SENT.values(
    sent_score=bindparam("score_"), sent_revision=bindparam("sent_revision_"), sent_at=bindparam("sent_at_")
)
_THERE = _SENT.values(confirmed_score=bindparam("score_"), confirmed_at=bindparam("sent_at_"))


def _values(outcome: Outcome, now: datetime) -> dict[str, Any]:
    post, step = outcome.post, outcome.step
    tries = 0 if step.event in _ARRIVED else post.attempts if step.counts else post.attempts - 1
    return {
        "post": post.id,
        "proof": post.send_at,
        "sent_revision_": post.revision,
        "state_": step.state,
        "cause_": step.cause,
        "due_at_": now + step.delay,
        "attempts_": tries,
    }


def _sent_values(outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {"score_": outcome.post.score, "sent_at_": now}


EVENTS = {
    Event.accepted: "sent",
    Event.there_already: "confirmed",
    Event.refused: "refused",
    Event.column_lost: "no_column",
}
OTHERWISE = "retry"
"""What an answer is called in the history of a score (ScoreEvent.event)."""


def _event(outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "score_post_id": outcome.post.id,
        "at": now,
        "event": EVENTS.get(outcome.step.event, OTHERWISE),
        "status": outcome.reply.status,
        "score": outcome.post.score,
        "cause": outcome.step.cause,
    }


def _change_columns(connection: Connection, outcomes: Iterable[Outcome], now: datetime) -> dict[int, str | None]:
    """A column that is gone or closed: nothing more is sent there.

    The line items that were asked so, with the cause; None: it is another column by now, to which all is sent.
    """
    found: dict[int, str | None] = {}
    changes = {outcome.post.line_item_id: outcome for outcome in outcomes if outcome.step.column is not None}
    for item_id, outcome in sorted(changes.items()):
        change = outcome.step.column
        if change is None:
            continue
        # Only if it is still the column that we asked: a launch may have brought a new one in the meantime.
        done = connection.execute(
            update(LineItem)
            .where(LineItem.id == item_id, LineItem.url == outcome.post.url)
            .values(state=LineItemState(change.state), cause=change.cause, checked_at=now)
        )
        found[item_id] = outcome.step.cause if done.rowcount else None
    return found


def settle_more(connection: Connection, item_id: int, now: datetime, after: int, cause: str) -> int | None:
    """The next slice of a column's scores, by member from `after` on; where to go on, None: there are no more.

    They wait for the column with this cause, or are due if it is there by now.
    """
    state = connection.execute(select(LineItem.state).where(LineItem.id == item_id)).scalar_one_or_none()
    why = None if state is LineItemState.ready else cause
    rows = _unsettled(connection, item_id, why, SLICE, after)
    if rows:
        ids = [row.id for row in rows]
        hold_posts(connection, ScorePost.id.in_(ids))
        _settle_posts(connection, item_id, ids, why, now)
    return rows[-1].member_id if len(rows) == SLICE else None


def _unsettled(connection: Connection, item_id: int, cause: str | None, most: int, after: int = 0) -> Sequence[Any]:
    """(id, member) of a column's first scores that its being gone, or there (`cause` None), moves."""
    return connection.execute(
        select(ScorePost.id, ScorePost.member_id)
        .where(
            ScorePost.line_item_id == item_id,
            ScorePost.member_id > after,
            ScorePost.state.in_(moved_by(_event_of(cause))),
        )
        .order_by(ScorePost.member_id)
        .limit(most)
    ).all()


def _event_of(cause: str | None) -> Event:
    return Event.column_back if cause is None else Event.column_gone


def _settle_posts(connection: Connection, item_id: int, ids: Collection[int], cause: str | None, now: datetime) -> None:
    """These scores of a column that is gone wait for it; those of one that has come back are due (`cause` None)."""
    event = _event_of(cause)
    states = moved_by(event)
    after = {state: follow(state, event) for state in states}
    connection.execute(
        update(ScorePost)
        .where(ScorePost.line_item_id == item_id, ScorePost.id.in_(ids), ScorePost.state.in_(states))
        .values(
            state=case(
                {state: literal(to, ScorePost.state.type) for state, to in after.items()}, value=ScorePost.state
            ),
            cause=cause or "",
            due_at=now,
        )
    )
