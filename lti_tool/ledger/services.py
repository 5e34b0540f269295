"""The three verbs of the domains (`record`, `note`, and creating what can be learned), and `requeue`.

Everything here runs in the caller's transaction and flushes; the door commits once. So the answer, the result and the
duty to tell the LMS are saved together or not at all.
"""

import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Connection, case, func, insert, literal, select, update
from sqlalchemy.orm import Session

from lti_tool.core.columns import upsert
from lti_tool.identity.actor import Actor
from lti_tool.identity.models import Enrolment, Member
from lti_tool.ledger.models import (
    Activity,
    ActivityStatus,
    AuditEvent,
    Entry,
    LineItem,
    LineItemState,
    Override,
    Placement,
    Result,
    ScorePost,
)
from lti_tool.ledger.rules import Child, Outcome, PostState, Standing, advance, is_same, roll_up

PARENT_DELAY = timedelta(seconds=5)
"""A parent's score waits a little, so that a burst of finished children makes one post."""


class PreviewLeavesNoTrace(RuntimeError):
    """A domain tried to record what a previewing author did; it must not."""


def record(
    session: Session,
    *,
    activity_id: int,
    member_id: int,
    outcome: Outcome,
    verb: str,
    source: str,
    now: datetime,
    actor: Actor | None = None,
    quantity: Decimal | int = 1,
) -> Standing:
    """Say what a member has reached: upserts the result, notes it, climbs to the parent, marks the score posts.

    `source` names the fact (`attempt:17:submitted`); repeating the same call changes nothing. Raises
    PreviewLeavesNoTrace if `actor` is previewing.
    """
    if actor is not None and not actor.is_recorded:
        raise PreviewLeavesNoTrace(source)
    session.flush()
    hold(session, activity_id=activity_id, member_id=member_id)
    connection = session.connection()
    activity = connection.execute(
        select(Activity.context_id, Activity.maximum, Activity.parent_id, Activity.category).where(
            Activity.id == activity_id
        )
    ).one()
    before, after = _store(connection, activity_id, member_id, outcome, activity.maximum, now)
    note(
        session,
        context_id=activity.context_id,
        activity_id=activity_id,
        member_id=member_id,
        verb=verb,
        category=activity.category,
        quantity=quantity,
        source=source,
        now=now,
    )
    if is_same(before, after):
        return after
    if _sendable(before) != _sendable(after):
        _mark(connection, activity_id=activity_id, member_id=member_id, due_at=now)
    parent_id = activity.parent_id
    while parent_id is not None:
        parent_id = climb(connection, parent_id, member_id, now)
    return after


def _sendable(standing: Standing | None) -> Decimal | None:
    """What the LMS would be told: the score. Progress alone is never posted, since an LMS may delete grades then."""
    return None if standing is None else standing.score


def _store(
    connection: Connection, activity_id: int, member_id: int, outcome: Outcome, maximum: int, now: datetime
) -> tuple[Standing | None, Standing]:
    """Move the stored result by the rule; (before, after). The caller holds the result."""
    before = standing(connection, activity_id, member_id)
    after = advance(before, outcome, maximum, now)
    if is_same(before, after):
        return before, after
    values: dict[str, Any] = {
        "progress": after.progress,
        "score": after.score,
        "criteria_met": list(after.criteria),
        "state": after.state,
        "completed_at": after.completed_at,
        "updated_at": now,
    }
    connection.execute(
        upsert(Result, connection.dialect.name)
        .values(activity_id=activity_id, member_id=member_id, started_at=after.started_at, **values)
        .on_conflict_do_update(index_elements=["activity_id", "member_id"], set_=values)
    )
    return before, after


def hold(session: Session, *, activity_id: int, member_id: int) -> None:
    """Let nobody else count or record for this member in this activity until the transaction ends.

    Two facts of one member may meet (two replies from two tabs). Whoever counts what there is and then records it calls
    this before counting, so that the second sees the first. SQLite has one writer only, and needs nothing.
    """
    _hold(session.connection(), activity_id, member_id)


def _hold(connection: Connection, activity_id: int, member_id: int) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(literal(_lock_key(activity_id, member_id), BigInteger))))


