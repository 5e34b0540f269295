"""The same way against the demo LMS, with its planned faults: the gradebook must end up right."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.http import Headers, Http, Response, TimedOut
from lti_tool.core.web import Runtime
from lti_tool.demo import create_lms, lms_of, seed
from lti_tool.identity.models import Member, Registration
from lti_tool.ledger.models import Activity, LineItem, LineItemState, Placement
from lti_tool.ledger.rules import PostState
from lti_tool.lms import tool_keys
from lti_tool.lms.connector import Connector
from lti_tool.lms.tokens import Tokens
from lti_tool.passback import columns
from lti_tool.passback.drain import Drain
from tests import tool_key
from tests.demo.conftest import ISSUER, TOKEN_URL, TOOL, tool_config
from tests.forging import sample_pem
from tests.lms_client import ENDPOINT_CLAIM, LmsDriver
from tests.passback.conftest import Recorder
from tests.school import School


class WsgiHttp(Http):
    """The outbound HTTP class, led into the demo LMS in this process."""

    def __init__(self, lms: LmsDriver) -> None:
        self._lms = lms

    def request(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        try:
            reply = self._lms.browser(None).request(method, url, body=body, headers=headers)
        except ConnectionResetError as error:
            raise TimedOut("localhost") from error
        return Response(reply.status, Headers(reply.headers.items()), reply.text.encode(), url)

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        return self.request("POST", url, body, headers)


@pytest.fixture
def lms(tmp_path: Path, clock: FakeClock, runtime: Runtime) -> Iterator[LmsDriver]:
    tool_key.install(runtime)

    def published(url: str) -> bytes:
        assert url == f"{TOOL}/lti/jwks"
        with runtime.database.reading_core() as connection:
            return json.dumps(tool_keys.public_jwks(connection)).encode()

    app = create_lms(
        tmp_path / "lms", issuer=ISSUER, clock=clock, has_control=True, fetch=published,
        signing_key=sample_pem("platform"),
    )  # fmt: skip
    seed(lms_of(app), tool_config())
    yield LmsDriver.over_wsgi(app)
    lms_of(app).store.close()


@pytest.fixture(params=["plain", "moodle"])
def kind(request: pytest.FixtureRequest, lms: LmsDriver) -> str:
    """Each test runs against an LMS by the book and against one that does what Moodle does."""
    lms.profile(request.param)
    return str(request.param)


@pytest.fixture
def connector(runtime: Runtime, clock: FakeClock, lms: LmsDriver) -> Connector:
    http = WsgiHttp(lms)
    return Connector(http, Tokens(runtime.database, runtime.keys, http, clock), clock)


@pytest.fixture
def drain(runtime: Runtime, clock: FakeClock, connector: Connector) -> Iterator[Drain]:
    # One at a time: the LMS in this process is not asked by several threads of one test client.
    drain = Drain(runtime.database, clock, connector, concurrency=1, chance=lambda: 1.0)
    yield drain
    drain.close()


class Course:
    """The demo LMS's first course as launches would have brought it in."""

    def __init__(self, school: School, lms: LmsDriver) -> None:
        self.school, self.lms = school, lms
        with school.database.writing() as session:
            session.execute(
                update(Registration)
                .where(Registration.id == school.registration_id)
                .values(client_id="dangke-demo", issuer=ISSUER, token_url=TOKEN_URL)
            )
            for person, sub in ((school.member, "member1"), (school.member2, "member2")):
                shown = lms.sub_of(sub)
                session.execute(update(Member).where(Member.id == person.member_id).values(sub=shown))

    def link(self, link: str = "link-quiz", maximum: int = 20) -> tuple[Activity, int]:
        """An activity behind a link, with the column that the claim names."""
        activity = self.school.activity("quiz", "小测", maximum=maximum)
        column = self.school.placement(activity, column=False, resource_link_id=link)
        self.claim(column, link)
        return activity, column

    def claim(self, column: int, link: str) -> None:
        """What a launch brings: the line item if there is one, the list, the scopes."""
        endpoint: dict[str, Any] = self.lms.claims_for("member1", link)[ENDPOINT_CLAIM]
        with self.school.database.writing() as session:
            item = session.get_one(LineItem, column)
            placement = session.get_one(Placement, item.placement_id)
            placement.lineitems_url, placement.scopes = endpoint["lineitems"], endpoint["scope"]
            if "lineitem" in endpoint:
                item.url, item.state = endpoint["lineitem"], LineItemState.ready


@pytest.fixture
def course(school: School, lms: LmsDriver, kind: str) -> Course:
    return Course(school, lms)


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
