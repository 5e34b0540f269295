"""Connections in the console: their states, deployments, frame origins, quirks, dry run, and switching off."""

import pytest
from sqlalchemy import select

from lti_tool.core.web import Runtime
from lti_tool.identity.models import AdminEvent, Deployment, Registration
from lti_tool.launch.edge import edge_of
from lti_tool.launch.refused import Refused
from tests.admin.conftest import Operator
from tests.school import LMS, School


def registration(school: School) -> Registration:
    with school.database.reading() as session:
        found: Registration = session.get_one(Registration, school.registration_id)
        return found


def deployment(school: School) -> Deployment:
    with school.database.reading() as session:
        found: Deployment = session.get_one(Deployment, school.deployment_id)
        return found


def last_event(runtime: Runtime) -> AdminEvent:
    with runtime.database.reading() as session:
        found = session.scalars(select(AdminEvent).order_by(AdminEvent.id.desc())).first()
        assert found is not None
        return found


@pytest.fixture
def page(school: School) -> str:
    return f"/admin/registrations/{school.registration_id}"


def test_connections_are_listed_with_their_states(operator: Operator, school: School) -> None:
    with school.database.writing() as session:
        session.get_one(Registration, school.registration_id).is_active = False
    shown = operator.get("/admin", headers={"Accept-Language": "en"}).text
    for part in ("first", "second", LMS, "client-first", "switched off", "active"):
        assert part in shown
    assert school.member.name not in shown


def test_OL_13_issuers_that_nearly_match_are_warned_about(operator: Operator, school: School) -> None:
    assert "differ by a slash" not in operator.get("/admin", headers={"Accept-Language": "en"}).text
    with school.database.writing() as session:
        session.get_one(Registration, school.registration_id).issuer = f"{LMS}/"
    shown = operator.get("/admin", headers={"Accept-Language": "en"}).text
    assert shown.count("differ by a slash") == 1


def test_page_shows_what_it_is_and_no_secret(operator: Operator, school: School, page: str) -> None:
    shown = operator.get(page).text
    for part in (f"{LMS}/auth", f"{LMS}/token", f"{LMS}/jwks", "http://127.0.0.1/lti/launch"):
        assert part in shown
    assert "PRIVATE" not in shown
    assert operator.get("/admin/registrations/999").status_code == 404


def test_switching_off_asks_for_the_typed_name(operator: Operator, school: School, runtime: Runtime, page: str) -> None:
    for typed in ("", "second", "First"):
        assert operator.send(f"{page}/off", typed=typed).status_code == 400
    assert registration(school).is_active
    assert last_event(runtime).action == "entered"
    known = edge_of(runtime).registry.find(LMS, "client-first", None, school.now)
    assert known.id == school.registration_id
    assert operator.send(f"{page}/off", typed=" first ").status_code == 303
    assert not registration(school).is_active
    with pytest.raises(Refused):
        edge_of(runtime).registry.find(LMS, "client-first", None, school.now)
    event = last_event(runtime)
    assert (event.action, event.name) == ("switched_off", "wang")
    assert "client-first" in event.subject
    assert operator.send(f"{page}/on").status_code == 303
    assert registration(school).is_active


def test_deployments_are_accepted_and_switched(operator: Operator, school: School, runtime: Runtime, page: str) -> None:
    assert operator.send(f"{page}/deployments", deployment_id="7:abc").status_code == 303
    assert last_event(runtime).detail == "7:abc"
    assert "7:abc" in operator.get(page).text
    assert operator.send(f"{page}/deployments", deployment_id="x" * 256).status_code == 400
    number = school.deployment_id
    assert operator.send(f"{page}/deployments/{number}/off", typed="2").status_code == 400
    assert deployment(school).is_active
    assert operator.send(f"{page}/deployments/{number}/off", typed="1").status_code == 303
    assert not deployment(school).is_active
    assert operator.send(f"{page}/deployments/{number}/on").status_code == 303
    assert deployment(school).is_active


def test_deployment_of_another_connection_is_not_there(operator: Operator, school: School) -> None:
    with school.database.reading() as session:
        other = session.scalars(select(Registration.id).where(Registration.id != school.registration_id)).one()
    path = f"/admin/registrations/{other}/deployments/{school.deployment_id}"
    assert operator.send(f"{path}/off", typed="1").status_code == 404
    assert operator.send(f"{path}/on").status_code == 404
    assert deployment(school).is_active


