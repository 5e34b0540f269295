"""`record` and `note`: what a member has reached, and the trail of facts."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Connection, func, literal, select
from sqlalchemy.orm import Session

from lti_tool.core.columns import upsert
from lti_tool.identity.actor import Actor
from lti_tool.identity.models import Member
from lti_tool.ledger.models import Activity, ActivityStatus, Entry, Result
from lti_tool.ledger.rules import Child, Outcome, Standing, advance, is_same, roll_up
from lti_tool.ledger.services.outbox import mark

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
        mark(connection, activity_id=activity_id, member_id=member_id, due_at=now)
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
        mark(connection, activity_id=parent_id, member_id=member_id, due_at=now + PARENT_DELAY)
    following: int | None = parent.parent_id
    return following


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
