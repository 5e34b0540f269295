"""No transaction holds more than 500 rows, whatever the size of a course: the rest is a job, which may be killed at any slice."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import func, select, update

from lti_tool.core import jobs
from lti_tool.core.clock import FakeClock
from lti_tool.core.jobs import Job, JobKind, Taken
from lti_tool.identity.models import Enrolment, Registration
from lti_tool.ledger import services
from lti_tool.ledger.models import Activity, LineItem, LineItemState, ScoreEvent, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, NOT_GRADED, PostState
from lti_tool.ledger.services import outbox
from lti_tool.lms.connector import Connector
from lti_tool.lms.work import Work
from lti_tool.passback import rest
from lti_tool.passback import services as passback
from lti_tool.passback.drain import Drain
from tests.passback.crowd import come, have
from tests.passback.gradebook import FakeGradebook
from tests.school import School
from tests.transactions import rows_written

MOST = 500
NAMES = [f"学员{number:03}" for number in range(620)]
LATER = timedelta(minutes=30)


@pytest.fixture
def task(school: School) -> Activity:
    return school.activity("quiz", "Sources")


@pytest.fixture
def column(school: School, task: Activity) -> int:
    return school.placement(task)


@pytest.fixture
def written(school: School) -> Iterator[list[int]]:
    """Rows that each transaction has written, from now on; the last is the one under way."""
    with rows_written(school.database.engine) as sizes:
        yield sizes


KINDS: dict[str, JobKind] = {kind.name: kind for kind in rest.JOBS}


def take(school: School) -> Taken | None:
    with school.database.writing_core() as connection:
        return jobs.take(connection, KINDS, school.now)


@pytest.fixture
def work_off(school: School, connector: Connector) -> Callable[[], int]:
    """Does the jobs as a worker does, until there are none; returns how many there were."""

    def run() -> int:
        number = 0
        while (taken := take(school)) is not None:
            number += 1
            again_at = rest.go_on(Work(school.runtime, connector, Event()), taken)
            with school.database.writing_core() as connection:
                jobs.finish(connection, taken, again_at=again_at)
        return number

    return run


def how_many(school: School, *conditions: Any) -> int:
    with school.database.reading() as session:
        return session.scalar(select(func.count()).select_from(ScorePost).where(*conditions)) or 0


def requeue(school: School, column: int) -> None:
    with school.database.writing() as session:
        services.requeue(session, line_item_id=column, now=school.now)


def test_column_that_appears_gets_all_earlier_results_slice_by_slice(
    school: School, task: Activity, column: int, written: list[int], work_off: Callable[[], int]
) -> None:
    come(school, task, column, NAMES, None)
    written[:] = [0]
    requeue(school, column)
    assert how_many(school, ScorePost.state == PostState.waiting) == outbox.SLICE
    assert work_off() == 1
    assert how_many(school, ScorePost.state == PostState.waiting, ScorePost.revision == 1) == len(NAMES)
    assert max(written) <= MOST
    assert sum(written) >= len(NAMES)
    assert work_off() == 0


def test_column_that_is_back_leaves_anothers_grades_slice_by_slice(
    school: School, task: Activity, column: int, written: list[int], work_off: Callable[[], int]
) -> None:
    come(school, task, column, NAMES[:300], PostState.confirmed)
    come(school, task, column, NAMES[300:320], PostState.kept, cause=KEPT_THERE)
    come(school, task, column, NAMES[320:340], PostState.differs, cause="changed_there")
    come(school, task, column, NAMES[340:], PostState.sent)
    written[:] = [0]
    with school.database.writing() as session:
        services.requeue(session, line_item_id=column, now=school.now, is_new=False)
    assert work_off() == 1
    assert how_many(school, ScorePost.state == PostState.waiting, ScorePost.revision == 2) == len(NAMES) - 40
    assert how_many(school, ScorePost.revision == 1) == 40
    assert max(written) <= MOST


def test_small_course_needs_no_job(school: School, task: Activity, column: int, work_off: Callable[[], int]) -> None:
    come(school, task, column, NAMES[: outbox.SLICE - 1], None)
    requeue(school, column)
    assert how_many(school, ScorePost.state == PostState.waiting) == outbox.SLICE - 1
    assert work_off() == 0


class Killed(BaseException):
    """The worker is gone between two slices."""


class Mortal(Work):
    """The tools of a worker that is killed when it looks at its lease."""

    def renew(self, taken: Taken, lease: timedelta) -> bool:
        raise Killed


def test_job_that_is_killed_between_slices_goes_on_where_it_was(
    school: School, task: Activity, column: int, work_off: Callable[[], int], connector: Connector, clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(outbox, "SLICE", 2)
    monkeypatch.setattr(rest, "IN_ONE_GO", 1)
    come(school, task, column, NAMES[:9], None)
    requeue(school, column)
    taken = take(school)
    assert taken is not None
    with pytest.raises(Killed):
        rest.go_on(Mortal(school.runtime, connector, Event()), taken)
    assert how_many(school) == 4
    assert take(school) is None, "its lease has not ended"
    clock.advance(rest.LEASE)
    assert work_off() == 1
    assert how_many(school, ScorePost.revision == 1) == 9, "each exactly once"


def test_worker_that_must_stop_leaves_the_rest_to_the_next(
    school: School, task: Activity, column: int, work_off: Callable[[], int], connector: Connector, clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(outbox, "SLICE", 2)
    come(school, task, column, NAMES[:5], None)
    requeue(school, column)
    taken, stop = take(school), Event()
    assert taken is not None
    stop.set()
    again_at = rest.go_on(Work(school.runtime, connector, stop), taken)
    with school.database.writing_core() as connection:
        jobs.finish(connection, taken, again_at=again_at)
    assert how_many(school) == 2
    assert work_off() == 1
    assert how_many(school, ScorePost.revision == 1) == 5


def test_wish_that_comes_during_the_job_is_done_from_its_own_beginning(
    school: School, task: Activity, column: int, work_off: Callable[[], int], connector: Connector,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A launch brings yet another column while the job for the one before is under way."""
    monkeypatch.setattr(outbox, "SLICE", 2)
    come(school, task, column, NAMES[:5], None)
    requeue(school, column)
    taken = take(school)
    assert taken is not None
    requeue(school, column)
    assert rest.go_on(Work(school.runtime, connector, Event()), taken) is None
    assert how_many(school) == 2, "the slice was taken back: the newer wish does it"
    with school.database.writing_core() as connection:
        jobs.finish(connection, taken, again_at=None)
    assert work_off() == 1
    assert how_many(school) == 5


