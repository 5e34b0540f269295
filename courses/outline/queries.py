"""What the course home reads. Hot path: Core only, and the number of statements does not depend on the course's size."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, String, and_, bindparam, case, cast, func, or_, select

from courses.progress.models import LearningTime
from lti_tool.core.columns import BigId
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Enrolment, Member
from lti_tool.ledger.models import (
    Activity,
    ActivityStatus,
    LineItem,
    Placement,
    Result,
    ScorePost,
)
from lti_tool.ledger.rules import PostState

# Tables, not classes: a statement of mapped classes is adapted anew each time it runs, which costs more than it takes.
_activity, _result, _time = Activity.__table__, Result.__table__, LearningTime.__table__
_placement, _item, _post = Placement.__table__, LineItem.__table__, ScorePost.__table__

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


@dataclass(frozen=True, slots=True)
class Outline:
    """The course home and its tasks in order."""

    home: Any
    tasks: tuple[Any, ...]


# Worst first: of a task with several columns, members read where the one is that is least far.
_FAR = (
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
_HOME, _MEMBER = bindparam("home", type_=BigId), bindparam("member", type_=BigId)

_way = (
    select(func.min(case({state.value: place for place, state in enumerate(_FAR)}, value=cast(_post.c.state, String))))
    .select_from(_placement)
    .join(_item, _item.c.placement_id == _placement.c.id)
    .join(_post, and_(_post.c.line_item_id == _item.c.id, _post.c.member_id == _MEMBER))
    .where(_placement.c.activity_id == _activity.c.id)
    .correlate(_activity)
    .scalar_subquery()
)

# Statements are built once: building one costs more than running it.
_FOR_MEMBER = (
    select(
        *_COLUMNS,
        _activity.c.opens_at.label("opens"),
        _activity.c.due_at.label("due"),
        _activity.c.closes_at.label("closes"),
        cast(_activity.c.criteria, String).label("criteria_text"),
        _result.c.state,
        _result.c.score,
        cast(_result.c.criteria_met, String).label("met_text"),
        _result.c.completed_at,
        _result.c.updated_at,
        _time.c.credited_ms,
        _way.label("way"),
    )
    .select_from(_activity)
    .outerjoin(_result, and_(_result.c.activity_id == _activity.c.id, _result.c.member_id == _MEMBER))
    .outerjoin(_time, and_(_time.c.activity_id == _activity.c.id, _time.c.member_id == _MEMBER))
    .where(or_(_activity.c.id == _HOME, _activity.c.parent_id == _HOME))
    .order_by(_activity.c.position, _activity.c.id)
)
_FOR_STAFF = (
    select(*_COLUMNS, _activity.c.opens_at, _activity.c.due_at, _activity.c.closes_at)
    .where(or_(_activity.c.id == _HOME, _activity.c.parent_id == _HOME))
    .order_by(_activity.c.position, _activity.c.id)
)


def for_member(connection: Connection, home_id: int, member_id: int) -> Outline | None:
    """The published tasks with what one member has reached; None if there is no such outline. One statement.

    `criteria_text` and `met_text` are JSON as stored: they are keys of a cache, and parsing 80 documents costs more.
    `way`: the place of the grade's PostState in `way_of`, None without one.
    """
    rows = connection.execute(_FOR_MEMBER, {"home": home_id, "member": member_id}).all()
    return _split(home_id, [row for row in rows if row.status is ActivityStatus.published or row.id == home_id])


def way_of(place: int | None) -> PostState | None:
    """The state behind a row's `way`."""
    return None if place is None else _FAR[place]


def for_staff(connection: Connection, home_id: int) -> Outline | None:
    """All tasks, also drafts and archived ones; None if there is no such outline. One statement."""
    return _split(home_id, connection.execute(_FOR_STAFF, {"home": home_id}).all())


def _split(home_id: int, rows: Any) -> Outline | None:
    home = next((row for row in rows if row.id == home_id and row.kind == "outline"), None)
    return Outline(home, tuple(row for row in rows if row.id != home_id)) if home is not None else None


def members(connection: Connection, context_id: int) -> int:
    """How many active members the course has. One statement."""
    return connection.scalar(select(func.count()).select_from(Enrolment).where(*_is_member(context_id))) or 0


def _is_member(context_id: int) -> tuple[Any, ...]:
    return Enrolment.context_id == context_id, Enrolment.is_active, Enrolment.role == Role.member


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
        .where((Activity.parent_id == home_id) | (Activity.id == home_id), *_is_member(context_id))
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
            Placement.activity_id,
            func.count(case((ScorePost.state.in_(landed), 1))).label("sent"),
            func.count(case((ScorePost.state.in_(moving), 1))).label("waiting"),
            func.count(case((ScorePost.state.in_(stuck), 1))).label("refused"),
        )
        .join(LineItem, LineItem.placement_id == Placement.id)
        .join(ScorePost, ScorePost.line_item_id == LineItem.id)
        .join(Activity, Activity.id == Placement.activity_id)
        .where((Activity.parent_id == home_id) | (Activity.id == home_id))
        .group_by(Placement.activity_id)
    ).all()
    return {row.activity_id: row for row in rows}


MEMBERS_A_PAGE = 50


def roll(connection: Connection, context_id: int, *, after: str = "", limit: int = MEMBERS_A_PAGE) -> list[Any]:
    """Active members in order of name, `limit` and one more to know whether others follow. One statement."""
    statement = (
        select(Member.id, Member.name, Enrolment.last_launch_at)
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
