"""The dates that hold for one person, for one activity or for all of an outline: one statement each.

Quizzes, lessons, discussions and the course home all ask here, so that they say the same.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    bindparam,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from lti_tool.core.columns import BigId
from lti_tool.identity.models import GroupMember
from lti_tool.ledger.availability import Concession, Dates, Window, effective
from lti_tool.ledger.models import Activity, Override, Placement

Deviations = Mapping[int, tuple[list[Concession], list[Dates]]]
"""By activity: overrides of the person and his groups, and the windows that the LMS sets on its links."""

_activity, _override = Activity.__table__, Override.__table__
_placement, _group = Placement.__table__, GroupMember.__table__


_HAS_WINDOW = or_(_placement.c.lms_opens_at.is_not(None), _placement.c.lms_closes_at.is_not(None))
_ACTIVITY, _MEMBER = bindparam("activity", type_=BigId), bindparam("member", type_=BigId)


def _statement(condition: ColumnElement[bool], member: ColumnElement[Any] = _MEMBER) -> CompoundSelect[Any]:
    """Overrides and windows of the activities that meet `condition`, for one member."""
    groups = select(_group.c.group_id).where(_group.c.member_id == member)
    overrides = (
        select(
            _override.c.activity_id,
            (_override.c.member_id.is_not(None)).label("is_personal"),
            literal(0, Integer).label("is_lms"),
            _override.c.opens_at,
            _override.c.due_at,
            _override.c.closes_at,
            _override.c.extra_seconds,
            _override.c.extra_percent,
            _override.c.extra_attempts,
        )
        .join(_activity, _activity.c.id == _override.c.activity_id)
        .where(condition, or_(_override.c.member_id == member, _override.c.group_id.in_(groups)))
    )
    windows = (
        select(
            _placement.c.activity_id,
            literal(value=False).label("is_personal"),
            literal(1, Integer).label("is_lms"),
            _placement.c.lms_opens_at,
            null(),
            _placement.c.lms_closes_at,
            null(),
            null(),
            null(),
        )
        .join(
            _activity,
            (_activity.c.id == _placement.c.activity_id) & (_activity.c.context_id == _placement.c.context_id),
        )
        .where(condition, _HAS_WINDOW)
    )
    return union_all(overrides, windows)


# Built once: building a statement costs more than running it.
_OF_ONE = _statement(_activity.c.id == _ACTIVITY)
_OF_OUTLINE = _statement(_activity.c.parent_id == _ACTIVITY)


def outline_deviates(home: ColumnElement[Any], member: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether anything differs for this member, as an expression: for most it does not, and nothing has to be read.

    It looks for the same rows as `outline_deviations`, but begins at the member, at his groups and at the course's links with
    windows, so that where there are none no task is looked at.
    """
    task = _activity.alias("task")
    is_task = task.c.parent_id == home
    course = select(_activity.c.context_id).where(_activity.c.id == home).scalar_subquery()
    personal = select(_override.c.id).where(
        _override.c.member_id == member, select(task.c.id).where(task.c.id == _override.c.activity_id, is_task).exists()
    )
    of_group = (
        select(_override.c.id)
        .join(task, task.c.id == _override.c.activity_id)
        .where(_override.c.group_id == _group.c.group_id, is_task)
    )
    grouped = select(_group.c.group_id).where(_group.c.member_id == member, of_group.exists())
    windows = select(_placement.c.id).where(
        _placement.c.context_id == course,
        _HAS_WINDOW,
        select(task.c.id)
        .where(task.c.id == _placement.c.activity_id, task.c.context_id == _placement.c.context_id, is_task)
        .exists(),
    )
    return or_(personal.exists(), grouped.exists(), windows.exists())


def outline_deviations(connection: Connection, home_id: int, member_id: int) -> Deviations:
    """What differs for one person from the tasks' own dates, for all tasks of an outline. One statement."""
    return _collected(connection.execute(_OF_OUTLINE, {"activity": home_id, "member": member_id}).all())


def _collected(rows: Sequence[Any]) -> Deviations:
    found: dict[int, tuple[list[Concession], list[Dates]]] = defaultdict(lambda: ([], []))
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


def dates_of(row: Any, found: Deviations) -> Window:
    """The window of one row (id, opens, due, closes)."""
    concessions, links = found.get(row.id, ((), ()))
    return effective(Dates(row.opens, row.due, row.closes), concessions, links)


def window_of(reader: Session | Connection, activity: Activity, member_id: int, *, with_lms: bool = True) -> Window:
    """When the activity is open for this member: its dates, overrides and the LMS's own window. One statement.

    `with_lms` False: as if the LMS set none, to say what we can change ourselves.
    """
    rows = reader.execute(_OF_ONE, {"activity": activity.id, "member": member_id}).all()
    concessions, links = _collected(rows).get(activity.id, ((), ()))
    dates = Dates(activity.opens_at, activity.due_at, activity.closes_at)
    return effective(dates, concessions, links if with_lms else ())
