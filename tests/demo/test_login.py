"""The platform's half of a launch: hints, authorization endpoint, id_token, keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.demo.conftest import ISSUER, TOOL, StillClock, tool_config
from tests.lms_client import (
    CLAIM,
    CONTEXT_ROLE,
    DEEP_LINK_SETTINGS,
    ENDPOINT_CLAIM,
    AuthRequest,
    LmsDriver,
    form_of,
)
from tests.lms_server import running_lms

pytestmark = pytest.mark.once


def auth_request(form: Mapping[str, str], **changes: str | None) -> AuthRequest:
    """What a good tool asks after this login form."""
    asked = {
        "scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
        "client_id": form["client_id"], "redirect_uri": f"{TOOL}/lti/launch", "state": "state-1", "nonce": "nonce-1",
        "login_hint": form["login_hint"], "lti_message_hint": form["lti_message_hint"],
    }  # fmt: skip
    return AuthRequest(f"{ISSUER}/auth", asked).with_changes(**changes)


def verified(lms: LmsDriver, token: str) -> dict[str, Any]:
    """The claims, checked against the published key set only."""
    keys = jwt.PyJWKSet.from_dict(lms.page(None, "/jwks").json())
    claims: dict[str, Any] = jwt.decode(
        token, keys[jwt.get_unverified_header(token)["kid"]].key, algorithms=["RS256"], audience="dangke-demo",
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    return claims


def test_login_form_names_the_launch(lms: LmsDriver) -> None:
    form = lms.login_form("member1", "link-quiz", lti_deployment_id=None)
    assert form["iss"] == ISSUER
    assert form["login_hint"] == "member1"
    assert form["target_link_uri"] == f"{TOOL}/lti/launch"
    assert "lti_deployment_id" not in form


def test_id_token_carries_every_claim_of_a_resource_link_launch(lms: LmsDriver, clock: StillClock) -> None:
    action, values = lms.authorize(auth_request(lms.login_form("member1", "link-quiz")).url)
    assert action == f"{TOOL}/lti/launch"
    assert values["state"] == "state-1"
    claims = verified(lms, values["id_token"])
    now = int(clock.now().timestamp())
    assert (claims["iss"], claims["aud"], claims["azp"], claims["nonce"]) == (
        ISSUER,
        "dangke-demo",
        "dangke-demo",
        "nonce-1",
    )
    assert (claims["iat"], claims["exp"]) == (now, now + 3600)
    assert (claims["sub"], claims["name"], claims["family_name"], claims["given_name"]) == (
        "member1",
        "李小明",
        "李",
        "小明",
    )
    assert claims[CLAIM + "roles"] == [CONTEXT_ROLE + "Learner"]
    assert claims[CLAIM + "resource_link"]["id"] == "link-quiz"
    assert claims[CLAIM + "context"]["title"] == "入门课 2026 秋"
    assert claims[CLAIM + "launch_presentation"]["document_target"] == "iframe"
    assert claims[CLAIM + "launch_presentation"]["return_url"].startswith(f"{ISSUER}/courses/course-1")
    assert claims[ENDPOINT_CLAIM]["lineitem"].startswith(f"{ISSUER}/lti/ags/course-1/lineitems/")


def test_custom_variables_are_replaced_when_known(lms: LmsDriver) -> None:
    claims = lms.claims_for("member1", "link-home")
    assert claims[CLAIM + "custom"] == {"activity": "a" * 32, "who": "member1", "odd": "$Nobody.knows"}


def test_no_line_item_is_claimed_until_grades_are_allowed(lms: LmsDriver) -> None:
    assert "lineitem" not in lms.claims_for("member1", "link-late")[ENDPOINT_CLAIM]
    lms.allow_grades("link-late")
    assert "lineitem" in lms.claims_for("member1", "link-late")[ENDPOINT_CLAIM]
    lms.allow_grades("link-late", allowed=False)
    assert "lineitem" not in lms.claims_for("member1", "link-late")[ENDPOINT_CLAIM]


def test_roles_differ_by_course_for_one_person(lms: LmsDriver) -> None:
    assert lms.claims_for("both", "link-quiz")[CLAIM + "roles"] == [CONTEXT_ROLE + "Learner"]
    assert lms.claims_for("both", "link-other")[CLAIM + "roles"] == [CONTEXT_ROLE + "Instructor"]


def test_deep_linking_request_has_settings_and_no_resource_link(lms: LmsDriver) -> None:
    _, values = lms.authorize(auth_request(lms.deep_link_form("teacher", "course-1")).url)
    claims = verified(lms, values["id_token"])
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingRequest"
    assert CLAIM + "resource_link" not in claims
    assert claims[DEEP_LINK_SETTINGS]["accept_types"] == ["ltiResourceLink"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scope": "openid profile"}, "invalid_scope"),
        ({"response_type": "code"}, "unsupported_response_type"),
        ({"response_mode": "query"}, "invalid_request"),
        ({"prompt": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"login_hint": "member2"}, "access_denied"),
        ({"lti_message_hint": "unknown"}, "invalid_request"),
        ({"lti_message_hint": None}, "invalid_request"),
    ],
)
def test_bad_request_is_posted_back_as_an_error(lms: LmsDriver, change: dict[str, str | None], error: str) -> None:
    request = auth_request(lms.login_form("member1", "link-quiz"), **change)
    action, values = lms.authorize(request.url, person="member1")
    assert action == f"{TOOL}/lti/launch"
    assert (values["error"], values["state"]) == (error, "state-1")
    assert "id_token" not in values


@pytest.mark.parametrize("change", [{"redirect_uri": f"{TOOL}/lti/launch/"}, {"client_id": "somebody"}])
def test_unknown_client_or_address_gets_nothing(lms: LmsDriver, change: dict[str, str | None]) -> None:
    reply = lms.authorize_reply(auth_request(lms.login_form("member1", "link-quiz"), **change).url)
    assert reply.status == 400
    assert form_of(reply.text) == (None, {})


def test_nobody_logged_in_is_asked_once_more_and_then_refused(lms: LmsDriver) -> None:
    url = auth_request(lms.login_form("member1", "link-quiz")).url
    reply = lms.browser(None).request("GET", url)
    action, values = form_of(reply.text)
    assert (action, values["repost"]) == ("/auth", "1")
    answer = lms.browser(None).request("POST", f"{ISSUER}/auth", form=values)
    assert form_of(answer.text)[1]["error"] == "login_required"


def test_person_outside_the_course_is_denied(lms: LmsDriver) -> None:
    _, values = lms.authorize(auth_request(lms.login_form("member5", "link-quiz")).url)
    assert values["error"] == "access_denied"


def test_hint_is_spent_by_its_first_use_in_the_moodle_profile(lms: LmsDriver) -> None:
    lms.profile("moodle")
    url = auth_request(lms.login_form("member1", "link-quiz")).url
    claims = verified(lms, lms.authorize(url)[1]["id_token"])
    assert "azp" not in claims
    assert claims["exp"] - claims["iat"] == 60
    assert claims[ENDPOINT_CLAIM]["lineitem"].endswith("/lineitem?type_id=1")
    assert lms.authorize_reply(url).status == 404


def test_old_hint_is_refused(lms: LmsDriver, clock: StillClock) -> None:
    url = auth_request(lms.login_form("member1", "link-quiz")).url
    clock.advance(minutes=31)
    assert lms.authorize(url)[1]["error"] == "launch_no_longer_valid"


@pytest.mark.parametrize("keep_old", [True, False])
def test_rotated_key_signs_under_a_new_kid(lms: LmsDriver, *, keep_old: bool) -> None:
    old = lms.key()[0]
    new = lms.rotate(keep_old=keep_old)
    published = [key["kid"] for key in lms.page(None, "/jwks").json()["keys"]]
    assert (new in published, old in published) == (True, keep_old)
    _, values = lms.authorize(auth_request(lms.login_form("member1", "link-quiz")).url)
    assert jwt.get_unverified_header(values["id_token"])["kid"] == new
    assert verified(lms, values["id_token"])["sub"] == "member1"


def test_published_keys_are_public(lms: LmsDriver) -> None:
    assert all(set(key) == {"kty", "n", "e", "kid", "alg", "use"} for key in lms.page(None, "/jwks").json()["keys"])


def test_hostile_hints_are_escaped(lms: LmsDriver) -> None:
    hostile = '"><script>alert(1)</script>'
    request = auth_request(lms.login_form("member1", "link-quiz"), state=hostile)
    reply = lms.authorize_reply(request.url)
    assert "<script>alert" not in reply.text
    assert form_of(reply.text)[1]["state"] == hostile


def test_forged_tokens_have_the_asked_faults(lms: LmsDriver) -> None:
    claims = lms.claims_for("member1", "link-quiz", nonce="n", roles=[], sub=None)
    assert "sub" not in claims
    good = lms.sign(claims)
    assert jwt.get_unverified_header(good)["alg"] == "RS256"
    assert "kid" not in jwt.get_unverified_header(lms.sign(claims, kid=None))
    assert lms.sign(claims, alg="none").endswith(".")
    assert jwt.get_unverified_header(lms.sign(claims, alg="HS256"))["alg"] == "HS256"
    with pytest.raises(jwt.PyJWTError):
        verified(lms, lms.sign(claims, alg="RS512"))


def test_authorize_misbehaves_on_demand(lms: LmsDriver) -> None:
    lms.fault("jwks", "status", status=500, times=1)
    assert [lms.page(None, "/jwks").status for _ in range(2)] == [500, 200]


def test_lms_serves_over_a_socket(tmp_path: Path) -> None:
    with running_lms(tmp_path, tool_config()) as driver:
        claims = driver.claims_for("member1", "link-quiz")
        assert claims["iss"] == driver.base_url
        assert driver.page(None, "/jwks").status == 200
