"""The outbox as rows: which scores are due, taking them by lease, writing down what was answered.

All of it is Core SQL on a connection that the caller opened; nothing here talks to an LMS.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, case, insert, null, or_, select, text, true, update

from lti_tool.identity.models import Context, Deployment, Enrolment, Member, Registration
from lti_tool.ledger.models import (
    Activity,
    LineItem,
    LineItemState,
    Placement,
    Result,
    ScoreEvent,
    ScorePost,
)
from lti_tool.ledger.rules import PostState
from lti_tool.lms import platform
from lti_tool.lms.platform import Platform
from lti_tool.passback import rules

LEASE = timedelta(seconds=30)
"""How long a claimed score belongs to its worker; see `Drain` for what must fit into it."""

# Written out, not bound: only then do the engines see that the partial index on due_at holds.
_OPEN = text("score_post.state IN ('waiting', 'sending')")


@dataclass(frozen=True, slots=True)
class Target:
    """A registration with scores that are due."""

    platform: Platform
    breaker: rules.Breaker
    offset: timedelta
    """The LMS's clock minus ours."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A score that this worker may send until its lease ends. `send_at` is the timestamp it will carry, and our proof."""

    id: int
    line_item_id: int
    registration_id: int
    revision: int
    attempts: int
    """With this one."""
    cause: str
    send_at: datetime
    claimed_at: datetime
    url: str
    sub: str
    given: Decimal
    maximum: int
    score: Decimal
    """As it stands in our Result, before it is put on the column's scale."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A claimed score, what was answered, and what follows."""

    post: Claimed
    reply: rules.Reply
    step: rules.Step


@dataclass(slots=True)
class Claims:
    """What a claim brought: scores to send, scores that were put away, and whether there may be more."""

    claimed: list[Claimed] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)
    is_full: bool = False


def _is_due(now: datetime) -> tuple[Any, ...]:
    return (_OPEN, ScorePost.due_at <= now, or_(ScorePost.lease_until.is_(None), ScorePost.lease_until <= now))


