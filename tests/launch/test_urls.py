"""Addresses from outside: what may stand in a header of ours."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.launch.rules import urls


@pytest.mark.parametrize(
    "good",
    [
        "https://lms.example",
        "https://lms.example:8443/a?b=c#d",
        "http://127.0.0.1:9080/",
        "https://[2001:db8::1]:443/x",
        "https://under_score.example/",
        "https://xn--fiq228c.example/学校?名=1",
    ],
)
def test_web_addresses(good: str) -> None:
    assert urls.http_url(good) == good


@pytest.mark.parametrize(
    "bad",
    [
        "https://evil.example;sandbox/",
        "https://evil.example,sandbox",
        "https://evil.example;frame-ancestors",
        "https://*.example/",
        "https://a@lms.example/",
        "https://lms.example:/",
        "https://lms.example:x/",
        "https://学校.example/",
        "https://lms.example%0d%0aX/",
        "https://'none'/",
        "https:///x",
        "//lms.example/",
        "javascript:alert(1)",
    ],
)
def test_WS_03_hosts_that_could_end_a_directive_are_no_addresses(bad: str) -> None:
    assert urls.http_url(bad) == ""
    assert urls.origin(bad) == ""


@given(st.text(max_size=60))
def test_WS_03_an_origin_is_one_source_of_a_policy(host: str) -> None:
    found = urls.origin(f"https://{host}")
    assert re.fullmatch(r"|https://[A-Za-z0-9._:\[\]-]+", found)
