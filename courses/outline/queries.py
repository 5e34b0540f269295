"""What the course home reads. Hot path: Core only, and the number of statements does not depend on the course's size."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, and_, case, func, select

from courses.progress.models import LearningTime
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

_COLUMNS = (
    Activity.id,
    Activity.context_id,
    Activity.parent_id,
    Activity.kind,
    Activity.title,
    Activity.summary,
    Activity.status,
    Activity.opens_at,
    Activity.due_at,
    Activity.closes_at,
    Activity.is_required,
    Activity.criteria,
    Activity.effort_minutes,
    Activity.section,
    Activity.maximum,
)


@dataclass(frozen=True, slots=True)
class Outline:
    """The course home and its tasks in order."""

    home: Any
    tasks: tuple[Any, ...]


def for_member(connection: Connection, home_id: int, member_id: int) -> Outline | None:
    """The published tasks with what one member has reached; None if there is no such outline. One statement."""
    rows = connection.execute(
        select(
            *_COLUMNS,
            Result.state,
            Result.progress,
            Result.score,
            Result.criteria_met,
            Result.completed_at,
            Result.updated_at,
        )
        .select_from(Activity)
        .outerjoin(Result, and_(Result.activity_id == Activity.id, Result.member_id == member_id))
        .where((Activity.id == home_id) | (Activity.parent_id == home_id))
        .order_by(Activity.position, Activity.id)
    ).all()
    return _split(home_id, [row for row in rows if row.id == home_id or row.status is ActivityStatus.published])


def for_staff(connection: Connection, home_id: int) -> Outline | None:
    """All tasks, also drafts and archived ones; None if there is no such outline. One statement."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where((Activity.id == home_id) | (Activity.parent_id == home_id))
        .order_by(Activity.position, Activity.id)
    ).all()
    return _split(home_id, rows)


def _split(home_id: int, rows: Any) -> Outline | None:
    home = next((row for row in rows if row.id == home_id and row.kind == "outline"), None)
    return Outline(home, tuple(row for row in rows if row.id != home_id)) if home is not None else None


def times(connection: Connection, home_id: int, member_id: int) -> dict[int, int]:
    """Credited seconds of one member by task. One statement."""
    rows = connection.execute(
        select(LearningTime.activity_id, LearningTime.credited_ms)
        .join(Activity, Activity.id == LearningTime.activity_id)
        .where(LearningTime.member_id == member_id, Activity.parent_id == home_id)
    ).all()
    return {row.activity_id: row.credited_ms // 1000 for row in rows}


def ways(connection: Connection, home_id: int, member_id: int) -> dict[int, PostState]:
    """Where the scores of one member are, by task: the one that is least far, if a task has several columns.

    One statement.
    """
    rows = connection.execute(
        select(Placement.activity_id, ScorePost.state)
        .join(LineItem, LineItem.placement_id == Placement.id)
        .join(ScorePost, ScorePost.line_item_id == LineItem.id)
        .join(Activity, Activity.id == Placement.activity_id)
        .where(ScorePost.member_id == member_id, Activity.parent_id == home_id)
    ).all()
    found: dict[int, PostState] = {}
    for activity_id, state in cast("list[tuple[int, PostState]]", rows):
        if activity_id not in found or _FAR[state] < _FAR[found[activity_id]]:
            found[activity_id] = state
    return found


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
