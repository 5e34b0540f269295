"""The tool with a platform that we did not write: lti1p3platform 0.1.8 from PyPI."""

from datetime import timedelta

from jwt import decode
from sqlalchemy import select, update

from lti_tool.core.http import Http
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Context, Enrolment, Member
from lti_tool.launch.rules.tool_configuration import ROSTER_SCOPE
from lti_tool.ledger.models import Activity, LineItem, LineItemSource
from lti_tool.lms.connector import Connector
from lti_tool.lms.hosts import http_of
from lti_tool.lms.platform import find_platform
from lti_tool.lms.tokens import Tokens
from lti_tool.passback.drain import LIMITS
from lti_tool.roster.models import RosterSync, SyncState
from lti_tool.worker import run_once
from tests.flows.campus import custom_of, link_of
from tests.interop.conftest import Meeting
from tests.lms_client import form_of

DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"


def quiz_of(meeting: Meeting) -> Activity:
    token = custom_of(meeting.config, "quiz")["activity"]
    with meeting.runtime.database.reading() as session:
        return session.scalars(select(Activity).where(Activity.token == token)).one()


def work(meeting: Meeting, after: float = 0) -> None:
    """A round of the worker, its clock moved a little: the package has none of ours."""
    clock = meeting.runtime.clock
    clock.advance(timedelta(seconds=after))  # type: ignore[attr-defined]  # the test's own clock
    run_once(meeting.runtime, clock.now())


def test_login_and_launch(meeting: Meeting) -> None:
    """OL-01, TK-15: a GET login, an id_token with azp, names and mail, no locale."""
    asked = meeting.login_parameters("learner", link_of(meeting.config, "quiz"))
    assert (asked["iss"], asked["lti_deployment_id"]) == (meeting.platform.base_url, "1")
    learner = meeting.guest("learner")
    page = learner.launch(link_of(meeting.config, "quiz"))
    assert (page.status, learner.address) == (200, f"/quizzes/{quiz_of(meeting).id}")
    with meeting.runtime.database.reading() as session:
        known = session.execute(select(Member.sub, Member.name).where(Member.sub == "learner")).one()
    assert (known.sub, known.name) == ("learner", "李小明")
    assert meeting.platform.seen()["refusals"] == []


def test_scores_reach_a_column_that_we_make(meeting: Meeting) -> None:
    """The claim has `lineitems` alone: a token with the package's checks, a search, a new column, a score, a better one."""
    quiz, link, learner = quiz_of(meeting), link_of(meeting.config, "quiz"), meeting.guest("learner")
    learner.launch(link)
    learner.take(quiz.id, right=3)
    with meeting.runtime.database.writing() as session:
        session.execute(update(LineItem).values(checked_at=None))  # as if five minutes had gone by since the launch
    work(meeting)
    learner.launch(link)
    learner.take(quiz.id, right=5)
    work(meeting, after=2)
    seen = meeting.platform.seen()
    assert seen["refusals"] == []
    [column] = seen["columns"].values()
    assert (column["resourceLinkId"], column["resourceId"], column["scoreMaximum"]) == (link, quiz.token, quiz.maximum)
    assert [(score["userId"], score["scoreGiven"]) for score in seen["scores"]] == [("learner", 60), ("learner", 100)]


def test_scores_reach_a_column_of_the_platform(meeting: Meeting) -> None:
    """The claim names the column, and its maximum is another one than ours."""
    quiz, link, learner = quiz_of(meeting), link_of(meeting.config, "quiz"), meeting.guest("learner")
    meeting.platform.add_column(link, 50)
    learner.launch(link)
    learner.take(quiz.id, right=4)
    work(meeting)
    seen = meeting.platform.seen()
    assert seen["refusals"] == []
    assert [score["scoreGiven"] / score["scoreMaximum"] for score in seen["scores"]] == [0.8]
    with meeting.runtime.database.reading() as session:
        item = session.scalars(select(LineItem).where(LineItem.activity_id == quiz.id, LineItem.url.is_not(None))).one()
    assert item.source is LineItemSource.claimed


def test_deep_linking(meeting: Meeting) -> None:
    """DL-11: the package verifies our answer with our published key; its `data` is an object, no text."""
    quiz, teacher = quiz_of(meeting), meeting.guest("teacher")
    assert teacher.launch().status == 200
    answer = teacher.send(teacher.address.replace("choose", "chosen"), activity_id=str(quiz.id))
    action, values = form_of(answer.text)
    assert action == f"{meeting.platform.base_url}/dl-return"
    assert meeting.platform.ask("POST", action, form={"JWT": values["JWT"]}).status == 200
    seen = meeting.platform.seen()
    assert seen["refusals"] == []
    assert decode(values["JWT"], options={"verify_signature": False})[DATA] == {"asked": "interop"}
    [item] = seen["items"]
    assert (item["type"], item["custom"]["activity"]) == ("ltiResourceLink", quiz.token)
    assert item["lineItem"]["scoreMaximum"] == quiz.maximum


def test_roster_service_takes_our_token(meeting: Meeting) -> None:
    """NRPS: a token for its scope, and the container under the exact media type, through the connector of the product."""
    meeting.guest("teacher").launch(link_of(meeting.config, "quiz"))
    runtime = meeting.runtime
    http: Http = http_of(runtime.settings, runtime.database, LIMITS)
    with runtime.database.reading() as session:
        platform = find_platform(session, 1)
    assert platform is not None
    connector = Connector(http, Tokens(runtime.database, runtime.keys, http, runtime.clock), runtime.clock)
    media = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
    answer = connector.call(
        platform, "GET", f"{meeting.platform.base_url}/members", scopes=(ROSTER_SCOPE,), headers={"Accept": media}
    )
    http.close()
    assert (answer.status, answer.headers.get("content-type")) == (200, media)
    assert {member["user_id"] for member in answer.json()["members"]} == {"teacher", "learner"}
    assert meeting.platform.seen()["refusals"] == []


def test_roster_comes_into_the_course(meeting: Meeting) -> None:
    """NRPS: the job of the worker, as the teacher's launch asked for it; names and roles as the package gives them."""
    meeting.guest("teacher").launch(link_of(meeting.config, "quiz"))
    work(meeting)
    with meeting.runtime.database.reading() as session:
        sync = session.scalars(select(RosterSync).join(Context).where(Context.memberships_url.is_not(None))).one()
        rows = session.execute(
            select(Member.sub, Member.name, Enrolment.role, Enrolment.last_launch_at.is_(None))
            .join(Enrolment, Enrolment.member_id == Member.id)
            .where(Enrolment.context_id == sync.context_id, Enrolment.is_listed)
            .order_by(Member.sub)
        ).all()
    assert (sync.state, sync.pages, sync.listed) == (SyncState.done, 2, 2)
    assert [tuple(row) for row in rows] == [
        ("learner", "李小明", Role.member, True), ("teacher", "王老师", Role.instructor, False),
    ]  # fmt: skip
    assert meeting.platform.seen()["refusals"] == []
