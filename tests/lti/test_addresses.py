"""Addresses that come from outside, as pure values: what is one, what is ours, how parameters are added."""

import pytest

from lti_tool.launch.rules.urls import (
    LONGEST,
    authentication_request,
    client_address,
    http_url,
    is_own,
    origin,
    with_query,
)

PATHS = frozenset({"/lti/launch"})
OWN = "https://tool.example"


@pytest.mark.parametrize(
    "url", ["http://h", "https://h/", "https://h:443/a?b=c#d", "HTTPS://H/x", "https://[::1]:8080/", "https://h/" + "x" * (LONGEST - 10)]
)  # fmt: skip
def test_LP_04_web_addresses_are_kept_as_they_are(url: str) -> None:
    assert http_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "h", "//h/x", "/x", "ftp://h/", "javascript:alert(1)", "https://", "https:///x", "https://h:99999/", "https://h:x/",
        "https://u@h/", "https://u:p@h/", "https://@h/", "https://h/ x", "https://h/\t", "https://h/\x00", "https://h/\x7f",
        "https://h/\x9f", "https://h/\\", 'https://h/"', "https://h/<", "https://h/>", "https://h/`", "https://h/{", "https://h/}",
        "https://h/|", "https://h/^", "https://h/\u2028", "https://h/\u3000", "https://h/\ud800", "https://[::1/",
        "https://h/" + "x" * (LONGEST - 9), None, 5, b"https://h/", ["https://h/"],
    ],
)  # fmt: skip
def test_LP_04_everything_else_is_no_web_address(url: object) -> None:
    assert http_url(url) == ""
    assert LONGEST == 2000
    assert http_url("https://h/12", longest=12) == "https://h/12"
    assert http_url("https://h/123", longest=12) == ""


def test_PS_03_origin_of_an_address() -> None:
    assert origin("https://h:8443/a?b#c") == "https://h:8443"
    assert origin("http://h") == "http://h"
    assert [origin(url) for url in ("", "ftp://h/", "https://u@h/", "javascript:x")] == [""] * 4


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (f"{OWN}/lti/launch", True), (f"{OWN}/lti/launch?a=b&c", True), (f"{OWN}/lti/launch#x", False), (f"{OWN}/lti/login", False),
        (f"{OWN}/lti/launch/", False), ("http://tool.example/lti/launch", False), ("https://tool.example:8443/lti/launch", False),
        ("https://tool.example.evil/lti/launch", False), ("https://u@tool.example/lti/launch", False), ("/lti/launch", False), ("", False),
    ],
)  # fmt: skip
def test_OL_14_only_our_own_launch_address_is_ours(target: str, expected: bool) -> None:
    assert is_own(target, OWN, PATHS) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a", "https://a?x=1"), ("https://a?", "https://a?x=1"), ("https://a?b=2", "https://a?b=2&x=1"),
        ("https://a?b=2&", "https://a?b=2&x=1"), ("https://a/#f", "https://a/?x=1#f"), ("https://a?b#f", "https://a?b&x=1#f"),
    ],
)  # fmt: skip
def test_OL_16_and_18_parameters_are_added_and_encoded(url: str, expected: str) -> None:
    assert with_query(url, {"x": "1"}) == expected
    assert with_query("https://a", {"a b": "ü/&=#", "c": ""}) == "https://a?a%20b=%C3%BC%2F%26%3D%23&c="


@pytest.mark.parametrize("hint", [None, "", '{"cmid":5}'])
def test_OL_01_authentication_request_has_every_parameter_once(hint: str | None) -> None:
    found = authentication_request(
        "https://lms/auth", client_id="c", redirect_uri=f"{OWN}/lti/launch", state="s", nonce="n", login_hint="4", message_hint=hint
    )  # fmt: skip
    encoded = {None: "", "": "&lti_message_hint=", '{"cmid":5}': "&lti_message_hint=%7B%22cmid%22%3A5%7D"}[hint]
    assert found == (
        "https://lms/auth?scope=openid&response_type=id_token&response_mode=form_post&prompt=none&client_id=c"
        f"&redirect_uri=https%3A%2F%2Ftool.example%2Flti%2Flaunch&state=s&nonce=n&login_hint=4{encoded}"
    )


@pytest.mark.parametrize(
    ("remote", "header", "hops", "expected"),
    [
        ("10.0.0.1", "1.1.1.1", 0, "10.0.0.1"), ("10.0.0.1", "1.1.1.1", -1, "10.0.0.1"), ("10.0.0.1", None, 1, "10.0.0.1"),
        ("10.0.0.1", " , ", 1, "10.0.0.1"), (None, None, 0, ""), ("10.0.0.1", "1.1.1.1, 2.2.2.2", 1, "2.2.2.2"),
        ("10.0.0.1", "1.1.1.1, 2.2.2.2", 2, "1.1.1.1"), ("10.0.0.1", "1.1.1.1, 2.2.2.2", 9, "1.1.1.1"),
        ("10.0.0.1", "x" * 65, 1, "x" * 64),
    ],
)  # fmt: skip
def test_OL_17_whose_request_it_is(remote: str | None, header: str | None, hops: int, expected: str) -> None:
    assert client_address(remote, header, hops) == expected
