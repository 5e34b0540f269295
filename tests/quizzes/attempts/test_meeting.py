"""An answer that is on its way while the attempt is closed: counted or refused, never acknowledged and left out."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.ledger.models import Activity
from quizzes.attempts import services
from quizzes.attempts.models import Attempt
from quizzes.attempts.rules import AttemptState, ClosedBy
from quizzes.papers.rules import Settings
from tests.meeting import meeting
from tests.quizzes.conftest import SINGLE, Quizzes
from tests.school import School


def hand_in(session: Session, attempt_id: int, school: School) -> None:
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
    activity = session.get_one(Activity, attempt.activity_id)
    services.submit(session, attempt=attempt, activity=activity, given={}, is_finishing=True, now=school.now)


def test_answer_that_meets_the_hand_in_is_not_acknowledged(
    database: Database, school: School, quizzes: Quizzes
) -> None:
    activity = quizzes.quiz(SINGLE)
    sitting = quizzes.begin(activity, school.member)
    answer = meeting(
        database, lambda session: hand_in(session, sitting.attempt_id, school), lambda: sitting.answer(1, "a")
    )
    assert answer.status_code == 409
    assert quizzes.answers(sitting.attempt_id) == {}
    attempt = quizzes.attempt(sitting.attempt_id)
    assert (attempt.state, attempt.score) == (AttemptState.finished, Decimal(0))


def test_button_that_meets_the_hand_in_leaves_it_as_it_was(
    database: Database, school: School, quizzes: Quizzes, clock: FakeClock
) -> None:
    """Handed in at the last moment; the start page in another tab asks to go on after the end."""
    activity = quizzes.quiz(SINGLE, settings=Settings(time_limit_seconds=600))
    sitting = quizzes.begin(activity, school.member)
    clock.advance(timedelta(seconds=590))

    def hand_in_before_the_end(session: Session) -> None:
        hand_in(session, sitting.attempt_id, school)
        clock.advance(timedelta(seconds=11))

    other = school.client(school.member)
    answer = meeting(database, hand_in_before_the_end, lambda: other.post_form(f"/quizzes/{activity.id}/attempts"))
    assert answer.status_code == (409 if database.is_sqlite else 303)
    attempts = quizzes.attempts()
    assert attempts[0].closed_by is ClosedBy.member
