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
from lti_tool.ledger.services.activities import criteria_key
from lti_tool.ledger.services.outbox import mark

PARENT_DELAY = timedelta(seconds=10)
"""A parent's score waits a little, so that a burst of finished children makes one post; the last one ends the burst."""


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
    connection = session.connection()
    _hold(connection, activity_id, member_id)
    activity = _activity(connection, activity_id)
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
    _tell(connection, activity, member_id, before, after, now)
    return after


def reconsider(
    session: Session, *, activity_id: int, member_id: int, outcome: Outcome, source: str, now: datetime
) -> Standing | None:
    """Compare what a member has done already with criteria that have changed since; the standing, None if there is none.

    Nobody has done anything, so the trail hears of it only where it completes the activity (`completed`, `source`).
    """
    session.flush()
    connection = session.connection()
    _hold(connection, activity_id, member_id)
    activity = _activity(connection, activity_id)
    if outcome.progress <= 0 and standing(connection, activity_id, member_id) is None:
        return None
    before, after = _store(connection, activity_id, member_id, outcome, activity.maximum, now)
    if after.completed_at is not None and (before is None or before.completed_at is None):
        note(
            session,
            context_id=activity.context_id,
            activity_id=activity_id,
            member_id=member_id,
            verb="completed",
            category=activity.category,
            source=source,
            now=now,
        )
    _tell(connection, activity, member_id, before, after, now)
    return after


def _activity(connection: Connection, activity_id: int) -> Any:
    """Row of what recording needs to know: id, context_id, maximum, parent_id, category."""
    return connection.execute(
        select(Activity.id, Activity.context_id, Activity.maximum, Activity.parent_id, Activity.category).where(
            Activity.id == activity_id
        )
    ).one()


def _tell(
    connection: Connection, activity: Any, member_id: int, before: Standing | None, after: Standing, now: datetime
) -> None:
    """Roll a change up to the parents, and mark the score posts of all whose score has changed, together."""
    if is_same(before, after):
        return
    changed = {activity.id: now} if _sendable(before) != _sendable(after) else {}
    parent_id = activity.parent_id
    while parent_id is not None:
        parent_id = _climb(connection, parent_id, member_id, now, changed)
    mark(connection, member_id=member_id, changed=changed)


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
        "attempt_began_at": after.attempt[0] if after.attempt else None,
        "attempt_ended_at": after.attempt[1] if after.attempt else None,
        "updated_at": now,
    }
    connection.execute(
        upsert(Result, connection.dialect.name)
        .values(activity_id=activity_id, member_id=member_id, started_at=after.started_at, **values)
        .on_conflict_do_update(index_elements=["activity_id", "member_id"], set_=values)
    )
    return before, after


def hold(session: Session, *, activity_id: int, member_id: int) -> list[list[Any]]:
    """Let nobody else count or record for this member in this activity until the transaction ends; returns its criteria.

    Two facts of one member may meet (two replies from two tabs), and a fact and a change of the criteria
    (`activities.criteria_changed`). Whoever counts what there is and then records it calls this before counting, and
    compares with the criteria that it returns, so that the second sees the first. SQLite has one writer only.
    """
    session.flush()
    _hold(session.connection(), activity_id, member_id)
    criteria: list[list[Any]] = (
        session.connection().execute(select(Activity.criteria).where(Activity.id == activity_id)).scalar_one()
    )
    return criteria


def _hold(connection: Connection, activity_id: int, member_id: int) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(
            select(
                func.pg_advisory_xact_lock_shared(*criteria_key(activity_id)),
                func.pg_advisory_xact_lock(literal(_lock_key(activity_id, member_id), BigInteger)),
            )
        )


def _lock_key(activity_id: int, member_id: int) -> int:
    """One 63-bit number for a pair; a collision only makes two members wait for each other."""
    return ((activity_id & 0x7FFFFFFF) << 32) | (member_id & 0xFFFFFFFF)


def standing(connection: Connection, activity_id: int, member_id: int) -> Standing | None:
    """The result of one member as it stands, or None if he has not started."""
    row = connection.execute(
        select(
            Result.progress,
            Result.score,
            Result.state,
            Result.criteria_met,
            Result.started_at,
            Result.completed_at,
            Result.attempt_began_at,
            Result.attempt_ended_at,
        ).where(Result.activity_id == activity_id, Result.member_id == member_id)
    ).first()
    if row is None:
        return None
    attempt = (row.attempt_began_at, row.attempt_ended_at) if row.attempt_ended_at is not None else None
    return Standing(
        row.progress, row.score, row.state, tuple(row.criteria_met), row.started_at, row.completed_at, attempt
    )


def climb(connection: Connection, parent_id: int, member_id: int, now: datetime) -> None:
    """Roll the children of one activity up for one member, and mark what the LMS must hear."""
    changed: dict[int, datetime] = {}
    _climb(connection, parent_id, member_id, now, changed)
    mark(connection, member_id=member_id, changed=changed)


def _climb(
    connection: Connection, parent_id: int, member_id: int, now: datetime, changed: dict[int, datetime]
) -> int | None:
    """Roll the children up into `parent_id`; returns the next parent, or None when nothing changed or at the top.

    If its score has changed, it is entered into `changed` with the moment at which the LMS shall be told.
    """
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
        is_over = after.completed_at is not None and (before is None or before.completed_at is None)
        changed[parent_id] = now if is_over else now + PARENT_DELAY
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