def test_column_that_is_gone_leaves_its_scores_waiting_for_it_slice_by_slice(
    school: School, task: Activity, column: int, written: list[int], work_off: Callable[[], int], drain: Drain,
    gradebook: FakeGradebook,
) -> None:  # fmt: skip
    come(school, task, column, NAMES[:20], PostState.waiting)
    come(school, task, column, NAMES[20:], PostState.waiting, due_at=school.now + LATER)
    written[:] = [0]
    gradebook.always = (404, {}, b"")
    drain.run()
    assert how_many(school, ScorePost.state == PostState.waiting) > MOST, "those that were not due yet"
    assert work_off() == 1
    assert how_many(school, ScorePost.state == PostState.waiting_for_column, ScorePost.cause == "column_gone") == 620
    assert max(written) <= MOST
    assert sum(written) >= len(NAMES)


def test_column_that_came_back_before_the_job_makes_the_rest_due(
    school: School, task: Activity, column: int, work_off: Callable[[], int], drain: Drain, gradebook: FakeGradebook
) -> None:
    come(school, task, column, NAMES[:20], PostState.waiting)
    come(school, task, column, NAMES[20:], PostState.waiting, due_at=school.now + LATER)
    gradebook.always = (404, {}, b"")
    drain.run()
    with school.database.writing() as session:
        session.execute(update(LineItem).values(state=LineItemState.ready, url="https://lms.example/lineitems/new"))
    requeue(school, column)
    work_off()
    assert how_many(school, ScorePost.state == PostState.waiting, ScorePost.due_at <= school.now) == len(NAMES)


def test_scores_that_waited_for_the_lms_are_due_when_it_answers_slice_by_slice(
    school: School, task: Activity, column: int, written: list[int], work_off: Callable[[], int], drain: Drain,
    gradebook: FakeGradebook,
) -> None:  # fmt: skip
    come(school, task, column, NAMES[:1], PostState.waiting)
    come(school, task, column, NAMES[1:], PostState.waiting, cause="lms_down", due_at=school.now + LATER)
    with school.database.writing() as session:
        session.execute(update(Registration).values(breaker_failures=3))
    written[:] = [0]
    drain.run()
    assert how_many(school, ScorePost.due_at > school.now) > MOST
    assert work_off() == 1
    assert how_many(school, ScorePost.due_at > school.now) == 0
    assert max(written) <= MOST
    drain.run()
    assert len({score["userId"] for score in gradebook.scores}) == len(NAMES) == len(gradebook.scores)
    assert max(written) <= MOST


def test_lms_that_does_not_answer_again_after_all_lets_the_rest_wait(
    school: School, task: Activity, column: int, work_off: Callable[[], int], drain: Drain
) -> None:
    come(school, task, column, NAMES[:1], PostState.waiting)
    come(school, task, column, NAMES[1:], PostState.waiting, cause="lms_down", due_at=school.now + LATER)
    with school.database.writing() as session:
        session.execute(update(Registration).values(breaker_failures=3))
    drain.run()
    with school.database.writing() as session:
        session.execute(update(Registration).values(breaker_failures=1))
    before = how_many(school, ScorePost.due_at > school.now)
    work_off()
    assert how_many(school, ScorePost.due_at > school.now) == before > MOST


