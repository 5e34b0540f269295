"""Drafts that were made while choosing: laid down when they are made, cleared away when they are forgotten."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, exists, or_, select
from sqlalchemy.orm import Session

from lti_tool.core.columns import Base
from lti_tool.core.web import runtime
from lti_tool.launch.models import ChoiceDraft
from lti_tool.launch.services.choices import Choice
from lti_tool.ledger.kinds import Kind
from lti_tool.ledger.models import Activity, ActivityStatus

KEPT: Final = timedelta(days=7)
AT_ONCE: Final = 50
"""Drafts in one transaction: each is at most eight rows (its own, the activity, what the activity uses)."""
_COMPARED = (
    Activity.title,
    Activity.summary,
    Activity.maximum,
    Activity.category,
    Activity.opens_at,
    Activity.due_at,
    Activity.closes_at,
    Activity.is_required,
    Activity.criteria,
    Activity.effort_minutes,
    Activity.section,
    Activity.schedule_version,
    Activity.criteria_version,
)
"""What an author changes. Its place and its home do not count: the worker takes activities in."""


def made(session: Session, choice: Choice, activity: Activity, now: datetime) -> None:
    """Remember that this draft was made for this choice. To be called last, in the transaction that makes it; flushes.

    What the course home asks for is made to be kept, and is not remembered.
    """
    if choice.is_from_course:
        return
    session.flush()
    kind = runtime().kinds[activity.kind]
    session.add(
        ChoiceDraft(
            activity_id=activity.id,
            choice_id=choice.id,
            fingerprint=_fingerprint(session.connection(), activity.id, kind),
            created_at=now,
        )
    )
    session.flush()


def made_for(session: Session, choice_id: int) -> list[int]:
    """The drafts that were made for a choice and are still drafts, the oldest first."""
    return list(
        session.scalars(
            select(ChoiceDraft.activity_id).where(ChoiceDraft.choice_id == choice_id).order_by(ChoiceDraft.activity_id)
        )
    )


def going(session: Session | Connection, context_id: int) -> dict[int, datetime]:
    """When the drafts of a course that were made while choosing are cleared away, unless somebody works on them."""
    rows = session.execute(
        select(ChoiceDraft.activity_id, ChoiceDraft.created_at)
        .join(Activity, Activity.id == ChoiceDraft.activity_id)
        .where(Activity.context_id == context_id, Activity.status == ActivityStatus.draft)
    )
    return {row.activity_id: row.created_at + KEPT for row in rows}


def is_any_forgotten(connection: Connection, now: datetime) -> bool:
    """Whether there is something to clear away."""
    return bool(connection.scalar(select(exists().where(ChoiceDraft.created_at <= now - KEPT))))


def clear(connection: Connection, kinds: Mapping[str, Kind], now: datetime) -> int:
    """Delete the forgotten drafts that nobody has worked on, at most 50; how many rows of ours are settled.

    The others become drafts like any other: what was chosen or archived, what has been edited, and whatever anything
    else in the database names (a result, a link, a copy).
    """
    rows = connection.execute(
        select(ChoiceDraft.activity_id, ChoiceDraft.fingerprint, Activity.kind, Activity.status)
        .join(Activity, Activity.id == ChoiceDraft.activity_id)
        .where(ChoiceDraft.created_at <= now - KEPT)
        .order_by(ChoiceDraft.activity_id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        connection.execute(delete(ChoiceDraft).where(ChoiceDraft.activity_id == row.activity_id))
        kind = kinds.get(row.kind)
        if kind is None or row.status is not ActivityStatus.draft:
            continue
        if _fingerprint(connection, row.activity_id, kind) != row.fingerprint or _is_named(connection, row.activity_id):
            continue
        kind.discard(connection, row.activity_id)
        connection.execute(delete(Activity).where(Activity.id == row.activity_id))
    return len(rows)


def _fingerprint(connection: Connection, activity_id: int, kind: Kind) -> str:
    state = kind.state(connection, activity_id)
    row = connection.execute(select(*_COMPARED).where(Activity.id == activity_id)).one()
    return hashlib.sha256(repr((tuple(row), state)).encode("utf-8", "surrogatepass")).hexdigest()


def _is_named(connection: Connection, activity_id: int) -> bool:
    """Whether any row names the activity, but for its kind's own (one per activity: the activity is its key)."""
    key = Activity.__table__.c.id
    naming = [
        each.parent
        for table in Base.metadata.sorted_tables
        for each in table.foreign_keys
        if each.column is key and list(table.primary_key.columns) != [each.parent]
    ]
    return bool(connection.scalar(select(or_(*(exists().where(column == activity_id) for column in naming)))))
