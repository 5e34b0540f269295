"""The way of one member's scores: where each is, and everything that happened to it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from lti_tool.identity.models import Member
from lti_tool.ledger.models import AuditEvent, LineItem, LineItemState, Placement, Result, ScoreEvent, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.passback.rules import Happening, in_a_row

MOST_STEPS = 50
"""The last steps of each score that are read."""


@dataclass(frozen=True, slots=True)
class Told:
    """One member's score in one column: what the LMS was told, and whether it has it. Numbers on the activity's scale."""

    activity_id: int
    link: str
    state: PostState
    cause: str
    due_at: datetime
    attempts: int
    sent_score: Decimal | None
    sent_at: datetime | None
    confirmed_at: datetime | None
    read_score: Decimal | None
    """What the LMS showed at the last reading that differed; None: nothing, or it agreed."""
    column: LineItemState
    column_cause: str
    read_at: datetime | None
    """When the column was last read back as a whole."""
    history: Sequence[Happening] = field(default=())
    """In the order in which it happened."""
    is_cut: bool = False
    """Whether there are earlier steps."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a member has reached here."""

    score: Decimal | None
    updated_at: datetime


def reached(session: Session | Connection, activity_ids: Collection[int], member_id: int) -> Mapping[int, Reached]:
    """By activity; one that was not begun is missing. One statement."""
    rows = session.execute(
        select(Result.activity_id, Result.score, Result.updated_at).where(
            Result.activity_id.in_(activity_ids), Result.member_id == member_id
        )
    )
    return {row.activity_id: Reached(row.score, row.updated_at) for row in rows}


def told(session: Session | Connection, activity_ids: Collection[int], member_id: int) -> Sequence[Told]:
    """Everything that the LMS was told, or shall be told, about one member in these activities. Two statements."""
    rows = session.execute(
        select(
            ScorePost.id,
            LineItem.activity_id,
            Placement.title.label("link"),
            ScorePost.state,
            ScorePost.cause,
            ScorePost.due_at,
            ScorePost.attempts,
            ScorePost.sent_score,
            ScorePost.sent_at,
            ScorePost.confirmed_at,
            ScorePost.read_score,
            LineItem.state.label("column"),
            LineItem.cause.label("column_cause"),
            LineItem.read_at,
        )
        .select_from(ScorePost)
        .join(LineItem, LineItem.id == ScorePost.line_item_id)
        .join(Placement, Placement.id == LineItem.placement_id)
        .where(LineItem.activity_id.in_(activity_ids), ScorePost.member_id == member_id)
        .order_by(LineItem.id)
    ).all()
    histories = _histories(session, [row.id for row in rows]) if rows else {}
    return [_told(row, histories.get(row.id, [])) for row in rows]


def _told(row: Any, happened: list[Happening]) -> Told:
    return Told(
        row.activity_id,
        row.link,
        row.state,
        row.cause,
        row.due_at,
        row.attempts,
        row.sent_score,
        row.sent_at,
        row.confirmed_at,
        row.read_score,
        row.column,
        row.column_cause,
        row.read_at,
        in_a_row(happened[-MOST_STEPS:]),
        len(happened) > MOST_STEPS,
    )


def _histories(session: Session | Connection, post_ids: Collection[int]) -> dict[int, list[Happening]]:
    """The last steps of each score, one more than are shown, oldest first."""
    place = func.row_number().over(partition_by=ScoreEvent.score_post_id, order_by=ScoreEvent.id.desc())
    latest = (
        select(ScoreEvent.id, place.label("place")).where(ScoreEvent.score_post_id.in_(post_ids)).subquery("latest")
    )
    rows = session.execute(
        select(
            ScoreEvent.score_post_id,
            ScoreEvent.at,
            ScoreEvent.event,
            ScoreEvent.score,
            ScoreEvent.cause,
            ScoreEvent.status,
            Member.name,
            AuditEvent.reason,
        )
        .join(latest, latest.c.id == ScoreEvent.id)
        .outerjoin(AuditEvent, AuditEvent.id == ScoreEvent.act_id)
        .outerjoin(Member, Member.id == AuditEvent.actor_id)
        .where(latest.c.place <= MOST_STEPS + 1)
        .order_by(ScoreEvent.id)
    )
    found: dict[int, list[Happening]] = {}
    for row in rows:
        step = Happening(row.at, row.event, row.score, row.cause, row.status, row.name or "", row.reason or "")
        found.setdefault(row.score_post_id, []).append(step)
    return found
