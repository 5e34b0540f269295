"""Reading gradebooks back, through a FakeGradebook."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select, update

from lti_tool.core import jobs as core_jobs
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.http import TimedOut
from lti_tool.core.jobs import Job
from lti_tool.identity.models import Registration
from lti_tool.ledger import services
from lti_tool.ledger.models import Activity, LineItem, Placement, ScoreEvent, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.lms.connector import SCOPE_RESULT_READ, SCOPE_SCORE
from lti_tool.lms.work import Work
from lti_tool.passback.drain import Drain
from lti_tool.passback.queries import drift_by_registration
from lti_tool.passback.reconciler import columns, jobs
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook, Planned
from tests.passback.reconciler.conftest import ReadBack
from tests.school import LMS, School


@pytest.fixture
def activity(school: School) -> Activity:
    return school.activity("quiz")


@pytest.fixture
def column(school: School, activity: Activity) -> int:
    return school.placement(activity)


@pytest.fixture
def address(database: Database, column: int) -> str:
    return line_item(database, column).url or ""


@pytest.fixture
def sent(activity: Activity, column: int, school: School, reach: Recorder, drain: Drain) -> None:
    """71.5 for the member, sent."""
    reach(activity.id, school.member, "71.5")
    drain.run()


def line_item(database: Database, column: int) -> LineItem:
    with database.reading() as session:
        return session.get_one(LineItem, column)


def post_of(school: School, column: int) -> ScorePost:
    found = school.post(column, school.member)
    assert found is not None
    return found


def said(school: School, column: int) -> tuple[PostState, str, Decimal | None]:
    post = post_of(school, column)
    return post.state, post.cause, post.read_score


def events(database: Database) -> list[tuple[str, Decimal | None]]:
    with database.reading() as session:
        rows = session.execute(select(ScoreEvent.event, ScoreEvent.score).order_by(ScoreEvent.id)).all()
    return [(row.event, row.score) for row in rows]


@pytest.mark.usefixtures("sent")
def test_AG_33_score_that_stands_there_is_confirmed(
    school: School, column: int, read_back: ReadBack, database: Database, clock: FakeClock, gradebook: FakeGradebook
) -> None:
    clock.advance(timedelta(minutes=5))
    read_back()
    post = post_of(school, column)
    assert (post.state, post.confirmed_score, post.confirmed_at) == (PostState.confirmed, Decimal("71.5"), clock.now())
    assert line_item(database, column).read_at == clock.now()
    call = gradebook.calls[-1]
    assert call.headers["Accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"
    assert call.url == f"{LMS}/lineitems/{column}/results"
    read_back()
    assert events(database) == [("sent", Decimal("71.5")), ("confirmed", Decimal("71.5"))]


def test_AG_15_score_that_was_silently_dropped_is_sent_again_once(
    school: School,
    activity: Activity,
    column: int,
    reach: Recorder,
    drain: Drain,
    read_back: ReadBack,
    gradebook: FakeGradebook,
) -> None:
    gradebook.loses = True
    reach(activity.id, school.member, "71.5")
    drain.run()
    read_back()
    assert said(school, column) == (PostState.waiting, "", None)
    gradebook.loses = False
    drain.run()
    read_back()
    assert said(school, column) == (PostState.confirmed, "", None)
    assert [score["scoreGiven"] for score in gradebook.scores] == [71.5, 71.5]


def test_AG_15_older_score_of_ours_that_still_stands_there_is_replaced(
    school: School,
    activity: Activity,
    column: int,
    reach: Recorder,
    drain: Drain,
    read_back: ReadBack,
    gradebook: FakeGradebook,
) -> None:
    reach(activity.id, school.member, "50")
    drain.run()
    gradebook.loses = True
    reach(activity.id, school.member, "60")
    drain.run()
    gradebook.loses = False
    read_back()
    drain.run()
    read_back()
    assert said(school, column)[0] is PostState.confirmed
    assert gradebook.grade("4") == 60


def test_AG_15_score_that_is_dropped_twice_differs_and_is_not_sent_a_third_time(
    school: School,
    activity: Activity,
    column: int,
    reach: Recorder,
    drain: Drain,
    read_back: ReadBack,
    gradebook: FakeGradebook,
    database: Database,
) -> None:
    gradebook.loses = True
    reach(activity.id, school.member, "71.5")
    for _ in range(4):
        drain.run()
        read_back()
    assert said(school, column) == (PostState.differs, "not_taken", None)
    assert len(gradebook.scores) == 2
    assert [event for event, _ in events(database)] == ["sent", "resent", "sent", "differs"]


@pytest.mark.usefixtures("sent")
def test_AG_14_teachers_grade_is_recognised_at_the_second_reading_and_never_written_over(
    school: School,
    column: int,
    address: str,
    read_back: ReadBack,
    drain: Drain,
    gradebook: FakeGradebook,
    database: Database,
) -> None:
    gradebook.type_in(address, "4", 88)
    read_back()
    assert said(school, column) == (PostState.differs, "changed_there", Decimal(88))
    read_back()
    assert said(school, column) == (PostState.differs, "teacher_overrode", Decimal(88))
    drain.run()
    read_back()
    assert len(gradebook.scores) == 1
    with database.reading_core() as connection:
        assert drift_by_registration(connection)[school.registration_id] == 1


@pytest.mark.usefixtures("sent")
def test_grade_that_was_removed_there_is_not_put_back_by_itself(
    school: School, column: int, address: str, read_back: ReadBack, drain: Drain, gradebook: FakeGradebook
) -> None:
    read_back()
    gradebook.clear(address, "4")
    read_back()
    drain.run()
    assert said(school, column) == (PostState.differs, "removed_there", None)
    assert len(gradebook.scores) == 1


@pytest.mark.usefixtures("sent")
def test_AG_33_other_people_and_other_scales_do_not_matter(
    school: School, column: int, address: str, read_back: ReadBack, gradebook: FakeGradebook
) -> None:
    gradebook.type_in(address, "nobody of ours", 3)
    gradebook.type_in(address, "4", 0.715, None)
    read_back()
    assert said(school, column)[0] is PostState.confirmed


@pytest.mark.usefixtures("sent")
def test_unreadable_grade_changes_nothing(
    school: School, column: int, address: str, read_back: ReadBack, gradebook: FakeGradebook
) -> None:
    gradebook.type_in(address, "4", "A+")
    read_back()
    assert said(school, column) == (PostState.sent, "", None)


@pytest.mark.usefixtures("sent")
def test_AG_11_all_pages_that_are_offered_are_read(
    school: School, column: int, address: str, read_back: ReadBack, gradebook: FakeGradebook
) -> None:
    grade = gradebook.cells.pop(next(iter(gradebook.cells)))
    for number in range(5):
        gradebook.type_in(address, f"other-{number}", 1)
    gradebook.type_in(address, "4", grade["resultScore"])
    gradebook.page_size = 2
    read_back()
    assert said(school, column)[0] is PostState.confirmed
    assert [call.url.partition("?")[2] for call in gradebook.calls[-3:]] == ["", "from=2", "from=4"]


OTHERS = json.dumps([{"userId": "other", "resultScore": 1}]).encode()


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        ([(500, {}, b"")], "lms_error"),
        ([(503, {}, b"")], "lms_down"),
        ([(404, {}, b"<!DOCTYPE html>")], "column_gone"),
        ([(403, {}, b"")], "no_results"),
        ([(401, {}, b""), (401, {}, b"")], "no_results"),
        ([(200, {"content-type": "text/html"}, b"<html>Log in</html>")], "not_readable"),
        ([(200, {}, b'{"results": []}')], "not_readable"),
        ([TimedOut("lms.example")], "lms_silent"),
        ([(200, {"Link": '</lineitems/1/results?from=1>; rel="next"'}, OTHERS), (502, {}, b"")], "lms_down"),
        ([(200, {"Link": '<https://elsewhere.example/r>; rel="next"'}, OTHERS)], "foreign_host"),
        ([(200, {"Link": '<results>; rel="next"'}, OTHERS)], "not_readable"),
    ],
)
@pytest.mark.usefixtures("sent")
def test_AG_29_nothing_follows_from_a_reading_that_failed_or_broke_off(
    answers: list[Planned],
    cause: str,
    school: School,
    column: int,
    read_back: ReadBack,
    drain: Drain,
    gradebook: FakeGradebook,
    database: Database,
) -> None:
    gradebook.planned_results = [*answers]
    read_back()
    drain.run()
    assert said(school, column) == (PostState.sent, "", None)
    assert len(gradebook.scores) == 1
    item = line_item(database, column)
    assert (item.read_cause, item.read_failures, item.read_at) == (cause, 1, None)
    read_back()
    assert said(school, column)[0] is PostState.confirmed
    assert line_item(database, column).read_cause == ""


@pytest.mark.usefixtures("sent")
def test_score_that_changed_meanwhile_is_left_alone(
    school: School,
    activity: Activity,
    column: int,
    reach: Recorder,
    read_back: ReadBack,
    gradebook: FakeGradebook,
) -> None:
    """A new result comes while the LMS's list is on its way."""
    gradebook.on_results = lambda: reach(activity.id, school.member, "90")
    read_back()
    post = post_of(school, column)
    assert (post.state, post.confirmed_at, post.revision) == (PostState.waiting, None, 2)


