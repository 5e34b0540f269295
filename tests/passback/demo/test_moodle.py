"""Moodle's traps for grades, columns and tokens, each against the demo LMS as Moodle: moodle-4.5.md, sections 3, 4 and 8."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Member, Registration
from lti_tool.ledger import services
from lti_tool.ledger.models import Activity, LineItem, LineItemSource, LineItemState, Placement, ScorePost
from lti_tool.ledger.rules import Outcome, PostState
from lti_tool.lms.connector import SCOPE_LINE_ITEM, SCOPE_SCORE, Connector, results_url
from lti_tool.lms.platform import find_platform
from lti_tool.passback import columns
from lti_tool.passback.drain import Drain
from lti_tool.passback.rules import BREAKER_AFTER
from tests.lms_client import LmsDriver
from tests.passback.conftest import Recorder
from tests.passback.demo.conftest import Course
from tests.school import Person, School


@pytest.fixture
def kind(lms: LmsDriver, database: Database, school: School) -> str:
    """Moodle only, and known to us as one."""
    lms.profile("moodle")
    with database.writing() as session:
        session.execute(update(Registration).where(Registration.id == school.registration_id).values(family="moodle"))
    return "moodle"


@pytest.fixture
def finish(course: Course, drain: Drain, reach: Recorder, school: School) -> Callable[[str], int]:
    """finish("17"): the member reaches it in the quiz, and it is sent; returns our line item's id."""
    activity, column = course.link()

    def reached(score: str) -> int:
        reach(activity.id, school.member, score)
        drain.run()
        return column

    return reached


def state_of(school: School, column: int) -> tuple[PostState, str]:
    post = school.post(column, school.member)
    assert post is not None
    return post.state, post.cause


def cell(lms: LmsDriver) -> dict[str, Any]:
    return dict(lms.gradebook("course-1")["小测", "member1"])


# Section 3: tokens


@pytest.mark.parametrize(
    "body",
    [
        '{"error": "Expired token"}',
        '{"error" : "Cannot handle token with iat prior to 2026-11-21T01:52:59+0800"}',
        '{"error" : ""kid" invalid, unable to lookup correct key"}',
        "error/Error: kid must be provided in JWT header.",
        '{"error":"invalid_client"}',
    ],
    ids=["expired", "iat ahead", "broken JSON", "no JSON", "unknown client"],
)
def test_TO_09_token_that_moodle_refuses_in_any_words_waits_for_the_administrator(
    finish: Callable[[str], int], school: School, lms: LmsDriver, drain: Drain, clock: FakeClock, body: str
) -> None:
    lms.fault("token", "status", status=400, body=body)
    column = finish("17")
    assert state_of(school, column) == (PostState.waiting, "keys_refused")
    lms.behave()
    clock.advance(timedelta(minutes=15))
    drain.run()
    assert cell(lms)["score"] == 17


def test_token_without_the_scope_of_scores_closes_the_column(
    finish: Callable[[str], int], school: School, lms: LmsDriver, database: Database
) -> None:
    lms.fault("token", "status", status=400, body='{"error":"invalid_scope"}')
    column = finish("17")
    assert state_of(school, column) == (PostState.waiting_for_column, "no_scope")
    with database.reading() as session:
        assert session.get_one(LineItem, column).state is LineItemState.forbidden


def test_key_set_that_moodle_may_not_fetch_is_told_as_such(
    finish: Callable[[str], int], school: School, lms: LmsDriver, drain: Drain, clock: FakeClock
) -> None:
    """Its default cURL security: works in the launch, fails in grades, and the answer is a 404 page that says nothing."""
    lms.fault("token", "status", status=404, body="<!DOCTYPE html><title>Error</title>")
    column = finish("17")
    assert state_of(school, column) == (PostState.waiting, "keys_unread")
    lms.behave()
    clock.advance(timedelta(minutes=15))
    drain.run()
    assert state_of(school, column) == (PostState.sent, "")


def test_answer_of_the_token_endpoint_is_read_though_it_calls_itself_a_page(
    finish: Callable[[str], int], lms: LmsDriver
) -> None:
    finish("17")
    assert cell(lms)["score"] == 17
    assert lms.refusals() == []


def test_token_that_moodle_does_not_know_any_more_is_renewed_with_the_same_score(
    finish: Callable[[str], int], school: School, lms: LmsDriver
) -> None:
    """It says 401 to any token it does not like, never 403."""
    lms.fault("scores", "status", status=401, times=1)
    column = finish("17")
    assert state_of(school, column) == (PostState.sent, "")
    assert cell(lms)["score"] == 17


