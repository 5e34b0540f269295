"""Invitations and registrations by hand, from the console."""

import re

import pytest
from sqlalchemy import select

from lti_tool.core.web import Runtime
from lti_tool.identity.models import AdminEvent, Registration
from lti_tool.launch.connecting import LMSS
from lti_tool.launch.services import inviting
from tests.admin.conftest import HERE, Operator
from tests.school import LMS, School

FORM = {
    "lms": "moodle",
    "tenant": "Third school",
    "timezone": "Asia/Shanghai",
    "name": "Moodle",
    "issuer": "https://moodle.example",
    "client_id": "abc",
    "deployment_ids": "1\n2",
    "auth_url": "https://moodle.example/auth",
    "token_url": "https://moodle.example/token",
    "jwks_url": "https://moodle.example/jwks",
    "audience": "",
}


def registered(runtime: Runtime) -> list[Registration]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Registration).order_by(Registration.id)))


def test_DR_01_invitation_is_shown_once_and_is_in_no_log(operator: Operator, runtime: Runtime) -> None:
    made = operator.send("/admin/connect", tenant="New school", timezone="Asia/Shanghai")
    found = re.search(r'value="http://127\.0\.0\.1/lti/register#([\w-]{43})"', made.text)
    assert found is not None
    with runtime.database.reading() as session:
        assert inviting.find(session, found[1], runtime.clock.now()).tenant == "New school"
        logged = session.scalars(select(AdminEvent)).all()
    assert [event.action for event in logged][-1] == "invited"
    assert not any(found[1] in event.subject + event.detail for event in logged)
    assert found[1] not in operator.get("/admin/connect").text + operator.get("/admin/log").text


@pytest.mark.parametrize(("tenant", "timezone"), [(" ", "Asia/Shanghai"), ("School", "Mars/Olympus")])
def test_invitation_needs_a_school_and_a_zone_that_exists(operator: Operator, tenant: str, timezone: str) -> None:
    made = operator.send("/admin/connect", tenant=tenant, timezone=timezone)
    assert made.status_code == 400
    assert 'aria-invalid="true"' in made.text


def test_registering_by_hand(operator: Operator, runtime: Runtime) -> None:
    sent = operator.send("/admin/connect/by-hand", **FORM)
    (row,) = registered(runtime)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/admin/registrations/{row.id}")
    assert (row.issuer, row.client_id, row.family, row.is_demo) == ("https://moodle.example", "abc", "moodle", False)
    shown = operator.get(sent.headers["Location"]).text
    assert "Third school" in shown
    assert "http://127.0.0.1/lti/jwks.json" in shown


@pytest.mark.parametrize("lms", sorted(LMSS))
def test_table_to_paste_is_shown_for_each_lms(operator: Operator, lms: str) -> None:
    shown = operator.get(f"/admin/connect/by-hand?lms={lms}").text
    assert "http://127.0.0.1/lti/launch" in shown or LMSS[lms].fields[0][1] == "domain"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", ""), ("client_id", "x" * 256), ("auth_url", "moodle.example"), ("token_url", "http://moodle.example/t"),
        ("jwks_url", "javascript:alert(1)"), ("timezone", "Mars/Olympus"), ("tenant", " "), ("name", ""),
        ("audience", "a" * 1001), ("issuer", "https://lms.example\x00"), ("deployment_ids", "1\n2\x1b"),
    ],
)  # fmt: skip
def test_faults_are_named_and_what_was_typed_is_kept(
    operator: Operator, runtime: Runtime, field: str, value: str
) -> None:
    sent = operator.send("/admin/connect/by-hand", **{**FORM, field: value})
    assert sent.status_code == 400
    assert 'aria-invalid="true"' in sent.text
    assert FORM["jwks_url" if field != "jwks_url" else "auth_url"] in sent.text
    assert registered(runtime) == []


def test_DR_11_nothing_is_overwritten_without_a_second_look(
    operator: Operator, school: School, runtime: Runtime
) -> None:
    form = {**FORM, "issuer": LMS, "client_id": "client-first"}
    asked = operator.send("/admin/connect/by-hand", **form)
    assert asked.status_code == 409
    assert 'name="looked"' in asked.text
    assert registered(runtime)[0].auth_url == f"{LMS}/auth"
    assert operator.send("/admin/connect/by-hand", **form, looked="yes").status_code == 303
    assert registered(runtime)[0].auth_url == FORM["auth_url"]
    with runtime.database.reading() as session:
        assert session.scalars(select(AdminEvent.action)).all()[-1] == "updated"


@pytest.mark.parametrize("issuer", [f"{LMS}/", LMS.upper()])
def test_OL_13_issuer_that_nearly_matches_is_warned_about(
    operator: Operator, school: School, runtime: Runtime, issuer: str
) -> None:
    before = len(registered(runtime))
    data = {**FORM, "issuer": issuer, "csrf_token": operator.csrf()}
    asked = operator.post("/admin/connect/by-hand", data=data, headers={**HERE, "Accept-Language": "en"})
    assert asked.status_code == 409
    assert f"{LMS} is registered already" in asked.text
    assert len(registered(runtime)) == before
    assert operator.send("/admin/connect/by-hand", **{**FORM, "issuer": issuer}, looked="yes").status_code == 303
    assert registered(runtime)[-1].issuer == issuer


def test_no_page_opens_private_addresses(operator: Operator) -> None:
    for path in ("/admin", "/admin/connect", "/admin/connect/by-hand", "/admin/keys", "/admin/tenants"):
        assert "allow-host" not in operator.get(path).text
