"""An answer that is on its way while the attempt is closed: counted or refused, never acknowledged and left out."""

from decimal import Decimal

from sqlalchemy.orm import Session

from lti_tool.core.database import Database
from lti_tool.ledger.models import Activity
from quizzes.attempts import services
from quizzes.attempts.models import Attempt
from quizzes.attempts.rules import AttemptState
from tests.meeting import meeting
from tests.quizzes.conftest import SINGLE, Quizzes
from tests.school import School


def test_answer_that_meets_the_hand_in_is_not_acknowledged(
    database: Database, school: School, quizzes: Quizzes
) -> None:
    activity = quizzes.quiz(SINGLE)
    sitting = quizzes.begin(activity, school.member)

    def hand_in(session: Session) -> None:
        attempt = session.get_one(Attempt, sitting.attempt_id, with_for_update=True)
        services.submit(
            session,
            attempt=attempt,
            activity=session.get_one(Activity, activity.id),
            given={},
            is_finishing=True,
            now=school.now,
        )

    answer = meeting(database, hand_in, lambda: sitting.answer(1, "a"))
    assert answer.status_code == 409
    assert quizzes.answers(sitting.attempt_id) == {}
    attempt = quizzes.attempt(sitting.attempt_id)
    assert (attempt.state, attempt.score) == (AttemptState.finished, Decimal(0))