# Section 4: scores


def test_second_attempt_that_waits_for_marking_leaves_the_grade(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock, database: Database
) -> None:
    """Any score without a number, or not fully graded, deletes the grade and the completion with it."""
    activity, _ = course.link()
    reach(activity.id, school.member, "15")
    drain.run()
    clock.advance(timedelta(minutes=1))
    with database.writing() as session:
        services.record(
            session, activity_id=activity.id, member_id=school.member.member_id, verb="submitted", source="a:2",
            outcome=Outcome(Decimal("0.5"), None, completed=False), now=clock.now(),
        )  # fmt: skip
    drain.run()
    assert cell(lms)["score"] == 15
    assert len(lms.score_log()) == 1


def test_comment_of_a_teacher_survives_the_next_score(
    finish: Callable[[str], int], lms: LmsDriver, clock: FakeClock
) -> None:
    """A score without a comment erases it; ours takes along what stands there, word for word."""
    finish("15")
    lms.control(
        "POST", "comment", {"line_item": cell(lms)["line_item"], "person": "member1", "comment": "见我 <b>!</b>"}
    )
    clock.advance(timedelta(minutes=1))
    finish("17")
    assert (cell(lms)["score"], cell(lms)["comment"]) == (17, "见我 <b>!</b>")


def test_result_that_is_read_for_its_comment_is_never_asked_for_in_pages(
    finish: Callable[[str], int], lms: LmsDriver, connector: Connector, school: School, database: Database,
    course: Course,
) -> None:  # fmt: skip
    """`limit` on results is a 404 page ("Call to a member function out() on null")."""
    column = finish("15")
    with database.reading() as session:
        url = session.get_one(LineItem, column).url
    assert url is not None
    assert "limit" not in results_url(url)
    with database.reading_core() as connection:
        found = find_platform(connection, school.registration_id)
    assert found is not None
    (page,) = connector.results_of(found, url, lms.sub_of("member1"))
    assert [(each["userId"], each["resultScore"]) for each in page] == [(lms.sub_of("member1"), 15)]


def test_score_of_another_scale_is_rescaled_once(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, database: Database
) -> None:
    """9/10 on a 100-point item is 90: we send the column's own scale, and the LMS has nothing left to do."""
    activity, column = course.link("link-quiz", maximum=10)
    with database.writing() as session:
        session.get_one(LineItem, column).maximum = 20  # as Moodle has it
    reach(activity.id, school.member, "9")
    drain.run()
    assert cell(lms)["score"] == 18
    assert [(entry["score"], entry["maximum"]) for entry in lms.score_log()] == [(18, 20)]


def test_scores_of_one_second_all_arrive_one_second_apart(
    finish: Callable[[str], int], lms: LmsDriver, drain: Drain
) -> None:
    """Moodle compares whole seconds and answers 409 to the second score of one."""
    for score in ("5", "10", "17"):
        finish(score)
    assert [entry["status"] for entry in lms.score_log()] == [200, 200, 200]
    moments = [entry["timestamp"] for entry in lms.score_log()]
    assert moments == sorted(set(moments))
    assert all(moment.endswith("Z") for moment in moments), "without a zone Moodle reads its own"


def test_grade_of_the_future_is_told_instead_of_being_tried_forever(
    finish: Callable[[str], int], school: School, lms: LmsDriver, drain: Drain, clock: FakeClock, database: Database
) -> None:
    """A clock was an hour fast once: Moodle took that score, and refuses each of today."""
    clock.advance(timedelta(hours=1))
    column = finish("15")
    clock.advance(timedelta(hours=-1))
    with database.writing() as session:  # as if another installation had written it
        session.execute(update(ScorePost).values(send_at=None))
    finish("17")
    assert state_of(school, column) == (PostState.refused, "ahead_in_lms")
    assert [entry["status"] for entry in lms.score_log()] == [200, 409]


@pytest.mark.parametrize("place", [{"role": "Instructor"}, {"role": "Learner", "status": "Inactive"}])
def test_who_gets_no_grades_there_is_refused_alone(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, place: dict[str, str]
) -> None:
    """Not enrolled, or a teacher there: 400 "Incorrect score received" with the whole score, timestamp included."""
    activity, column = course.link()
    lms.control("POST", "enrolment", {"course": "course-1", "person": "member1"} | place)
    for each in (school.member, school.member2):
        reach(activity.id, each, "17")
    drain.run()
    assert state_of(school, column) == (PostState.refused, "not_graded")
    assert lms.gradebook("course-1")["小测", "member2"]["score"] == 17


