"""The autosave: two statements at most, the latest change wins, and nobody writes what is not his."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from lti_tool.core.clock import FakeClock
from lti_tool.identity.actor import Carrier
from lti_tool.identity.models import BrowserSession, Grant
from quizzes.papers.rules import Settings
from tests.quizzes.conftest import SINGLE, Quizzes, Sitting
from tests.school import School

TIMED = Settings(time_limit_seconds=600, shuffle_options=False)


@contextmanager
def statements(school: School) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    event.listen(school.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(school.database.engine, "before_cursor_execute", note)


@pytest.fixture
def sitting(quizzes: Quizzes, school: School) -> Sitting:
    return quizzes.begin(quizzes.quiz(settings=TIMED), school.member)


@pytest.mark.shows("P-03")
def test_saved_answer_is_one_statement(sitting: Sitting, school: School) -> None:
    sitting.answer(1, "a")
    with statements(school) as seen:
        assert sitting.answer(1, "b").status_code == 200
    assert len(seen) == 1


@pytest.mark.shows("P-03")
def test_refused_answer_is_two_statements(sitting: Sitting, school: School, clock: FakeClock) -> None:
    clock.advance(timedelta(minutes=12))
    with statements(school) as seen:
        assert sitting.answer(1, "b").status_code == 409
    assert len(seen) == 2


def test_answer_says_when_it_was_saved_and_how_much_time_is_left(
    quizzes: Quizzes, school: School, clock: FakeClock
) -> None:
    activity = quizzes.quiz(settings=TIMED)
    quizzes.begin(quizzes.quiz(SINGLE, title="Untimed"), school.member)
    clock.advance(timedelta(minutes=1))
    quizzes.begin(activity, school.member2)
    clock.advance(timedelta(minutes=1))
    sitting = quizzes.begin(activity, school.member)
    clock.advance(timedelta(minutes=3))
    answer = sitting.answer(2, ["a", "c"])
    assert answer.json == {"saved_at": school.now.isoformat(), "seq": 1, "remaining_ms": 7 * 60_000}


@pytest.mark.shows("F-05")
def test_WS_09_older_answer_that_comes_late_does_not_overwrite(sitting: Sitting, quizzes: Quizzes) -> None:
    sitting.answer(1, "a", seq=20)
    late = sitting.answer(1, "b", seq=10)
    assert late.status_code == 200
    assert late.json is not None
    assert late.json["seq"] == 20
    assert quizzes.answers(sitting.attempt_id) == {1: "a"}


@pytest.mark.shows("F-05")
def test_answer_sent_twice_is_saved_once(sitting: Sitting, quizzes: Quizzes) -> None:
    assert [sitting.answer(1, "a", seq=5).status_code for _ in range(2)] == [200, 200]
    assert quizzes.answers(sitting.attempt_id) == {1: "a"}


@pytest.mark.shows("F-05")
def test_WS_09_second_tab_may_change_an_answer_later(sitting: Sitting, school: School, quizzes: Quizzes) -> None:
    sitting.answer(1, "a", seq=1000)
    other = Sitting(school.client(school.member), sitting.attempt_id)
    assert other.answer(1, "c", seq=2000).status_code == 200
    assert quizzes.answers(sitting.attempt_id) == {1: "c"}


def test_blank_answer_takes_the_former_back(sitting: Sitting, quizzes: Quizzes) -> None:
    sitting.answer(4, ["x", "y"])
    sitting.answer(4, ["", ""])
    assert quizzes.answers(sitting.attempt_id) == {4: None}


@pytest.mark.shows("F-05")
def test_WS_09_late_packets_are_taken_for_a_minute(sitting: Sitting, clock: FakeClock) -> None:
    clock.advance(timedelta(minutes=10, seconds=60))
    assert sitting.answer(1, "a").status_code == 200
    clock.advance(timedelta(seconds=1))
    late = sitting.answer(1, "b")
    assert late.status_code == 409
    assert late.json is not None
    assert late.json["error"] == "DK-409-TIME"


def test_answer_after_handing_in_is_refused(sitting: Sitting, quizzes: Quizzes) -> None:
    sitting.answer(1, "a")
    sitting.submit()
    assert sitting.answer(1, "b").status_code == 409
    assert quizzes.answers(sitting.attempt_id) == {1: "a"}


@pytest.mark.shows("F-06")
def test_nobody_writes_into_the_attempt_of_another(sitting: Sitting, school: School, quizzes: Quizzes) -> None:
    for person in (school.member2, school.instructor, *school.strangers):
        assert Sitting(school.client(person), sitting.attempt_id).answer(1, "b").status_code == 404, person.name
    assert quizzes.answers(sitting.attempt_id) == {}
    assert Sitting(sitting.client, 999_999).answer(1, "a").status_code == 404


def test_page_of_a_former_member_is_told_that_the_session_changed(
    sitting: Sitting, school: School, quizzes: Quizzes
) -> None:
    """Another member launches in the same browser: the cookie is his, the open page's token still the former one's."""
    second = school.client(school.member2)
    second.csrf = sitting.client.csrf
    answer = Sitting(second, sitting.attempt_id).answer(1, "a")
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["error"] == "DK-409-SESSION"
    assert quizzes.answers(sitting.attempt_id) == {}


def test_without_token_or_session_nothing_is_written(sitting: Sitting, school: School, quizzes: Quizzes) -> None:
    token = sitting.client.csrf
    sitting.client.csrf = "1.2.forged"
    assert sitting.answer(1, "a").status_code == 403
    nobody = school.client(None)
    nobody.csrf = token
    ended = Sitting(nobody, sitting.attempt_id).answer(1, "a")
    assert ended.json is not None
    assert (ended.status_code, ended.json["error"]) == (409, "DK-409-ENDED")
    assert quizzes.answers(sitting.attempt_id) == {}


def test_idle_session_is_over(sitting: Sitting, quizzes: Quizzes, clock: FakeClock, school: School) -> None:
    free = quizzes.begin(quizzes.quiz(SINGLE, title="Free"), school.member2)
    clock.advance(timedelta(minutes=61))
    answer = free.answer(1, "a")
    assert answer.json is not None
    assert (answer.status_code, answer.json["error"]) == (409, "DK-409-ENDED")
    assert answer.json["message"] == "登录已经过期"
    assert "重新打开" in answer.json["action"]
    assert "另一个人" not in answer.text
    assert quizzes.answers(free.attempt_id) == {}


@pytest.mark.parametrize("table", [Grant, BrowserSession])
def test_expired_grant_or_session_is_told_as_such(
    table: type[Grant] | type[BrowserSession], sitting: Sitting, school: School, clock: FakeClock
) -> None:
    with school.database.writing() as session:
        session.execute(update(table).values(expires_at=clock.now()))
    answer = sitting.answer(1, "a")
    assert answer.json is not None
    assert (answer.status_code, answer.json["error"]) == (409, "DK-409-ENDED")


def test_page_of_a_former_session_of_the_same_member_is_told_that_it_ended(sitting: Sitting, school: School) -> None:
    again = school.client(school.member)
    again.csrf = sitting.client.csrf
    answer = Sitting(again, sitting.attempt_id).answer(1, "a")
    assert answer.json is not None
    assert (answer.status_code, answer.json["error"]) == (409, "DK-409-ENDED")


@pytest.mark.shows("E-07")
def test_bearer_page_saves_too(quizzes: Quizzes, school: School) -> None:
    client = school.client(school.member, carrier=Carrier.bearer)
    sitting = quizzes.begin(quizzes.quiz(SINGLE), school.member, client)
    assert sitting.answer(1, "a").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"slot": "1", "seq": 1},
        {"slot": 1},
        {"slot": True, "seq": 1},
        {"slot": 1, "seq": 0},
        {"slot": 1, "seq": 2**63},
        {"slot": 0, "seq": 1},
        {"slot": 1, "seq": 1, "response": {"a": 1}},
        {"slot": 1, "seq": 1, "response": 5},
        {"slot": 1, "seq": 1, "response": ["x"] * 500},
        {"slot": 1, "seq": 1, "response": ["x" * 5000]},
        {"slot": 1, "seq": 1, "response": [["a"]]},
    ],
)
def test_bad_body_is_refused(body: object, sitting: Sitting, quizzes: Quizzes) -> None:
    assert sitting.client.post_json(f"{sitting.url}/answers", body).status_code == 400
    assert quizzes.answers(sitting.attempt_id) == {}


def test_question_that_is_not_in_the_paper_does_not_exist(sitting: Sitting) -> None:
    assert sitting.answer(6, "a").status_code == 404


def test_answer_that_fits_no_question_is_worth_nothing(sitting: Sitting, quizzes: Quizzes) -> None:
    for slot, response in ((1, ["a", "b"]), (2, "zzz"), (3, "true"), (4, True), (5, ["1"])):
        assert sitting.answer(slot, response).status_code == 200
    sitting.submit()
    assert quizzes.attempt(sitting.attempt_id).score == 0
    assert sitting.client.get(f"{sitting.url}/result").status_code == 200


def test_clock_says_what_the_server_thinks(
    sitting: Sitting, clock: FakeClock, quizzes: Quizzes, school: School
) -> None:
    clock.advance(timedelta(minutes=9))
    said = sitting.client.get(f"{sitting.url}/clock").json
    assert said is not None
    assert (said["state"], said["remaining_ms"]) == ("in_progress", 60_000)
    attempt = quizzes.attempt(sitting.attempt_id)
    with school.database.reading() as session:
        from lti_tool.ledger.models import Activity

        activity = session.get_one(Activity, attempt.activity_id)
    quizzes.change(activity, closes_at=school.now + timedelta(seconds=30))
    said = sitting.client.get(f"{sitting.url}/clock").json
    assert said is not None
    assert said["remaining_ms"] == 30_000
