"""Data privacy launches (ID-12): from the LMS to what is stored on one person."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lti_tool.core.clock import FakeClock
from lti_tool.identity.models import AdminEvent, BrowserSession, Context, Enrolment, Grant, Member
from lti_tool.launch.models import DataRequest
from lti_tool.portability import queries, services
from lti_tool.portability.models import Erasure
from tests.lti.world import ORIGIN, World, csrf_of
from tests.meeting import meeting

INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person#"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
ADMINISTRATOR = [f"{INSTITUTION}Administrator"]


@pytest.fixture
def opened(world: World) -> World:
    """member1 has been here."""
    assert world.launch(world.browser(), "member1").status_code == 303
    return world


def send(world: World, browser: FlaskClient, person: str, for_user: Any, **changes: Any) -> TestResponse:
    """The message of the LMS: no context, no link, the user it is about."""
    named = {"user_id": for_user} if isinstance(for_user, str) else for_user
    claims = {"roles": ADMINISTRATOR, "context": None, "resource_link": None, **changes}
    return world.forge(browser, person=person, message_type="DataPrivacyLaunchRequest", for_user=named, **claims)


def follow(answer: TestResponse, browser: FlaskClient) -> TestResponse:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return browser.get(answer.headers["Location"], base_url=ORIGIN)


def post(browser: FlaskClient, page: TestResponse, address: str, **form: str) -> TestResponse:
    data = {"csrf_token": csrf_of(page), **form}
    return browser.post(address, data=data, headers={"Origin": ORIGIN}, base_url=ORIGIN, buffered=True)


def count(world: World, table: Any) -> int:
    with world.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_ID_12_administrator_opens_exports_and_erases_the_named_person(opened: World, browser: FlaskClient) -> None:
    answer = send(opened, browser, "teacher", "member1")
    page = follow(answer, browser)
    address = answer.headers["Location"]
    with opened.runtime.database.reading() as session:
        name = session.scalars(select(Member.name).where(Member.sub == "member1")).one()
    assert name in page.get_data(as_text=True)
    assert (count(opened, Context), count(opened, Grant)) == (1, 1)  # of member1's own launch
    archive = post(browser, page, f"{address}/archive")
    assert archive.mimetype == "application/zip"
    assert post(browser, page, f"{address}/erase", typed="somebody else").status_code == 400
    assert post(browser, page, f"{address}/erase", typed=name).status_code == 303
    after = browser.get(address, base_url=ORIGIN)
    assert after.status_code == 200
    assert name not in after.get_data(as_text=True)
    with opened.runtime.database.reading() as session:
        assert session.scalars(select(Member.is_erased).where(Member.sub.startswith("erased:"))).all() == [True]
        assert session.scalars(select(AdminEvent.action).order_by(AdminEvent.id)).all() == [
            "person_exported", "person_erased",
        ]  # fmt: skip
        assert session.scalars(select(Erasure.begun_at.is_not(None))).all() == [True]


@pytest.mark.parametrize("role", [f"{SYSTEM}Administrator", f"{SYSTEM}SysAdmin", f"{SYSTEM}AccountAdmin"])
def test_ID_12_exact_roles_of_those_who_run_the_platform(opened: World, browser: FlaskClient, role: str) -> None:
    assert follow(send(opened, browser, "teacher", "member1", roles=[role]), browser).status_code == 200


@pytest.mark.parametrize(
    "roles",
    [
        [], ["Administrator"], [f"{MEMBERSHIP}Administrator"], [f"{MEMBERSHIP}Instructor"], [f"{INSTITUTION}Instructor"],
        [f"{INSTITUTION}Administrator/"], [f"{INSTITUTION}administrator"],
        ["http://purl.imsglobal.org/vocab/lis/v2/institution/person.evil#Administrator"],
    ],
)  # fmt: skip
def test_ID_12_nobody_else_opens_the_data_of_another(opened: World, browser: FlaskClient, roles: list[str]) -> None:
    before = count(opened, Member)
    opened.refused(send(opened, browser, "teacher", "member1", roles=roles), 403, "privacy_not_yours")
    assert (count(opened, DataRequest), count(opened, Member)) == (0, before)


def test_ID_12_the_person_himself_comes_to_his_own_page_and_cannot_erase_by_a_click(
    opened: World, browser: FlaskClient
) -> None:
    answer = send(opened, browser, "member1", "member1", roles=[])
    address = answer.headers["Location"]
    assert browser.get(address, base_url=ORIGIN).headers["Location"] == "/data"
    page = browser.get("/data", base_url=ORIGIN)
    assert page.status_code == 200
    assert post(browser, page, f"{address}/erase", typed="").status_code == 404
    assert post(browser, page, "/data/wish").status_code == 303
    with opened.runtime.database.reading() as session:
        assert session.scalars(select(Erasure.begun_at)).all() == [None]


def test_ID_12_looking_after_an_erasure_brings_nobody_back(opened: World, browser: FlaskClient) -> None:
    members = count(opened, Member)
    opened.refused(send(opened, browser, "member2", "member2", roles=[]), 404, "privacy_nothing")
    assert count(opened, Member) == members
    page = follow(send(opened, opened.browser(), "teacher", "nobody here"), browser)
    assert page.status_code == 404  # another browser's
    other = opened.browser()
    assert follow(send(opened, other, "teacher", "nobody here"), other).status_code == 200


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"context": {"id": "course-1"}}, "privacy_of_no_course"),
        ({"resource_link": {"id": "link-a"}}, "privacy_of_no_course"),
        ({"for_user": None}, "for_user"),
        ({"for_user": {"user_id": 4}}, "for_user"),
        ({"for_user": {"user_id": ""}}, "for_user"),
        ({"roles": "Administrator"}, "roles_malformed"),
        ({"roles": None}, "roles_malformed"),
    ],
)
def test_ID_12_malformed_messages_are_refused(
    opened: World, browser: FlaskClient, changes: dict[str, Any], reason: str
) -> None:
    for_user = changes.pop("for_user", "member1")
    opened.refused(send(opened, browser, "teacher", for_user, **changes), 400, reason)


def test_ID_12_the_way_to_the_data_holds_for_an_hour_and_for_this_session(
    opened: World, browser: FlaskClient, clock: FakeClock
) -> None:
    address = send(opened, browser, "teacher", "member1").headers["Location"]
    other = opened.browser()
    opened.launch(other, "teacher")
    assert other.get(address, base_url=ORIGIN).status_code == 404
    assert opened.browser().get(address, base_url=ORIGIN).status_code == 404
    assert browser.get(address, base_url=ORIGIN).status_code == 200
    clock.advance(timedelta(hours=1))
    assert browser.get(address, base_url=ORIGIN).status_code == 404


def test_ID_12_who_launches_after_an_erasure_begins_anew(opened: World, browser: FlaskClient) -> None:
    answer = send(opened, browser, "teacher", "member1")
    page = follow(answer, browser)
    with opened.runtime.database.reading() as session:
        former = session.scalars(select(Member).where(Member.sub == "member1")).one()
    post(browser, page, f"{answer.headers['Location']}/erase", typed=former.name)
    assert opened.launch(opened.browser(), "member1").status_code == 303
    with opened.runtime.database.reading() as session:
        again = session.scalars(select(Member).where(Member.sub == "member1")).one()
        assert (again.name, again.is_erased) == (former.name, False)
        assert again.id != former.id
        assert session.scalars(select(Enrolment.member_id).where(Enrolment.is_active)).all() == [again.id]


def test_ID_12_launch_that_meets_the_erasure_comes_after_it(opened: World) -> None:
    runtime = opened.runtime
    with runtime.database.reading_core() as connection:
        person = queries.find(connection, 1, "member1")
    assert person is not None

    def erase(session: Session) -> None:
        services.begin(session.connection(), runtime.keys, runtime.keepers, person, runtime.clock.now())

    landed = meeting(runtime.database, erase, lambda: opened.launch(opened.browser(), "member1"))
    assert landed.status_code == 303
    with runtime.database.reading() as session:
        rows = session.scalars(select(Member).order_by(Member.id)).all()
        assert [(row.is_erased, row.sub == "member1") for row in rows] == [(True, False), (False, True)]
        assert set(session.scalars(select(BrowserSession.member_id))) == {rows[1].id}
        assert session.scalars(select(Enrolment.member_id).where(Enrolment.is_active)).all() == [rows[1].id]