@pytest.fixture
def strange(school: School) -> None:
    """Five people whose ids are no numbers, as Moodle's own are."""
    for number in range(5):
        school.new_member(f"s2026000{number}")


def everybody(school: School, database: Database) -> list[Person]:
    with database.reading() as session:
        rows = session.execute(select(Member).where(Member.sub.startswith("sub-s2026"))).scalars()
        return [Person(row.id, school.context_id, Role.member, row.name, row.sub) for row in rows]


def breaker(school: School, database: Database) -> tuple[int, bool]:
    with database.reading() as session:
        found = session.get_one(Registration, school.registration_id)
    return found.breaker_failures, found.breaker_until is not None


@pytest.mark.usefixtures("strange")
def test_people_whose_ids_moodle_cannot_read_wait_alone_though_moodle_says_502(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, database: Database, clock: FakeClock
) -> None:
    """Its ids are numbers; over any other it breaks, as if it were down. The others' grades must not wait for that."""
    activity, column = course.link()
    for each in everybody(school, database):
        reach(activity.id, each, "17")
    drain.run()
    assert breaker(school, database) == (0, False)
    posts = [school.post(column, each) for each in everybody(school, database)]
    assert [(post.state, post.cause) for post in posts if post] == [(PostState.waiting, "id_unread")] * 5
    reach(activity.id, school.member2, "18")
    drain.run()
    assert lms.gradebook("course-1")["小测", "member2"]["score"] == 18
    for _ in range(8):
        clock.advance(timedelta(hours=1))
        drain.run()
        assert breaker(school, database) == (0, False)


@pytest.mark.usefixtures("strange")
def test_moodle_that_is_down_is_spared_whoever_the_scores_are_of(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, database: Database, clock: FakeClock
) -> None:
    activity, column = course.link()
    lms.fault("scores", "status", status=502)
    for each in (*everybody(school, database), school.member, school.member2):
        reach(activity.id, each, "17")
    for _ in range(6):
        drain.run()
        clock.advance(timedelta(minutes=2))
    drain.run()
    failures, is_open = breaker(school, database)
    assert (failures >= BREAKER_AFTER, is_open) == (True, True)
    assert state_of(school, column) == (PostState.waiting, "lms_down")
    lms.behave()
    clock.advance(timedelta(hours=1))
    drain.run()
    assert lms.gradebook("course-1")["小测", "member2"]["score"] == 17
    assert breaker(school, database) == (0, False)


def test_grade_that_a_teacher_typed_stays_though_moodle_says_200(
    finish: Callable[[str], int], school: School, lms: LmsDriver
) -> None:
    """What we were told is `sent`; that it is not so is for the reading back to find."""
    column = finish("15")
    lms.type_over("member1", cell(lms)["line_item"], 3)
    finish("17")
    assert state_of(school, column) == (PostState.sent, "")
    assert cell(lms)["score"] == 3


def test_locked_cell_is_told_though_moodle_says_500(
    finish: Callable[[str], int], school: School, lms: LmsDriver, drain: Drain, clock: FakeClock
) -> None:
    column = finish("15")
    lms.type_over("member1", cell(lms)["line_item"], 3, locked=True)
    finish("17")
    for _ in range(8):
        clock.advance(timedelta(hours=1))
        drain.run()
    assert state_of(school, column) == (PostState.waiting, "lms_error_again")


def test_deleted_column_is_gone_and_not_made_anew_by_us(
    finish: Callable[[str], int], school: School, lms: LmsDriver, drain: Drain, clock: FakeClock,
    connector: Connector, database: Database,
) -> None:  # fmt: skip
    """Only when the teacher saves the activity again a column appears, with another id: all grades follow."""
    column = finish("15")
    lms.control("DELETE", f"columns/{cell(lms)['line_item']}")
    finish("17")
    assert state_of(school, column) == (PostState.waiting_for_column, "column_gone")
    clock.advance(columns.EVERY)
    assert columns.look(database, connector, clock.now()) == 0
    assert lms.gradebook("course-1") == {}
    lms.allow_grades("link-quiz", allowed=False)
    lms.allow_grades("link-quiz")
    clock.advance(columns.EVERY)
    assert columns.look(database, connector, clock.now()) == 1
    drain.run()
    assert cell(lms)["score"] == 17