def _lock_key(activity_id: int, member_id: int) -> int:
    """One 63-bit number for a pair; a collision only makes two members wait for each other."""
    return ((activity_id & 0x7FFFFFFF) << 32) | (member_id & 0xFFFFFFFF)


def standing(connection: Connection, activity_id: int, member_id: int) -> Standing | None:
    """The result of one member as it stands, or None if he has not started."""
    row = connection.execute(
        select(
            Result.progress, Result.score, Result.state, Result.criteria_met, Result.started_at, Result.completed_at
        ).where(Result.activity_id == activity_id, Result.member_id == member_id)
    ).first()
    if row is None:
        return None
    return Standing(row.progress, row.score, row.state, tuple(row.criteria_met), row.started_at, row.completed_at)


def climb(connection: Connection, parent_id: int, member_id: int, now: datetime) -> int | None:
    """Roll the children up into `parent_id`; returns the next parent, or None when nothing changed or at the top."""
    # Before the children are read: two of them may be finished at the same moment, and the second must see the first.
    _hold(connection, parent_id, member_id)
    parent = connection.execute(
        select(Activity.maximum, Activity.parent_id, Activity.status).where(Activity.id == parent_id)
    ).one()
    children = connection.execute(
        select(Activity.is_required, Result.progress, Result.completed_at)
        .outerjoin(Result, (Result.activity_id == Activity.id) & (Result.member_id == member_id))
        .where(Activity.parent_id == parent_id, Activity.status == ActivityStatus.published)
    ).all()
    outcome = roll_up(
        (Child(row.is_required, row.progress or Decimal(0), row.completed_at is not None) for row in children),
        parent.maximum,
    )
    before, after = _store(connection, parent_id, member_id, outcome, parent.maximum, now)
    if is_same(before, after):
        return None
    if _sendable(before) != _sendable(after):
        _mark(connection, activity_id=parent_id, member_id=member_id, due_at=now + PARENT_DELAY)
    following: int | None = parent.parent_id
    return following


def _mark(connection: Connection, *, activity_id: int, member_id: int, due_at: datetime) -> None:
    """Lay down, for every column of the activity, the duty to tell the LMS about this member."""
    _queue(
        connection,
        Placement.activity_id == activity_id,
        Result.activity_id == activity_id,
        Result.member_id == member_id,
        due_at=due_at,
    )


def _queue(connection: Connection, *conditions: Any, due_at: datetime) -> int:
    """Upsert score posts for all results and columns that meet `conditions`; returns how many."""
    state = _initial_state()
    source = (
        select(
            LineItem.id,
            Result.member_id,
            state,
            literal(1),
            literal(due_at, ScorePost.due_at.type),
            literal(0),
            literal(""),
            literal(0),
        )
        .select_from(Result)
        .join(Activity, Activity.id == Result.activity_id)
        .join(Placement, Placement.activity_id == Activity.id)
        .join(LineItem, LineItem.placement_id == Placement.id)
        .outerjoin(Enrolment, (Enrolment.context_id == Activity.context_id) & (Enrolment.member_id == Result.member_id))
        .where(Result.score.is_not(None), *conditions)
    )
    statement = upsert(ScorePost, connection.dialect.name).from_select(
        ["line_item_id", "member_id", "state", "revision", "due_at", "attempts", "cause", "sent_revision"], source
    )
    done = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["line_item_id", "member_id"],
            set_={
                "state": statement.excluded.state,
                "revision": ScorePost.revision + 1,
                "due_at": statement.excluded.due_at,
                "attempts": 0,
                "cause": "",
            },
        ),
        execution_options={"preserve_rowcount": True},
    )
    return done.rowcount


