"""What a member has done in a lesson, compared with what completes it, told to the ledger."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.lessons import queries, rules
from courses.lessons.models import BlockState
from courses.progress.models import LearningTime
from lti_tool.identity.actor import Actor
from lti_tool.ledger import services as ledger
from lti_tool.ledger.evaluation import Members, evaluation
from lti_tool.ledger.models import Activity
from lti_tool.ledger.rules import Outcome


def evaluate(session: Session, *, activity: Activity, actor: Actor, now: datetime) -> tuple[rules.Criterion, ...]:
    """Compare what the member has done with the criteria and record it; returns the checklist.

    The trail gets one entry per set of criteria met, not one per block.
    """
    checklist, outcome, source = _reached(session, activity, actor.member_id)
    ledger.record(
        session,
        activity_id=activity.id,
        member_id=actor.member_id,
        outcome=outcome,
        verb="completed" if outcome.completed else "progressed",
        source=source,
        now=now,
        actor=actor,
    )
    return checklist


def reconsider(session: Session, activity: Activity, member_id: int, now: datetime) -> None:
    """The same when nobody has done anything, but the criteria or the blocks have changed."""
    _checklist, outcome, source = _reached(session, activity, member_id)
    ledger.reconsider(session, activity_id=activity.id, member_id=member_id, outcome=outcome, source=source, now=now)


def _reached(session: Session, activity: Activity, member_id: int) -> tuple[tuple[rules.Criterion, ...], Outcome, str]:
    """The checklist, what it is worth, and the name of the fact."""
    criteria = ledger.hold(session, activity_id=activity.id, member_id=member_id)
    blocks = queries.used(session.connection(), activity.id).blocks
    done = queries.standing(session.connection(), activity.id, member_id)
    checklist = rules.checked(criteria, blocks, done.reached)
    met = "".join("1" if each.is_met else "0" for each in checklist)
    source = f"lesson:{activity.id}:{member_id}:criteria:{met}"
    return checklist, rules.outcome_of(checklist, activity.maximum), source


def _traces(activity_id: int) -> tuple[Members, ...]:
    """Who has read or stayed without a result: learning time is compared only when it reaches what is wanted."""
    return (
        select(LearningTime.member_id).where(LearningTime.activity_id == activity_id),
        select(BlockState.member_id).where(BlockState.activity_id == activity_id),
    )


EVALUATION = evaluation("lesson", reconsider, traces=_traces)
"""Lessons whose criteria or published blocks have changed."""
