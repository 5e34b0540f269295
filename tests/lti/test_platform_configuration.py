"""An LMS's OpenID configuration, read by the rule alone: every limit at its edge, and what of it is kept."""

import json
from typing import Any

import pytest

from lti_tool.launch.rules.platform_configuration import (
    LARGEST,
    LONGEST_ADDRESS,
    PLATFORM,
    Message,
    PlatformConfiguration,
    Unusable,
    read_configuration,
)

ISSUER = "https://lms.example"
ADDRESS = f"{ISSUER}/config"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")


def document(base: str = ISSUER, **changes: Any) -> dict[str, Any]:
    addresses = {name: f"{base}/{name}" for name in ENDPOINTS}
    return {"issuer": base, **addresses, PLATFORM: {"product_family_code": "moodle"}} | changes


def described(**members: Any) -> dict[str, Any]:
    """A document whose LMS says this of itself."""
    return document() | {PLATFORM: members}


def read(found: Any, address: str = ADDRESS, *, is_lenient: bool = False) -> PlatformConfiguration:
    body = found if isinstance(found, bytes) else json.dumps(found).encode()
    return read_configuration(body, address, is_lenient=is_lenient)


def refusal(found: Any, address: str = ADDRESS, *, is_lenient: bool = False) -> tuple[str, str]:
    with pytest.raises(Unusable) as caught:
        read(found, address, is_lenient=is_lenient)
    assert str(caught.value) == f"{caught.value.code} {caught.value.name}".strip()
    assert caught.value.said == ""
    return caught.value.code, caught.value.name


def sized(length: int) -> bytes:
    """A good document of exactly so many bytes."""
    body = json.dumps(document()).encode()
    return body + b" " * (length - len(body))


def test_DR_02_configuration_has_at_most_256_kilobytes() -> None:
    assert LARGEST == 256 * 1024
    assert read(sized(LARGEST)).issuer == ISSUER
    assert refusal(sized(LARGEST + 1)) == ("too_large", "")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"7", b"[" * 100_000, b'"\xff"'])
def test_DR_02_configuration_is_a_json_object(body: bytes) -> None:
    assert refusal(body) == ("not_json", "")


def long_issuer(length: int) -> str:
    return f"{ISSUER}/{'a' * (length - len(ISSUER) - 1)}"


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        (None, "missing"),
        (7, "missing"),
        ("", "missing"),
        ("lms.example", "bad_address"),
        ("http://lms.example", "not_https"),
        (f"{ISSUER}?x=1", "bad_address"),
        (f"{ISSUER}#x", "bad_address"),
        (long_issuer(256), "bad_address"),
        (f"{ISSUER}:8443", "foreign_issuer"),
        ("https://other.example", "foreign_issuer"),
    ],
)
def test_DR_02_issuer_is_a_plain_https_address_at_the_configurations_host(issuer: Any, expected: str) -> None:
    assert refusal(document(issuer=issuer)) == (expected, "issuer")


def test_DR_02_issuer_has_at_most_255_characters_and_its_host_has_no_case() -> None:
    assert read(document(issuer=long_issuer(255))).issuer == long_issuer(255)
    found = read(document(issuer="https://LMS.example:8443"), "https://lms.EXAMPLE:8443/config")
    assert (found.issuer, found.host) == ("https://LMS.example:8443", "lms.example:8443")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_DR_02_plain_http_is_for_loopback_of_a_demo_only(name: str) -> None:
    base = f"http://{name}:9080"
    assert read(document(base), f"{base}/config", is_lenient=True).token_url == f"{base}/token_endpoint"
    assert refusal(document(base), f"{base}/config") == ("not_https", "issuer")
    assert refusal(document("http://lms.example"), "http://lms.example/config", is_lenient=True) == (
        "not_https",
        "issuer",
    )


@pytest.mark.parametrize(
    ("issuer", "host"),
    [
        ("https://blackboard.com", "developer.blackboard.com"),
        ("https://canvas.instructure.com", "school.instructure.com"),
        ("https://canvas.instructure.com", "sso.canvaslms.com"),
        ("https://canvas.beta.instructure.com", "school.beta.instructure.com"),
        ("https://canvas.beta.instructure.com", "sso.beta.canvaslms.com"),
        ("https://canvas.test.instructure.com", "school.test.instructure.com"),
        ("https://canvas.test.instructure.com", "sso.test.canvaslms.com"),
    ],
)
def test_DR_03_known_exceptions_are_taken_and_shown(issuer: str, host: str) -> None:
    found = read(document(f"https://{host}", issuer=issuer), f"https://{host}/config")
    assert (found.issuer, found.foreign) == (issuer, (host,))


