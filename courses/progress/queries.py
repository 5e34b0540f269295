"""The dates that hold for one person, for one activity or for all of an outline: one statement each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, literal, null, or_, select, union_all

from lti_tool.identity.models import GroupMember
from lti_tool.ledger.availability import Concession, Dates, Window, effective
from lti_tool.ledger.models import Activity, Override, Placement

Deviations = Mapping[int, tuple[list[Concession], list[Dates]]]
"""By activity: overrides of the person and his groups, and the windows of the LMS's links."""


def deviations(connection: Connection, condition: ColumnElement[bool], member_id: int) -> Deviations:
    """What differs from the activities' own dates, for the activities that meet `condition`. One statement."""
    groups = select(GroupMember.group_id).where(GroupMember.member_id == member_id)
    overrides = (
        select(
            Override.activity_id,
            (Override.member_id.is_not(None)).label("is_personal"),
            literal(0, Integer).label("is_lms"),
            Override.opens_at,
            Override.due_at,
            Override.closes_at,
            Override.extra_seconds,
            Override.extra_percent,
            Override.extra_attempts,
        )
        .join(Activity, Activity.id == Override.activity_id)
        .where(condition, or_(Override.member_id == member_id, Override.group_id.in_(groups)))
    )
    windows = (
        select(
            Placement.activity_id,
            literal(value=False).label("is_personal"),
            literal(1, Integer).label("is_lms"),
            Placement.lms_opens_at,
            null(),
            Placement.lms_closes_at,
            null(),
            null(),
            null(),
        )
        .join(Activity, Activity.id == Placement.activity_id)
        .where(condition, or_(Placement.lms_opens_at.is_not(None), Placement.lms_closes_at.is_not(None)))
    )
    found: dict[int, tuple[list[Concession], list[Dates]]] = defaultdict(lambda: ([], []))
    rows: Sequence[Any] = connection.execute(union_all(overrides, windows)).all()
    for row in rows:
        concessions, lms = found[row.activity_id]
        if row.is_lms:
            lms.append(Dates(row.opens_at, None, row.closes_at))
        else:
            concessions.append(
                Concession(
                    bool(row.is_personal),
                    row.opens_at,
                    row.due_at,
                    row.closes_at,
                    row.extra_seconds,
                    row.extra_percent,
                    row.extra_attempts,
                )
            )
    return found


def window_of(row: Any, found: Deviations) -> Window:
    """The window of one activity row (id, opens_at, due_at, closes_at); the LMS narrows it only if it has one link to it."""
    dates = Dates(row.opens_at, row.due_at, row.closes_at)
    if row.id not in found:
        return effective(dates)
    concessions, lms = found[row.id]
    return effective(dates, concessions, lms[0] if len(lms) == 1 else None)


def window(connection: Connection, activity: Activity, member_id: int) -> Window:
    """The window of one activity for one person. One statement."""
    return window_of(activity, deviations(connection, Activity.id == activity.id, member_id))