def test_refused_score_that_the_lms_has_all_the_same_is_confirmed(
    school: School,
    activity: Activity,
    column: int,
    address: str,
    reach: Recorder,
    drain: Drain,
    read_back: ReadBack,
    gradebook: FakeGradebook,
) -> None:
    gradebook.planned = [(400, {}, b"")]
    reach(activity.id, school.member, "71.5")
    drain.run()
    gradebook.type_in(address, "4", 71.5)
    read_back()
    post = post_of(school, column)
    assert (post.state, post.sent_score, post.confirmed_score) == (
        PostState.confirmed,
        Decimal("71.5"),
        Decimal("71.5"),
    )
    read_back()
    assert post_of(school, column).state is PostState.confirmed


def test_AG_22_readings_are_put_on_our_scale(
    school: School,
    reach: Recorder,
    drain: Drain,
    read_back: ReadBack,
    gradebook: FakeGradebook,
    database: Database,
) -> None:
    activity = school.activity("quiz", maximum=30)
    column = school.placement(activity)
    with database.writing() as session:
        item = session.get_one(LineItem, column)
        item.maximum = 100
    reach(activity.id, school.member, "10")
    drain.run()
    read_back()
    assert said(school, column)[0] is PostState.confirmed
    gradebook.type_in(line_item(database, column).url or "", "4", 50)
    read_back()
    assert said(school, column) == (PostState.differs, "changed_there", Decimal(15))


