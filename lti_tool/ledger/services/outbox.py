"""The duty to tell the LMS: one score post per column and member, laid down beside the result."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, case, exists, false, func, literal, or_, select, true, update
from sqlalchemy.orm import Session

from lti_tool.core import jobs
from lti_tool.core.columns import upsert
from lti_tool.identity.models import Enrolment
from lti_tool.ledger.models import Activity, LineItem, LineItemState, Result, ScorePost
from lti_tool.ledger.rules import INACTIVE, KEPT_THERE, NOT_GRADED, NOT_TAKEN, RELINKED, REMOVED_THERE, PostState

# The one order in which rows of the outbox are locked, by everybody, so that no two transactions on PostgreSQL wait for
# each other: first the line item, if it is to be changed, and then score posts by (member, line item). A launch changes
# its column and then queues the posts; the drain that is told "this column is gone" does the same (passback.outbox).
# Before all of them: enrolments. A launch that brings somebody back changes the enrolment and then queues his posts; the drain
# that is told "no grades for this person" notes that in the enrolment first.
# Members come first because a sweep records one member after the other, each with the columns of a task and its parent.
ORDER = (Result.member_id, LineItem.id)

REST: Final = "scores.rest"
"""The job that goes on where one transaction has to stop; whoever asks for it need not know who does it."""
SLICE: Final = 240
"""Scores of a column that one transaction changes: a launch, or who lets a link show something else, writes more than that."""
AT_RETURN: Final = 100
"""Scores of people who are back that the transaction queues which brings them back: a roster's writes 300 rows beside them."""


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
    ours = (Result.activity_id.in_(changed), Result.member_id == member_id)
    connection.execute(_queueing(connection, ours, due_at=due))


def _queue(connection: Connection, *conditions: Any, now: datetime, most: int) -> int:
    """Upsert score posts for the first `most` results and columns that meet `conditions`; returns how many."""
    done = connection.execute(
        _queueing(connection, conditions, due_at=literal(now, ScorePost.due_at.type), most=most),
        execution_options={"preserve_rowcount": True},
    )
    return done.rowcount


