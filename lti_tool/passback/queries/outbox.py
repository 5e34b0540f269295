"""How far the scores of an activity are on their way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, func, or_, select
from sqlalchemy.orm import Session

from lti_tool.identity.actor import Role
from lti_tool.identity.groups import people_of
from lti_tool.identity.models import Context, Deployment, Enrolment, Member, Registration
from lti_tool.ledger.models import Activity, LineItem, LineItemSource, LineItemState, Placement, Result, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.passback.wishes import What, is_meant

PAGE: Final = 200
"""Rows on a page of scores."""

_URGENCY = (
    PostState.refused,
    PostState.differs,
    PostState.waiting_for_column,
    PostState.sending,
    PostState.waiting,
    PostState.sent,
    PostState.confirmed,
    PostState.kept,
    PostState.not_gradable,
)
_ORDER = case({state: place for place, state in enumerate(_URGENCY)}, value=ScorePost.state)


@dataclass(frozen=True, slots=True)
class Way:
    """How far one member's score of one activity is. With several columns: the one that is least far."""

    state: PostState
    cause: str
    due_at: datetime
    """When it is tried next, while it waits."""
    sent_at: datetime | None
    sent_score: Decimal | None
    attempts: int
    read_score: Decimal | None
    """What the LMS showed at the last reading that differed; None: nothing, or it agreed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One score in one column, for those who follow."""

    member_id: int
    member: str
    activity_id: int
    activity: str
    score: Decimal | None
    line_item_id: int
    link: str
    """The title of the link whose column it is."""
    way: Way


@dataclass(frozen=True, slots=True)
class ColumnState:
    """The column of one link in which the results of the activity stand."""

    activity_id: int
    activity: str
    link: str
    state: LineItemState
    cause: str
    source: LineItemSource | None
    checked_at: datetime | None
    read_at: datetime | None
    """When its grades were last read back as a whole."""
    read_cause: str
    """Why they could not be read the last time."""
    orphan_url: str
    """Of a second column that nobody needs and that is still in the LMS."""


_WAY = (
    ScorePost.state,
    ScorePost.cause,
    ScorePost.due_at,
    ScorePost.sent_at,
    ScorePost.sent_score,
    ScorePost.attempts,
    ScorePost.read_score,
)


def _way(row: Any) -> Way:
    return Way(row.state, row.cause, row.due_at, row.sent_at, row.sent_score, row.attempts, row.read_score)


def _of(activity_id: int) -> Any:
    """The activity itself and what stands below it in an outline."""
    return or_(Activity.id == activity_id, Activity.parent_id == activity_id)


def counts(session: Session | Connection, activity_id: int, group_id: int | None = None) -> Mapping[PostState, int]:
    """How many scores of an activity (and of those below it), of a group or all, are in which state. One statement."""
    found = session.execute(
        select(ScorePost.state, func.count().label("count"))
        .join(LineItem, LineItem.id == ScorePost.line_item_id)
        .join(Activity, Activity.id == LineItem.activity_id)
        .where(_of(activity_id), *_of_group(group_id))
        .group_by(ScorePost.state)
    )
    return {row[0]: row[1] for row in found}


def meant(session: Session | Connection, activity_id: int, what: What) -> int:
    """How many scores a wish to send again is about. One statement."""
    found = session.execute(select(func.count()).select_from(ScorePost).where(*is_meant(activity_id, what)))
    return int(found.scalar_one())


def _of_group(group_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return () if group_id is None else (ScorePost.member_id.in_(people_of(group_id)),)


def rows(
    session: Session | Connection,
    activity_id: int,
    states: Collection[PostState] | None = None,
    group_id: int | None = None,
    after: int = 0,
) -> list[Row]:
    """The scores of an activity (and of those below it), of a group or all, those first that need somebody.

    A page of them, after the first `after`; one statement.
    """
    statement = (
        select(
            Member.id.label("member_id"),
            Member.name.label("member"),
            Activity.id.label("activity_id"),
            Activity.title.label("activity"),
            Result.score,
            ScorePost.line_item_id,
            Placement.title.label("link"),
            *_WAY,
        )
        .select_from(ScorePost)
        .join(LineItem, LineItem.id == ScorePost.line_item_id)
        .join(Placement, Placement.id == LineItem.placement_id)
        .join(Activity, Activity.id == LineItem.activity_id)
        .join(Member, Member.id == ScorePost.member_id)
        .outerjoin(Result, (Result.activity_id == Activity.id) & (Result.member_id == ScorePost.member_id))
        .where(_of(activity_id), *_of_group(group_id))
        .order_by(_ORDER, Activity.position, Member.name, ScorePost.id)
        .offset(after)
        .limit(PAGE)
    )
    if states is not None:
        statement = statement.where(ScorePost.state.in_(states))
    return [
        Row(row.member_id, row.member, row.activity_id, row.activity, row.score, row.line_item_id, row.link, _way(row))
        for row in session.execute(statement)
    ]


def name_of(session: Session | Connection, context_id: int, member_id: int) -> str | None:
    """What a member is called who is or was in this course; None: he never was. One statement."""
    found: str | None = session.execute(
        select(Member.name)
        .join(Enrolment, Enrolment.member_id == Member.id)
        .where(Enrolment.context_id == context_id, Enrolment.member_id == member_id)
    ).scalar_one_or_none()
    return found


def is_learner(session: Session | Connection, context_id: int, member_id: int) -> bool:
    """Whether somebody is in this course to learn, so that there is work of his to be looked at. One statement."""
    role = select(Enrolment.role).where(Enrolment.context_id == context_id, Enrolment.member_id == member_id)
    return session.execute(role).scalar_one_or_none() is Role.member


def is_enrolled(session: Session | Connection, context_id: int, member_id: int) -> bool:
    """Whether the member is or was in this course. One statement."""
    return name_of(session, context_id, member_id) is not None


def columns(session: Session | Connection, activity_id: int) -> Sequence[ColumnState]:
    """The columns of the links that show an activity or what stands below it. One statement."""
    found = session.execute(
        select(
            Activity.id.label("activity_id"),
            Activity.title.label("activity"),
            Placement.title.label("link"),
            LineItem.state,
            LineItem.cause,
            LineItem.source,
            LineItem.checked_at,
            LineItem.read_at,
            LineItem.read_cause,
            LineItem.orphan_url,
        )
        .select_from(LineItem)
        .join(Placement, Placement.id == LineItem.placement_id)
        .join(Activity, Activity.id == LineItem.activity_id)
        .where(_of(activity_id))
        .order_by(Activity.position, LineItem.id)
    )
    return [ColumnState(**row) for row in found.mappings()]


@dataclass(frozen=True, slots=True)
class PlatformState:
    """The LMS of a course by its own name, and until when it is left alone because it did not answer."""

    name: str
    family: str
    breaker_until: datetime | None


def platform_state(session: Session | Connection, context_id: int) -> PlatformState:
    """The LMS of a course. One statement."""
    row = session.execute(
        select(Registration.name, Registration.family, Registration.breaker_until)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .join(Context, Context.deployment_id == Deployment.id)
        .where(Context.id == context_id)
    ).one()
    return PlatformState(row.name, row.family, row.breaker_until)
