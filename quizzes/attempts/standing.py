"""What the attempts of a member are worth, told to the ledger: when one is handed in, and when the criteria change."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.ledger import services as ledger
from lti_tool.ledger.evaluation import evaluation
from lti_tool.ledger.models import Activity
from lti_tool.ledger.rules import Outcome
from quizzes.attempts import queries
from quizzes.marking.rules import Finished, outcome_of
from quizzes.papers.queries import settings_of
from quizzes.papers.services import KIND


def record_standing(
    session: Session, activity: Activity, member_id: int, now: datetime, *, verb: str, source: str
) -> None:
    """Tell the ledger what the finished attempts of a member are worth, in this transaction."""
    outcome = _worth(session, activity, member_id)
    ledger.record(
        session, activity_id=activity.id, member_id=member_id, outcome=outcome, verb=verb, source=source, now=now
    )


def reconsider(session: Session, activity: Activity, member_id: int, now: datetime) -> None:
    """The same when nobody has done anything, but the pass mark or the grading method has changed."""
    outcome = _worth(session, activity, member_id)
    source = f"quiz:{activity.id}:{member_id}:completed"
    ledger.reconsider(session, activity_id=activity.id, member_id=member_id, outcome=outcome, source=source, now=now)


def _worth(session: Session, activity: Activity, member_id: int) -> Outcome:
    criteria = ledger.hold(session, activity_id=activity.id, member_id=member_id)
    settings = settings_of(session, activity.id)
    done = queries.finished(queries.attempts_of(session, activity.id, member_id))
    outcome = outcome_of(
        settings.grade_method,
        [Finished(each.score, each.maximum) for each in done],
        criteria,
        activity.maximum,
    )
    handed_in = [(each.started_at, each.finished_at) for each in done if each.finished_at is not None]
    return replace(outcome, attempt=max(handed_in, key=lambda times: times[1], default=None))


EVALUATION = evaluation(KIND, reconsider)
"""Quizzes whose pass mark or grading method has changed."""
