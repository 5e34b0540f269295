"""Reads of the spine that several domains need."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.web import runtime
from lti_tool.identity.models import GroupMember
from lti_tool.ledger.availability import Concession, Dates, Window, effective
from lti_tool.ledger.models import Activity, Override, Placement


def window_of(session: Session, activity: Activity, member_id: int) -> Window:
    """When the activity is open for this member: its dates, overrides and the LMS's own window. Two statements."""
    rows = session.scalars(
        select(Override).where(
            Override.activity_id == activity.id,
            (Override.member_id == member_id)
            | Override.group_id.in_(select(GroupMember.group_id).where(GroupMember.member_id == member_id)),
        )
    ).all()
    concessions = [
        Concession(
            is_personal=row.member_id is not None,
            opens=row.opens_at,
            due=row.due_at,
            closes=row.closes_at,
            extra_seconds=row.extra_seconds,
            extra_percent=row.extra_percent,
            extra_attempts=row.extra_attempts,
        )
        for row in rows
    ]
    dates = Dates(activity.opens_at, activity.due_at, activity.closes_at)
    return effective(dates, concessions, lms_window(session, activity.id))


def lms_window(session: Session, activity_id: int) -> Dates:
    """The narrowest window that any link of the LMS sets for the activity."""
    rows = session.execute(
        select(Placement.lms_opens_at, Placement.lms_closes_at).where(Placement.activity_id == activity_id)
    ).all()
    opens: list[datetime] = [row.lms_opens_at for row in rows if row.lms_opens_at is not None]
    closes: list[datetime] = [row.lms_closes_at for row in rows if row.lms_closes_at is not None]
    return Dates(opens=max(opens, default=None), closes=min(closes, default=None))


def home_of(session: Session, context_id: int) -> int | None:
    """The activity under which new ones of this course are listed: the oldest of a root kind. None: there is none yet."""
    roots = [kind.name for kind in runtime().kinds.values() if kind.is_root]
    found: int | None = session.scalar(
        select(Activity.id)
        .where(Activity.context_id == context_id, Activity.kind.in_(roots))
        .order_by(Activity.id)
        .limit(1)
    )
    return found