def test_WS_03_frame_origins_are_set_and_checked(operator: Operator, school: School, page: str) -> None:
    assert operator.send(f"{page}/frames", origins=f"{LMS}\n https://*.example.edu \n{LMS}").status_code == 303
    assert registration(school).frame_origins == [LMS, "https://*.example.edu"]
    for bad in ("*", "https://*", "https://a.example/path", "https://a.example; script-src *", "https://*.*.example"):
        assert operator.send(f"{page}/frames", origins=bad).status_code == 400, bad
    many = "\n".join(f"https://a{number}.example" for number in range(21))
    assert operator.send(f"{page}/frames", origins=many).status_code == 400
    assert registration(school).frame_origins == [LMS, "https://*.example.edu"]


def test_quirks_are_set(operator: Operator, school: School, runtime: Runtime, page: str) -> None:
    sent = operator.send(f"{page}/quirks", family="brightspace", audience="https://api.example/token")
    assert sent.status_code == 303
    assert (registration(school).family, registration(school).audience) == ("brightspace", "https://api.example/token")
    assert operator.send(f"{page}/quirks", family="x" * 41, audience="").status_code == 400
    refused = operator.send(f"{page}/quirks", family="", audience="https://api.example/" + "x" * 1000)
    assert refused.status_code == 400
    assert "受众（audience）只写一行，最多 1000 个字符。" in refused.text, "it says what to change"
    assert operator.send(f"{page}/quirks", family="", audience="").status_code == 303
    assert registration(school).audience is None
    assert last_event(runtime).action == "quirks_set"


@pytest.mark.parametrize(("sent", "kept"), [("trusted", True), ("ignored", False), ("", None)])
def test_CT_05_operator_says_whether_histories_are_believed(
    operator: Operator, school: School, runtime: Runtime, page: str, sent: str, kept: bool | None
) -> None:
    assert operator.send(f"{page}/quirks", family="", audience="", histories=sent).status_code == 303
    assert registration(school).trusts_history is kept
    assert last_event(runtime).detail.endswith(f"histories {sent or 'usual'}")
    assert f'value="{sent}" selected' in operator.get(page).text
    assert operator.send(f"{page}/quirks", family="", audience="", histories="yes").status_code == 400
    assert registration(school).trusts_history is kept
    known = edge_of(runtime).registry.find(LMS, "client-first", None, school.now)
    assert known.trusts_history is kept


def test_RO_19_role_table_is_set(operator: Operator, school: School, page: str) -> None:
    assert operator.send(f"{page}/roles", role="urn:x:tutor", ours="assistant").status_code == 303
    assert registration(school).role_overrides == {"urn:x:tutor": "assistant"}
    assert "urn:x:tutor" in operator.get(page).text
    assert operator.send(f"{page}/roles", role="urn:x:tutor", ours="operator").status_code == 400
    assert operator.send(f"{page}/roles", role="urn:x:tutor").status_code == 303
    assert registration(school).role_overrides == {}


def test_dry_run_names_what_is_to_be_mended(operator: Operator, school: School, runtime: Runtime, page: str) -> None:
    with school.database.writing() as session:
        found = session.get_one(Registration, school.registration_id)
        # Nobody listens there, and nothing outside this machine is asked.
        found.auth_url = found.token_url = found.jwks_url = "http://127.0.0.1:9/x"
    tried = operator.post(
        f"{page}/dry-run",
        data={"csrf_token": operator.csrf()},
        headers={"Origin": "http://127.0.0.1", "Accept-Language": "en"},
    )
    assert tried.status_code == 200
    assert "to be mended" in tried.text
    assert last_event(runtime).action == "tried_out"
    assert operator.send("/admin/registrations/999/dry-run").status_code == 404


def test_schools_are_listed_with_what_they_have(operator: Operator, school: School) -> None:
    shown = operator.get("/admin/tenants", headers={"Accept-Language": "en"}).text
    for part in ("first", "second", "2 courses", "1 course<"):
        assert part in shown, part