@pytest.mark.usefixtures("sent")
def test_instructors_keep_holds_for_later_results(
    school: School, activity: Activity, column: int, reach: Recorder, drain: Drain, database: Database, clock: FakeClock
) -> None:
    with database.writing() as session:
        session.execute(update(ScorePost).values(state=PostState.kept, cause=KEPT_THERE))
    reach(activity.id, school.member, "90")
    assert said(school, column) == (PostState.kept, KEPT_THERE, None)
    assert drain.run().total == 0
    with database.writing() as session:
        # A column that is new has no grade that could be kept.
        services.requeue(session, line_item_id=column, now=clock.now())
    assert post_of(school, column).state is PostState.waiting


@pytest.mark.usefixtures("sent")
def test_lms_that_gives_no_right_to_read_is_not_asked(
    column: int, read_back: ReadBack, gradebook: FakeGradebook, database: Database
) -> None:
    with database.writing() as session:
        session.execute(update(Placement).values(scopes=[SCOPE_SCORE]))
    asked = len(gradebook.calls)
    read_back()
    assert len(gradebook.calls) == asked
    assert line_item(database, column).read_cause == "no_scope"
    with database.writing() as session:
        session.execute(update(Placement).values(scopes=[SCOPE_SCORE, SCOPE_RESULT_READ]))
    read_back()
    assert line_item(database, column).read_cause == ""


