"""Scores and results: what the gradebook takes, refuses, forgets; and what it does on a bad day."""

from datetime import timedelta
from typing import Any

import pytest

from lti_tool.demo.names import SCOPE_RESULT_READ, TYPE_RESULTS, TYPE_SCORE
from tests.demo.conftest import Services, StillClock
from tests.lms_client import LmsDriver

pytestmark = pytest.mark.once

CELL = ("小测", "member1")


def later(clock: StillClock, seconds: float) -> Any:
    return clock.now() + timedelta(seconds=seconds)


def test_score_stands_in_the_gradebook_rescaled_to_the_column(services: Services, clock: StillClock) -> None:
    assert services.score("link-quiz", at=clock.now(), comment="好").status == 200
    cell = services.lms.gradebook("course-1")[CELL]
    assert (cell["score"], cell["maximum"], cell["comment"]) == (16, 20, "好")
    assert (cell["activity_progress"], cell["grading_progress"]) == ("Completed", "FullyGraded")
    [logged] = services.lms.score_log()
    assert (logged["person_id"], logged["score"], logged["status"], logged["was_stored"]) == ("member1", 8, 200, 1)


@pytest.mark.parametrize("seconds", [0, -1, -3600])
def test_timestamp_that_does_not_grow_is_409(services: Services, clock: StillClock, seconds: int) -> None:
    services.score("link-quiz", at=clock.now())
    assert services.score("link-quiz", given=9, at=later(clock, seconds)).status == 409
    assert services.lms.gradebook()[CELL]["score"] == 16
    assert [row["status"] for row in services.lms.score_log()] == [200, 409]


def test_timestamps_grow_per_member(services: Services, clock: StillClock) -> None:
    services.score("link-quiz", at=clock.now())
    assert services.score("link-quiz", "member2", at=clock.now()).status == 200


def test_moodle_compares_whole_seconds(services: Services, clock: StillClock) -> None:
    assert services.score("link-home", at=later(clock, 0.1)).status == 200
    assert services.score("link-home", at=later(clock, 0.9)).status == 200
    services.lms.profile("moodle")
    assert services.score("link-quiz", at=later(clock, 0.1)).status == 200
    assert services.score("link-quiz", at=later(clock, 0.9)).status == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"scoreGiven": None, "activityProgress": "InProgress", "gradingProgress": "NotReady"},
        {"gradingProgress": "PendingManual"},
    ],
)
def test_score_that_gives_no_grade_takes_the_grade_away(
    services: Services, clock: StillClock, changes: dict[str, Any]
) -> None:
    services.score("link-quiz", at=clock.now())
    assert services.score("link-quiz", at=later(clock, 1), **changes).status == 200
    assert services.lms.gradebook()[CELL]["score"] is None


def test_comment_that_is_not_sent_again_is_gone(services: Services, clock: StillClock) -> None:
    services.score("link-quiz", at=clock.now(), comment="好")
    services.score("link-quiz", at=later(clock, 1))
    assert services.lms.gradebook()[CELL]["comment"] == ""


@pytest.mark.parametrize("person", ["nobody", "member5", "teacher"])
def test_who_gets_no_grades_here_is_400(services: Services, clock: StillClock, person: str) -> None:
    assert services.score("link-quiz", person, at=clock.now()).status == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"userId": None}, {"userId": 7}, {"timestamp": None}, {"timestamp": "2026-11-20T10:00:00"}, {"timestamp": "now"},
        {"activityProgress": None}, {"activityProgress": "Foo"}, {"gradingProgress": None}, {"scoreMaximum": None},
        {"scoreMaximum": 0}, {"scoreGiven": -1}, {"scoreGiven": "8"}, {"scoreGiven": True}, {"scoreGiven": float("nan")},
        {"comment": 5},
    ],
)  # fmt: skip
def test_bad_score_is_400(services: Services, clock: StillClock, changes: dict[str, Any]) -> None:
    assert services.score("link-quiz", at=clock.now(), **changes).status == 400
    assert services.lms.gradebook() == {}
    assert [row["was_stored"] for row in services.lms.score_log()] == [0]


@pytest.mark.parametrize("media", ["application/json", "application/vnd.ims.lis.v2.score+json"])
def test_score_under_another_media_type_is_415(services: Services, media: str) -> None:
    assert services.send_score(services.line_item("link-quiz"), {}, media).status == 415


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"7"])
def test_body_that_is_no_json_object_is_400(services: Services, body: bytes) -> None:
    assert services.send_score(services.line_item("link-quiz"), body).status == 400


def test_charset_on_the_media_type_does_no_harm_in_the_moodle_profile(services: Services) -> None:
    services.lms.profile("moodle")
    answer = services.send_score(services.line_item("link-quiz"), {}, f"{TYPE_SCORE}; charset=utf-8")
    assert (answer.status, "userId" in answer.text) == (400, True)


def test_score_needs_its_scope(services: Services) -> None:
    token = services.token(SCOPE_RESULT_READ)
    assert services.send_score(services.line_item("link-quiz"), {}, token=token).status == 403
    assert services.send_score(services.line_item("link-quiz"), {}, token="rubbish").status == 401


def test_deleted_column_is_404(services: Services, clock: StillClock) -> None:
    services.score("link-quiz", at=clock.now())
    item, url = services.lms.gradebook()[CELL]["line_item"], services.line_item("link-quiz")
    services.lms.control("DELETE", f"columns/{item}")
    assert services.send_score(url, {"userId": "member1", "timestamp": clock.now().isoformat(timespec="milliseconds"),
                                     "activityProgress": "Completed", "gradingProgress": "FullyGraded"}).status == 404  # fmt: skip
    assert services.lms.gradebook() == {}


