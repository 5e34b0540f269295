"""What is posted besides the number, what is read first, and what an LMS's refusal means: by the case list and per LMS."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.http import TimedOut
from lti_tool.identity.models import Member, Registration
from lti_tool.ledger import services
from lti_tool.ledger.models import Activity, Result, ScorePost
from lti_tool.ledger.rules import Outcome, PostState
from lti_tool.passback.drain import Drain
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook, Planned
from tests.school import LMS, School

CANVAS = "https://canvas.instructure.com/lti/submission"


def become(database: Database, family: str) -> None:
    with database.writing() as session:
        session.execute(update(Registration).values(family=family))


def hand_in(school: School, activity: Activity, score: str, began: datetime, ended: datetime, source: str) -> None:
    """An attempt of the member, marked."""
    with school.database.writing() as session:
        services.record(
            session, activity_id=activity.id, member_id=school.member.member_id, verb="submitted", source=source,
            outcome=Outcome(Decimal(1), Decimal(score), completed=True, attempt=(began, ended)), now=school.now,
        )  # fmt: skip


def state(school: School, column: int) -> tuple[PostState, str]:
    post = school.post(column, school.member)
    assert post is not None
    return post.state, post.cause


def result(sub: str, score: float, **more: Any) -> dict[str, Any]:
    return {"id": "x", "userId": sub, "resultScore": score, "resultMaximum": 20} | more


# AG-23


def test_AG_23_times_of_the_attempt_go_along(
    drain: Drain, gradebook: FakeGradebook, school: School, clock: FakeClock
) -> None:
    activity = school.activity("quiz", maximum=20)
    school.placement(activity)
    began, ended = clock.now() - timedelta(minutes=30), clock.now() - timedelta(minutes=5)
    hand_in(school, activity, "17", began, ended, "a:1")
    drain.run()
    assert gradebook.scores[0]["submission"] == {
        "startedAt": "2026-11-20T01:30:00.000Z",
        "submittedAt": "2026-11-20T01:55:00.000Z",
    }


def test_AG_23_times_are_never_later_than_the_score_by_the_clock_of_the_lms(
    drain: Drain, gradebook: FakeGradebook, school: School, clock: FakeClock, database: Database
) -> None:
    activity = school.activity("quiz", maximum=20)
    school.placement(activity)
    with database.writing() as session:
        session.execute(update(Registration).values(clock_offset_ms=-600_000))
    hand_in(school, activity, "17", clock.now(), clock.now(), "a:1")
    drain.run()
    score = gradebook.scores[0]
    assert score["submission"]["submittedAt"] == score["timestamp"] == "2026-11-20T01:50:00.000Z"


# AG-24


@pytest.mark.parametrize("family", ["", "canvas", "openedx", "desire2learn", "blackboard", "sakai"])
def test_AG_24_no_comment_of_ours_is_ever_sent_and_none_repeated(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, family: str
) -> None:
    activity = school.activity("quiz", maximum=20)
    school.placement(activity)
    become(database, family)
    gradebook.results = [result("4", 3, comment="Well done")]
    for score in ("17", "18"):
        reach(activity.id, school.member, score)
        drain.run()
    assert ["comment" in score for score in gradebook.scores] == [False, False]
    assert not [call for call in gradebook.calls if "/results" in call.url]


def test_AG_24_comment_that_moodle_would_erase_is_read_and_sent_along(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz", maximum=20)
    school.placement(activity)
    become(database, "Moodle")
    gradebook.results = [result("5", 3, comment="Somebody else's"), result("4", 3, comment="See me <b>later</b>")]
    for person in (school.member, school.member2):
        reach(activity.id, person, "17")
    drain.run()
    comments = {score["userId"]: score.get("comment") for score in gradebook.scores}
    assert comments == {"4": "See me <b>later</b>", "5": "Somebody else's"}


@pytest.mark.parametrize("fault", [(503, {}, b""), (429, {}, b""), TimedOut("lms.example")])
def test_AG_24_score_waits_while_the_comment_it_would_erase_cannot_be_read(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, clock: FakeClock,
    fault: Any,
) -> None:  # fmt: skip
    activity = school.activity("quiz", maximum=20)
    column = school.placement(activity)
    become(database, "moodle")
    gradebook.results = fault
    reach(activity.id, school.member, "17")
    drain.run()
    assert gradebook.scores == []
    assert state(school, column)[0] is PostState.waiting
    gradebook.results = [result("4", 3, comment="Kept")]
    clock.advance(timedelta(minutes=1))
    drain.run()
    assert [score["comment"] for score in gradebook.scores] == ["Kept"]


def test_AG_24_score_goes_without_the_comment_when_it_can_never_be_read(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, clock: FakeClock
) -> None:
    activity = school.activity("quiz", maximum=20)
    column = school.placement(activity)
    become(database, "moodle")
    gradebook.results = (500, {}, b"")
    reach(activity.id, school.member, "17")
    for _ in range(3):
        drain.run()
        clock.advance(timedelta(minutes=1))
    assert gradebook.grade("4") == 17
    assert state(school, column) == (PostState.sent, "")


# AG-25


def test_AG_25_canvas_regrade_is_no_new_submission_and_a_new_attempt_is(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock, database: Database
) -> None:
    activity = school.activity("quiz", maximum=20)
    school.placement(activity)
    become(database, "canvas")
    first = clock.now()
    hand_in(school, activity, "15", first, first, "a:1")
    drain.run()
    clock.advance(timedelta(minutes=10))
    hand_in(school, activity, "16", first, first, "a:1:marked")  # the same attempt, marked anew
    drain.run()
    clock.advance(timedelta(minutes=10))
    hand_in(school, activity, "19", clock.now(), clock.now(), "a:2")
    drain.run()
    assert [score.get(CANVAS) for score in gradebook.scores] == [None, {"new_submission": False}, None]


def test_AG_25_course_home_in_canvas_uses_up_one_attempt_for_all_its_steps(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock, database: Database
) -> None:
    home = school.activity("outline", maximum=20)
    school.placement(home)
    become(database, "canvas")
    for score in ("5", "10", "20"):
        reach(home.id, school.member, score)
        drain.run()
        clock.advance(timedelta(minutes=1))
    assert [CANVAS in score for score in gradebook.scores] == [False, True, True]


@pytest.mark.parametrize("family", ["", "moodle", "openedx", "desire2learn"])
def test_AG_25_other_platforms_are_not_sent_what_only_canvas_knows(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, family: str
) -> None:
    activity = school.activity("quiz", maximum=20)
    school.placement(activity)
    become(database, family)
    for score in ("5", "10"):
        reach(activity.id, school.member, score)
        drain.run()
    assert len(gradebook.scores) == 2
    assert not [score for score in gradebook.scores if CANVAS in score]


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (422, b"maximum number of allowed attempts has been reached", "attempts_used"),
        (403, b"This course has concluded", "course_closed"),
        (403, b"The grade is locked", "locked"),
        (403, b"", "forbidden"),
        (422, b"", "rejected"),
    ],
)
def test_AG_25_permanent_refusal_has_a_cause_of_its_own_and_is_not_tried_again(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock,
    status: int, body: bytes, cause: str,
) -> None:  # fmt: skip
    activity = school.activity("quiz", maximum=20)
    column = school.placement(activity)
    gradebook.always = (status, {}, body)
    reach(activity.id, school.member, "5")
    for _ in range(3):
        drain.run()
        clock.advance(timedelta(hours=2))
    assert state(school, column) == (PostState.refused, cause)
    assert len(gradebook.scores) == 1


# AG-14


def test_AG_14_conflict_over_a_grade_that_is_ours_already_is_confirmed(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder
) -> None:
    activity = school.activity("quiz", maximum=20)
    column = school.placement(activity)
    gradebook.always = (409, {}, b"")
    gradebook.results = [result("5", 1), {"userId": "4", "resultScore": 0.85}]  # no maximum: 1 (AG-33)
    reach(activity.id, school.member, "17")
    drain.run()
    post = school.post(column, school.member)
    assert post is not None
    assert (post.state, post.cause, post.confirmed_score) == (PostState.confirmed, "", Decimal(17))
    assert len(gradebook.scores) == 1


def test_AG_14_grade_of_the_future_is_told_as_such(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    activity = school.activity("quiz", maximum=20)
    column = school.placement(activity)
    gradebook.always = (409, {}, b"")
    gradebook.results = [result("4", 3, timestamp=(clock.now() + timedelta(hours=1)).isoformat())]
    reach(activity.id, school.member, "17")
    drain.run()
    assert state(school, column) == (PostState.refused, "ahead_in_lms")


@pytest.mark.parametrize("results", [[result("4", 3)], [], (500, {}, b""), (404, {}, b"<html>")])
def test_AG_14_conflict_over_anything_else_is_tried_once_more_and_no_more(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock, results: Any
) -> None:
    activity = school.activity("quiz", maximum=20)
    column = school.placement(activity)
    gradebook.always = (409, {}, b"")
    gradebook.results = results
    reach(activity.id, school.member, "17")
    for _ in range(4):
        drain.run()
        clock.advance(timedelta(minutes=1))
    assert state(school, column) == (PostState.refused, "newer_in_lms")
    assert len(gradebook.scores) == 2


# 429, 500 and the token endpoint


def test_one_429_without_retry_after_delays_its_own_score_only(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock, database: Database
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    gradebook.planned = [(429, {}, b"")]
    for number in range(20):
        reach(activity.id, school.new_member(f"m{number}"), "5")
    assert drain.run().answers == {"busy": 1, "accepted": 19}
    with database.reading() as session:
        registration = session.get_one(Registration, school.registration_id)
    assert (registration.breaker_failures, registration.breaker_until) == (0, None)
    clock.advance(timedelta(seconds=4))
    assert drain.run().answers == {"accepted": 1}


def test_three_429_in_a_row_slow_the_registration(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    for number in range(40):
        reach(activity.id, school.new_member(f"m{number}"), "5")
    gradebook.always = (429, {}, b"")
    drain.run()
    asked = len(gradebook.scores)
    assert 3 <= asked < 12
    drain.run()
    assert len(gradebook.scores) == asked
    gradebook.always = None
    clock.advance(timedelta(seconds=61))
    drain.run()
    assert len({score["userId"] for score in gradebook.scores}) == 40


def test_what_is_claimed_goes_back_when_the_lms_asks_to_be_left_alone(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    for number in range(40):
        reach(activity.id, school.new_member(f"m{number}"), "5")
    gradebook.always = (429, {"Retry-After": "60"}, b"")
    drain.run()
    assert len(gradebook.scores) <= 4  # one per sender at most
    gradebook.always = None
    clock.advance(timedelta(seconds=73))
    drain.run()
    assert len({score["userId"] for score in gradebook.scores}) == 40


def test_score_that_alone_meets_500_is_told_as_locked_perhaps_and_tried_hourly(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    """Moodle answers 500 where the column or the cell is locked."""
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.always = (500, {}, b"")
    reach(activity.id, school.member, "5")
    for _ in range(8):
        drain.run()
        clock.advance(timedelta(hours=1))
    assert state(school, column) == (PostState.waiting, "lms_error_again")
    gradebook.always = None
    clock.advance(timedelta(hours=1))
    drain.run()
    assert state(school, column) == (PostState.sent, "")


def test_keys_that_were_refused_once_are_tried_again_in_half_a_minute_and_then_seldom(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    """The LMS asked for our key set in the moment of a restart; no grade waits a quarter of an hour for that."""
    activity = school.activity("quiz")
    column = school.placement(activity)
    refused: Planned = (400, {}, b'{"error": "invalid_client"}')
    gradebook.token_answer = refused
    reach(activity.id, school.member, "5")
    drain.run()
    gradebook.token_answer = None
    clock.advance(timedelta(seconds=30))
    drain.run()
    assert state(school, column) == (PostState.sent, "")
    gradebook.token_answer = refused
    gradebook.valid_tokens.clear()
    reach(activity.id, school.member, "6")
    for _ in range(2):
        drain.run()
        clock.advance(timedelta(seconds=30))
    gradebook.token_answer = None
    drain.run()
    assert state(school, column) == (PostState.waiting, "keys_refused")
    clock.advance(timedelta(minutes=15))
    drain.run()
    assert state(school, column) == (PostState.sent, "")


def test_token_endpoint_that_shows_an_error_page_is_told_as_keys_that_cannot_be_read(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    """Moodle, when its cURL security does not let it fetch our key set: works in the launch, fails in grades."""
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.token_answer = (404, {"Content-Type": "text/html"}, b"<!DOCTYPE html>")
    reach(activity.id, school.member, "5")
    drain.run()
    assert state(school, column) == (PostState.waiting, "keys_unread")
    gradebook.token_answer = None
    clock.advance(timedelta(minutes=15))
    drain.run()
    assert state(school, column) == (PostState.sent, "")


# What is never sent


def test_AG_18_nothing_is_sent_while_an_essay_waits_for_marking(
    drain: Drain, gradebook: FakeGradebook, school: School, clock: FakeClock, database: Database
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    with database.writing() as session:
        services.record(
            session, activity_id=activity.id, member_id=school.member.member_id, verb="submitted", source="a:1",
            outcome=Outcome(Decimal("0.5"), None, completed=False), now=clock.now(),
        )  # fmt: skip
    drain.run()
    assert gradebook.calls == []
    hand_in(school, activity, "17", clock.now(), clock.now(), "a:1:marked")
    drain.run()
    assert [(score["gradingProgress"], score["scoreGiven"]) for score in gradebook.scores] == [("FullyGraded", 17)]


def test_AG_20_grade_in_the_lms_stays_when_the_score_here_is_taken_away(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock, database: Database
) -> None:
    """The instructor is told that clearing the cell is for him to do, in the LMS."""
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "70")
    drain.run()
    with database.writing() as session:
        session.execute(update(Result).values(score=None))
        session.execute(update(ScorePost).values(state=PostState.waiting, due_at=clock.now()))
    drain.run()
    assert [score["scoreGiven"] for score in gradebook.scores] == [70]
    assert state(school, column) == (PostState.kept, "score_taken")
    page = school.client(school.instructor).get(f"/scores/{activity.id}/of/{school.member.member_id}").text
    assert "请在平台的成绩册里清除" in page


def test_AG_19_attempt_that_is_no_better_is_not_sent(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder
) -> None:
    """The domain keeps the best; the same score again is no news."""
    activity = school.activity("quiz")
    school.placement(activity)
    for score in ("80", "80", "85"):
        reach(activity.id, school.member, score)
        drain.run()
    assert [score["scoreGiven"] for score in gradebook.scores] == [80, 85]


def test_AG_21_never_more_than_the_maximum(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder
) -> None:
    activity = school.activity("quiz", maximum=20)
    school.placement(activity)
    reach(activity.id, school.member, "23")
    drain.run()
    assert gradebook.grade("4") == 20


def test_AG_30_one_sub_in_two_schools_is_two_people(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder
) -> None:
    """Each score goes to the columns of its own course, under the `sub` of its own registration."""
    ours = school.activity("quiz")
    theirs = school.activity("quiz", context_id=school.foreign_context_id)
    our_column, their_column = school.placement(ours), school.placement(theirs)
    reach(ours.id, school.member, "5")
    reach(theirs.id, school.other_tenant_member, "9")
    drain.run()
    posted = {call.url: call.json() for call in gradebook.calls if call.url.endswith("/scores")}
    assert {url: (score["userId"], score["scoreGiven"]) for url, score in posted.items()} == {
        f"{LMS}/lineitems/{our_column}/scores": ("4", 5),
        f"{LMS}/lineitems/{their_column}/scores": ("4", 9),
    }


def test_AG_30_person_of_another_course_in_the_address_is_nobody(school: School) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    client = school.client(school.instructor)
    for person in (school.other_course_member, school.other_tenant_member):
        for form, what in (({}, "send"), ({"reason": "oral exam"}, "keep")):
            address = f"/scores/{activity.id}/{what}/{person.member_id}"
            assert client.post_form(address, form).status_code == 404, address


def test_AG_32_five_hundred_at_once_are_all_sent_and_each_member_in_order(
    drain: Drain, gradebook: FakeGradebook, school: School, clock: FakeClock, database: Database
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    with database.writing() as session:
        tenant_id = session.get_one(Registration, school.registration_id).tenant_id
        people = [
            Member(registration_id=school.registration_id, tenant_id=tenant_id, sub=f"p{n}", name="", created_at=school.now)
            for n in range(500)
        ]  # fmt: skip
        session.add_all(people)
        session.flush()
        members = [person.id for person in people]
    for round_, score in enumerate((7, 9)):
        with database.writing() as session:
            for member_id in members:
                services.record(
                    session, activity_id=activity.id, member_id=member_id, verb="submitted",
                    source=f"a:{member_id}:{round_}", now=clock.now(),
                    outcome=Outcome(Decimal(1), Decimal(score), completed=True),
                )  # fmt: skip
        assert drain.run().answers == {"accepted": 500}
    by_member: dict[str, list[tuple[str, int]]] = {}
    for posted in gradebook.scores:
        by_member.setdefault(posted["userId"], []).append((posted["timestamp"], posted["scoreGiven"]))
    assert len(by_member) == 500
    assert all([given for _, given in each] == [7, 9] for each in by_member.values()), "in the order of arrival"
    assert all(each == sorted(each) for each in by_member.values())
    assert gradebook.most_at_once <= 4, "as many as the drain may send at the same time"
