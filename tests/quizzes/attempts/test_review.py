"""Review options: key and feedback never appear in any answer of the server while they are hidden."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizzes.papers.rules import (
    DEFAULT_REVIEW,
    Moment,
    Review,
    Settings,
    Shown,
    moment_of,
    visible,
)
from tests.quizzes.conftest import SINGLE, Quizzes
from tests.school import School

T0 = datetime(2026, 11, 20, tzinfo=UTC)
KEYS = ("KEYDATE", "KEYPLACE", "98765")
EXPLANATIONS = tuple(f"EXPLAIN-{name}" for name in ("SINGLE", "MULTIPLE", "TRUTH", "BLANKS", "NUMBER"))
FEEDBACK = ("FEEDBACK-SINGLE-RIGHT", "FEEDBACK-SINGLE-WRONG")


@pytest.mark.parametrize(
    ("is_open", "finished", "closes", "now", "moment"),
    [
        (True, None, None, 0, Moment.during),
        (True, None, 0, 10, Moment.during),
        (False, 0, None, 119, Moment.right_after),
        (False, 0, None, 120, Moment.later),
        (False, 0, 60, 60, Moment.after_close),
        (False, 0, 600, 300, Moment.later),
    ],
)
def test_moment(is_open: bool, finished: int | None, closes: int | None, now: int, moment: Moment) -> None:
    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else T0 + timedelta(seconds=seconds)

    found = moment_of(is_open=is_open, finished_at=at(finished), closes=at(closes), now=T0 + timedelta(seconds=now))
    assert found is moment


def test_without_the_attempt_nothing_of_its_questions_is_visible() -> None:
    review = frozenset((shown, Moment.later) for shown in Shown if shown is not Shown.attempt)
    assert visible(review, Moment.later) == {Shown.marks, Shown.overall_feedback}


def test_settings_survive_storage() -> None:
    assert Settings.from_json(Settings().to_json()) == Settings()
    assert Settings.from_json({}).review == DEFAULT_REVIEW


reviews = st.frozensets(st.tuples(st.sampled_from(Shown), st.sampled_from([Moment.during, Moment.right_after])))


@given(review=reviews)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hidden_things_never_leave_the_server(review: Review, quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(settings=Settings(review=review, shuffle_options=False))
    person = school.new_member(f"p{activity.id}")
    client = school.client(person)
    sitting = quizzes.begin(activity, person, client)
    told = [client.get(f"/quizzes/{activity.id}"), client.get(sitting.url), client.get(f"{sitting.url}?page=2")]
    for slot, response in {1: "b", 2: ["c"], 3: True, 4: ["no", "no"], 5: "1"}.items():
        told.append(sitting.answer(slot, response))
    told += [client.get(f"{sitting.url}/submit"), client.get(f"{sitting.url}/clock"), sitting.answer(1, "c", seq=1)]
    during = "".join(answer.get_data(as_text=True) for answer in told)
    for secret in (*KEYS, *EXPLANATIONS, *FEEDBACK):
        assert secret not in during
    sitting.submit()
    after = client.get(f"{sitting.url}/result").get_data(as_text=True)
    after += client.get(f"/quizzes/{activity.id}").get_data(as_text=True)
    shown = visible(review, Moment.right_after)
    for secret in KEYS:
        assert (secret in after) == (Shown.right_answer in shown)
    for secret in EXPLANATIONS:
        assert (secret in after) == (Shown.general_feedback in shown)
    assert ("FEEDBACK-SINGLE-WRONG" in after) == (Shown.specific_feedback in shown)
    assert "FEEDBACK-SINGLE-RIGHT" not in after
    assert ("Which comes first?" in after) == (Shown.attempt in shown)
    assert ("opt--wrong" in after) == (Shown.correctness in shown)
    assert ("opt--right" in after) == (Shown.right_answer in shown)
    assert ("score__n" in after) == (Shown.marks in shown)


def test_key_appears_once_the_quiz_has_closed(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(closes_at=school.now + timedelta(hours=1))
    sitting = quizzes.begin(activity, school.member)
    sitting.submit()
    assert "KEYDATE" not in sitting.client.get(f"{sitting.url}/result").get_data(as_text=True)
    quizzes.change(activity, closes_at=school.now)
    assert "KEYDATE" in sitting.client.get(f"{sitting.url}/result").get_data(as_text=True)


def test_one_question_is_one_question_in_english(quizzes: Quizzes, school: School) -> None:
    sitting = quizzes.begin(quizzes.quiz(SINGLE), school.member)
    sitting.answer(1, "a")
    sitting.submit()
    sitting.client.post_form("/preferences", {"language": "en"})
    page = sitting.client.get(f"{sitting.url}/result").get_data(as_text=True)
    assert "1 question<" in page
    assert "1 questions" not in page
