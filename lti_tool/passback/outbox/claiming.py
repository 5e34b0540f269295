"""Which scores are due, and taking them by lease."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, text, true, update

from lti_tool.identity.models import Context, Deployment, Enrolment, Member, Registration
from lti_tool.ledger.models import Activity, LineItem, LineItemState, Placement, Result, ScorePost
from lti_tool.ledger.rules import INACTIVE, PostState
from lti_tool.lms import platform
from lti_tool.passback import rules
from lti_tool.passback.outbox.rows import Claimed, Claims, Target
from lti_tool.passback.rules import Event, follow, moved_by, scores

LEASE = timedelta(seconds=30)
"""How long a claimed score belongs to its worker; see `Drain` for what must fit into it."""

OPEN = text(f"score_post.state IN ({', '.join(repr(state.value) for state in moved_by(Event.claimed))})")
"""Written out, not bound: only then do the engines see that the partial index on due_at holds."""


def _is_due(now: datetime) -> tuple[Any, ...]:
    return (OPEN, ScorePost.due_at <= now, or_(ScorePost.lease_until.is_(None), ScorePost.lease_until <= now))


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
                state=follow(PostState.waiting, Event.claimed),
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
            ScorePost.state,
            ScorePost.revision,
            ScorePost.attempts,
            ScorePost.cause,
            ScorePost.send_at,
            ScorePost.sent_at,
            ScorePost.due_at,
            ScorePost.member_id,
            Placement.context_id,
            LineItem.url,
            LineItem.state.label("column_state"),
            LineItem.maximum.label("column_maximum"),
            Activity.maximum,
            *(
                _of_member(column, Result.activity_id == LineItem.activity_id, Result.member_id)
                for column in (
                    Result.score,
                    Result.started_at,
                    Result.completed_at,
                    Result.attempt_began_at,
                    Result.attempt_ended_at,
                )
            ),
            _of_member(Enrolment.gradable, Enrolment.context_id == Placement.context_id, Enrolment.member_id),
            _of_member(Enrolment.is_active, Enrolment.context_id == Placement.context_id, Enrolment.member_id),
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

    def park(event: Event, cause: str = "", wait: timedelta = timedelta(0)) -> None:
        state = follow(row.state, event)
        into.parked.append({"post": row.id, "new_state": state, "why": cause, "moment": row.due_at + wait})

    if row.gradable is False or row.is_active is False:
        park(Event.ungraded, INACTIVE if row.is_active is False else "")
    elif row.column_state is not LineItemState.ready or not row.url:
        park(Event.columnless)
    elif row.score is None or row.maximum is None:
        # Never a score without a number: an LMS would delete the grade that it has (AG-16, AG-20).
        park(Event.numberless, "score_taken" if row.sent_at is not None else "")
    else:
        moment = rules.next_timestamp(now, target.offset, row.send_at)
        wait = rules.wait_for_clock(moment, now, target.offset)
        if wait:
            park(Event.early, row.cause, now + wait - row.due_at)
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
                row.member_id,
                row.context_id,
                scores.Attempt(row.attempt_began_at or row.started_at, row.attempt_ended_at or row.completed_at),
                row.sent_at,
            )
        )
