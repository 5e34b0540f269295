"""The same way against the demo LMS, with its planned faults: the gradebook must end up right."""

from datetime import timedelta
from typing import Any

import pytest

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.ledger.rules import PostState
from lti_tool.lms.connector import Connector
from lti_tool.passback import columns
from lti_tool.passback.drain import Drain
from tests.lms_client import LmsDriver
from tests.passback.conftest import Recorder
from tests.passback.demo.conftest import Course
from tests.school import School


def state_of(school: School, column: int) -> tuple[PostState, str]:
    post = school.post(column, school.member)
    assert post is not None
    return post.state, post.cause


def score_of(lms: LmsDriver, person: str = "member1") -> Any:
    return lms.gradebook("course-1").get(("小测", person), {}).get("score")


def test_AG_17_result_stands_in_the_gradebook(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver
) -> None:
    activity, column = course.link()
    reach(activity.id, school.member, "17.5")
    drain.run()
    cell = lms.gradebook("course-1")["小测", "member1"]
    assert (cell["score"], cell["activity_progress"], cell["grading_progress"]) == (17.5, "Completed", "FullyGraded")
    assert state_of(school, column) == (PostState.sent, "")


def test_better_attempt_replaces_the_grade(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock
) -> None:
    activity, _ = course.link()
    for score in ("5", "17"):
        reach(activity.id, school.member, score)
        drain.run()
    assert score_of(lms) == 17
    assert {entry["status"] for entry in lms.score_log()} == {200}


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_grade_arrives_when_the_lms_has_recovered(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock, status: int
) -> None:
    activity, column = course.link()
    lms.fault("scores", "status", status=status, times=3, headers={"Retry-After": "10"} if status == 429 else {})
    reach(activity.id, school.member, "17")
    drain.run()
    assert state_of(school, column)[0] is PostState.waiting
    for _ in range(30):
        clock.advance(timedelta(seconds=10))
        drain.run()
    assert score_of(lms) == 17
    assert state_of(school, column) == (PostState.sent, "")


@pytest.mark.parametrize("fault", ["nothing", "close", "html"])
@pytest.mark.parametrize("endpoint", ["token", "scores"])
def test_grade_arrives_when_the_lms_answered_nothing_or_a_page(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock,
    endpoint: str, fault: str,
) -> None:  # fmt: skip
    activity, column = course.link()
    lms.fault(endpoint, fault, seconds=0, times=2)
    reach(activity.id, school.member, "17")
    drain.run()
    assert state_of(school, column)[0] is PostState.waiting
    for _ in range(10):
        clock.advance(timedelta(seconds=10))
        drain.run()
    assert score_of(lms) == 17


def test_grade_is_right_when_the_lms_stored_it_and_said_500(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock
) -> None:
    activity, column = course.link()
    lms.fault("scores", "lie", status=500, times=1)
    reach(activity.id, school.member, "17")
    for _ in range(3):
        drain.run()
        clock.advance(timedelta(seconds=10))
    assert score_of(lms) == 17
    assert state_of(school, column) == (PostState.sent, "")


def test_AG_28_deleted_column_waits_until_there_is_a_new_one(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock
) -> None:
    activity, column = course.link()
    lms.fault("scores", "status", status=404, times=1)
    reach(activity.id, school.member, "17")
    drain.run()
    assert state_of(school, column) == (PostState.waiting_for_column, "column_gone")


def test_column_that_the_lms_still_has_after_a_404_is_found_again(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock,
    connector: Connector, database: Database,
) -> None:  # fmt: skip
    activity, column = course.link()
    lms.fault("scores", "status", status=404, times=1)
    reach(activity.id, school.member, "17")
    drain.run()
    clock.advance(columns.EVERY)
    assert columns.look(database, connector, clock.now()) == 1
    drain.run()
    assert score_of(lms) == 17
    assert state_of(school, column) == (PostState.sent, "")


def test_AG_14_grade_that_the_lms_calls_old_is_refused_once_and_no_more(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock
) -> None:
    activity, column = course.link()
    lms.fault("scores", "status", status=409)
    reach(activity.id, school.member, "17")
    for _ in range(10):
        drain.run()
        clock.advance(timedelta(minutes=10))
    assert state_of(school, column) == (PostState.refused, "newer_in_lms")
    assert len(lms.score_log()) == 2


def test_column_that_is_allowed_late_gets_all_earlier_results(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock,
    connector: Connector, database: Database,
) -> None:  # fmt: skip
    activity, _ = course.link("link-late", maximum=100)
    for person in (school.member, school.member2):
        reach(activity.id, person, "80")
    drain.run()
    assert columns.look(database, connector, clock.now()) == 0
    assert lms.score_log() == []
    lms.allow_grades("link-late")
    clock.advance(columns.EVERY)
    assert columns.look(database, connector, clock.now()) == 1
    drain.run()
    book = lms.gradebook("course-1")
    assert [book["讨论", person]["score"] for person in ("member1", "member2")] == [80, 80]


def test_AG_26_who_left_the_course_is_refused_with_the_cause(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver
) -> None:
    activity, column = course.link()
    lms.control("POST", "enrolment", {
        "course": "course-1", "person": "member1", "role": "Learner", "status": "Inactive",
    })  # fmt: skip
    reach(activity.id, school.member, "17")
    drain.run()
    assert state_of(school, column) == (PostState.refused, "not_graded")
