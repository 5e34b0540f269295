"""What can be learned and earned: making it, showing it, and everybody's and one member's dates."""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, func, literal, select, update
from sqlalchemy.orm import Session

from lti_tool.core.errors import NotFound
from lti_tool.identity.actor import Actor
from lti_tool.identity.models import Group
from lti_tool.ledger.models import Activity, ActivityStatus, Override
from lti_tool.ledger.services.auditing import audit

_CRITERIA = 1
"""The space of these locks; those of results are single numbers and stand apart."""


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


def criteria_changed(session: Session, activity: Activity, criteria: list[list[Any]]) -> None:
    """Lay new criteria on an activity: the results that exist will be compared with them.

    To be called also if only what an attempt is worth has changed. Only a number rises here; the worker does the work
    (ledger.evaluation), because it concerns every member. Waits for those who are recording in this activity now, and
    lets others record only once the new criteria can be read, so that nobody is compared with the former ones
    afterwards. Flushes.
    """
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(*criteria_key(activity.id))))
    activity.criteria = criteria
    session.flush()
    session.execute(
        update(Activity).where(Activity.id == activity.id).values(criteria_version=Activity.criteria_version + 1)
    )


def criteria_key(activity_id: int) -> tuple[Any, Any]:
    """Of PostgreSQL's advisory locks the one that stands for the criteria of an activity; shared by those who read them."""
    return literal(_CRITERIA, Integer), literal(activity_id & 0x7FFFFFFF, Integer)


def schedule_changed(session: Session, activity_id: int) -> None:
    """Dates or overrides changed: attempts compare the version and re-plan themselves."""
    session.flush()
    session.execute(
        update(Activity).where(Activity.id == activity_id).values(schedule_version=Activity.schedule_version + 1)
    )


def groups_changed(connection: Connection, group_ids: Collection[int]) -> None:
    """Other people are in these groups: what gives them exceptions is planned anew. Two statements, one for groups without."""
    if not group_ids:
        return
    given = select(Override.activity_id).where(Override.group_id.in_(group_ids))
    found = connection.scalars(
        select(Activity.id).where(Activity.id.in_(given)).order_by(Activity.id).with_for_update()
    ).all()
    if found:
        connection.execute(
            update(Activity).where(Activity.id.in_(found)).values(schedule_version=Activity.schedule_version + 1)
        )


def set_override(
    session: Session,
    *,
    activity_id: int,
    member_id: int | None = None,
    group_id: int | None = None,
    actor: Actor,
    reason: str,
    now: datetime,
    **values: Any,
) -> Override:
    """Give one member or one group other dates, time or attempts, with a reason; bumps the schedule version."""
    if group_id is not None:
        # Whoever takes the LMS's groups away waits, and sees that this one has an exception now.
        session.execute(select(Group.id).where(Group.id == group_id).with_for_update(read=True, key_share=True))
    override = session.scalar(
        select(Override).where(
            Override.activity_id == activity_id, Override.member_id == member_id, Override.group_id == group_id
        )
    )
    if override is None:
        override = Override(activity_id=activity_id, member_id=member_id, group_id=group_id)
        session.add(override)
    for name, value in values.items():
        setattr(override, name, value)
    override.reason = reason[:500]
    audit(
        session,
        actor=actor,
        action="override" if group_id is None else "override_group",
        activity_id=activity_id,
        member_id=member_id,
        reason=reason,
        now=now,
    )
    schedule_changed(session, activity_id)
    return override


def remove_group_override(session: Session, *, activity_id: int, group_id: int, actor: Actor, now: datetime) -> None:
    """Take from a group what it was given for an activity; bumps the schedule version. Raises NotFound if there is nothing."""
    override = session.scalar(
        select(Override).where(Override.activity_id == activity_id, Override.group_id == group_id)
    )
    if override is None:
        raise NotFound
    session.delete(override)
    audit(session, actor=actor, action="remove_override", activity_id=activity_id, reason="", now=now)
    schedule_changed(session, activity_id)
