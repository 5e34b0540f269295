"""Laws of the pure rules of the launch."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.core.text import clean_line
from lti_tool.identity.rules.names import given_name
from lti_tool.launch.limits import Limit
from lti_tool.launch.reasons import REASONS
from lti_tool.launch.refused import Refused
from lti_tool.launch.rules import token, urls
from lti_tool.launch.rules.claims import read_claims
from tests.lms_client import CLAIM

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
claim_names = st.sampled_from([
    "iss", "sub", "name", "given_name", "family_name", CLAIM + "message_type", CLAIM + "version",
    CLAIM + "deployment_id", CLAIM + "target_link_uri", CLAIM + "resource_link", CLAIM + "roles", CLAIM + "context",
    CLAIM + "custom", CLAIM + "launch_presentation", "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint",
])  # fmt: skip
GOOD: dict[str, Any] = {
    "sub": "4",
    CLAIM + "message_type": "LtiResourceLinkRequest",
    CLAIM + "version": "1.3.0",
    CLAIM + "deployment_id": "1",
    CLAIM + "target_link_uri": "https://tool/lti/launch",
    CLAIM + "resource_link": {"id": "3"},
    CLAIM + "roles": [],
}


def reason_of(call: Callable[[], object]) -> str | None:
    """Why a rule refuses, or None."""
    try:
        call()
    except Refused as refused:
        return refused.reason
    return None


@given(st.dictionaries(claim_names, json_values))
def test_whatever_stands_in_the_claims_they_are_read_or_refused(changes: dict[str, Any]) -> None:
    reason = reason_of(lambda: read_claims(GOOD | changes, needs_https=True))
    assert reason is None or reason in REASONS
    if reason is not None:
        return
    found = read_claims(GOOD | changes, needs_https=True)
    assert found.name == clean_line(found.name, 200)
    assert found.return_url == urls.http_url(found.return_url)


@given(st.text())
def test_whatever_is_posted_as_a_token_is_parsed_or_refused(compact: str) -> None:
    assert reason_of(lambda: token.parse(compact)) in {None, "malformed"}


@given(json_values, json_values, json_values)
def test_times_of_any_type_are_accepted_or_refused(exp: Any, iat: Any, nbf: Any) -> None:
    reason = reason_of(lambda: token.check_times({"exp": exp, "iat": iat, "nbf": nbf}, NOW))
    assert reason is None or reason in REASONS
    if reason is None:
        assert token.LEEWAY + exp > NOW.timestamp()


@given(
    st.dictionaries(st.text(min_size=1), st.text()), st.sampled_from(["https://lms/auth", "https://lms/auth?tenant=3"])
)
def test_parameters_come_back_from_a_query_as_they_went_in(parameters: dict[str, str], base: str) -> None:
    sendable = {name: value for name, value in parameters.items() if (name + value).isprintable()}
    url = urls.with_query(base, sendable)
    found = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    assert sendable.items() <= found.items()
    assert ("tenant" in found) == ("tenant=3" in base or "tenant" in sendable)


@given(st.text())
def test_only_web_addresses_pass(value: str) -> None:
    found = urls.http_url(value)
    assert found in {"", value}
    assert not found or urlsplit(found).scheme in {"http", "https"}


@given(st.fixed_dictionaries({}, optional={"name": json_values, "given_name": json_values, "family_name": json_values}))
def test_names_are_clean_and_short(claims: dict[str, Any]) -> None:
    name = given_name(claims)
    assert name == clean_line(name, 200)


def test_every_reason_has_a_status_a_code_and_a_sentence() -> None:
    for reason in REASONS.values():
        assert reason.status in {400, 403, 404, 409, 429, 502}
        assert reason.code.startswith("LTI-")
        assert str(reason.sentence)


@pytest.mark.parametrize("times", [1, 5])
def test_limit_counts_per_key_and_minute(times: int) -> None:
    limit = Limit(times)
    assert [limit.hit("a", NOW) for _ in range(times + 1)] == [True] * times + [False]
    assert limit.hit("b", NOW)
    assert limit.hit("a", datetime(2026, 11, 20, 2, 1, tzinfo=UTC))