def test_column_that_shows_something_else_keeps_the_grades_of_others_slice_by_slice(
    school: School, task: Activity, column: int, written: list[int], work_off: Callable[[], int]
) -> None:
    other = school.activity("quiz", "Other")
    come(school, task, column, NAMES, PostState.sent)
    come(school, other, column, ["有分"], None)
    with school.database.writing() as session:
        session.execute(update(LineItem).where(LineItem.id == column).values(activity_id=other.id))
    written[:] = [0]
    with school.database.writing() as session:
        services.leave_others(session, line_item_id=column, now=school.now)
    requeue(school, column)
    assert work_off() == 1
    assert how_many(school, ScorePost.state == PostState.kept, ScorePost.cause == "relinked") == len(NAMES)
    assert how_many(school, ScorePost.state == PostState.waiting) == 1
    assert max(written) <= MOST
    with school.database.reading() as session:
        assert session.scalars(select(Job.id)).all() == []


def leave_out(school: School, members: list[int], **values: Any) -> None:
    """Write this into these people's enrolments; none: they are back and get grades."""
    values = {"is_active": True, "gradable": True, "not_graded_at": None} | values
    with school.database.writing() as session:
        session.execute(update(Enrolment).where(Enrolment.member_id.in_(members)).values(**values))


def back(school: School, members: list[int]) -> int:
    with school.database.writing_core() as connection:
        return services.requeue_members(connection, context_id=school.context_id, member_ids=members, now=school.now)


def test_scores_of_people_who_are_back_are_told_slice_by_slice(
    school: School, task: Activity, column: int, written: list[int], work_off: Callable[[], int]
) -> None:
    """A roster of the same moment brings others back: its wish makes no job of its own and loses nobody."""
    refused = come(school, task, column, NAMES[:300], PostState.refused, cause=NOT_GRADED)
    away = come(school, task, column, NAMES[300:600], PostState.not_gradable)
    still_away = come(school, task, column, NAMES[600:], PostState.not_gradable)
    leave_out(school, still_away, is_active=False)
    written[:] = [0]
    assert back(school, refused) == back(school, away) == outbox.AT_RETURN
    with school.database.reading() as session:
        assert session.scalars(select(Job.key)).all() == [f"returned:{school.context_id}"]
    assert work_off() == 1
    assert how_many(school, ScorePost.state == PostState.waiting, ScorePost.revision == 2) == 600
    assert how_many(school, ScorePost.state == PostState.not_gradable) == len(still_away)
    assert max(written) <= MOST


def test_roster_that_brings_a_hundred_people_with_many_columns_back_stays_within_a_transaction(
    school: School, task: Activity, column: int, written: list[int], work_off: Callable[[], int]
) -> None:
    tasks = [task, *(school.activity("quiz", f"Task {number}") for number in range(7))]
    columns = [column, *(school.placement(each) for each in tasks[1:])]
    members = come(school, task, column, NAMES[:100], PostState.not_gradable)
    for each, of in zip(tasks[1:], columns[1:], strict=True):
        have(school, each, of, members, PostState.not_gradable)
    written[:] = [0]
    assert back(school, members) == outbox.AT_RETURN
    assert sum(written) <= outbox.AT_RETURN + 1, "a roster writes some 300 rows beside them"
    assert work_off() == 1
    assert how_many(school, ScorePost.state == PostState.waiting, ScorePost.revision == 2) == 800
    assert max(written) <= MOST


def test_who_gets_no_grades_again_before_the_job_is_not_told(
    school: School, task: Activity, column: int, work_off: Callable[[], int]
) -> None:
    members = come(school, task, column, NAMES[:300], PostState.refused, cause=NOT_GRADED)
    back(school, members)
    leave_out(school, members[100:], not_graded_at=school.now)
    work_off()
    assert how_many(school, ScorePost.state == PostState.waiting) == outbox.AT_RETURN
    assert how_many(school, ScorePost.state == PostState.refused) == 200


def test_everything_is_sent_again_slice_by_slice_and_a_killed_job_sends_nothing_twice(
    school: School, task: Activity, column: int, written: list[int], work_off: Callable[[], int], connector: Connector,
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(rest, "IN_ONE_GO", 1)
    come(school, task, column, NAMES, PostState.sent)
    written[:] = [0]
    school.client(school.instructor).post_form(f"/scores/{task.id}/send", {"what": "all"})
    taken = take(school)
    assert taken is not None
    with pytest.raises(Killed):
        rest.go_on(Mortal(school.runtime, connector, Event()), taken)
    assert how_many(school, ScorePost.state == PostState.waiting) == 2 * passback.SLICE
    clock.advance(rest.LEASE)
    assert work_off() == 1
    assert how_many(school, ScorePost.state == PostState.waiting, ScorePost.revision == 2) == len(NAMES)
    with school.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ScoreEvent)) == len(NAMES)
        assert session.scalars(select(Job.id)).all() == []
    assert max(written) <= MOST
