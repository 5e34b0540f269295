"""What the course home of staff reads. Core only; the number of statements does not depend on the course's size."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, or_, select

from lti_tool.core.columns import BigId
from lti_tool.identity.actor import Role
from lti_tool.identity.groups import people_of
from lti_tool.identity.models import Context, ContextCopy, Enrolment, Member
from lti_tool.ledger.models import Activity, LineItem, Result, ScorePost
from lti_tool.ledger.rules import PostState

# Tables, not classes: a statement of mapped classes is adapted anew each time it runs, which costs more than it takes.
_activity, _course, _copy = Activity.__table__, Context.__table__, ContextCopy.__table__

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
_HOME = bindparam("home", type_=BigId)
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


@dataclass(frozen=True, slots=True)
class Workbench:
    """The course home and its tasks in order, also drafts and archived ones: rows of activities."""

    home: Any
    tasks: tuple[Any, ...]


def for_staff(connection: Connection, home_id: int) -> Workbench | None:
    """All tasks, also drafts and archived ones; None if there is no such outline. One statement."""
    return _split(home_id, connection.execute(_FOR_STAFF, {"home": home_id}).all())


def _split(home_id: int, rows: Any) -> Workbench | None:
    home = next((row for row in rows if row.id == home_id and row.kind == "outline"), None)
    return Workbench(home, tuple(row for row in rows if row.id != home_id)) if home is not None else None


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


def roll(
    connection: Connection,
    context_id: int,
    *,
    after: str = "",
    group_id: int | None = None,
    limit: int = MEMBERS_A_PAGE,
) -> list[Any]:
    """Active members, of a group or all, in order of name: `limit` and one more to know whether others follow. One statement."""
    statement = (
        select(Member.id, Member.name, Enrolment.last_launch_at, Enrolment.gradable, Enrolment.is_test)
        .join(Enrolment, Enrolment.member_id == Member.id)
        .where(*_is_member(context_id))
        .order_by(Member.name, Member.id)
        .limit(limit + 1)
    )
    if group_id is not None:
        statement = statement.where(Member.id.in_(people_of(group_id)))
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
