"""Dynamic registration: an administrator of the demo LMS opens our link, looks, confirms; and everything that goes wrong."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_tool.app import RETENTION
from lti_tool.core.clock import FakeClock
from lti_tool.core.http import Response
from lti_tool.core.http.response import Headers
from lti_tool.core.retention import clear
from lti_tool.identity.models import Deployment, Member, Registration, Tenant
from lti_tool.launch import registrations
from lti_tool.launch.models import RegistrationInvite
from lti_tool.launch.rules.tool_configuration import CUSTOM, SCOPES, TOOL
from lti_tool.lms.tool_keys import ensure_key
from tests.lms_client import LmsDriver
from tests.lti.registering import ORIGIN, Admin, fields, text

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


@pytest.fixture
def admin(app: Flask, lms: LmsDriver) -> Admin:
    found = Admin(app, lms)
    ensure_key(found.runtime.database, found.runtime.keys, found.runtime.clock.now())
    return found


class Platform:
    """Stands in for the outbound HTTP: an LMS that says what a test wants."""

    issuer = "https://lms.school.example"

    def __init__(self) -> None:
        self.document: Any = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "registration_endpoint": f"{self.issuer}/register",
            PLATFORM: {"product_family_code": "moodle", "version": "4.5", "messages_supported": []},
        }
        self.answer: Any = {"client_id": "given-client", "scope": " ".join(SCOPES), TOOL: {"deployment_id": "7"}}
        self.status = 200
        self.posts: list[tuple[str, dict[str, Any], dict[str, str]]] = []

    def get(self, url: str, headers: dict[str, str]) -> Response:
        return self._said(200, self.document)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Response:
        self.posts.append((url, json.loads(body), headers))
        return self._said(self.status, self.answer)

    def _said(self, status: int, what: Any) -> Response:
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        return Response(status, Headers(), body, self.issuer)


@pytest.fixture
def platform(app: Flask) -> Platform:
    found = Platform()
    app.extensions["dangke"].services["registering"] = found
    return found


@pytest.fixture
def elsewhere(app: Flask, platform: Platform) -> Admin:
    """An administrator of that LMS."""
    return Admin(app, LmsDriver("http://nowhere.invalid"))


def looked_at(admin: Admin, platform: Platform, tenant: str = "School") -> dict[str, str]:
    """The fields of the page that shows what will be shared."""
    asked = {"openid_configuration": f"{platform.issuer}/config", "registration_token": "t0ken"}
    page = admin.post("/lti/register", asked | {"code": admin.invited(tenant)})
    assert page.status_code == 200, text(page)
    return fields(page)


def invites(admin: Admin) -> list[RegistrationInvite]:
    with admin.runtime.database.reading() as session:
        return list(session.scalars(select(RegistrationInvite).order_by(RegistrationInvite.id)))


@pytest.mark.parametrize("profile", ["plain", "moodle"])
def test_DR_01_the_whole_way_from_invitation_to_launch(admin: Admin, profile: str) -> None:
    admin.lms.profile(profile)
    code = admin.invited()
    address = admin.opened(code)
    assert urlsplit(address).fragment == code
    opened = admin.app.test_client().get(address.split("#")[0], base_url=ORIGIN)
    assert (opened.status_code, invites(admin)[0].used_at) == (200, None)
    looked = admin.post("/lti/register", admin.parameters(address))
    shown = text(looked)
    assert admin.lms.base_url in shown
    assert all(scope in shown for scope in SCOPES)
    assert (invites(admin)[0].used_at, admin.rows()) == (None, [])
    done = admin.confirm(looked)
    assert done.status_code == 200, text(done)
    row = admin.new()
    assert row.client_id in text(done)
    assert (row.issuer, row.auth_url) == (admin.lms.base_url, f"{admin.lms.base_url}/auth")
    assert (row.family, row.is_demo) == ("moodle" if profile == "moodle" else "dangke-demo", True)
    assert sorted(row.scopes) == sorted(SCOPES)
    assert invites(admin)[0].registration_id == row.id
    # "Pending" on both sides until the LMS switches it on and somebody comes.
    with admin.runtime.database.reading() as session:
        assert [one.is_pending for one in registrations.shown(session)] == [True]
    assert 'data-state="pending"' in admin.lms.page("teacher", "/admin/tools").text
    link = admin.place(row.client_id)
    claims = admin.lms.claims_for("teacher", link)
    custom = claims["https://purl.imsglobal.org/spec/lti/claim/custom"]
    assert custom["context_id_history"] == ""
    # Moodle does not know the link's history, so it was not asked for it.
    assert ("resource_link_id_history" in custom) is (profile == "plain")
    browser = admin.app.test_client()
    landed = admin.lms.launch(browser, "teacher", link)
    assert landed.status_code == 303
    with admin.runtime.database.reading() as session:
        assert [one.is_pending for one in registrations.shown(session)] == [False]


@pytest.mark.parametrize("code", ["", "x", "ß" * 43, "A" * 43, "A" * 5000])
def test_DR_01_without_an_invitation_nothing_is_fetched(elsewhere: Admin, platform: Platform, code: str) -> None:
    asked = {"openid_configuration": f"{platform.issuer}/config", "registration_token": "t", "code": code}
    for path in ("/lti/register", "/lti/register/confirm", "/lti/register/replace"):
        answer = elsewhere.post(path, asked)
        assert (answer.status_code, platform.posts, elsewhere.rows()) == (403, [], [])


def test_DR_01_invitation_ends_after_ten_minutes_and_works_once(
    elsewhere: Admin, platform: Platform, clock: FakeClock
) -> None:
    form = looked_at(elsewhere, platform)
    clock.advance(timedelta(minutes=10))
    assert elsewhere.post("/lti/register/confirm", form).status_code == 403
    form = looked_at(elsewhere, platform)
    assert elsewhere.post("/lti/register/confirm", form).status_code == 200
    assert elsewhere.post("/lti/register/confirm", form).status_code == 409
    assert elsewhere.post("/lti/register", form).status_code == 409
    assert len(platform.posts) == 1


def test_DR_01_secret_is_hashed_at_rest(elsewhere: Admin) -> None:
    code = elsewhere.invited()
    (invite,) = invites(elsewhere)
    assert code not in repr(vars(invite))
    assert len(invite.secret_hash) == 64


def test_DR_01_too_many_wrong_codes_from_one_address(elsewhere: Admin, platform: Platform) -> None:
    asked = {"openid_configuration": f"{platform.issuer}/config", "code": "wrong"}
    answers = [elsewhere.post("/lti/register", asked).status_code for _ in range(62)]
    assert answers == [403] * 60 + [429] * 2


@pytest.mark.parametrize(
    "address",
    [
        "http://lms.school.example/config",
        "ftp://lms.school.example/config",
        "https://admin@lms.school.example/",
        "https://lms.school.example/\\evil",
        "javascript:alert(1)",
        "https://[",
        "https://lms.school.example;sandbox/config",
        "",
    ],
)
def test_DR_02_configuration_address_that_is_not_https(elsewhere: Admin, platform: Platform, address: str) -> None:
    answer = elsewhere.post("/lti/register", {"openid_configuration": address, "code": elsewhere.invited()})
    assert answer.status_code == 400
    assert "Traceback" not in text(answer)
    opened = elsewhere.app.test_client().get("/lti/register", query_string={"openid_configuration": address})
    assert opened.status_code in {200, 400}
    assert "sandbox" not in opened.headers["Content-Security-Policy"]


def test_DR_02_inner_addresses_are_not_fetched(elsewhere: Admin, app: Flask) -> None:
    app.extensions["dangke"].services.pop("registering", None)
    for host in ("10.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]", "100.64.0.1"):
        asked = {"openid_configuration": f"https://{host}/config", "code": elsewhere.invited()}
        answer = elsewhere.post("/lti/register", asked)
        assert (answer.status_code, "private_address" in text(answer)) == (502, True), host


def _larger(document: dict[str, Any]) -> bytes:
    return json.dumps(document | {"x": "x" * 300_000}).encode()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda _d: b"<html>log in</html>", "JSON"),
        (lambda _d: b"[]", "JSON"),
        (lambda _d: b"[" * 100_000, "JSON"),
        (_larger, "太大"),
        (lambda d: d | {"issuer": "https://other.example"}, "issuer"),
        (lambda d: d | {"issuer": "https://lms.school.example:8443"}, "issuer"),
        (lambda d: d | {"issuer": "https://lms.school.example?x=1"}, "issuer"),
        (lambda d: d | {"issuer": 7}, "issuer"),
    ],
)
def test_DR_02_configuration_that_cannot_be_used(
    elsewhere: Admin, platform: Platform, spoil: Callable[[Any], Any], says: str
) -> None:
    platform.document = spoil(platform.document)
    asked = {"openid_configuration": f"{platform.issuer}/config", "code": elsewhere.invited()}
    answer = elsewhere.post("/lti/register", asked)
    assert (answer.status_code, says in text(answer)) == (400, True), text(answer)


def test_DR_02_token_of_another_issuer_is_refused_afterwards(admin: Admin) -> None:
    admin.register()
    row = admin.new()
    link = admin.place(row.client_id)
    browser = admin.app.test_client()
    auth = admin.lms.begin_at(browser, "teacher", link)
    claims = admin.lms.claims_for("teacher", link, nonce=auth.nonce, iss="https://other.example")
    form = {"state": auth.state, "id_token": admin.lms.sign(claims)}
    assert browser.post("/lti/launch", data=form, base_url=ORIGIN).status_code == 403


@pytest.mark.parametrize(
    ("issuer", "host", "is_known"),
    [
        ("https://blackboard.com", "developer.blackboard.com", True),
        ("https://canvas.instructure.com", "school.instructure.com", True),
        ("https://canvas.instructure.com", "sso.canvaslms.com", True),
        ("https://blackboard.com", "evil-blackboard.com", False),
        ("https://canvas.instructure.com", "evilinstructure.com", False),
        ("https://canvas.instructure.com", ".instructure.com", False),
        ("https://lms.school.example", "developer.blackboard.com", False),
    ],
)
def test_DR_03_configuration_on_another_host_only_for_known_issuers(
    elsewhere: Admin, platform: Platform, issuer: str, host: str, is_known: bool
) -> None:
    base = f"https://{host}"
    platform.document |= {"issuer": issuer, **{name: f"{base}/{name}" for name in (
        "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")}}  # fmt: skip
    asked = {"openid_configuration": f"{base}/config", "code": elsewhere.invited()}
    answer = elsewhere.post("/lti/register", asked)
    assert answer.status_code == (200 if is_known else 400)
    if is_known:
        assert issuer in text(answer)
        assert "knows_hosts" in text(answer)
        form = fields(answer)
        assert elsewhere.post("/lti/register/confirm", form).status_code == 400
        assert elsewhere.post("/lti/register/confirm", form | {"knows_hosts": "yes"}).status_code == 200
        assert [(row.issuer, row.token_url) for row in elsewhere.rows()] == [(issuer, f"{base}/token_endpoint")]


@pytest.mark.parametrize(
    "name", ["registration_endpoint", "jwks_uri", "token_endpoint", "authorization_endpoint", PLATFORM]
)
@pytest.mark.parametrize("value", [None, "", 7])
def test_DR_04_missing_field_is_named(elsewhere: Admin, platform: Platform, name: str, value: Any) -> None:
    platform.document[name] = value
    asked = {"openid_configuration": f"{platform.issuer}/config", "code": elsewhere.invited()}
    answer = elsewhere.post("/lti/register", asked)
    assert (answer.status_code, name.rsplit("/", 1)[-1] in text(answer)) == (400, True)


def test_DR_04_endpoint_without_https_is_named(elsewhere: Admin, platform: Platform) -> None:
    platform.document["token_endpoint"] = "http://lms.school.example/token"
    asked = {"openid_configuration": f"{platform.issuer}/config", "code": elsewhere.invited()}
    answer = elsewhere.post("/lti/register", asked)
    assert (answer.status_code, "token_endpoint" in text(answer)) == (400, True)


def test_DR_05_registration_request_has_all_that_an_lms_asks_for(admin: Admin) -> None:
    admin.register()
    asked = admin.request()
    assert asked["application_type"] == "web"
    assert asked["response_types"] == ["id_token"]
    assert set(asked["grant_types"]) == {"client_credentials", "implicit"}
    assert asked["initiate_login_uri"] == f"{ORIGIN}/lti/login"
    assert asked["redirect_uris"] == [f"{ORIGIN}/lti/launch"]
    assert asked["jwks_uri"] == f"{ORIGIN}/lti/jwks.json"
    assert asked["token_endpoint_auth_method"] == "private_key_jwt"
    assert asked["scope"].split() == list(SCOPES)
    assert (asked["client_name#zh-CN"], asked["client_name#en"]) == ("党课", "Dangke")
    assert asked["client_name"] in {"党课", "Dangke"}  # Moodle refuses a request without the plain one
    tool = asked[TOOL]
    assert (tool["domain"], tool["target_link_uri"]) == ("127.0.0.1", f"{ORIGIN}/lti/launch")
    assert tool["claims"] == ["iss", "sub", "name", "given_name", "family_name"]
    assert tool["custom_parameters"] == {
        "context_id_history": "$Context.id.history", "resource_link_id_history": "$ResourceLink.id.history",
    }  # fmt: skip
    assert [message["type"] for message in tool["messages"]] == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]
    assert tool["messages"][1]["placements"] == ["ContentArea"]
    assert admin.app.test_client().get(urlsplit(asked["logo_uri"]).path).status_code == 200
    assert admin.app.test_client().get(urlsplit(asked["policy_uri"]).path).status_code == 200


def test_DR_06_registration_token_is_sent_if_there_is_one(elsewhere: Admin, platform: Platform) -> None:
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform) | {"registration_token": ""})
    sent = [headers.get("Authorization") for _url, _body, headers in platform.posts]
    assert sent == ["Bearer t0ken", None]


@pytest.mark.parametrize("spoiled", ["two words", "a\r\nX: y", "日本"])
def test_DR_06_token_that_no_header_can_carry_is_not_sent(elsewhere: Admin, platform: Platform, spoiled: str) -> None:
    form = looked_at(elsewhere, platform) | {"registration_token": spoiled}
    assert (elsewhere.post("/lti/register/confirm", form).status_code, platform.posts) == (502, [])


def test_DR_06_token_that_was_used_before_leaves_the_invitation_good(admin: Admin) -> None:
    code = admin.invited()
    spent = admin.parameters(admin.opened(code))
    admin.confirm(admin.post("/lti/register", spent))
    again = spent | {"code": admin.invited()}
    refused = admin.confirm(admin.post("/lti/register", again))
    assert (refused.status_code, "token_already_used" in text(refused)) == (502, True)
    assert len(admin.rows()) == 1
    fresh = admin.look(again["code"])
    assert admin.confirm(fresh).status_code == 200
    assert len(admin.rows()) == 2


@pytest.mark.parametrize(
    ("status", "answer", "says"),
    [
        (401, {"error": "missing_registration_token"}, "missing_registration_token"),
        (404, b"<html>Invalid request</html>", ""),
        (400, b"missing required attribute redirect_uris", "missing required attribute redirect_uris"),
        (400, {"error": "invalid_redirect_uri", "error_description": "no <b>such</b> host"}, "no <b>such</b> host"),
        (500, b"<script>alert(1)</script>", "500"),
        (302, b"", "302"),
        (200, b"<html>log in</html>", "JSON"),
        (200, {}, "client_id"),
        (200, {"client_id": ""}, "client_id"),
        (200, {"client_id": "x" * 256}, "client_id"),
    ],
)
def test_DR_06_refusals_are_told_in_words_and_give_the_invitation_back(
    elsewhere: Admin, platform: Platform, status: int, answer: Any, says: str
) -> None:
    form = looked_at(elsewhere, platform)
    platform.status, platform.answer = status, answer
    refused = elsewhere.post("/lti/register/confirm", form)
    assert (refused.status_code in {400, 502}, says in text(refused)) == (True, True), text(refused)
    assert "<script>alert" not in refused.get_data(as_text=True)
    assert "<b>such" not in refused.get_data(as_text=True)
    assert (invites(elsewhere)[0].used_at, elsewhere.rows()) == (None, [])


def test_DR_07_moodle_names_the_deployment_and_waits_to_be_activated(elsewhere: Admin, platform: Platform) -> None:
    done = elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    assert "启用" in text(done)
    row = elsewhere.new()
    with elsewhere.runtime.database.reading() as session:
        (deployment,) = session.scalars(select(Deployment).where(Deployment.registration_id == row.id))
        (shown,) = registrations.shown(session)
    assert (deployment.deployment_id, deployment.is_active) == ("7", True)
    assert (shown.is_pending, shown.client_id, shown.family) == (True, "given-client", "moodle")


@pytest.mark.parametrize("deployment", [None, "", 7])
def test_DR_08_answer_without_a_deployment(elsewhere: Admin, platform: Platform, deployment: Any) -> None:
    platform.answer[TOOL] = {"deployment_id": deployment}
    assert elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform)).status_code == 200
    with elsewhere.runtime.database.reading() as session:
        known = list(session.scalars(select(Deployment.deployment_id)))
    assert known == (["7"] if deployment == 7 else [])
    assert elsewhere.new().is_active


def test_DR_09_fewer_scopes_are_stored_and_told(admin: Admin) -> None:
    admin.lms.control("POST", "granted-scopes", {"scopes": [SCOPES[3]]})
    done = admin.register()
    assert (admin.new().scopes, SCOPES[0] in text(done)) == ([SCOPES[3]], True)


def test_DR_10_last_page_tells_the_lms_to_close(admin: Admin) -> None:
    done = admin.register()
    shown = done.get_data(as_text=True)
    assert "data-close-window" in shown
    assert "js/register" in shown
    assert f"frame-ancestors {admin.lms.base_url};" in done.headers["Content-Security-Policy"]


def test_DR_10_pages_are_framed_by_the_lms_that_opened_them_only(elsewhere: Admin, platform: Platform) -> None:
    address = f"/lti/register?openid_configuration={platform.issuer}/config"
    browser = elsewhere.app.test_client()
    policies = [browser.get(each).headers["Content-Security-Policy"] for each in (address, "/lti/register")]
    assert f"frame-ancestors {platform.issuer};" in policies[0]
    assert "frame-ancestors 'none';" in policies[1]


def test_DR_11_same_client_again_is_held_until_somebody_agrees(elsewhere: Admin, platform: Platform) -> None:
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    before = elsewhere.new()
    platform.document["token_endpoint"] = f"{platform.issuer}/token/2"
    held = elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    assert (held.status_code, "given-client" in text(held)) == (200, True)
    assert [row.token_url for row in elsewhere.rows()] == [before.token_url]
    form = fields(held)
    assert elsewhere.post("/lti/register/confirm", form).status_code == 409
    assert elsewhere.post("/lti/register/replace", form).status_code == 200
    assert [(row.id, row.token_url) for row in elsewhere.rows()] == [(before.id, f"{platform.issuer}/token/2")]
    assert elsewhere.post("/lti/register/replace", form).status_code == 409


def test_DR_11_update_that_was_chosen_before_keeps_what_the_operator_set(elsewhere: Admin, platform: Platform) -> None:
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    registration_id = elsewhere.new().id
    with elsewhere.runtime.database.writing() as session:
        row = session.get_one(Registration, registration_id)
        row.name, row.role_overrides, row.frame_origins = "Our LMS", {"x": "member"}, ["https://portal.example"]
    platform.document["jwks_uri"] = f"{platform.issuer}/jwks/2"
    form = looked_at(elsewhere, platform) | {"replaces": "given-client"}
    assert elsewhere.post("/lti/register/confirm", form).status_code == 200
    (row,) = elsewhere.rows()
    assert (row.name, row.role_overrides, row.jwks_url) == ("Our LMS", {"x": "member"}, f"{platform.issuer}/jwks/2")
    assert row.frame_origins == ["https://portal.example", platform.issuer]


def test_DR_11_new_client_of_a_known_lms_is_a_second_connection(elsewhere: Admin, platform: Platform) -> None:
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    platform.answer["client_id"] = "second-client"
    looked = looked_at(elsewhere, platform)
    assert elsewhere.post("/lti/register/confirm", looked | {"replaces": "given-client"}).status_code == 200
    assert [row.client_id for row in elsewhere.rows()] == ["given-client", "second-client"]


def test_DR_11_client_of_another_school_is_never_touched(elsewhere: Admin, platform: Platform) -> None:
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    platform.document["token_endpoint"] = f"{platform.issuer}/token/2"
    looked = looked_at(elsewhere, platform, "Another school")
    refused = elsewhere.post("/lti/register/confirm", looked | {"replaces": "given-client"})
    assert refused.status_code == 409
    assert "School" not in text(refused).replace("Another school", "")
    assert [row.token_url for row in elsewhere.rows()] == [f"{platform.issuer}/token"]


def test_DR_11_connection_that_was_switched_off_stays_off(elsewhere: Admin, platform: Platform) -> None:
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    registration_id = elsewhere.new().id
    with elsewhere.runtime.database.writing() as session:
        session.get_one(Registration, registration_id).is_active = False
    platform.document["token_endpoint"] = f"{platform.issuer}/token/2"
    form = looked_at(elsewhere, platform) | {"replaces": "given-client"}
    assert elsewhere.post("/lti/register/confirm", form).status_code == 409
    assert [(row.is_active, row.token_url) for row in elsewhere.rows()] == [(False, f"{platform.issuer}/token")]


def test_DR_11_known_connections_are_listed_for_their_own_school_only(elsewhere: Admin, platform: Platform) -> None:
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    for tenant, is_listed in (("School", True), ("Another school", False)):
        asked = {"openid_configuration": f"{platform.issuer}/config", "code": elsewhere.invited(tenant)}
        page = text(elsewhere.post("/lti/register", asked))
        assert ("given-client" in page) is is_listed


def test_DR_12_offered_update_address_is_not_kept(elsewhere: Admin, platform: Platform) -> None:
    """Changes go through a new invitation: a token that stays good would be one more secret to lose."""
    platform.answer |= {"registration_client_uri": f"{platform.issuer}/x", "registration_access_token": "s3cret"}
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    assert "s3cret" not in repr(vars(elsewhere.new())) + repr([vars(one) for one in invites(elsewhere)])


def test_DR_13_strangers_lms_gets_nothing_without_an_invitation(elsewhere: Admin, platform: Platform) -> None:
    asked = {"openid_configuration": f"{platform.issuer}/config", "registration_token": "t", "code": "B" * 43}
    assert elsewhere.post("/lti/register/confirm", asked).status_code == 403
    with elsewhere.runtime.database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Registration, Tenant, Member)]
    assert counts == [0, 0, 0]


@pytest.mark.parametrize(
    "hostile", ['https://lms.school.example/a"onload=x', "javascript:alert(1)//https://lms.school.example"]
)
def test_DR_13_hostile_addresses_are_refused(elsewhere: Admin, platform: Platform, hostile: str) -> None:
    platform.document["authorization_endpoint"] = hostile
    asked = {"openid_configuration": f"{platform.issuer}/config", "code": elsewhere.invited()}
    answer = elsewhere.post("/lti/register", asked)
    assert (answer.status_code, "authorization_endpoint" in text(answer)) == (400, True)


def test_DR_13_what_a_hostile_lms_says_is_text(elsewhere: Admin, platform: Platform) -> None:
    payload = "<script>alert(1)</script>\u202e"
    platform.document[PLATFORM] |= {"product_family_code": payload, "version": payload, "variables": [payload]}
    platform.document |= {"scopes_supported": [payload, SCOPES[0]], "claims_supported": [payload, "sub"]}
    platform.answer |= {"client_id": payload[:-1], "scope": f"{payload} {SCOPES[0]}"}
    code = elsewhere.invited()
    page = elsewhere.post("/lti/register", {"openid_configuration": f"{platform.issuer}/config", "code": code})
    done = elsewhere.post("/lti/register/confirm", fields(page))
    for shown in (page, done):
        assert (shown.status_code, "<script>alert" in shown.get_data(as_text=True)) == (200, False)


def test_DR_13_addresses_on_other_hosts_are_shown_and_confirmed(elsewhere: Admin, platform: Platform) -> None:
    platform.document["token_endpoint"] = "https://sso.elsewhere.example/token"
    form = looked_at(elsewhere, platform)
    assert elsewhere.post("/lti/register/confirm", form).status_code == 400
    assert platform.posts == []
    assert elsewhere.post("/lti/register/confirm", form | {"knows_hosts": "yes"}).status_code == 200


def test_DR_13_configuration_that_changes_after_it_was_shown(elsewhere: Admin, platform: Platform) -> None:
    form = looked_at(elsewhere, platform)
    platform.document["token_endpoint"] = f"{platform.issuer}/elsewhere"
    answer = elsewhere.post("/lti/register/confirm", form)
    assert (answer.status_code, platform.posts, invites(elsewhere)[0].used_at) == (409, [], None)


def test_DR_14_token_stands_in_no_log_and_no_referrer(
    elsewhere: Admin, platform: Platform, capfd: pytest.CaptureFixture[str]
) -> None:
    from lti_tool.core import logs

    logs.configure("DEBUG")
    secret, code = "registration-t0ken-s3cret", elsewhere.invited()
    asked = {"openid_configuration": f"{platform.issuer}/config?x=secretive", "registration_token": secret}
    opened = elsewhere.app.test_client().get("/lti/register", query_string=asked)
    page = elsewhere.post("/lti/register", asked | {"code": code})
    elsewhere.post("/lti/register/confirm", fields(page))
    platform.status = 401
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform) | {"registration_token": secret})
    logs.configure("ERROR")
    written = "".join(capfd.readouterr())
    assert "registered" in written
    assert secret not in written
    assert code not in written
    assert "secretive" not in written
    assert opened.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (None, CUSTOM),
        (["Context.id.history", "User.id"], {"context_id_history": "$Context.id.history"}),
        (["$ResourceLink.id.history"], {"resource_link_id_history": "$ResourceLink.id.history"}),
        (["User.id"], {}),
    ],
)
def test_DR_15_only_variables_that_the_lms_knows_are_asked_for(
    elsewhere: Admin, platform: Platform, variables: list[str] | None, expected: dict[str, str]
) -> None:
    if variables is not None:
        platform.document[PLATFORM]["variables"] = variables
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    assert platform.posts[0][1][TOOL]["custom_parameters"] == dict(expected)


def test_DR_15_all_of_them_by_name() -> None:
    assert set(CUSTOM.values()) == {
        "$Context.id.history", "$ResourceLink.id.history", "$ResourceLink.available.startDateTime",
        "$ResourceLink.available.endDateTime", "$ResourceLink.submission.startDateTime",
        "$ResourceLink.submission.endDateTime",
    }  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_WS_02_forms_of_other_sites_are_refused(elsewhere: Admin, platform: Platform, headers: dict[str, str]) -> None:
    form = looked_at(elsewhere, platform)
    for path in ("/lti/register", "/lti/register/confirm", "/lti/register/replace"):
        assert elsewhere.post(path, form, **headers).status_code == 403
    assert (platform.posts, invites(elsewhere)[0].used_at) == ([], None)
    assert elsewhere.post("/lti/register", form, Origin="null").status_code == 200


def test_demo_lms_is_refused_outside_a_demo(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lti_tool.launch.views.register.may_hold", lambda _env: False)
    answer = admin.register()
    assert (answer.status_code, admin.rows()) == (403, [])


def test_link_opened_in_a_browser_says_where_it_belongs(elsewhere: Admin) -> None:
    answer = elsewhere.app.test_client().get("/lti/register")
    assert (answer.status_code, "#" in text(answer)) == (200, True)


def test_DR_01_of_two_confirmations_at_once_one_wins(elsewhere: Admin, platform: Platform) -> None:
    form = looked_at(elsewhere, platform)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _number: elsewhere.post("/lti/register/confirm", form).status_code, range(2)))
    assert sorted(answers) == [200, 409]
    assert (len(platform.posts), len(elsewhere.rows())) == (1, 1)


def test_DR_01_invitations_that_have_ended_are_cleared_away(elsewhere: Admin, platform: Platform) -> None:
    elsewhere.post("/lti/register/confirm", looked_at(elsewhere, platform))
    elsewhere.invited()
    runtime = elsewhere.runtime
    [rule] = [rule for rule in RETENTION if rule.table is RegistrationInvite]
    clear(rule, runtime, runtime.clock.now())
    assert len(invites(elsewhere)) == 2
    clear(rule, runtime, runtime.clock.now() + timedelta(minutes=11))
    assert (len(elsewhere.rows()), invites(elsewhere)) == (1, [])