# Section 4: columns


def test_AG_09_column_of_ours_keeps_its_link_and_what_it_was_given_when_it_is_changed(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock,
    connector: Connector, database: Database,
) -> None:  # fmt: skip
    """PUT replaces: a member that is left out is gone, and without resourceLinkId the column hangs loose.

    Grades are rescaled there with the maximum, and sent again from here, so that they are right in either case.
    """
    activity, column = course.link("link-late", maximum=20)
    lms.allow_grades("link-late")
    reach(activity.id, school.member, "10")
    with database.writing() as session:
        placement = session.get_one(Placement, session.get_one(LineItem, column).placement_id)
        lineitems = placement.lineitems_url
        found = find_platform(session, school.registration_id)
    assert found is not None
    assert lineitems is not None
    for one in lms.control("GET", "columns?course=course-1"):
        if one["link"] == "link-late":
            lms.control("DELETE", f"columns/{one['id']}")
    # A column of ours, as one is made where teachers need not allow it.
    made = connector.create_column(
        found, lineitems, label="小测", maximum=20, resource_id=activity.token, resource_link_id="link-late"
    )
    with database.writing() as session:
        item = session.get_one(LineItem, column)
        item.url, item.state, item.source = made.url, LineItemState.ready, LineItemSource.created
        item.label, item.resource_id, item.checked_at = "小测", activity.token, clock.now() - columns.EVERY
        services.requeue(session, line_item_id=column, now=clock.now())
    drain.run()
    connector.call(
        found, "PUT", made.url, scopes=(SCOPE_LINE_ITEM,),
        headers={"Content-Type": "application/vnd.ims.lis.v2.lineitem+json",
                 "Accept": "application/vnd.ims.lis.v2.lineitem+json"},
        body=json.dumps({"label": "小测", "scoreMaximum": 20, "resourceId": activity.token,
                         "resourceLinkId": "link-late", "submissionReview": {"url": "https://tool/r"}}).encode(),
    )  # fmt: skip
    with database.writing() as session:
        changed = session.get_one(Activity, activity.id)
        changed.title, changed.maximum = "来源", 40
    assert columns.follow(database, connector, clock.now()) == 1
    shown = connector.call(
        found, "GET", made.url, scopes=(SCOPE_LINE_ITEM,),
        headers={"Accept": "application/vnd.ims.lis.v2.lineitem+json"},
    ).json()  # fmt: skip
    assert shown == {
        "id": made.url, "label": "来源", "scoreMaximum": 40, "resourceId": activity.token,
        "resourceLinkId": "link-late", "submissionReview": {"url": "https://tool/r"},
    }  # fmt: skip
    clock.advance(timedelta(seconds=5))
    drain.run()
    assert lms.gradebook("course-1")["来源", "member1"]["score"] == 10


def test_column_of_a_link_without_a_tick_is_waited_for_and_never_made(
    course: Course, drain: Drain, reach: Recorder, school: School, lms: LmsDriver, clock: FakeClock,
    connector: Connector, database: Database,
) -> None:  # fmt: skip
    """Moodle offers the scope to make columns all the same; one of ours would stand beside the activity's own."""
    activity, column = course.link("link-late", maximum=100)
    with database.writing() as session:
        session.execute(update(Placement).values(scopes=[SCOPE_SCORE, SCOPE_LINE_ITEM]))
    reach(activity.id, school.member, "80")
    before = lms.control("GET", "columns?course=course-1")
    for _ in range(3):
        assert columns.look(database, connector, clock.now()) == 0
        clock.advance(columns.EVERY)
    assert lms.control("GET", "columns?course=course-1") == before
    assert lms.refusals() == [], "none was even asked for"
    assert state_of(school, column)[0] is PostState.waiting_for_column


def test_column_of_the_activity_is_never_put_nor_deleted(
    finish: Callable[[str], int], lms: LmsDriver, clock: FakeClock, connector: Connector, database: Database
) -> None:
    """DELETE would take the activity's own column, and PUT unlink it."""
    column = finish("17")
    before = lms.control("GET", "columns?course=course-1")
    with database.writing() as session:
        session.get_one(Activity, session.get_one(LineItem, column).activity_id).title = "来源"
    clock.advance(columns.EVERY)
    assert columns.follow(database, connector, clock.now()) == 0
    assert lms.control("GET", "columns?course=course-1") == before
