"""The scores of a column that is read back, as rows: what each was told, and writing down what follows.

All of it is Core SQL on a connection that the caller opened; nothing here talks to an LMS.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from lti_tool.identity.models import Member
from lti_tool.ledger.models import LineItem, Result, ScoreEvent, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.passback.reconciler import rules
from lti_tool.passback.reconciler.columns import AT_MOST, Column
from lti_tool.passback.reconciler.rules import Step, Told, Verdict
from lti_tool.passback.rules import score_given

SENDING = ("sent", "retry", "refused", "no_column")
"""Events whose score was ours; whether the LMS kept it or not."""


@dataclass(frozen=True, slots=True)
class Post:
    """A score that was told, with what proves that nobody has touched it since."""

    id: int
    sub: str
    revision: int
    send_at: datetime | None
    score: Decimal
    """What was told, on the activity's scale."""
    told: Told


def posts(connection: Connection, column: Column) -> list[Post]:
    """The scores of a column that can be compared, in the order of locks. One statement."""
    rows = connection.execute(
        select(
            ScorePost.id,
            ScorePost.state,
            ScorePost.cause,
            ScorePost.revision,
            ScorePost.send_at,
            ScorePost.sent_at,
            ScorePost.sent_score,
            ScorePost.confirmed_at,
            ScorePost.read_score,
            ScorePost.resent_revision,
            Member.sub,
            Result.score,
        )
        .select_from(ScorePost)
        .join(Member, Member.id == ScorePost.member_id)
        .join(LineItem, LineItem.id == ScorePost.line_item_id)
        .outerjoin(Result, (Result.activity_id == LineItem.activity_id) & (Result.member_id == ScorePost.member_id))
        .where(ScorePost.line_item_id == column.line_item_id, ScorePost.state.in_(rules.COMPARED))
        .order_by(ScorePost.member_id)
    )
    return [post for row in rows if (post := _post(row, column)) is not None]


def _post(row: Any, column: Column) -> Post | None:
    is_sent = row.state in {PostState.sent, PostState.confirmed, PostState.differs}
    ours = row.sent_score if is_sent else row.score
    if ours is None:
        return None
    was_seen = row.confirmed_at is not None and row.sent_at is not None and row.confirmed_at >= row.sent_at
    read = row.read_score * column.maximum / column.activity_maximum if row.read_score is not None else None
    told = Told(row.state, row.cause, _given(ours, column), was_seen, row.resent_revision == row.revision, read)
    return Post(row.id, row.sub, row.revision, row.send_at, ours, told)


def _given(score: Decimal, column: Column) -> Decimal:
    return score_given(score, maximum=column.activity_maximum, column_maximum=column.maximum)


def earlier(connection: Connection, column: Column, ids: Sequence[int]) -> Mapping[int, Collection[Decimal]]:
    """What the LMS was ever told for these scores, on the scale of the column. One statement for each 500."""
    found: dict[int, set[Decimal]] = defaultdict(set)
    for start in range(0, len(ids), AT_MOST):
        rows = connection.execute(
            select(ScoreEvent.score_post_id, ScoreEvent.score)
            .where(
                ScoreEvent.score_post_id.in_(ids[start : start + AT_MOST]),
                ScoreEvent.event.in_(SENDING),
            )
            .distinct()
        )
        for post_id, score in rows:
            if score is not None:
                found[post_id].add(_given(score, column))
    return found


def write(
    connection: Connection, column: Column, verdicts: Sequence[tuple[Post, Verdict]], now: datetime
) -> dict[Step, int]:
    """Write down what follows for at most 250 scores; how many of each. Six statements at most.

    A score that was touched since it was read is left alone: its new value will be read another time.
    """
    statement = select(ScorePost.id, ScorePost.state, ScorePost.revision, ScorePost.send_at).where(
        ScorePost.id.in_([post.id for post, _ in verdicts])
    )
    if connection.dialect.name != "sqlite":
        # In the order of ledger.services.outbox.ORDER.
        statement = statement.order_by(ScorePost.member_id, ScorePost.line_item_id).with_for_update()
    present = {row.id: (row.state, row.revision, row.send_at) for row in connection.execute(statement)}
    standing = [
        (post, verdict)
        for post, verdict in verdicts
        if present.get(post.id) == (post.told.state, post.revision, post.send_at)
    ]
    by_step: dict[Step, list[tuple[Post, Verdict]]] = defaultdict(list)
    for post, verdict in standing:
        by_step[verdict.step].append((post, verdict))
    for step, found in by_step.items():
        connection.execute(_CHANGES[step], [_values(column, post, verdict, now) for post, verdict in found])
    events = [_event(column, post, verdict, now) for post, verdict in standing if verdict.step in EVENTS]
    if events:
        connection.execute(insert(ScoreEvent), events)
    return {step: len(found) for step, found in by_step.items()}


STATES = {Step.confirm: PostState.confirmed, Step.differ: PostState.differs, Step.resend: PostState.waiting}
"""What a step makes of a score post (rules.EVENTS)."""
_ONE = update(ScorePost).where(ScorePost.id == bindparam("post"))
_SCORE = bindparam("score_", type_=ScorePost.sent_score.type)
_READ = bindparam("read_score_", type_=ScorePost.read_score.type)
_CHANGES = {
    Step.confirm: _ONE.values(
        state=STATES[Step.confirm],
        cause="",
        # Also of one that it seemed to refuse: what it has, it was told.
        sent_score=_SCORE,
        sent_revision=ScorePost.revision,
        sent_at=func.coalesce(ScorePost.sent_at, bindparam("moment_", type_=ScorePost.sent_at.type)),
        confirmed_score=_SCORE,
        confirmed_at=bindparam("moment_", type_=ScorePost.confirmed_at.type),
        read_score=None,
    ),
    Step.differ: _ONE.values(state=STATES[Step.differ], cause=bindparam("cause_"), read_score=_READ),
    Step.note: _ONE.values(read_score=_READ),
    Step.resend: _ONE.values(
        state=STATES[Step.resend],
        cause="",
        revision=ScorePost.revision + 1,
        resent_revision=ScorePost.revision + 1,
        due_at=bindparam("moment_", type_=ScorePost.due_at.type),
        attempts=0,
        read_score=_READ,
    ),
}
EVENTS = {Step.confirm: "confirmed", Step.differ: "differs", Step.resend: "resent"}


def _values(column: Column, post: Post, verdict: Verdict, now: datetime) -> dict[str, Any]:
    there = _there(column, verdict)
    values: dict[Step, dict[str, Any]] = {
        Step.confirm: {"moment_": now, "score_": post.score},
        Step.differ: {"cause_": verdict.cause, "read_score_": there},
        Step.note: {"read_score_": there},
        Step.resend: {"moment_": now, "read_score_": there},
    }
    return {"post": post.id} | values[verdict.step]


def _event(column: Column, post: Post, verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "score_post_id": post.id,
        "at": now,
        "event": EVENTS[verdict.step],
        "score": post.score if verdict.step is Step.confirm else _there(column, verdict),
        "cause": verdict.cause,
    }


def _there(column: Column, verdict: Verdict) -> Decimal | None:
    """What the LMS shows, on the activity's scale, as people see it."""
    return None if verdict.there is None else verdict.there * column.activity_maximum / column.maximum