def test_column_is_gone_while_grades_are_not_allowed(services: Services, clock: StillClock) -> None:
    url = services.line_item("link-quiz")
    services.lms.allow_grades("link-quiz", allowed=False)
    body = {"userId": "member1", "timestamp": clock.now().isoformat(timespec="milliseconds"), "activityProgress": "Completed",
            "gradingProgress": "FullyGraded", "scoreGiven": 1, "scoreMaximum": 1}  # fmt: skip
    assert services.send_score(url, body).status == 404
    services.lms.allow_grades("link-quiz")
    assert services.send_score(url, body).status == 200


def test_results_list_grades_and_leave_out_who_has_none(services: Services, clock: StillClock) -> None:
    services.score("link-quiz", at=clock.now())
    services.score("link-quiz", "member2", 5, at=clock.now())
    services.score("link-quiz", "member3", None, at=clock.now())
    url = services.line_item("link-quiz")
    answer = services.call("GET", f"{url}/results", media=TYPE_RESULTS)
    assert answer.headers["Content-Type"] == TYPE_RESULTS
    assert [(row["userId"], row["resultScore"], row["resultMaximum"]) for row in answer.json()] == [
        ("member1", 16, 20), ("member2", 10, 20),
    ]  # fmt: skip
    assert answer.json()[0]["scoreOf"] == url
    [only] = services.call("GET", f"{url}/results?user_id=member2", media=TYPE_RESULTS).json()
    assert only["userId"] == "member2"
    assert services.call("GET", f"{url}/results", media="*/*").status == 406


def test_line_item_url_keeps_its_query_in_the_moodle_profile(services: Services, clock: StillClock) -> None:
    services.lms.profile("moodle")
    assert services.line_item("link-quiz").endswith("/lineitem?type_id=1")
    assert services.score("link-quiz", at=clock.now()).status == 200


@pytest.mark.parametrize("status", [404, 409, 429, 500])
def test_planned_status_stores_nothing_and_is_logged(services: Services, clock: StillClock, status: int) -> None:
    services.lms.fault("scores", "status", status=status, times=1)
    assert services.score("link-quiz", at=clock.now()).status == status
    assert services.lms.gradebook() == {}
    assert services.score("link-quiz", at=clock.now()).status == 200
    assert [row["status"] for row in services.lms.score_log()] == [status, 200]


def test_html_answer_stores_nothing(services: Services, clock: StillClock) -> None:
    services.lms.fault("services", "html")
    services.lms.behave()
    services.lms.fault("scores", "html", times=1)
    answer = services.score("link-quiz", at=clock.now())
    assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/html")
    assert services.lms.gradebook() == {}


def test_lost_score_is_answered_200_and_not_stored(services: Services, clock: StillClock) -> None:
    services.lms.fault("scores", "lose", times=1)
    assert services.score("link-quiz", at=clock.now()).status == 200
    assert services.lms.gradebook() == {}
    assert [(row["status"], row["was_stored"]) for row in services.lms.score_log()] == [(200, 0)]


def test_lie_stores_and_answers_500(services: Services, clock: StillClock) -> None:
    services.lms.fault("scores", "lie", status=500, times=1)
    assert services.score("link-quiz", at=clock.now()).status == 500
    assert services.lms.gradebook()[CELL]["score"] == 16
    assert [(row["status"], row["was_stored"]) for row in services.lms.score_log()] == [(500, 1)]


def test_dropped_answer_is_stored_and_nobody_hears_of_it(services: Services, clock: StillClock) -> None:
    services.lms.fault("scores", "drop", times=1)
    with pytest.raises(ConnectionResetError):
        services.score("link-quiz", at=clock.now())
    assert services.lms.gradebook()[CELL]["score"] == 16
    assert [(row["was_stored"], row["reason"]) for row in services.lms.score_log()] == [(1, "planned drop")]


@pytest.mark.parametrize("kind", ["close", "nothing"])
def test_hung_up_call_is_logged_without_an_answer(services: Services, clock: StillClock, kind: str) -> None:
    services.lms.fault("scores", kind, seconds=0, times=1)
    with pytest.raises(ConnectionResetError):
        services.score("link-quiz", at=clock.now())
    assert [(row["status"], row["was_stored"]) for row in services.lms.score_log()] == [(0, 0)]


def test_share_of_faults_is_repeatable_by_its_seed(services: Services, clock: StillClock) -> None:
    def run() -> list[int]:
        services.lms.behave()
        services.lms.fault("results", "status", status=500, percent=50, seed=7)
        url = services.line_item("link-quiz")
        token = services.token()
        return [services.call("GET", f"{url}/results", media=TYPE_RESULTS, token=token).status for _ in range(12)]

    first = run()
    assert set(first) == {200, 500}
    assert run() == first


def test_unknown_fault_is_refused(lms: LmsDriver) -> None:
    for plan in (
        {"endpoint": "moon", "kind": "status"},
        {"endpoint": "scores", "kind": "explode"},
        {"endpoint": "scores"},
    ):
        reply = lms.browser(None).request("POST", f"{lms.base_url}/control/faults", headers={"Content-Type": "application/json"},
                                          body=str(plan).replace("'", '"').encode())  # fmt: skip
        assert reply.status == 400


def test_emptied_gradebook_takes_the_same_scores_again(services: Services, clock: StillClock) -> None:
    services.score("link-quiz", at=clock.now())
    services.lms.control("DELETE", "gradebook")
    assert (services.lms.gradebook(), services.lms.score_log()) == ({}, [])
    assert services.score("link-quiz", at=clock.now()).status == 200
