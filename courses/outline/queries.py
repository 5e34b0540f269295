"""What the course home reads. Hot path: Core only, and the number of statements does not depend on the course's size."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, String, and_, bindparam, case, cast, func, or_, select, type_coerce
from sqlalchemy.types import NULLTYPE

from courses.progress.models import LearningTime
from lti_tool.core.columns import BigId
from lti_tool.core.packing import packed, packed_row
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Context, ContextCopy, Enrolment, Member
from lti_tool.ledger.models import (
    Activity,
    ActivityStatus,
    LineItem,
    Placement,
    Result,
    ScorePost,
)
from lti_tool.ledger.rules import PostState
from lti_tool.ledger.windows import outline_deviates

# Tables, not classes: a statement of mapped classes is adapted anew each time it runs, which costs more than it takes.
_activity, _result, _time = Activity.__table__, Result.__table__, LearningTime.__table__
_placement, _item, _post = Placement.__table__, LineItem.__table__, ScorePost.__table__
_course, _copy = Context.__table__, ContextCopy.__table__

_COLUMNS = (
    _activity.c.id,
    _activity.c.context_id,
    _activity.c.parent_id,
    _activity.c.kind,
    _activity.c.title,
    _activity.c.summary,
    _activity.c.status,
    _activity.c.is_required,
    _activity.c.effort_minutes,
    _activity.c.section,
    _activity.c.maximum,
)


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """What an activity is for everybody. Equal columns give the same object, so what follows from it is worked out once."""

    id: int
    context_id: int
    kind: str
    title: str
    summary: str
    status: str
    is_required: bool
    effort_minutes: int
    section: str
    criteria: str
    """JSON as stored: a key of a cache; parsing 40 documents costs more than all the rest."""
    position: int
    opens: datetime | None
    due: datetime | None
    closes: datetime | None


class Reached(NamedTuple):
    """A task, and what one member has reached in it. Moments and numbers as stored: most are only compared."""

    fixed: Fixed
    state: str | None
    """None: not started."""
    score: int | None
    """In units of columns.Points."""
    met: str | None
    """JSON as stored."""
    completed_at: Any
    updated_at: Any
    credited_ms: int | None


@dataclass(frozen=True, slots=True)
class Outline:
    """The course home and its tasks in order: `Reached` for a member, rows of activities for staff."""

    home: Any
    tasks: tuple[Any, ...]
    ways: Mapping[int, PostState] = field(default_factory=dict)
    """Of a member: where his grades are, by task."""
    deviates: bool = False
    """Whether other dates than the tasks' own hold for this member (ledger.windows)."""


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
            PostState.kept,
            PostState.not_gradable,
            PostState.sent,
            PostState.confirmed,
        )
    )
}
_STATES = {state.value: state for state in PostState}
_HOME, _MEMBER = bindparam("home", type_=BigId), bindparam("member", type_=BigId)


def _as_stored(column: Any) -> Any:
    """The column without its Python type: nothing is converted."""
    return type_coerce(column, NULLTYPE).label(column.name)


# Statements are built once: building one costs more than running it.
_FIXED = packed_row(
    _activity.c.id,
    _activity.c.context_id,
    _activity.c.kind,
    _activity.c.title,
    _activity.c.summary,
    _as_stored(_activity.c.status),
    _as_stored(_activity.c.is_required),
    _activity.c.effort_minutes,
    _activity.c.section,
    cast(_activity.c.criteria, String),
    _as_stored(_activity.c.position),
    _as_stored(_activity.c.opens_at),
    _as_stored(_activity.c.due_at),
    _as_stored(_activity.c.closes_at),
)
_TASKS = (
    select(
        _FIXED,
        _as_stored(_result.c.state),
        _as_stored(_result.c.score),
        cast(_result.c.criteria_met, String),
        _as_stored(_result.c.completed_at),
        _as_stored(_result.c.updated_at),
        _time.c.credited_ms,
    )
    .select_from(
        _activity.outerjoin(
            _result, and_(_result.c.activity_id == _activity.c.id, _result.c.member_id == _MEMBER)
        ).outerjoin(_time, and_(_time.c.activity_id == _activity.c.id, _time.c.member_id == _MEMBER))
    )
    .where(or_(_activity.c.id == _HOME, _activity.c.parent_id == _HOME))
)
_CONTEXT = select(_activity.c.context_id).where(_activity.c.id == _HOME).scalar_subquery()
_WAYS = (
    select(_item.c.activity_id, _as_stored(_post.c.state))
    .select_from(
        _placement.join(_item, _item.c.placement_id == _placement.c.id).join(
            _post, and_(_post.c.line_item_id == _item.c.id, _post.c.member_id == _MEMBER)
        )
    )
    .where(_placement.c.context_id == _CONTEXT)
)
_FOR_MEMBER = select(
    packed(_TASKS).label("tasks"), packed(_WAYS).label("ways"), outline_deviates(_HOME, _MEMBER).label("deviates")
)
_COPIED_FROM = (
    select(_course.c.title)
    .join(_copy, _copy.c.source_id == _course.c.id)
    .where(_copy.c.context_id == _activity.c.context_id, _copy.c.is_direct, _activity.c.id == _HOME)
    .order_by(_copy.c.copied_at)
    .limit(1)
    .correlate(_activity)
    .scalar_subquery()
)
"""Of the home: the course that its outline was copied from."""
_FOR_STAFF = (
    select(
        *_COLUMNS, _activity.c.opens_at, _activity.c.due_at, _activity.c.closes_at, _COPIED_FROM.label("copied_from")
    )
    .where(or_(_activity.c.id == _HOME, _activity.c.parent_id == _HOME))
    .order_by(_activity.c.position, _activity.c.id)
)


