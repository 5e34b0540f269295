"""What can be learned and earned: making it, showing it, and everybody's and one member's dates."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lti_tool.identity.actor import Actor
from lti_tool.ledger.models import Activity, ActivityStatus, Override
from lti_tool.ledger.services.auditing import audit


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
