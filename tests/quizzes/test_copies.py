"""Quizzes of a copied course: the same version, and a quiz and questions of its own with the first edit."""

from typing import Any

import pytest
from sqlalchemy import func, select

from lti_tool.ledger.models import Activity, Result
from quizzes.attempts.models import Attempt
from quizzes.bank.models import Question, QuestionVersion
from quizzes.papers.models import Quiz, QuizUse, QuizVersion
from quizzes.papers.queries import Use, use_of
from quizzes.papers.rules import Settings
from tests.quizzes.conftest import ALL, RIGHT, SINGLE, TRUTH, Quizzes
from tests.school import School, SignedInClient

SINGLE_FIELDS: dict[str, Any] = {"option": ["one", "two", ""], "correct": "1", "feedback": ["", "", ""]}


@pytest.fixture
def teacher(school: School) -> SignedInClient:
    """The teacher of the copy."""
    return school.client(school.other_course_instructor)


def used(school: School, activity: Activity) -> Use:
    with school.database.reading() as session:
        return use_of(session, activity.id)


def stored(school: School, table: Any) -> int:
    with school.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_copy_pins_the_same_version_with_the_same_rules_and_no_attempts(
    school: School, quizzes: Quizzes, take: Any
) -> None:
    quiz = quizzes.quiz(settings=Settings(shuffle_options=False, pass_percent=80))
    take(quiz, school.member, RIGHT)
    attempts, results = stored(school, Attempt), stored(school, Result)
    copied = school.copy(quiz)
    assert used(school, copied) == used(school, quiz)
    assert copied.criteria == quiz.criteria
    assert (stored(school, Attempt), stored(school, Result)) == (attempts, results)
    assert (stored(school, Quiz), stored(school, Question)) == (1, len(ALL))
    take(copied, school.other_course_member, RIGHT)
    result = school.result(copied.id, school.other_course_member)
    assert result is not None
    assert result.score == 100


def test_editing_the_source_never_changes_the_copy(school: School, quizzes: Quizzes, teacher: SignedInClient) -> None:
    quiz = quizzes.quiz(SINGLE, TRUTH)
    copied = school.copy(quiz)
    before = used(school, copied)
    author = school.client(school.instructor)
    version = used(school, quiz).items[0].version
    fields = {"stem": "CHANGED IN THE SOURCE", "points": "1", **SINGLE_FIELDS}
    assert author.post_form(f"/quizzes/{quiz.id}/questions/{version}", fields).status_code == 303
    assert (
        author.post_form(f"/quizzes/{quiz.id}/arrange", {"do": f"remove:{before.items[1].version}"}).status_code == 303
    )
    assert len(used(school, quiz).items) == 1
    assert used(school, copied) == before
    assert "CHANGED IN THE SOURCE" not in teacher.get(f"/quizzes/{copied.id}/edit").text


@pytest.mark.parametrize("step", ["down", "remove"])
def test_first_arrangement_in_the_copy_makes_a_quiz_of_its_own(
    school: School, quizzes: Quizzes, teacher: SignedInClient, step: str
) -> None:
    quiz = quizzes.quiz(SINGLE, TRUTH)
    copied = school.copy(quiz)
    before = used(school, quiz)
    first = before.items[0].version
    assert teacher.post_form(f"/quizzes/{copied.id}/arrange", {"do": f"{step}:{first}"}).status_code == 303
    after = used(school, copied)
    assert after.quiz_id != before.quiz_id
    assert after.items != before.items
    assert used(school, quiz) == before
    with school.database.reading() as session:
        assert session.get_one(Quiz, after.quiz_id).context_id == school.other_context_id
        assert session.scalars(select(QuizVersion.number).where(QuizVersion.quiz_id == before.quiz_id)).all() == [1]


def test_question_edited_in_the_copy_is_a_question_of_its_own(
    school: School, quizzes: Quizzes, teacher: SignedInClient
) -> None:
    quiz = quizzes.quiz(SINGLE, TRUTH)
    copied = school.copy(quiz)
    before = used(school, quiz)
    address = f"/quizzes/{copied.id}/questions/{before.items[0].version}"
    assert teacher.get(address).status_code == 200
    fields = {"stem": "CHANGED IN THE COPY", "points": "3", **SINGLE_FIELDS}
    assert teacher.post_form(address, fields).status_code == 303
    after = used(school, copied)
    assert used(school, quiz) == before
    assert after.items[1] == before.items[1]
    with school.database.reading() as session:
        version = session.get_one(QuestionVersion, after.items[0].version)
        question = session.get_one(Question, version.question_id)
        assert (version.number, question.context_id) == (1, school.other_context_id)
        numbers = session.scalars(
            select(QuestionVersion.number).join(Question).where(Question.context_id == school.context_id)
        )
        assert set(numbers) == {1}
    # The next edit makes the next version of it.
    again = f"/quizzes/{copied.id}/questions/{after.items[0].version}"
    assert teacher.post_form(again, fields | {"stem": "AGAIN"}).status_code == 303
    latest = used(school, copied).items[0].version
    with school.database.reading() as session:
        assert session.get_one(QuestionVersion, latest).number == 2


def test_question_that_the_copy_does_not_ask_does_not_exist_there(
    school: School, quizzes: Quizzes, teacher: SignedInClient
) -> None:
    copied = school.copy(quizzes.quiz(SINGLE))
    foreign = used(school, quizzes.quiz(TRUTH, title="Another")).items[0].version
    address = f"/quizzes/{copied.id}/questions/{foreign}"
    fields = {"stem": "x", "points": "1", "answer": "true"}
    nowhere = f"/quizzes/{copied.id}/questions/999999"
    assert teacher.get(address).status_code == teacher.get(nowhere).status_code == 404
    assert teacher.post_form(address, fields).status_code == 404


def test_settings_of_the_copy_are_its_own(school: School, quizzes: Quizzes) -> None:
    quiz = quizzes.quiz(SINGLE)
    copied = school.copy(quiz)
    with school.database.writing() as session:
        session.get_one(QuizUse, copied.id).settings = Settings(pass_percent=99).to_json()
    assert used(school, quiz).settings.pass_percent != 99


def test_new_question_in_the_copy_belongs_to_it(school: School, quizzes: Quizzes, teacher: SignedInClient) -> None:
    quiz = quizzes.quiz(SINGLE)
    copied = school.copy(quiz)
    new = f"/quizzes/{copied.id}/questions/new?kind=true_false"
    assert teacher.post_form(new, {"stem": "New?", "points": "1", "answer": "true"}).status_code == 303
    assert [len(used(school, each).items) for each in (quiz, copied)] == [1, 2]
