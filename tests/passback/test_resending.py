"""Sending again: one, what was refused, everything in a course; slice by slice, with a question before it."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select, update

from lti_tool.core import jobs
from lti_tool.core.clock import FakeClock
from lti_tool.core.jobs import Job
from lti_tool.ledger.models import Activity, AuditEvent, ScoreEvent, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.lms.connector import Connector
from lti_tool.lms.work import Work
from lti_tool.passback import rest, services
from tests.passback.conftest import Recorder
from tests.school import School


@pytest.fixture
def home(school: School) -> Activity:
    return school.activity("outline", "Course")


@pytest.fixture
def quiz(school: School, home: Activity) -> Activity:
    return school.activity("quiz", "Sources", parent_id=home.id)


@pytest.fixture
def column(school: School, quiz: Activity) -> int:
    return school.placement(quiz)


@pytest.fixture
def crowd(school: School, quiz: Activity, column: int, reach: Recorder) -> Callable[[int, PostState, str], None]:
    """crowd(3, PostState.refused, "locked"): so many more members whose scores are in this state."""

    def come(number: int, state: PostState, cause: str = "") -> None:
        for place in range(number):
            person = school.new_member(f"{state.value}-{cause}-{place}")
            reach(quiz.id, person, "5")
            with school.database.writing() as session:
                session.execute(
                    update(ScorePost)
                    .where(ScorePost.line_item_id == column, ScorePost.member_id == person.member_id)
                    .values(state=state, cause=cause)
                )

    return come


@pytest.fixture
def work_off(school: School, connector: Connector, clock: FakeClock) -> Callable[[], None]:
    """Does the job as a worker does, from the database's row."""
    kinds = {kind.name: kind for kind in rest.JOBS}

    def run() -> None:
        with school.database.writing_core() as connection:
            taken = jobs.take(connection, kinds, clock.now())
        assert taken is not None
        again_at = kinds[taken.name].run(Work(school.runtime, connector, threading.Event()), taken)
        with school.database.writing_core() as connection:
            jobs.finish(connection, taken, again_at=again_at)

    return run


def states(school: School) -> dict[PostState, int]:
    with school.database.reading() as session:
        return {
            row[0]: row[1] for row in session.execute(select(ScorePost.state, func.count()).group_by(ScorePost.state))
        }


def test_question_says_how_many_and_what_is_left_alone(
    school: School, home: Activity, quiz: Activity, crowd: Callable[..., None]
) -> None:
    crowd(2, PostState.confirmed)
    crowd(1, PostState.refused, "locked")
    crowd(1, PostState.differs, "changed_there")
    crowd(1, PostState.waiting)
    crowd(1, PostState.kept, KEPT_THERE)
    client = school.client(school.instructor)
    assert f'href="/scores/{home.id}/send"' in client.get(f"/scores/{home.id}").text
    page = client.get(f"/scores/{home.id}/send").text
    assert "整门课程的 4 个成绩将再次送往「first」。" in page
    assert "另有 2 个不动" in page
    assert "「Sources」的 4 个成绩将再次送往" in client.get(f"/scores/{quiz.id}/send").text
    client.post_form(f"/scores/{home.id}/send", {"what": "all"})
    assert states(school) == {PostState.waiting: 4, PostState.differs: 1, PostState.kept: 1}
    client.post_form(f"/scores/{home.id}/send", {"what": "all"})
    with school.database.reading() as session:
        acts = session.execute(select(AuditEvent.action, AuditEvent.member_id)).all()
        noted = session.execute(select(ScoreEvent.event, func.count()).group_by(ScoreEvent.event)).all()
    assert [tuple(act) for act in acts] == [("send_again", None)] * 2
    assert [tuple(row) for row in noted] == [("asked", 8)]


def test_what_an_lms_has_lost_or_never_shown_is_among_everything(
    school: School, home: Activity, crowd: Callable[..., None]
) -> None:
    """An LMS that was restored from a backup has forgotten whole columns; another had a column locked."""
    crowd(2, PostState.differs, "removed_there")
    crowd(1, PostState.differs, "not_taken")
    school.client(school.instructor).post_form(f"/scores/{home.id}/send", {"what": "all"})
    assert states(school) == {PostState.waiting: 3}


def test_only_what_was_refused_is_sent_unless_all_is_said(
    school: School, home: Activity, crowd: Callable[..., None]
) -> None:
    crowd(2, PostState.sent)
    crowd(2, PostState.refused, "locked")
    for form in ({}, {"what": "refused"}, {"what": "everything"}):
        school.client(school.instructor).post_form(f"/scores/{home.id}/send", form)
    assert states(school) == {PostState.waiting: 2, PostState.sent: 2}


def test_more_than_a_transaction_holds_is_finished_by_a_job(
    school: School, home: Activity, crowd: Callable[..., None], work_off: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(services, "SLICE", 2)
    crowd(5, PostState.sent)
    school.client(school.instructor).post_form(f"/scores/{home.id}/send", {"what": "all"})
    assert states(school) == {PostState.waiting: 2, PostState.sent: 3}
    with school.database.reading() as session:
        assert session.scalars(select(Job.key)).all() == [f"again.all:{home.id}"]
    work_off()
    assert states(school) == {PostState.waiting: 5}
    with school.database.reading() as session:
        assert session.scalars(select(Job.id)).all() == []
        assert session.scalars(select(ScorePost.revision).distinct()).all() == [2]


@pytest.mark.usefixtures("column")
def test_only_who_authors_is_asked(school: School, home: Activity) -> None:
    assert school.client(school.instructor).get(f"/scores/{home.id}/send").status_code == 200
    for person in (school.assistant, school.member, *school.strangers):
        client = school.client(person)
        assert client.get(f"/scores/{home.id}/send").status_code == 404
        assert client.post_form(f"/scores/{home.id}/send", {"what": "all"}).status_code == 404