def _queueing(
    connection: Connection,
    conditions: Collection[Any],
    *,
    due_at: Any,
    is_new_column: bool = False,
    most: int | None = None,
) -> Any:
    """The statement, for the first `most` of them in the order of locks, or all.

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
        .limit(most)
    )
    statement = upsert(ScorePost, connection.dialect.name).from_select(
        ["line_item_id", "member_id", "state", "revision", "due_at", "attempts", "cause", "sent_revision"], source
    )
    is_there = false() if is_new_column else true()
    holds = and_(is_there, ScorePost.state == PostState.kept, ScorePost.cause == KEPT_THERE)
    return statement.on_conflict_do_update(
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
    )


def _initial_state() -> Any:
    """The state of a fresh duty, as SQL: not gradable, waiting for its column, or waiting to be sent."""
    is_sent = func.coalesce(and_(Enrolment.gradable, Enrolment.is_active), True)
    return case(
        (is_sent.is_(False), literal(PostState.not_gradable, ScorePost.state.type)),
        (LineItem.state == LineItemState.ready, literal(PostState.waiting, ScorePost.state.type)),
        else_=literal(PostState.waiting_for_column, ScorePost.state.type),
    )


def requeue(session: Session, *, line_item_id: int, now: datetime, is_new: bool = True) -> int:
    """Tell the LMS (again) all that belongs into a column: the backfill when one appears. Returns how many are due already.

    `is_new` False: it is the column that it was, back again or of another size; what stands there and is not ours stays. A slice
    of them at once; if there are more, a job goes on (`requeue_more`).
    """
    session.flush()
    connection = session.connection()
    done, last = _requeue(connection, line_item_id, now, 0, is_new=is_new)
    if last is not None:
        ask_for_rest(connection, "column" if is_new else "same_column", line_item_id, now, after=last)
    return done


def requeue_more(
    connection: Connection, line_item_id: int, now: datetime, after: int, *, is_new: bool = True
) -> int | None:
    """The next slice, by member from `after` on; where to go on, None: there are no more. One statement."""
    return _requeue(connection, line_item_id, now, after, is_new=is_new)[1]


def _requeue(
    connection: Connection, line_item_id: int, now: datetime, after: int, *, is_new: bool
) -> tuple[int, int | None]:
    theirs = exists().where(
        ScorePost.line_item_id == LineItem.id, ScorePost.member_id == Result.member_id, is_anothers_grade()
    )
    statement = _queueing(
        connection,
        (LineItem.id == line_item_id, Result.member_id > after, *(() if is_new else (~theirs,))),
        due_at=literal(now, ScorePost.due_at.type),
        is_new_column=is_new,
        most=SLICE,
    )
    members = connection.execute(statement.returning(ScorePost.member_id)).scalars().all()
    return len(members), max(members) if len(members) == SLICE else None


def is_anothers_grade() -> Any:
    """That a grade stands in the LMS which is not ours, or counts there, as a condition on ScorePost."""
    return or_(
        and_(ScorePost.state == PostState.differs, ScorePost.cause.not_in((REMOVED_THERE, NOT_TAKEN))),
        and_(ScorePost.state == PostState.kept, ScorePost.cause == KEPT_THERE),
    )


def ask_for_rest(connection: Connection, what: str, of_id: int, now: datetime, *, after: int = 0, **more: Any) -> None:
    """Let the job go on with `what` (`passback.rest` has the list), of the column, course, activity or registration of this id."""
    payload = {"what": what, "id": of_id, "after": after, **more}
    jobs.ask(connection, name=REST, key=f"{what}:{of_id}", due_at=now, payload=payload)


def leave_others(session: Session, *, line_item_id: int, now: datetime) -> None:
    """A column is another activity's now: grades there of those who have none in it stay as they are, and nothing is sent.

    A slice at once; if there are more, a job goes on (`leave_more`). What comes to a worker in the meantime is left alone too,
    since there is no number to send.
    """
    session.flush()
    connection = session.connection()
    last = leave_more(connection, line_item_id, now, 0)
    if last is not None:
        ask_for_rest(connection, "others", line_item_id, now, after=last)


def leave_more(connection: Connection, line_item_id: int, now: datetime, after: int) -> int | None:  # noqa: ARG001 - as all slices
    """The next slice, by member from `after` on; where to go on, None: there are no more. Two statements."""
    has_score = exists().where(
        LineItem.id == ScorePost.line_item_id,
        Result.activity_id == LineItem.activity_id,
        Result.member_id == ScorePost.member_id,
        Result.score.is_not(None),
    )
    rows = connection.execute(
        select(ScorePost.id, ScorePost.member_id)
        .where(ScorePost.line_item_id == line_item_id, ScorePost.member_id > after, ~has_score)
        .order_by(ScorePost.member_id)
        .limit(SLICE)
        .with_for_update(of=ScorePost)
    ).all()
    if rows:
        connection.execute(
            update(ScorePost)
            .where(ScorePost.id.in_([row.id for row in rows]))
            .values(state=PostState.kept, cause=RELINKED, revision=ScorePost.revision + 1)
        )
    return rows[-1].member_id if len(rows) == SLICE else None


def requeue_members(connection: Connection, *, context_id: int, member_ids: Collection[int], now: datetime) -> int:
    """Tell the LMS what was not sent, or refused, because these members got no grades in this course; returns how many already.

    For whoever brings them back: a launch, a roster (at most 500 members a time, their enrolments already changed). A few at
    once; if there are more, a job goes on (`requeue_returned`).
    """
    done = _queue(connection, *_left_out(context_id), Result.member_id.in_(member_ids), now=now, most=AT_RETURN)
    if done == AT_RETURN:
        ask_for_rest(connection, "returned", context_id, now)
    return done


def requeue_returned(connection: Connection, context_id: int, now: datetime, after: int) -> int | None:
    """The next slice of what waits for somebody who is back in this course; `after`, None: there are no more. One statement.

    What has been queued is not left out any more, so each slice begins at the front: two rosters ask for one job.
    """
    return after if _queue(connection, *_left_out(context_id), now=now, most=SLICE) == SLICE else None


def _left_out(context_id: int) -> tuple[Any, ...]:
    """Results that were not sent, or refused, because of the person, who now gets grades in this course."""
    was_left_out = exists().where(
        ScorePost.line_item_id == LineItem.id,
        ScorePost.member_id == Result.member_id,
        or_(
            ScorePost.state == PostState.not_gradable,
            and_(ScorePost.state == PostState.refused, ScorePost.cause == NOT_GRADED),
        ),
    )
    is_back = and_(Enrolment.gradable, Enrolment.is_active, Enrolment.not_graded_at.is_(None))
    return Activity.context_id == context_id, is_back, was_left_out