@pytest.mark.usefixtures("sent")
def test_open_breaker_is_respected(
    read_back: ReadBack, gradebook: FakeGradebook, database: Database, clock: FakeClock
) -> None:
    until = clock.now() + timedelta(minutes=1)
    with database.writing() as session:
        session.execute(update(Registration).values(breaker_until=until))
    asked = len(gradebook.calls)
    assert read_back() == until
    assert len(gradebook.calls) == asked


def test_lms_that_does_not_answer_is_left_alone_after_three_columns(
    school: School,
    reach: Recorder,
    drain: Drain,
    read_back: ReadBack,
    gradebook: FakeGradebook,
    clock: FakeClock,
    work: Work,
) -> None:
    work.runtime.settings = work.runtime.settings.model_copy(update={"drain_concurrency": 1})
    for number in range(6):
        each = school.activity("quiz", f"Q{number}")
        school.placement(each)
        reach(each.id, school.member, "5")
    drain.run()
    gradebook.planned_results = [TimedOut("lms.example")] * 6
    assert read_back() == clock.now() + jobs.PAUSE
    assert len(gradebook.planned_results) == 3


@pytest.mark.usefixtures("sent")
def test_columns_get_their_time_of_the_night_and_the_lms_its_job(
    column: int, school: School, run_job: ReadBack, database: Database, clock: FakeClock
) -> None:
    with database.writing_core() as connection:
        core_jobs.ensure(connection, jobs.JOBS, clock.now())
    run_job()
    due_at = line_item(database, column).read_due_at
    assert due_at is not None
    with database.writing() as session:
        job = session.scalars(select(Job).where(Job.name == jobs.READ)).one()
        assert (job.key, job.due_at) == (f"registration:{school.registration_id}", due_at)
        session.execute(delete(Job).where(Job.name == jobs.PLAN))
    clock.set(due_at)
    again_at = run_job()
    assert line_item(database, column).read_at == due_at
    assert again_at is not None
    assert timedelta(hours=23) < again_at - due_at <= timedelta(hours=25)


@pytest.mark.usefixtures("sent")
def test_asking_twice_is_one_job_and_one_reading(
    activity: Activity, run_job: ReadBack, database: Database, clock: FakeClock, gradebook: FakeGradebook
) -> None:
    for _ in range(2):
        jobs.ask_for_activity(database, activity.id, clock.now())
    run_job()
    assert len([call for call in gradebook.calls if call.url.endswith("/results")]) == 1


def test_more_than_a_transaction_holds_is_asked_for_and_written_in_slices(
    school: School, reach: Recorder, drain: Drain, read_back: ReadBack, database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A score and its line of history are two rows, so a slice holds half of what a transaction may (house rule 2)."""
    assert 2 * columns.SLICE <= columns.AT_MOST == 500
    monkeypatch.setattr(columns, "SLICE", 2)
    placed = []
    for number in range(5):
        each = school.activity("quiz", f"Q{number}")
        placed.append(school.placement(each))
        for person in (school.member, school.member2, school.new_member(f"m{number}")):
            reach(each.id, person, "5")
    drain.run()
    read_back()
    with database.reading() as session:
        found = session.execute(select(ScorePost.state, func.count()).group_by(ScorePost.state)).all()
        read = session.scalars(select(LineItem.id).where(LineItem.read_at.is_not(None)).order_by(LineItem.id)).all()
    assert [tuple(row) for row in found] == [(PostState.confirmed, 15)]
    assert read == placed
