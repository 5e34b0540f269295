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
from lti_tool.identity import current, grants
from lti_tool.ledger.models import Activity, LineItem, Placement, Result, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.ledger.windows import outline_deviates

# Tables, not classes: a statement of mapped classes is adapted anew each time it runs, which costs more than it takes.
_activity, _result, _time = Activity.__table__, Result.__table__, LearningTime.__table__
_placement, _item, _post = Placement.__table__, LineItem.__table__, ScorePost.__table__


Reached = Sequence[Any]
"""What one member has reached in a task, as JSON has it: (id, is_done, score, met, touched).

is_done: None if not started, 0 or 1. score: in units of columns.Points. met, touched: of a task that is not done, the criteria
that are met as JSON, and when the result last changed. Moments and numbers are as stored: they are only compared or shown.
"""
NOTHING: Reached = (0, None, None, None, None)


@dataclass(frozen=True, slots=True)
class Outline:
    """The course home and its published tasks in order, as they are for one member."""

    home: Fixed
    tasks: tuple[Fixed, ...]
    reached: Mapping[int, Reached]
    """By task; one that is not started is missing."""
    times: Mapping[int, int]
    """Credited learning time by lesson, in milliseconds."""
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
_HOME, _MEMBER = bindparam("home", type_=BigId), grants.MEMBER


def _as_stored(column: Any) -> Any:
    """The column without its Python type: nothing is converted."""
    return type_coerce(column, NULLTYPE)


# Statements are built once: building one costs more than running it. What nobody is shown is left out: JSON costs by length.
_IS_OPEN = _result.c.completed_at.is_(None)
_STAMPS = select(_activity.c.id, _activity.c.stamp).where(or_(_activity.c.id == _HOME, _activity.c.parent_id == _HOME))
# These begin at the member's own rows, which stand side by side in indexes that begin with the member.
_REACHED = (
    select(
        _result.c.activity_id,
        case((_IS_OPEN, 0), else_=1),
        _as_stored(_result.c.score),
        case((_IS_OPEN, cast(_result.c.criteria_met, String))),
        case((_IS_OPEN, _as_stored(_result.c.updated_at))),
    )
    .select_from(_result.join(_activity, _activity.c.id == _result.c.activity_id))
    .where(_result.c.member_id == _MEMBER, _activity.c.parent_id == _HOME)
)
_TIMES = (
    select(_time.c.activity_id, _time.c.credited_ms)
    .select_from(_time.join(_activity, _activity.c.id == _time.c.activity_id))
    .where(_time.c.member_id == _MEMBER, _activity.c.parent_id == _HOME, _activity.c.kind == literal_column("'lesson'"))
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
_FOR_MEMBER = current.Beside(
    _CONTEXT, packed(_STAMPS), packed(_REACHED), packed(_TIMES), packed(_WAYS), outline_deviates(_HOME, _MEMBER)
)


def for_member(connection: Connection, home_id: int) -> Outline | None:
    """The published tasks with what the member of this request has reached and where his grades are.

    None if there is no such outline for him. One statement, which also loads the session with its grants, or two if this process
    has not seen the outline as it is now.
    """
    found = _FOR_MEMBER.read(connection, {"home": home_id})
    if found is None:
        return None
    stamps, reached, times, ways, deviates = found
    plan = PLANS.of(connection, home_id, stamps)
    if plan.home is None:
        return None
    return Outline(
        plan.home,
        plan.tasks,
        {columns[0]: columns for columns in json.loads(reached)},
        dict(json.loads(times)),
        _ways(json.loads(ways)),
        bool(deviates),
    )


def _ways(posts: list[tuple[int, str]]) -> dict[int, str]:
    """Where the scores of one member are, by task: of several columns, the one that is least far."""
    found: dict[int, str] = {}
    for activity_id, stored in posts:
        if activity_id not in found or _FAR[stored] < _FAR[found[activity_id]]:
            found[activity_id] = stored
    return found