def _initial_state() -> Any:
    """The state of a fresh duty, as SQL: not gradable, waiting for its column, or waiting to be sent."""
    gradable = func.coalesce(Enrolment.gradable, True)
    return case(
        (gradable.is_(False), literal(PostState.not_gradable, ScorePost.state.type)),
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
    return _queue(session.connection(), *conditions, due_at=now)


def note(
    session: Session,
    *,
    context_id: int,
    member_id: int,
    verb: str,
    source: str,
    now: datetime,
    activity_id: int | None = None,
    category: str = "",
    quantity: Decimal | int = 1,
) -> None:
    """Append a fact to the trail; the same (context, source) twice is one row. No text, no name."""
    unit = select(Member.org_unit_id).where(Member.id == member_id).scalar_subquery()
    session.connection().execute(
        upsert(Entry, session.connection().dialect.name)
        .values(
            context_id=context_id,
            activity_id=activity_id,
            member_id=member_id,
            org_unit_id=unit,
            verb=verb,
            category=category,
            quantity=Decimal(quantity),
            at=now,
            source=source,
        )
        .on_conflict_do_nothing(index_elements=["context_id", "source"])
    )


def create_activity(
    session: Session,
    *,
    context_id: int,
    kind: str,
    title: str,
    now: datetime,
    criteria: list[list[Any]],
    maximum: int = 100,
    parent_id: int | None = None,
    **fields: Any,
) -> Activity:
    """A new draft activity at the end of the course; flushed, so that it has an id."""
    last = session.scalar(select(func.max(Activity.position)).where(Activity.context_id == context_id))
    activity = Activity(
        context_id=context_id,
        kind=kind,
        title=title.strip()[:200],
        maximum=maximum,
        criteria=criteria,
        parent_id=parent_id,
        position=(last or 0) + 1,
        token=secrets.token_hex(16),
        status=ActivityStatus.draft,
        created_at=now,
        **fields,
    )
    session.add(activity)
    session.flush()
    return activity


def publish(session: Session, activity: Activity) -> None:
    """Show it to members."""
    activity.status = ActivityStatus.published
    outline_changed(session, activity.parent_id)


def archive(session: Session, activity: Activity, *, actor: Actor, reason: str, now: datetime) -> None:
    """Take it out of sight; its results and grades stay. An activity with results is never deleted."""
    activity.status = ActivityStatus.archived
    outline_changed(session, activity.parent_id)
    audit(session, actor=actor, action="archive", activity_id=activity.id, reason=reason, now=now)


def restore(session: Session, activity: Activity, *, actor: Actor, now: datetime) -> None:
    """Bring an archived activity back."""
    activity.status = ActivityStatus.published
    outline_changed(session, activity.parent_id)
    audit(session, actor=actor, action="restore", activity_id=activity.id, reason="", now=now)


def set_required(session: Session, activity: Activity, is_required: bool) -> None:
    """Say whether members must do it; their parent's results follow."""
    if activity.is_required is not is_required:
        activity.is_required = is_required
        outline_changed(session, activity.parent_id)


def outline_changed(session: Session, parent_id: int | None) -> None:
    """Something below `parent_id` was published, archived, taken in or made optional: its results are rolled up again.

    Only a number rises here; the worker does the work (ledger.outline), because it concerns every member.
    """
    session.flush()
    if parent_id is not None:
        session.execute(
            update(Activity).where(Activity.id == parent_id).values(outline_version=Activity.outline_version + 1)
        )


def schedule_changed(session: Session, activity_id: int) -> None:
    """Dates or overrides changed: attempts compare the version and re-plan themselves."""
    session.flush()
    session.execute(
        update(Activity).where(Activity.id == activity_id).values(schedule_version=Activity.schedule_version + 1)
    )


def set_override(
    session: Session,
    *,
    activity_id: int,
    member_id: int,
    actor: Actor,
    reason: str,
    now: datetime,
    **values: Any,
) -> Override:
    """Give one member other dates, time or attempts, with a reason; bumps the schedule version."""
    override = session.scalar(
        select(Override).where(Override.activity_id == activity_id, Override.member_id == member_id)
    )
    if override is None:
        override = Override(activity_id=activity_id, member_id=member_id)
        session.add(override)
    for name, value in values.items():
        setattr(override, name, value)
    override.reason = reason[:500]
    audit(session, actor=actor, action="override", activity_id=activity_id, member_id=member_id, reason=reason, now=now)
    schedule_changed(session, activity_id)
    return override


def audit(
    session: Session,
    *,
    actor: Actor,
    action: str,
    now: datetime,
    reason: str,
    activity_id: int | None = None,
    member_id: int | None = None,
) -> None:
    """Write down who did what to whose chances, and why."""
    session.flush()
    session.execute(
        insert(AuditEvent).values(
            context_id=actor.context_id,
            actor_id=actor.member_id,
            at=now,
            action=action,
            activity_id=activity_id,
            member_id=member_id,
            reason=reason.strip()[:500],
        )
    )