def for_member(connection: Connection, home_id: int, member_id: int) -> Outline | None:
    """The published tasks with what one member has reached and where his grades are; None if there is no such outline.

    One statement.
    """
    row = connection.execute(_FOR_MEMBER, {"home": home_id, "member": member_id}).one()
    home, tasks = None, []
    for packed_columns, *reached in json.loads(row.tasks):
        fixed = _fixed(packed_columns)
        if fixed.id == home_id:
            home = fixed
        elif fixed.status == ActivityStatus.published:
            tasks.append(Reached(fixed, *reached))
    if home is None or home.kind != "outline":
        return None
    tasks.sort(key=_place)
    return Outline(home, tuple(tasks), _ways(json.loads(row.ways)), bool(row.deviates))


@lru_cache(4096)
def _fixed(columns: str) -> Fixed:
    plain = json.loads(columns)
    return Fixed(*plain[:-3], *map(_moment, plain[-3:]))


def _place(task: Reached) -> tuple[int, int]:
    return task.fixed.position, task.fixed.id


def _moment(stored: str | None) -> datetime | None:
    """A moment as JSON has it: on SQLite in UTC, on PostgreSQL in the zone that it says."""
    if stored is None:
        return None
    found = datetime.fromisoformat(stored)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _ways(posts: list[tuple[int, str]]) -> dict[int, PostState]:
    """Where the scores of one member are, by task: of several columns, the one that is least far."""
    found: dict[int, PostState] = {}
    for activity_id, stored in posts:
        state = _STATES[stored]
        if activity_id not in found or _FAR[state] < _FAR[found[activity_id]]:
            found[activity_id] = state
    return found


def for_staff(connection: Connection, home_id: int) -> Outline | None:
    """All tasks, also drafts and archived ones; None if there is no such outline. One statement."""
    return _split(home_id, connection.execute(_FOR_STAFF, {"home": home_id}).all())


def _split(home_id: int, rows: Any) -> Outline | None:
    home = next((row for row in rows if row.id == home_id and row.kind == "outline"), None)
    return Outline(home, tuple(row for row in rows if row.id != home_id)) if home is not None else None


def members(connection: Connection, context_id: int) -> int:
    """How many active members the course has. One statement."""
    return connection.scalar(select(func.count()).select_from(Enrolment).where(*_counts(context_id))) or 0


def _is_member(context_id: int) -> tuple[Any, ...]:
    return Enrolment.context_id == context_id, Enrolment.is_active, Enrolment.role == Role.member


def _counts(context_id: int) -> tuple[Any, ...]:
    """Members but for test users (RO-14): their results are shown, and stand in no number."""
    return (*_is_member(context_id), Enrolment.gradable)


def tallies(connection: Connection, home_id: int, context_id: int) -> dict[int, Any]:
    """(started, done, scored, sum of scores, sum of progress) of active members, by task and for the home itself. One statement."""
    rows = connection.execute(
        select(
            Result.activity_id,
            func.count().label("started"),
            func.count(Result.completed_at).label("done"),
            func.count(Result.score).label("scored"),
            func.sum(Result.score).label("score"),
            func.sum(Result.progress).label("progress"),
        )
        .join(Activity, Activity.id == Result.activity_id)
        .join(Enrolment, (Enrolment.member_id == Result.member_id) & (Enrolment.context_id == Activity.context_id))
        .where((Activity.parent_id == home_id) | (Activity.id == home_id), *_counts(context_id))
        .group_by(Result.activity_id)
    ).all()
    return {row.activity_id: row for row in rows}


def posted(connection: Connection, home_id: int) -> dict[int, Any]:
    """(sent, waiting, refused) scores, by task and for the home itself. One statement."""
    landed = (PostState.sent, PostState.confirmed)
    stuck = (PostState.refused, PostState.differs)
    moving = (PostState.waiting, PostState.sending, PostState.waiting_for_column)
    rows = connection.execute(
        select(
            LineItem.activity_id,
            func.count(case((ScorePost.state.in_(landed), 1))).label("sent"),
            func.count(case((ScorePost.state.in_(moving), 1))).label("waiting"),
            func.count(case((ScorePost.state.in_(stuck), 1))).label("refused"),
        )
        .select_from(LineItem)
        .join(ScorePost, ScorePost.line_item_id == LineItem.id)
        .join(Activity, Activity.id == LineItem.activity_id)
        .where((Activity.parent_id == home_id) | (Activity.id == home_id))
        .group_by(LineItem.activity_id)
    ).all()
    return {row.activity_id: row for row in rows}


MEMBERS_A_PAGE = 50


def roll(connection: Connection, context_id: int, *, after: str = "", limit: int = MEMBERS_A_PAGE) -> list[Any]:
    """Active members in order of name, `limit` and one more to know whether others follow. One statement."""
    statement = (
        select(Member.id, Member.name, Enrolment.last_launch_at, Enrolment.gradable, Enrolment.is_test)
        .join(Enrolment, Enrolment.member_id == Member.id)
        .where(*_is_member(context_id))
        .order_by(Member.name, Member.id)
        .limit(limit + 1)
    )
    if after.isdecimal():
        statement = statement.offset(int(after))
    return list(connection.execute(statement).all())


def grid(connection: Connection, home_id: int, member_ids: list[int]) -> list[Any]:
    """(activity, member, progress, score, completed, updated) for some members. One statement."""
    return list(
        connection.execute(
            select(
                Result.activity_id,
                Result.member_id,
                Result.progress,
                Result.score,
                Result.completed_at,
                Result.updated_at,
            )
            .join(Activity, Activity.id == Result.activity_id)
            .where((Activity.parent_id == home_id) | (Activity.id == home_id), Result.member_id.in_(member_ids))
        ).all()
    )
