"""From the outbox to the gradebook, through a FakeGradebook."""

import threading
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.http import TimedOut
from lti_tool.core.web import Runtime
from lti_tool.identity.models import Enrolment, Registration
from lti_tool.ledger import services
from lti_tool.ledger.models import LineItem, LineItemState, Result, ScoreEvent, ScorePost
from lti_tool.ledger.rules import Outcome, PostState
from lti_tool.lms.connector import Connector
from lti_tool.passback import outbox, rules
from lti_tool.passback.drain import Drain
from tests.passback.conftest import Recorder
from tests.passback.gradebook import Call, FakeGradebook
from tests.school import Person, School


def post_of(school: School, column: int, person: Person) -> ScorePost:
    post = school.post(column, person)
    assert post is not None
    return post


def registration(database: Database, school: School) -> Registration:
    with database.reading() as session:
        return session.get_one(Registration, school.registration_id)


def events(database: Database) -> list[tuple[str, int | None, str]]:
    with database.reading() as session:
        rows = session.execute(select(ScoreEvent.event, ScoreEvent.status, ScoreEvent.cause).order_by(ScoreEvent.id))
        return [(row.event, row.status, row.cause) for row in rows]


def test_AG_17_finished_result_is_sent_completed_and_graded(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    activity = school.activity("quiz", maximum=20)
    column = school.placement(activity)
    reach(activity.id, school.member, "17.5")
    assert drain.run().answers == {"accepted": 1}
    assert gradebook.scores == [
        {
            "userId": "4",
            "timestamp": "2026-11-20T02:00:00.000Z",
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "scoreGiven": 17.5,
            "scoreMaximum": 20,
            "submission": {"startedAt": "2026-11-20T02:00:00.000Z", "submittedAt": "2026-11-20T02:00:00.000Z"},
        }
    ]
    post = post_of(school, column, school.member)
    assert (post.state, post.sent_score, post.sent_at, post.lease_until) == (
        PostState.sent,
        Decimal("17.5"),
        clock.now(),
        None,
    )
    assert drain.run().answers == {}


def test_AG_07_score_has_its_exact_media_type(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    reach(activity.id, school.member, "5")
    drain.run()
    call = gradebook.calls[-1]
    assert call.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert "," not in call.headers["Accept"]


def test_AG_22_score_is_put_on_the_scale_of_the_column(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz", maximum=30)
    column = school.placement(activity)
    with database.writing() as session:
        session.get_one(LineItem, column).maximum = 100
    reach(activity.id, school.member, "10")
    drain.run()
    assert (gradebook.scores[0]["scoreGiven"], gradebook.scores[0]["scoreMaximum"]) == (33.33333, 100)


@pytest.mark.shows("E-10")
def test_AG_13_timestamps_rise_by_whole_seconds_when_results_come_at_once(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    for score in ("1", "2", "3"):
        reach(activity.id, school.member, score)
        drain.run()
    assert [score["timestamp"][17:19] for score in gradebook.scores] == ["00", "01", "02"]


@pytest.mark.shows("E-10")
def test_AG_13_timestamp_never_runs_more_than_5_seconds_ahead(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    for score in range(10):
        reach(activity.id, school.member, str(score))
        drain.run()
    assert [score["scoreGiven"] for score in gradebook.scores] == [0, 1, 2, 3, 4, 5]
    assert post_of(school, column, school.member).due_at == clock.now() + timedelta(seconds=1)
    clock.advance(timedelta(seconds=1))
    drain.run()
    assert gradebook.grade("4") == 9


def test_AG_13_timestamp_follows_the_clock_of_the_lms(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    gradebook.planned = [(200, {"Date": "Fri, 20 Nov 2026 01:57:00 GMT"}, b"")]
    reach(activity.id, school.member, "1")
    drain.run()
    assert registration(database, school).clock_offset_ms == -180_000
    clock.advance(timedelta(minutes=10))
    reach(activity.id, school.member, "2")
    drain.run()
    assert gradebook.scores[-1]["timestamp"] == "2026-11-20T02:07:00.000Z"


@pytest.mark.shows("E-10")
def test_AG_16_result_without_score_is_never_sent(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "5")
    with database.writing() as session:
        session.execute(update(Result).values(score=None))
    drain.run()
    assert gradebook.scores == []
    assert post_of(school, column, school.member).state is PostState.kept


@pytest.mark.shows("E-10")
def test_AG_16_member_who_had_a_score_is_never_sent_one_without(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "5")
    drain.run()
    with database.writing() as session:
        session.execute(update(Result).values(score=None))
        services.requeue(session, line_item_id=column, now=clock.now())
    drain.run()
    clock.advance(timedelta(hours=1))
    drain.run()
    assert [score.get("scoreGiven") for score in gradebook.scores] == [5]


def test_AG_16_second_attempt_that_waits_for_marking_sends_nothing(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "5")
    drain.run()
    with database.writing() as session:
        services.record(
            session, activity_id=activity.id, member_id=school.member.member_id, verb="submitted", source="a:2",
            outcome=Outcome(Decimal("0.5"), None, completed=False), now=clock.now(),
        )  # fmt: skip
    clock.advance(timedelta(hours=1))
    drain.run()
    assert [score.get("scoreGiven") for score in gradebook.scores] == [5]
    assert post_of(school, column, school.member).state is PostState.sent


@pytest.mark.shows("E-10")
def test_AG_13_timestamp_stands_in_the_database_before_the_score_is_posted(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    stored = list[str]()

    def note(_call: Call) -> None:
        with database.reading() as session:
            moment = session.scalars(select(ScorePost.send_at).where(ScorePost.line_item_id == column)).one()
        stored.append("" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"))

    gradebook.on_score = note
    for score in ("5", "6"):
        reach(activity.id, school.member, score)
        drain.run()
    assert len(stored) == 2
    assert stored == [score["timestamp"] for score in gradebook.scores]


def test_staff_are_not_sent_when_the_role_changed_after_the_result(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "5")
    with database.writing() as session:
        session.execute(update(Enrolment).where(Enrolment.member_id == school.member.member_id).values(gradable=False))
    drain.run()
    assert gradebook.scores == []
    assert post_of(school, column, school.member).state is PostState.not_gradable


def test_AG_28_column_is_gone_when_the_lms_answers_404(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.always = (404, {}, b"")
    for person in (school.member, school.member2):
        reach(activity.id, person, "5")
    drain.run()
    with database.reading() as session:
        item = session.get_one(LineItem, column)
    assert (item.state, item.cause) == (LineItemState.gone, "gone")
    for person in (school.member, school.member2):
        post = post_of(school, column, person)
        assert (post.state, post.cause) == (PostState.waiting_for_column, "column_gone")


def test_column_that_appears_late_gets_all_earlier_results(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity, column=False)
    for person in (school.member, school.member2):
        reach(activity.id, person, "5")
    assert drain.run().answers == {}
    with database.writing() as session:
        item = session.get_one(LineItem, column)
        item.url, item.state = "https://lms.example/lineitems/9", LineItemState.ready
        services.requeue(session, line_item_id=column, now=clock.now())
    assert drain.run().answers == {"accepted": 2}
    assert sorted(score["userId"] for score in gradebook.scores) == ["4", "5"]


def test_AG_14_conflict_is_retried_once_and_then_refused(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.always = (409, {}, b"")
    reach(activity.id, school.member, "5")
    drain.run()
    post = post_of(school, column, school.member)
    assert (post.state, post.cause) == (PostState.waiting, "superseded")
    for _ in range(5):
        clock.advance(timedelta(minutes=5))
        drain.run()
    post = post_of(school, column, school.member)
    assert (post.state, post.cause) == (PostState.refused, "newer_in_lms")
    first, second = (score["timestamp"] for score in gradebook.scores)
    assert first < second
    assert events(database) == [("retry", 409, "superseded"), ("refused", 409, "newer_in_lms")]


def test_AG_14_conflict_that_is_a_late_clock_is_mended_by_the_later_timestamp(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.planned = [(409, {}, b"")]
    reach(activity.id, school.member, "5")
    drain.run()
    clock.advance(timedelta(seconds=3))
    drain.run()
    assert post_of(school, column, school.member).state is PostState.sent


def test_AG_26_member_without_grades_over_there_is_refused(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.planned = [(400, {}, b"Incorrect score received")]
    reach(activity.id, school.member, "5")
    drain.run()
    clock.advance(timedelta(days=1))
    assert drain.run().answers == {}
    assert post_of(school, column, school.member).cause == "not_graded"
    reach(activity.id, school.member, "6")
    drain.run()
    assert post_of(school, column, school.member).state is PostState.sent


def test_TO_12_busy_lms_is_left_alone_as_long_as_it_asks(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    gradebook.planned = [(429, {"Retry-After": "120"}, b"")]
    reach(activity.id, school.member, "5")
    drain.run()
    reach(activity.id, school.member2, "5")
    clock.advance(timedelta(seconds=119))
    assert drain.run().answers == {}
    clock.advance(timedelta(seconds=30))
    assert drain.run().answers == {"accepted": 2}


@pytest.mark.parametrize("fault", [(500, {}, b""), (503, {}, b""), TimedOut("lms.example")])
def test_TO_13_scores_wait_while_the_lms_is_down_and_arrive_when_it_is_back(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock, fault: object
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.always = fault  # type: ignore[assignment]  # a parameter of three kinds
    reach(activity.id, school.member, "5")
    for _ in range(20):
        drain.run()
        clock.advance(timedelta(seconds=7))
    tried = len(gradebook.scores)
    assert 2 <= tried <= 10
    assert post_of(school, column, school.member).state is PostState.waiting
    gradebook.always = None
    clock.advance(timedelta(minutes=3))
    drain.run()
    assert post_of(school, column, school.member).state is PostState.sent


def test_breaker_spares_a_dead_lms_and_lets_all_go_when_it_answers(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock, database: Database
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    for number in range(40):
        reach(activity.id, school.new_member(f"m{number}"), "5")
    gradebook.always = TimedOut("lms.example")
    drain.run()
    assert len(gradebook.scores) < 12
    assert registration(database, school).breaker_until is not None
    asked = len(gradebook.scores)
    clock.advance(timedelta(seconds=61))
    drain.run()
    assert len(gradebook.scores) == asked + 1
    gradebook.always = None
    clock.advance(timedelta(seconds=61))
    drain.run()
    assert len({score["userId"] for score in gradebook.scores if score}) == 40
    assert registration(database, school).breaker_failures == 0


def test_dead_lms_does_not_starve_another(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    dead = school.activity("quiz", context_id=school.foreign_context_id)
    alive = school.activity("quiz")
    column = school.placement(dead)
    school.placement(alive)
    with database.writing() as session:
        session.get_one(LineItem, column).url = "https://dead.example/lineitems/1"
        session.execute(update(Registration).values(service_hosts=["dead.example"]))
    gradebook.dead_hosts = {"dead.example"}
    reach(dead.id, school.other_tenant_member, "5")
    reach(alive.id, school.member, "6")
    assert drain.run().answers == {"accepted": 1, "silent": 1}
    assert 6 in [score["scoreGiven"] for score in gradebook.scores]


@pytest.mark.parametrize(("status", "body"), [(200, b""), (201, b""), (204, b""), (200, b"OK"), (200, b'{"a":1}')])
def test_AG_27_empty_or_odd_success_is_success(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, status: int, body: bytes
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    gradebook.planned = [(status, {"Content-Type": "text/plain"}, body)]
    reach(activity.id, school.member, "5")
    assert drain.run().answers == {"accepted": 1}
    assert len(gradebook.scores) == 1


def test_AG_29_login_page_with_200_is_a_failure(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.planned = [(200, {"Content-Type": "text/html; charset=utf-8"}, b"<!doctype html><title>Log in")]
    reach(activity.id, school.member, "5")
    drain.run()
    post = post_of(school, column, school.member)
    assert (post.state, post.cause, post.attempts) == (PostState.waiting, "login_page", 1)


def test_AG_31_worker_killed_after_claiming_is_replaced_when_the_lease_ends(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "5")
    with database.writing_core() as connection:
        (target,) = outbox.targets(connection, clock.now())
        (claimed,) = outbox.claim(connection, target, limit=10, now=clock.now()).claimed
    assert drain.run().answers == {}
    clock.advance(outbox.LEASE)
    assert drain.run().answers == {"accepted": 1}
    assert datetime.fromisoformat(gradebook.scores[0]["timestamp"]) > claimed.send_at
    assert post_of(school, column, school.member).state is PostState.sent


def test_AG_31_late_answer_of_a_lost_lease_is_history_only(
    drain: Drain, school: School, reach: Recorder, clock: FakeClock, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "5")
    with database.writing_core() as connection:
        (target,) = outbox.targets(connection, clock.now())
        (claimed,) = outbox.claim(connection, target, limit=10, now=clock.now()).claimed
    clock.advance(outbox.LEASE)
    drain.run()
    step = rules.after(rules.Reply(rules.Answer.rejected, 422), attempts=1, cause="", chance=0)
    with database.writing_core() as connection:
        outbox.record(connection, [outbox.Outcome(claimed, rules.Reply(rules.Answer.rejected, 422), step)], clock.now())
    assert post_of(school, column, school.member).state is PostState.sent


def test_newer_result_stays_due_when_the_older_is_answered(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "5")
    changed = threading.Event()

    def change(_: Call) -> None:
        if not changed.is_set():
            changed.set()
            reach(activity.id, school.member, "9")

    gradebook.on_score = change
    drain.run()
    post = post_of(school, column, school.member)
    assert post.sent_score in {Decimal(5), Decimal(9)}
    clock.advance(timedelta(seconds=2))
    drain.run()
    assert gradebook.grade("4") == 9
    post = post_of(school, column, school.member)
    assert (post.state, post.sent_score) == (PostState.sent, Decimal(9))


def test_two_workers_never_send_one_score_twice(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, clock: FakeClock, connector: Connector,
    settings: object, runtime: Runtime,
) -> None:  # fmt: skip
    activity = school.activity("quiz")
    school.placement(activity)
    for number in range(30):
        reach(activity.id, school.new_member(f"m{number}"), "5")
    other = Database(str(runtime.settings.database_url))
    second = Drain(other, clock, connector, concurrency=4)
    threads = [threading.Thread(target=worker.run) for worker in (drain, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()
    other.dispose()
    assert len(gradebook.scores) == 30
    assert len({score["userId"] for score in gradebook.scores}) == 30


def test_stopped_drain_claims_nothing(drain: Drain, school: School, reach: Recorder, gradebook: FakeGradebook) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "5")
    stop = threading.Event()
    stop.set()
    assert drain.run(stop).answers == {}
    assert gradebook.scores == []
    assert post_of(school, column, school.member).state is PostState.waiting


def test_TO_15_foreign_host_gets_no_token(
    drain: Drain, gradebook: FakeGradebook, school: School, reach: Recorder, database: Database
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    with database.writing() as session:
        session.get_one(LineItem, column).url = "https://elsewhere.example/lineitems/1"
    reach(activity.id, school.member, "5")
    drain.run()
    assert gradebook.calls == []
    assert post_of(school, column, school.member).cause == "foreign_host"
