"""The duty to tell the LMS: one score post per column and member, laid down beside the result."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, exists, false, func, literal, or_, select, true
from sqlalchemy.orm import Session

from lti_tool.core.columns import upsert
from lti_tool.identity.models import Enrolment
from lti_tool.ledger.models import Activity, LineItem, LineItemState, Result, ScorePost
from lti_tool.ledger.rules import INACTIVE, KEPT_THERE, NOT_GRADED, PostState

# The one order in which rows of the outbox are locked, by everybody, so that no two transactions on PostgreSQL wait for
# each other: first the line item, if it is to be changed, and then score posts by (member, line item). A launch changes
# its column and then queues the posts; the drain that is told "this column is gone" does the same (passback.outbox).
# Before all of them: enrolments. A launch that brings somebody back changes the enrolment and then queues his posts; the drain
# that is told "no grades for this person" notes that in the enrolment first.
# Members come first because a sweep records one member after the other, each with the columns of a task and its parent.
ORDER = (Result.member_id, LineItem.id)


def mark(connection: Connection, *, member_id: int, changed: Mapping[int, datetime]) -> None:
    """Lay down, for every column of the activities in `changed`, the duty to tell the LMS about this member, and when."""
    if not changed:
        return
    due = case(
        *(
            (Activity.id == activity_id, literal(moment, ScorePost.due_at.type))
            for activity_id, moment in changed.items()
        )
    )
    _queue(connection, Result.activity_id.in_(changed), Result.member_id == member_id, due_at=due)


def _queue(connection: Connection, *conditions: Any, due_at: Any, is_new_column: bool = False) -> int:
    """Upsert score posts for all results and columns that meet `conditions`; returns how many.

    Where an instructor has said that the LMS's grade counts it stays so, unless the column with that grade is gone.
    """
    state = _initial_state()
    source = (
        select(
            LineItem.id,
            Result.member_id,
            state,
            literal(1),
            due_at,
            literal(0),
            case((Enrolment.is_active.is_(False), literal(INACTIVE)), else_=literal("")),
            literal(0),
        )
        .select_from(Result)
        .join(Activity, Activity.id == Result.activity_id)
        .join(LineItem, LineItem.activity_id == Activity.id)
        .outerjoin(Enrolment, (Enrolment.context_id == Activity.context_id) & (Enrolment.member_id == Result.member_id))
        .where(Result.score.is_not(None), *conditions)
        .order_by(*ORDER)
    )
    statement = upsert(ScorePost, connection.dialect.name).from_select(
        ["line_item_id", "member_id", "state", "revision", "due_at", "attempts", "cause", "sent_revision"], source
    )
    is_there = false() if is_new_column else true()
    holds = and_(is_there, ScorePost.state == PostState.kept, ScorePost.cause == KEPT_THERE)
    done = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["line_item_id", "member_id"],
            set_={
                "state": case((holds, ScorePost.state), else_=statement.excluded.state),
                "revision": ScorePost.revision + 1,
                # A burst goes when its first change is due, however long it lasts.
                "due_at": case(
                    (
                        and_(ScorePost.state == PostState.waiting, ScorePost.due_at < statement.excluded.due_at),
                        ScorePost.due_at,
                    ),
                    else_=statement.excluded.due_at,
                ),
                "attempts": 0,
                "cause": case((holds, ScorePost.cause), else_=statement.excluded.cause),
            },
        ),
        execution_options={"preserve_rowcount": True},
    )
    return done.rowcount


def _initial_state() -> Any:
    """The state of a fresh duty, as SQL: not gradable, waiting for its column, or waiting to be sent."""
    is_sent = func.coalesce(and_(Enrolment.gradable, Enrolment.is_active), True)
    return case(
        (is_sent.is_(False), literal(PostState.not_gradable, ScorePost.state.type)),
        (LineItem.state == LineItemState.ready, literal(PostState.waiting, ScorePost.state.type)),
        else_=literal(PostState.waiting_for_column, ScorePost.state.type),
    )


def requeue(
    session: Session,
    *,
    now: datetime,
    line_item_id: int | None = None,
    activity_id: int | None = None,
    member_id: int | None = None,
) -> int:
    """Tell the LMS (again): the backfill when a column appears, and "send again". Returns how many scores."""
    session.flush()
    conditions: list[Any] = []
    if line_item_id is not None:
        conditions.append(LineItem.id == line_item_id)
    if activity_id is not None:
        conditions.append(Activity.id == activity_id)
    if member_id is not None:
        conditions.append(Result.member_id == member_id)
    if not conditions:
        raise ValueError("requeue needs a line item, an activity or a member")
    due_at = literal(now, ScorePost.due_at.type)
    return _queue(session.connection(), *conditions, due_at=due_at, is_new_column=line_item_id is not None)


def requeue_members(connection: Connection, *, context_id: int, member_ids: Collection[int], now: datetime) -> int:
    """Tell the LMS what was not sent, or refused, because these members got no grades in this course; returns how many.

    For whoever brings them back: a launch, a roster (at most 500 members a time, their enrolments already changed).
    """
    was_left_out = exists().where(
        ScorePost.line_item_id == LineItem.id,
        ScorePost.member_id == Result.member_id,
        or_(
            ScorePost.state == PostState.not_gradable,
            and_(ScorePost.state == PostState.refused, ScorePost.cause == NOT_GRADED),
        ),
    )
    ours = (Activity.context_id == context_id, Result.member_id.in_(member_ids))
    return _queue(connection, *ours, was_left_out, due_at=literal(now, ScorePost.due_at.type))