@pytest.mark.parametrize(
    ("issuer", "host"),
    [
        ("https://canvas.instructure.com", ".instructure.com"),
        ("https://canvas.instructure.com", "evil.sso.canvaslms.com"),
        ("https://canvas.beta.instructure.com", "school.instructure.com"),
        ("https://blackboard.com", "evil.developer.blackboard.com"),
        (ISSUER, "developer.blackboard.com"),
    ],
)
def test_DR_03_no_other_host_speaks_for_an_issuer(issuer: str, host: str) -> None:
    assert refusal(document(issuer=issuer), f"https://{host}/config") == ("foreign_issuer", "issuer")


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "missing"),
        (7, "missing"),
        ("", "missing"),
        ("/relative", "bad_address"),
        ("https://user@lms.example/", "bad_address"),
        ("http://lms.example/x", "not_https"),
        (f"{ISSUER}/{'a' * LONGEST_ADDRESS}", "bad_address"),
    ],
)
def test_DR_04_endpoint_that_cannot_be_used_is_named(name: str, value: Any, expected: str) -> None:
    assert refusal(document(**{name: value})) == (expected, name)


@pytest.mark.parametrize("value", [None, "", [], 7])
def test_DR_04_missing_platform_configuration_is_named(value: Any) -> None:
    assert refusal(document(**{PLATFORM: value})) == ("missing", "lti-platform-configuration")


def test_DR_04_every_endpoint_goes_to_its_own_place() -> None:
    longest = f"{ISSUER}/{'a' * (LONGEST_ADDRESS - len(ISSUER) - 1)}"
    found = read(document(jwks_uri=longest))
    assert (found.auth_url, found.token_url, found.jwks_url, found.registration_url) == (
        f"{ISSUER}/authorization_endpoint", f"{ISSUER}/token_endpoint", longest, f"{ISSUER}/registration_endpoint",
    )  # fmt: skip
    assert LONGEST_ADDRESS == 1000


def test_DR_13_hosts_other_than_the_issuers_are_named_once_each_in_their_order() -> None:
    found = read(
        document(
            token_endpoint="https://SSO.example/token",
            jwks_uri="https://keys.example/",
            registration_endpoint="https://sso.example/r",
        )
    )
    assert found.foreign == ("sso.example", "keys.example")
    assert read(document()).foreign == ()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("https://api.brightspace.com/auth/token", "https://api.brightspace.com/auth/token"),
        ("a", "a"),
        ("a" * LONGEST_ADDRESS, "a" * LONGEST_ADDRESS),
        ("a" * (LONGEST_ADDRESS + 1), None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_DR_04_audience_is_kept_as_it_is_said(said: Any, kept: str | None) -> None:
    assert read(document(authorization_server=said)).audience == kept


def test_DR_13_words_of_the_lms_are_cut_and_cleaned() -> None:
    found = read(described(product_family_code="f" * 50, version="v" * 70))
    assert (found.family, found.version) == ("f" * 40, "v" * 60)
    found = read(described(product_family_code="moo\u202edle", version=None))
    assert (found.family, found.version) == ("moodle", "")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, ()),
        ("openid", ()),
        (["a", "", 7, None, "b"], ("a", "b")),
        (["x" * 201, "y" * 200], ("x" * 200, "y" * 200)),
        ([str(number) for number in range(201)], tuple(str(number) for number in range(200))),
    ],
)
def test_DR_15_lists_of_the_lms_are_read_as_far_as_they_are_texts(said: Any, kept: tuple[str, ...]) -> None:
    assert read(document(scopes_supported=said)).scopes == kept
    assert read(document(claims_supported=said)).claims == kept
    assert read(described(variables=said)).variables == kept
    found = read(described(messages_supported=[{"type": "LtiDeepLinkingRequest", "placements": said}]))
    assert found.messages == (Message("LtiDeepLinkingRequest", kept),)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, ()),
        ({"type": "a"}, ()),
        (["LtiResourceLinkRequest", {"type": 7}, {}, {"type": "a"}], (Message("a", ()),)),
        ([{"type": str(number)} for number in range(51)], tuple(Message(str(number), ()) for number in range(50))),
    ],
)
def test_DR_05_messages_are_those_that_name_their_type(said: Any, kept: tuple[Message, ...]) -> None:
    assert read(described(messages_supported=said)).messages == kept