def targets(connection: Connection, now: datetime) -> list[Target]:
    """The active registrations that have scores due. One statement."""
    due = (
        select(Deployment.registration_id)
        .select_from(ScorePost)
        .join(LineItem, LineItem.id == ScorePost.line_item_id)
        .join(Placement, Placement.id == LineItem.placement_id)
        .join(Context, Context.id == Placement.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .where(*_is_due(now))
    )
    rows = connection.execute(
        select(
            *platform.COLUMNS, Registration.breaker_failures, Registration.breaker_until, Registration.clock_offset_ms
        ).where(Registration.id.in_(due), Registration.is_active)
    )
    return [
        Target(
            platform.platform_of(row),
            rules.Breaker(row.breaker_failures, row.breaker_until),
            timedelta(milliseconds=row.clock_offset_ms),
        )
        for row in rows
    ]


def claim(connection: Connection, target: Target, *, limit: int, now: datetime) -> Claims:
    """Take up to `limit` due scores of one LMS for ourselves, and write down the timestamps they will carry.

    What must not be sent is put away on the same occasion. Needs a writing transaction; a fixed number of statements.
    """
    rows = connection.execute(_due_rows(connection, target, limit, now)).all()
    claims = Claims(is_full=len(rows) == limit)
    for row in rows:
        _sort(row, target, now, claims)
    if claims.claimed:
        connection.execute(
            update(ScorePost)
            .where(ScorePost.id == bindparam("post"))
            .values(
                state=PostState.sending,
                send_at=bindparam("moment"),
                attempts=bindparam("tries"),
                lease_until=now + LEASE,
            ),
            [{"post": post.id, "moment": post.send_at, "tries": post.attempts} for post in claims.claimed],
        )
    if claims.parked:
        connection.execute(
            update(ScorePost)
            .where(ScorePost.id == bindparam("post"))
            .values(
                state=bindparam("new_state"),
                cause=bindparam("why"),
                due_at=bindparam("moment"),
                lease_until=None,
            ),
            claims.parked,
        )
    return claims


def _due_rows(connection: Connection, target: Target, limit: int, now: datetime) -> Any:
    order = (ScorePost.attempts, ScorePost.due_at) if target.breaker.is_probing else (ScorePost.due_at,)
    ours = (
        select(LineItem.id)
        .join(Placement, Placement.id == LineItem.placement_id)
        .join(Context, Context.id == Placement.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .where(Deployment.registration_id == target.platform.id)
    )
    # The sum keeps both engines from walking through everything ever sent to these columns: what is due comes first.
    of_item = ScorePost.line_item_id + 0
    statement = (
        select(
            ScorePost.id,
            ScorePost.line_item_id,
            ScorePost.revision,
            ScorePost.attempts,
            ScorePost.cause,
            ScorePost.send_at,
            ScorePost.due_at,
            LineItem.url,
            LineItem.state.label("column_state"),
            LineItem.maximum.label("column_maximum"),
            Activity.maximum,
            _of_member(Result.score, Result.activity_id == LineItem.activity_id, Result.member_id),
            _of_member(Enrolment.gradable, Enrolment.context_id == Placement.context_id, Enrolment.member_id),
            _of_member(Member.sub, true(), Member.id),
        )
        .select_from(ScorePost)
        .join(LineItem, LineItem.id == of_item)
        .join(Placement, Placement.id == LineItem.placement_id)
        .outerjoin(Activity, Activity.id == LineItem.activity_id)
        .where(*_is_due(now), of_item.in_(ours))
        .order_by(*order)
        .limit(limit)
    )
    if connection.dialect.name != "sqlite":
        statement = statement.with_for_update(of=ScorePost, skip_locked=True)
    return statement


def _of_member(column: Any, condition: Any, member: Any) -> Any:
    """A value of the post's member, looked up by its key.

    Not a join: without fresh statistics (a backlog of thousands, a minute old) PostgreSQL joins these tables in a way
    that takes seconds.
    """
    return select(column).where(condition, member == ScorePost.member_id).scalar_subquery().label(column.key)


def _sort(row: Any, target: Target, now: datetime, into: Claims) -> None:
    """Claim the score of a row, or put it away: not gradable, no column, no number, or its timestamp is too far ahead."""

    def park(state: PostState, cause: str = "", wait: timedelta = timedelta(0)) -> None:
        into.parked.append({"post": row.id, "new_state": state, "why": cause, "moment": row.due_at + wait})

    if row.gradable is False:
        park(PostState.not_gradable)
    elif row.column_state is not LineItemState.ready or not row.url:
        park(PostState.waiting_for_column)
    elif row.score is None or row.maximum is None:
        # Never a score without a number: an LMS would delete the grade that it has (AG-16, AG-20).
        park(PostState.kept)
    else:
        moment = rules.next_timestamp(now, target.offset, row.send_at)
        wait = rules.wait_for_clock(moment, now, target.offset)
        if wait:
            park(PostState.waiting, row.cause, now + wait - row.due_at)
            return
        given = rules.score_given(row.score, maximum=row.maximum, column_maximum=row.column_maximum)
        into.claimed.append(
            Claimed(
                row.id,
                row.line_item_id,
                target.platform.id,
                row.revision,
                row.attempts + 1,
                row.cause,
                moment,
                now,
                row.url,
                row.sub,
                given,
                row.column_maximum,
                row.score,
            )
        )


def record(connection: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what was answered. An answer whose lease another worker has taken over is history only.

    If the result changed while its older value was on the way, the post stays as the change left it: due.
    """
    # In the order of ledger.services.outbox.ORDER: columns first, then posts; a launch does the same.
    columns = _change_columns(connection, outcomes, now)
    ours = ScorePost.id.in_([outcome.post.id for outcome in outcomes])
    hold_posts(connection, or_(ours, ScorePost.line_item_id.in_(columns)) if columns else ours)
    sent = [outcome for outcome in outcomes if outcome.step.state is PostState.sent]
    others = [outcome for outcome in outcomes if outcome.step.state is not PostState.sent]
    if sent:
        connection.execute(_SENT, [_values(outcome, now) | _sent_values(outcome, now) for outcome in sent])
    if others:
        connection.execute(_NOT_SENT, [_values(outcome, now) for outcome in others])
    events = [_event(outcome, now) for outcome in outcomes if outcome.reply.answer is not rules.Answer.unsent]
    if events:
        connection.execute(insert(ScoreEvent), events)
    for item_id, cause in columns.items():
        _settle_posts(connection, item_id, cause, now)


def hold_posts(connection: Connection, condition: Any) -> None:
    """Lock score posts in the house's order; statements that change many of them lock in an order of their own."""
    if connection.dialect.name != "sqlite":
        order = (ScorePost.member_id, ScorePost.line_item_id)
        connection.execute(select(ScorePost.id).where(condition).order_by(*order).with_for_update())


_IS_CURRENT = ScorePost.revision == bindparam("sent_revision_")
_AFTER = {
    name: case(
        (_IS_CURRENT, bindparam(f"{name}_", type_=getattr(ScorePost, name).type)), else_=getattr(ScorePost, name)
    )
    for name in ("state", "cause", "due_at", "attempts")
}
_OURS = update(ScorePost).where(ScorePost.id == bindparam("post"), ScorePost.send_at == bindparam("proof"))
_NOT_SENT = _OURS.values(lease_until=null(), **_AFTER)
_SENT = _OURS.values(
    lease_until=null(),
    sent_score=bindparam("score_"),
    sent_revision=bindparam("sent_revision_"),
    sent_at=bindparam("sent_at_"),
    **_AFTER,
)


def _values(outcome: Outcome, now: datetime) -> dict[str, Any]:
    post, step = outcome.post, outcome.step
    tries = 0 if step.state is PostState.sent else post.attempts if step.counts else post.attempts - 1
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


def _event(outcome: Outcome, now: datetime) -> dict[str, Any]:
    words = {PostState.sent: "sent", PostState.refused: "refused", PostState.waiting_for_column: "no_column"}
    return {
        "score_post_id": outcome.post.id,
        "at": now,
        "event": words.get(outcome.step.state, "retry"),
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


def _settle_posts(connection: Connection, item_id: int, cause: str | None, now: datetime) -> None:
    """All scores of a column that is gone wait for it; those of one that has come back are due (`cause` None)."""
    posts = (
        ScorePost.line_item_id == item_id,
        ScorePost.state.in_([PostState.waiting, PostState.waiting_for_column]),
    )
    state = PostState.waiting if cause is None else PostState.waiting_for_column
    connection.execute(update(ScorePost).where(*posts).values(state=state, cause=cause or "", due_at=now))


def set_breaker(
    connection: Connection, target: Target, breaker: rules.Breaker, offset: timedelta, now: datetime
) -> None:
    """Write down how the LMS is; when it answers again, what waited for that is due at once."""
    connection.execute(
        update(Registration)
        .where(Registration.id == target.platform.id)
        .values(
            breaker_failures=breaker.failures,
            breaker_until=breaker.until,
            clock_offset_ms=round(offset / timedelta(milliseconds=1)),
        )
    )
    if not (target.breaker.failures and not breaker.failures):
        return
    items = (
        select(LineItem.id)
        .join(Placement, Placement.id == LineItem.placement_id)
        .join(Context, Context.id == Placement.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .where(Deployment.registration_id == target.platform.id)
    )
    waiting = (
        select(ScorePost.id)
        .where(
            ScorePost.line_item_id.in_(items),
            text("score_post.state IN ('waiting', 'sending')"),
            ScorePost.state == PostState.waiting,
            ScorePost.cause.in_(rules.ILL_CAUSES),
            ScorePost.due_at > now,
        )
        # Posts of an earlier statement are held already, so this one waits for nobody: what somebody else has locked
        # is being made due or answered at this moment.
        .with_for_update(skip_locked=True)
    )
    connection.execute(update(ScorePost).where(ScorePost.id.in_(waiting)).values(due_at=now))
