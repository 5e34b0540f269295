"""The token endpoint: private_key_jwt, strictly."""

from typing import Any

import pytest

from lti_tool.demo.names import SCOPE_ROSTER, SCOPE_SCORE, TYPE_LINE_ITEMS, TYPE_MEMBERS
from tests.demo.conftest import KeyTool, Services, StillClock
from tests.lms_client import new_pem

pytestmark = pytest.mark.once

MEMBERS = "/lti/nrps/course-1/memberships"


def test_token_is_given_for_the_known_part_of_the_scopes(services: Services) -> None:
    answer = services.ask_token(scope=f"{SCOPE_SCORE} https://example.org/unknown")
    assert answer.status == 200
    assert answer.json()["scope"] == SCOPE_SCORE
    assert answer.json()["expires_in"] == 3600
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion_type": "jwt"}, "invalid_request"),
        ({"scope": ""}, "invalid_request"),
        ({"scope": "https://example.org/unknown"}, "invalid_scope"),
        ({"client_assertion": "rubbish"}, "invalid_client"),
    ],
)
def test_bad_token_request_is_named(services: Services, form: dict[str, str], error: str) -> None:
    answer = services.ask_token(**form)
    assert (answer.status, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "http://localhost:9080"}, {"aud": None}, {"aud": ["http://localhost:9080/token", "other"]},
        {"iss": "somebody"}, {"sub": "somebody"}, {"exp": None}, {"iat": None}, {"jti": None}, {"jti": ""},
        {"exp": "soon"}, {"kid": None}, {"kid": "never-published"},
    ],
)  # fmt: skip
def test_TO_04_demo_lms_refuses_the_assertions_that_lax_platforms_take(
    services: Services, tool: KeyTool, changes: dict[str, Any]
) -> None:
    answer = services.ask_token(tool.assertion(**changes))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize(("iat", "exp"), [(-600, -61), (120, 300), (0, 3601)])
def test_assertion_outside_its_time_is_refused(
    services: Services, tool: KeyTool, clock: StillClock, iat: int, exp: int
) -> None:
    now = clock.now().timestamp()
    assert services.ask_token(tool.assertion(iat=now + iat, exp=now + exp)).status == 400


def test_assertion_signed_by_another_key_is_refused(services: Services, tool: KeyTool) -> None:
    assert services.ask_token(tool.assertion(pem=new_pem())).status == 400


def test_TO_04_demo_lms_takes_an_assertion_once(services: Services, tool: KeyTool) -> None:
    assertion = tool.assertion()
    assert [services.ask_token(assertion).status for _ in range(2)] == [200, 400]


def test_tool_key_set_is_kept_and_fetched_again_for_an_unknown_kid(services: Services, tool: KeyTool) -> None:
    for _ in range(3):
        assert services.ask_token().status == 200
    assert tool.fetches == 1
    tool.kid, tool.pem = "tool-key-2", new_pem()
    assert services.ask_token().status == 200
    assert tool.fetches == 2


def test_service_wants_a_known_unexpired_token_with_the_scope(services: Services, clock: StillClock) -> None:
    token = services.token(SCOPE_ROSTER)
    assert services.call("GET", MEMBERS, media=TYPE_MEMBERS, token=token).status == 200
    assert services.call("GET", MEMBERS, media=TYPE_MEMBERS, token="rubbish").status == 401
    assert services.call("GET", "/lti/ags/course-1/lineitems", media=TYPE_LINE_ITEMS, token=token).status == 403
    clock.advance(seconds=3600)
    answer = services.call("GET", MEMBERS, media=TYPE_MEMBERS, token=token)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_missing_scope_is_401_in_the_moodle_profile(services: Services) -> None:
    services.lms.profile("moodle")
    token = services.token(SCOPE_ROSTER)
    assert services.call("GET", "/lti/ags/course-1/lineitems", media=TYPE_LINE_ITEMS, token=token).status == 401


def test_token_endpoint_fails_as_planned(services: Services) -> None:
    services.lms.fault("token", "status", status=503, headers={"Retry-After": "2"}, times=1)
    answer = services.ask_token()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert services.ask_token().status == 200
