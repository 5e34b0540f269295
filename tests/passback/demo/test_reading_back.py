"""Gradebooks read back from the demo LMS, by the book and as Moodle: what a teacher's change there leads to."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from lti_tool.core import jobs as core_jobs
from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.identity.models import Registration
from lti_tool.ledger.models import LineItem
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.lms.connector import Connector
from lti_tool.lms.work import Work
from lti_tool.passback.drain import Drain
from lti_tool.passback.reconciler import jobs
from tests.lms_client import LmsDriver
from tests.passback.conftest import Recorder
from tests.passback.demo.conftest import Course
from tests.school import School

Said = tuple[PostState, str, Decimal | None]


class Desk:
    """A member's score in the sample quiz, the LMS's gradebook, and the worker between them."""

    def __init__(
        self, course: Course, reach: Recorder, drain: Drain, runtime: Runtime, connector: Connector, clock: FakeClock
    ) -> None:
        self.school, self.lms = course.school, course.lms
        self._reach, self._drain, self._runtime, self._clock = reach, drain, runtime, clock
        self._work = Work(runtime, connector, threading.Event())
        # One at a time: the LMS in this process is not asked by several threads of one test client.
        runtime.settings = runtime.settings.model_copy(update={"drain_concurrency": 1})
        self.activity, self.column = course.link()

    def finish(self, score: str) -> None:
        """The member reaches it, and it is sent."""
        self._clock.advance(timedelta(seconds=5))
        self._reach(self.activity.id, self.school.member, score)
        self._drain.run()

    def send(self) -> None:
        """What is due goes."""
        self._clock.advance(timedelta(seconds=5))
        self._drain.run()

    def compare(self) -> None:
        """The worker reads the column back."""
        jobs.ask_for(self._runtime.database, LineItem.id == self.column, self._clock.now())
        kinds = {kind.name: kind for kind in jobs.JOBS}
        with self._runtime.database.writing_core() as connection:
            taken = core_jobs.take(connection, kinds, self._clock.now())
        assert taken is not None
        again_at = kinds[taken.name].run(self._work, taken)
        with self._runtime.database.writing_core() as connection:
            core_jobs.finish(connection, taken, again_at=again_at)

    def type_in(self, score: str) -> None:
        """The teacher changes the cell on the LMS's own page."""
        form = {"column": str(self.cell["line_item"]), "person": "member1", "score": score}
        assert self.lms.post("teacher", "/courses/course-1/gradebook", **form).status == 303

    @property
    def cell(self) -> dict[str, object]:
        """What stands in the LMS."""
        return dict(self.lms.gradebook("course-1")["小测", "member1"])

    @property
    def said(self) -> Said:
        """State, cause and the LMS's number, as we know them."""
        post = self.school.post(self.column, self.school.member)
        assert post is not None
        return post.state, post.cause, post.read_score

    def act(self, what: str, **form: str) -> None:
        """The instructor sends the score again, or keeps the LMS's."""
        address = f"/scores/{self.activity.id}/{what}/{self.school.member.member_id}"
        assert self.school.client(self.school.instructor).post_form(address, form).status_code == 303


@pytest.fixture
def desk(
    course: Course, kind: str, reach: Recorder, drain: Drain, runtime: Runtime, connector: Connector, clock: FakeClock
) -> Desk:
    with runtime.database.writing() as session:
        family = kind if kind == "moodle" else ""
        session.execute(
            update(Registration).where(Registration.id == course.school.registration_id).values(family=family)
        )
    return Desk(course, reach, drain, runtime, connector, clock)


@pytest.mark.parametrize("score", ["17", "0"])
def test_AG_33_grade_that_stands_there_is_confirmed(desk: Desk, score: str) -> None:
    """No points are points: a missing person has none, and 0 is a grade."""
    desk.finish(score)
    desk.compare()
    assert desk.said == (PostState.confirmed, "", None)
    assert desk.cell["score"] == int(score)


def test_AG_14_grade_that_a_teacher_changed_is_shown_and_never_written_over(desk: Desk) -> None:
    desk.finish("17")
    desk.compare()
    desk.type_in("12.5")
    desk.compare()
    assert desk.said == (PostState.differs, "changed_there", Decimal("12.5"))
    desk.compare()
    assert desk.said == (PostState.differs, "teacher_overrode", Decimal("12.5"))
    desk.send()
    assert desk.cell["score"] == 12.5
    assert len(desk.lms.score_log()) == 1


def test_grade_that_a_teacher_typed_before_ours_was_seen_is_his_as_well(desk: Desk) -> None:
    desk.finish("17")
    desk.type_in("3")
    desk.compare()
    desk.send()
    assert desk.said == (PostState.differs, "changed_there", Decimal(3))
    assert len(desk.lms.score_log()) == 1


def test_grade_that_a_teacher_took_out_is_not_put_back_by_itself(desk: Desk) -> None:
    desk.finish("17")
    desk.compare()
    desk.type_in("")
    desk.compare()
    desk.send()
    assert desk.said == (PostState.differs, "removed_there", None)
    assert desk.cell["score"] is None
    desk.act("send")
    desk.send()
    desk.compare()
    assert desk.said == (PostState.confirmed, "", None)
    assert desk.cell["score"] == 17


def test_kept_grade_counts_for_later_results_too(desk: Desk) -> None:
    desk.finish("17")
    desk.type_in("19")
    desk.compare()
    desk.act("keep", reason="oral exam")
    desk.finish("18")
    desk.compare()
    assert desk.said == (PostState.kept, KEPT_THERE, Decimal(19))
    assert desk.cell["score"] == 19
    assert len(desk.lms.score_log()) == 1


def test_sending_again_ends_the_difference_where_the_platform_lets_it_and_says_so_where_not(
    desk: Desk, kind: str
) -> None:
    """Moodle says 200 and keeps the teacher's: only taking the change back there helps."""
    desk.finish("17")
    desk.type_in("3")
    desk.compare()
    desk.act("send")
    desk.send()
    desk.compare()
    if kind == "moodle":
        assert desk.said == (PostState.differs, "teacher_overrode", Decimal(3))
        assert desk.cell["score"] == 3
    else:
        assert desk.said == (PostState.confirmed, "", None)
        assert desk.cell["score"] == 17


def test_comparing_never_asks_a_moodle_for_pages(desk: Desk, lms: LmsDriver) -> None:
    """Its results break over `limit`: a reading that asked for pages would fail (moodle-4.5.md, section 4)."""
    desk.finish("17")
    desk.compare()
    with desk.school.database.reading() as session:
        item = session.get_one(LineItem, desk.column)
    assert (item.read_cause, item.read_failures) == ("", 0)
    assert item.read_at is not None


def test_column_that_a_teacher_deleted_is_said_and_no_score_moves(desk: Desk, school: School) -> None:
    desk.finish("17")
    desk.lms.control("DELETE", f"columns/{desk.cell['line_item']}")
    desk.compare()
    assert desk.said == (PostState.sent, "", None)
    with school.database.reading() as session:
        assert session.get_one(LineItem, desk.column).read_cause != ""
