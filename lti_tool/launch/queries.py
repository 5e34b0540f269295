"""Reads of links: what they show, what they could show, whose results their columns hold; and what mentors see."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from lti_tool.identity.actor import Actor, Role
from lti_tool.identity.models import Context, ContextCopy, Enrolment, Grant, Member
from lti_tool.launch.rules.proposals import Candidate, Standing, Wanted
from lti_tool.ledger.models import Activity, ActivityStatus, LineItem, Placement, Result, ScorePost

MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Column:
    """The column of a link and whose results stand in it."""

    line_item_id: int
    activity_id: int
    activity: str
    grades: int
    """Members whose score was or is to be told to it."""


def sources_of(session: Session, context_id: int) -> list[int]:
    """The courses that this one was copied from, also at second hand. One statement."""
    return list(session.scalars(select(ContextCopy.source_id).where(ContextCopy.context_id == context_id)))


def wanted_of(session: Session, placement: Placement, sources: list[int]) -> Wanted:
    """What is known of what a link is to show.

    Its token and history count as far as they name activities of this course or of those it was copied from: anybody's
    token can be typed into a link, and must not say whether there is such an activity.
    """
    courses = [placement.context_id, *sources]
    named = select(Activity.lineage, Activity.kind).where(
        Activity.token == placement.hint_token, Activity.context_id.in_(courses)
    )
    shown = (
        select(Activity.lineage, Activity.kind)
        .join(Placement, Placement.activity_id == Activity.id)
        .where(Placement.resource_link_id.in_(placement.link_history), Placement.context_id.in_(sources))
    )
    rows = [*session.execute(named), *session.execute(shown)]
    if placement.activity_id is not None:
        rows.append(
            session.execute(select(Activity.lineage, Activity.kind).where(Activity.id == placement.activity_id)).one()
        )
    return Wanted(placement.title, tuple(row.lineage for row in rows), rows[0].kind if rows else "")


def candidates_of(session: Session, context_id: int, sources: list[int], lines: Any) -> list[Candidate]:
    """The activities of a course, and of its sources those of `lines` that were not copied because they are archived."""
    there = aliased(Activity)
    rows = session.execute(
        select(
            Activity.id, Activity.context_id, Activity.title, Activity.kind, Activity.summary, Activity.lineage,
            Activity.status,
        )
        .where(
            or_(
                Activity.context_id == context_id,
                Activity.context_id.in_(sources)
                & Activity.lineage.in_(lines)
                & (Activity.status == ActivityStatus.archived)
                & ~select(there.id).where(there.context_id == context_id, there.lineage == Activity.lineage).exists(),
            )
        )
        .order_by(Activity.position, Activity.id)
        .limit(MOST_LISTED)
    )  # fmt: skip
    return [
        Candidate(row.id, row.title, row.kind, row.summary, row.lineage, _standing(row, context_id)) for row in rows
    ]


def _standing(row: Any, context_id: int) -> Standing:
    if row.context_id != context_id:
        return Standing.at_source
    if row.status is ActivityStatus.archived:
        return Standing.archived
    return Standing.draft if row.status is ActivityStatus.draft else Standing.here


def column_of(session: Session, placement_id: int) -> Column | None:
    """The column of a link; None if it has never shown anything. One statement."""
    grades = select(func.count()).select_from(ScorePost).where(ScorePost.line_item_id == LineItem.id).scalar_subquery()
    row = session.execute(
        select(LineItem.id, LineItem.activity_id, Activity.title, grades.label("grades"))
        .join(Activity, Activity.id == LineItem.activity_id)
        .where(LineItem.placement_id == placement_id)
    ).first()
    return None if row is None else Column(row.id, row.activity_id, row.title, row.grades)


def scored(session: Session, activity_id: int) -> int:
    """How many members have a score in an activity. One statement."""
    counted = (
        select(func.count()).select_from(Result).where(Result.activity_id == activity_id, Result.score.is_not(None))
    )
    return session.scalar(counted) or 0


def links_of(session: Session, context_id: int) -> list[Any]:
    """The links of a course with what they show and whose results their columns hold, by title. One statement."""
    shown, kept = aliased(Activity), aliased(Activity)
    return list(
        session.execute(
            select(
                Placement.id,
                Placement.title,
                Placement.resource_link_id,
                shown.id.label("activity_id"),
                shown.title.label("activity"),
                shown.kind,
                shown.status,
                kept.id.label("kept_id"),
                kept.title.label("kept"),
            )
            .select_from(Placement)
            .outerjoin(shown, shown.id == Placement.activity_id)
            .outerjoin(LineItem, LineItem.placement_id == Placement.id)
            .outerjoin(kept, kept.id == LineItem.activity_id)
            .where(Placement.context_id == context_id)
            .order_by(Placement.title, Placement.id)
            .limit(MOST_LISTED)
        )
    )


@dataclass(frozen=True, slots=True)
class Kinship:
    """A course that this one was copied from, or that was copied from this one, and when."""

    title: str
    copied_at: datetime


def origins_of(session: Session, context_id: int) -> list[Kinship]:
    """The courses that this one was copied from at first hand. One statement."""
    return _kin(session, ContextCopy.source_id, ContextCopy.context_id == context_id)


def copies_of(session: Session, context_id: int) -> list[Kinship]:
    """The courses that were copied from this one at first hand, the latest first. One statement."""
    return _kin(session, ContextCopy.context_id, ContextCopy.source_id == context_id)


def _kin(session: Session, other: Any, condition: Any) -> list[Kinship]:
    rows = session.execute(
        select(Context.title, ContextCopy.copied_at)
        .join(ContextCopy, other == Context.id)
        .where(condition, ContextCopy.is_direct)
        .order_by(ContextCopy.copied_at.desc())
        .limit(MOST_LISTED)
    )
    return [Kinship(row.title, row.copied_at) for row in rows]


def mentored(session: Session, actor: Actor) -> list[Any]:
    """(id, name) of the members of this course whom the launch named to this mentor, by name. Two statements."""
    subs = session.scalars(select(Grant.mentored).where(Grant.id == actor.grant_id)).one()
    return list(
        session.execute(
            select(Member.id, Member.name)
            .join(Enrolment, Enrolment.member_id == Member.id)
            .where(
                Enrolment.context_id == actor.context_id,
                Enrolment.role == Role.member,
                Enrolment.is_active,
                Member.registration_id == actor.registration_id,
                Member.sub.in_(subs),
            )
            .order_by(Member.name, Member.id)
        )
    )


def tasks_of(session: Session, context_id: int, roots: list[str]) -> list[Any]:
    """(id, title, kind) of what members of this course see, without the homes (`roots`), in order. One statement."""
    return list(
        session.execute(
            select(Activity.id, Activity.title, Activity.kind)
            .where(
                Activity.context_id == context_id,
                Activity.status == ActivityStatus.published,
                Activity.kind.not_in(roots),
            )
            .order_by(Activity.position, Activity.id)
            .limit(MOST_LISTED)
        )
    )


def reached(session: Session, members: list[int], activities: list[int]) -> dict[tuple[int, int], Any]:
    """(progress, completed, updated) by member and activity. One statement."""
    rows = session.execute(
        select(Result.member_id, Result.activity_id, Result.progress, Result.completed_at, Result.updated_at).where(
            Result.member_id.in_(members), Result.activity_id.in_(activities)
        )
    )
    return {(row.member_id, row.activity_id): row for row in rows}
