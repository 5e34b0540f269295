"""What the course home of a member reads. Hot path: Core only, one statement, and a second one after a change of the outline."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, String, and_, bindparam, case, cast, literal_column, or_, select, type_coerce
from sqlalchemy.types import NULLTYPE

from courses.outline.queries.plans import PLANS, Fixed
from courses.progress.models import LearningTime
from lti_tool.core.columns import BigId
from lti_tool.core.packing import packed
from lti_tool.identity import current
from lti_tool.ledger.models import Activity, LineItem, Placement, Result, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.ledger.windows import outline_deviates

# Tables, not classes: a statement of mapped classes is adapted anew each time it runs, which costs more than it takes.
_activity, _result, _time = Activity.__table__, Result.__table__, LearningTime.__table__
_placement, _item, _post = Placement.__table__, LineItem.__table__, ScorePost.__table__


Reached = Sequence[Any]
"""What one member has reached in a task, as JSON has it: (id, stamp, is_done, score, met, touched, credited_ms).

is_done: None if not started, 0 or 1. score: in units of columns.Points. met, touched: of a task that is not done, the criteria
that are met as JSON, and when the result last changed. Moments and numbers are as stored: they are only compared or shown.
"""
NOTHING: Reached = (0, 0, None, None, None, None, None)


@dataclass(frozen=True, slots=True)
class Outline:
    """The course home and its published tasks in order, as they are for one member."""

    home: Fixed
    tasks: tuple[Fixed, ...]
    reached: Mapping[int, Reached]
    """By task; one that came in meanwhile is missing."""
    ways: Mapping[int, str]
    """Where his grades are, by task: a PostState, or KEPT_THERE of one that is kept because a teacher said so."""
    deviates: bool
    """Whether other dates than the tasks' own hold for him (ledger.windows)."""


# Worst first: of a task with several columns, members read where the one is that is least far.
_FAR = {
    state: place
    for place, state in enumerate(
        (
            PostState.refused,
            PostState.differs,
            PostState.waiting_for_column,
            PostState.waiting,
            PostState.sending,
            KEPT_THERE,
            PostState.kept,
            PostState.not_gradable,
            PostState.sent,
            PostState.confirmed,
        )
    )
}
_HOME, _MEMBER = bindparam("home", type_=BigId), current.MEMBER


def _as_stored(column: Any) -> Any:
    """The column without its Python type: nothing is converted."""
    return type_coerce(column, NULLTYPE)


# Statements are built once: building one costs more than running it. What nobody is shown is left out: JSON costs by length.
_LESSON = case((_activity.c.kind == literal_column("'lesson'"), _activity.c.id))
"""Only lessons count time; for the others nothing is looked up."""
_IS_OPEN = _result.c.completed_at.is_(None)
_TASKS = (
    select(
        _activity.c.id,
        _activity.c.stamp,
        case((_result.c.id.is_(None), None), (_IS_OPEN, 0), else_=1),
        _as_stored(_result.c.score),
        case((_IS_OPEN, cast(_result.c.criteria_met, String))),
        case((_IS_OPEN, _as_stored(_result.c.updated_at))),
        _time.c.credited_ms,
    )
    .select_from(
        _activity.outerjoin(
            _result, and_(_result.c.activity_id == _activity.c.id, _result.c.member_id == _MEMBER)
        ).outerjoin(_time, and_(_time.c.activity_id == _LESSON, _time.c.member_id == _MEMBER))
    )
    .where(or_(_activity.c.id == _HOME, _activity.c.parent_id == _HOME))
)
_CONTEXT = select(_activity.c.context_id).where(_activity.c.id == _HOME).scalar_subquery()
_STANDS = case((_post.c.cause == KEPT_THERE, KEPT_THERE), else_=type_coerce(_post.c.state, String))
_WAYS = (
    select(_item.c.activity_id, _STANDS)
    .select_from(
        _placement.join(_item, _item.c.placement_id == _placement.c.id).join(
            _post, and_(_post.c.line_item_id == _item.c.id, _post.c.member_id == _MEMBER)
        )
    )
    .where(_placement.c.context_id == _CONTEXT)
)
_FOR_MEMBER = current.Beside(_CONTEXT, packed(_TASKS), packed(_WAYS), outline_deviates(_HOME, _MEMBER))


def for_member(connection: Connection, home_id: int) -> Outline | None:
    """The published tasks with what the member of this request has reached and where his grades are.

    None if there is no such outline for him. One statement, which also loads the session with its grants, or two if this process
    has not seen the outline as it is now.
    """
    found = _FOR_MEMBER.read(connection, {"home": home_id})
    if found is None:
        return None
    tasks, ways, deviates = found
    rows = json.loads(tasks)
    plan = PLANS.of(connection, home_id, {columns[0]: columns[1] for columns in rows})
    if plan.home is None:
        return None
    reached = {columns[0]: columns for columns in rows}
    return Outline(plan.home, plan.tasks, reached, _ways(json.loads(ways)), bool(deviates))


def _ways(posts: list[tuple[int, str]]) -> dict[int, str]:
    """Where the scores of one member are, by task: of several columns, the one that is least far."""
    found: dict[int, str] = {}
    for activity_id, stored in posts:
        if activity_id not in found or _FAR[stored] < _FAR[found[activity_id]]:
            found[activity_id] = stored
    return found
