"""Begin, answer, hand in, and what stands in the ledger afterwards."""

from decimal import Decimal

from quizzes.attempts.rules import AttemptState, ClosedBy
from tests.quizzes.conftest import RIGHT, SINGLE, Quizzes
from tests.school import School


def test_one_question_quiz_reaches_the_outbox(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE)
    column = school.placement(activity)
    client = school.client(school.member)
    assert client.get(f"/quizzes/{activity.id}").status_code == 200
    sitting = quizzes.begin(activity, school.member, client)
    page = client.get(sitting.url).get_data(as_text=True)
    assert "Which comes first?" in page
    answer = sitting.answer(1, "a")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["seq"] == 1
    assert answer.json["remaining_ms"] is None
    assert client.get(f"{sitting.url}/submit").status_code == 200
    done = sitting.submit()
    assert done.headers["Location"] == f"{sitting.url}/result"
    shown = client.get(f"{sitting.url}/result").get_data(as_text=True)
    assert "100" in shown
    attempt = quizzes.attempt(sitting.attempt_id)
    assert (attempt.state, attempt.closed_by, attempt.score) == (AttemptState.finished, ClosedBy.member, Decimal(2))
    result = school.result(activity.id, school.member)
    assert result is not None
    assert (result.score, result.progress, result.criteria_met) == (Decimal(100), Decimal(1), [True, True])
    assert school.post(column, school.member) is not None


def test_all_kinds_are_answered_and_marked(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(maximum=50)
    sitting = quizzes.begin(activity, school.member)
    for slot, response in {**RIGHT, 2: ["a"]}.items():
        assert sitting.answer(slot, response).status_code == 200
    sitting.submit()
    result = school.result(activity.id, school.member)
    assert result is not None
    assert result.score == Decimal(45)
