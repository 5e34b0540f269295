"""Reading what an LMS says at registration: tables, and laws over anything that could come."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.launch.rules.platform_configuration import (
    EXCEPTIONS,
    PLATFORM,
    PlatformConfiguration,
    Unusable,
    read_configuration,
)
from lti_tool.launch.rules.registration_answer import read_answer
from lti_tool.launch.rules.tool_configuration import (
    CLAIMS,
    CUSTOM,
    SCOPES,
    TOOL,
    registration_request,
    wanted_claims,
    wanted_custom,
    wanted_messages,
    wanted_scopes,
)

LMS = "https://lms.example/moodle"
ADDRESS = "https://lms.example/moodle/config"
GOOD: dict[str, Any] = {
    "issuer": LMS,
    "authorization_endpoint": f"{LMS}/auth",
    "token_endpoint": f"{LMS}/token",
    "jwks_uri": f"{LMS}/jwks",
    "registration_endpoint": f"{LMS}/register",
    PLATFORM: {"product_family_code": "moodle"},
}
PATHS = {"launch": "/lti/launch", "login": "/lti/login", "jwks": "/lti/jwks.json", "icon": "/i", "privacy": "/privacy"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def read(changes: dict[str, Any] | None = None, **options: Any) -> PlatformConfiguration:
    body = json.dumps(GOOD | (changes or {})).encode()
    return read_configuration(body, options.get("address", ADDRESS), is_lenient=options.get("is_lenient", False))


def test_issuer_is_kept_character_by_character() -> None:
    assert read().issuer == LMS
    assert read({"issuer": f"{LMS}/"}).issuer == f"{LMS}/"
    assert (read().host, read().foreign, read().family) == ("lms.example", (), "moodle")


@pytest.mark.parametrize(
    ("changes", "options", "code", "name"),
    [
        ({"issuer": "http://lms.example"}, {}, "not_https", "issuer"),
        ({"issuer": "http://localhost:9080"}, {}, "not_https", "issuer"),
        ({"issuer": "https://lms.example.evil"}, {}, "foreign_issuer", "issuer"),
        ({"issuer": "https://" + "a" * 250 + ".example"}, {}, "bad_address", "issuer"),
        ({"token_endpoint": "https://u@lms.example/"}, {}, "bad_address", "token_endpoint"),
        ({"jwks_uri": "//lms.example/jwks"}, {}, "bad_address", "jwks_uri"),
        ({"registration_endpoint": ["x"]}, {}, "missing", "registration_endpoint"),
        ({PLATFORM: []}, {}, "missing", "lti-platform-configuration"),
        ({}, {"address": "https://other.example/config"}, "foreign_issuer", "issuer"),
        ({"token_endpoint": "http://127.0.0.1/t"}, {"is_lenient": False}, "not_https", "token_endpoint"),
        ({"token_endpoint": "http://lms.example/t"}, {"is_lenient": True}, "not_https", "token_endpoint"),
    ],
)
def test_DR_02_DR_04_refusals_name_the_field(
    changes: dict[str, Any], options: dict[str, Any], code: str, name: str
) -> None:
    with pytest.raises(Unusable) as refused:
        read(changes, **options)
    assert (refused.value.code, refused.value.name) == (code, name)


def test_loopback_may_speak_plain_http_in_a_demo() -> None:
    base = "http://localhost:9080"
    found = read(
        {name: value.replace(LMS, base) for name, value in GOOD.items() if isinstance(value, str)},
        address=f"{base}/config", is_lenient=True,
    )  # fmt: skip
    assert found.host == "localhost:9080"


@pytest.mark.parametrize("issuer", EXCEPTIONS)
def test_DR_03_exceptions_are_exact_issuers_over_https(issuer: str) -> None:
    assert issuer.startswith("https://")
    with pytest.raises(Unusable):
        read({"issuer": f"{issuer}/"}, address="https://developer.blackboard.com/config")


@pytest.mark.parametrize(
    ("said", "audience"),
    [("https://api.brightspace.com/auth/token", "https://api.brightspace.com/auth/token"), ("", None), (7, None)],
)
def test_TO_02_audience_that_an_lms_names_is_taken_over(said: Any, audience: str | None) -> None:
    assert read({"authorization_server": said}).audience == audience


def test_hosts_that_are_not_the_issuers_are_listed_once() -> None:
    found = read({"token_endpoint": "https://sso.example/t", "jwks_uri": "https://SSO.example/j"})
    assert found.foreign == ("sso.example",)


@given(JSON)
def test_any_json_is_read_or_refused(document: Any) -> None:
    with pytest.raises(Unusable):
        read_configuration(json.dumps(document).encode(), ADDRESS, is_lenient=False)


@given(st.sampled_from(sorted(GOOD)), JSON)
def test_one_odd_field_never_raises_anything_else(name: str, value: Any) -> None:
    try:
        found = read({name: value})
    except Unusable:
        return
    assert all(url.startswith("https://") for url in (found.auth_url, found.token_url, found.jwks_url))


@given(st.lists(st.sampled_from([*SCOPES, "openid", "x"])), st.lists(st.sampled_from([*CLAIMS, "email", "picture"])))
def test_DR_05_never_more_is_asked_for_than_we_use_and_they_offer(scopes: list[str], claims: list[str]) -> None:
    platform = read({"scopes_supported": scopes, "claims_supported": claims})
    assert set(wanted_scopes(platform)) <= set(SCOPES)
    assert set(wanted_claims(platform)) <= set(CLAIMS)
    if scopes:
        assert set(wanted_scopes(platform)) == set(SCOPES) & set(scopes)
    if claims:
        assert set(wanted_claims(platform)) == set(CLAIMS) & set(claims)
    assert "email" not in wanted_claims(platform)


@given(st.lists(st.sampled_from([*CUSTOM.values(), *(value[1:] for value in CUSTOM.values()), "User.id"]), min_size=1))
def test_DR_15_every_variable_that_is_asked_for_is_known_there(variables: list[str]) -> None:
    asked = wanted_custom(read({PLATFORM: {"variables": variables}}))
    known = {variable.removeprefix("$") for variable in variables}
    assert {value[1:] for value in asked.values()} == {value[1:] for value in CUSTOM.values()} & known


@pytest.mark.parametrize(
    ("offered", "types", "placements"),
    [
        ([], ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"], ["ContentArea"]),
        ([{"type": "LtiResourceLinkRequest"}], ["LtiResourceLinkRequest"], None),
        (
            [
                {"type": "LtiDeepLinkingRequest", "placements": ["RichTextEditor"]},
                {"type": "LtiSubmissionReviewRequest"},
                {"type": "DataPrivacyLaunchRequest"},
            ],
            [
                "LtiResourceLinkRequest",
                "LtiDeepLinkingRequest",
                "LtiSubmissionReviewRequest",
                "DataPrivacyLaunchRequest",
            ],
            None,
        ),
        (
            [{"type": "LtiDeepLinkingRequest", "placements": ["ContentArea", "RichTextEditor"]}, "odd", {"type": 7}],
            ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"],
            ["ContentArea"],
        ),
    ],
)
def test_messages_that_the_lms_can_send(offered: list[Any], types: list[str], placements: list[str] | None) -> None:
    messages = wanted_messages(read({PLATFORM: {"messages_supported": offered}}), "https://t/l", "https://t/i")
    assert [message["type"] for message in messages] == types
    linking = [message for message in messages if message["type"] == "LtiDeepLinkingRequest"]
    assert [message.get("placements") for message in linking] == [placements] * len(linking)


@pytest.mark.parametrize(
    "public_url", ["https://dangke.example", "https://dangke.example:8443", "http://127.0.0.1:8000"]
)
def test_DR_05_domain_has_the_port_of_the_target(public_url: str) -> None:
    asked = registration_request(public_url, read(), **PATHS)
    assert asked[TOOL]["target_link_uri"] == f"{public_url}/lti/launch"
    assert asked[TOOL]["domain"] == public_url.split("//")[1]
    assert json.dumps(asked)


@given(st.integers(200, 299), JSON)
def test_any_answer_is_read_or_refused(status: int, document: Any) -> None:
    try:
        found = read_answer(status, json.dumps(document).encode())
    except Unusable:
        return
    assert 0 < len(found.client_id) <= 255


@given(st.integers(300, 599) | st.integers(100, 199), st.binary(max_size=2000))
def test_a_refusal_never_quotes_a_page_or_more_than_two_hundred_characters(status: int, body: bytes) -> None:
    with pytest.raises(Unusable) as refused:
        read_answer(status, body)
    assert len(refused.value.said) <= 200
    assert refused.value.code in {"token_refused", "refused"}


@pytest.mark.parametrize(
    ("answer", "deployment", "scopes"),
    [
        ({TOOL: {"deployment_id": "7"}, "scope": "a b a"}, "7", ("a", "b")),
        ({TOOL: {"deployment_id": 7}}, "7", None),
        ({TOOL: {"deployment_id": True}}, None, None),
        ({TOOL: {"deployment_id": "a\nb"}}, None, None),
        ({TOOL: "x", "scope": ["a"]}, None, None),
        ({"deployment_id": "7", "scope": ""}, None, ()),
    ],
)
def test_DR_07_DR_08_deployment_and_scopes_of_an_answer(
    answer: dict[str, Any], deployment: str | None, scopes: tuple[str, ...] | None
) -> None:
    found = read_answer(200, json.dumps({"client_id": "c", **answer}).encode())
    assert (found.deployment_id, found.scopes) == (deployment, scopes)
