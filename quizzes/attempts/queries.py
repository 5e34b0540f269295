"""Reads of attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.errors import NotFound
from lti_tool.identity import current
from lti_tool.identity.actor import Actor
from lti_tool.ledger.access import NOWHERE, open_activity
from lti_tool.ledger.models import Activity, LineItem, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, PostState
from quizzes.attempts.models import Answer, Attempt
from quizzes.attempts.rules import AttemptState, OnExpiry, Timing
from quizzes.papers.rules import Settings
from quizzes.papers.services import KIND

OPEN = (AttemptState.in_progress, AttemptState.overdue)
WORST_FIRST = (
    PostState.refused,
    PostState.differs,
    PostState.waiting_for_column,
    PostState.sending,
    PostState.waiting,
    PostState.kept,
    PostState.sent,
    PostState.confirmed,
    PostState.not_gradable,
)


def own_attempt(session: Session, attempt_id: int, *, is_locked: bool = False) -> tuple[Actor, Activity, Attempt]:
    """The acting grant, the activity and this person's own attempt.

    Raises NotFound if there is no such attempt, if it is another's, or if the activity is not open to him.
    """
    current.asking(session)
    wanted = select(Attempt).where(Attempt.id == attempt_id)
    attempt = session.scalar(wanted.with_for_update() if is_locked else wanted)
    actor, activity = open_activity(session, attempt.activity_id if attempt else NOWHERE, kind=KIND)
    if attempt is None or attempt.member_id != actor.member_id:
        raise NotFound
    return actor, activity, attempt


def attempts_of(session: Session, activity_id: int, member_id: int, *, is_preview: bool = False) -> list[Attempt]:
    """All attempts of a member, in order."""
    return list(
        session.scalars(
            select(Attempt)
            .where(
                Attempt.activity_id == activity_id,
                Attempt.member_id == member_id,
                Attempt.is_preview.is_(is_preview),
            )
            .order_by(Attempt.number)
        )
    )


@dataclass(frozen=True, slots=True)
class Saved:
    """An answer as saved."""

    seq: int
    response: Any
    saved_at: datetime


def answers(session: Session, attempt_id: int) -> dict[int, Saved]:
    """The saved answers by slot. One statement."""
    rows = session.execute(
        select(Answer.slot, Answer.seq, Answer.response, Answer.saved_at).where(Answer.attempt_id == attempt_id)
    ).all()
    return {row.slot: Saved(row.seq, row.response, row.saved_at) for row in rows}


def responses(session: Session, attempt_id: int) -> dict[int, Any]:
    """Only what was answered, by slot."""
    return {slot: saved.response for slot, saved in answers(session, attempt_id).items()}


def timing_of(attempt: Attempt, settings: Settings) -> Timing:
    """What decides when the attempt closes, as it was planned."""
    return Timing(
        ends_at=attempt.ends_at,
        on_expiry=OnExpiry(settings.on_expiry),
        grace=timedelta(seconds=settings.grace_seconds),
        is_preview=attempt.is_preview,
    )


def is_due(attempt: Attempt, activity: Activity, now: datetime) -> bool:
    """Whether a contact at `now` must write: the time is up, or the schedule has changed since it was planned."""
    if not attempt.state.is_open:
        return False
    if attempt.schedule_version != activity.schedule_version:
        return True
    if attempt.is_preview or attempt.ends_at is None or now < attempt.ends_at:
        return False
    return attempt.state is AttemptState.in_progress or attempt.next_check_at is None or attempt.next_check_at <= now


def finished(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those that count."""
    return [each for each in attempts if each.state is AttemptState.finished]


def post_state(session: Session, activity_id: int, member_id: int) -> str:
    """Where the grade of a member is on its way to the LMS: the state that most needs somebody, or "none".

    KEPT_THERE where a teacher said that the LMS's grade counts.
    """
    found = session.execute(
        select(ScorePost.state, ScorePost.cause)
        .join(LineItem, LineItem.id == ScorePost.line_item_id)
        .where(LineItem.activity_id == activity_id, ScorePost.member_id == member_id)
    )
    causes = {row.state: row.cause for row in found}
    worst = next((state for state in WORST_FIRST if state in causes), None)
    if worst is None:
        return "none"
    return KEPT_THERE if worst is PostState.kept and causes[worst] == KEPT_THERE else worst.value
