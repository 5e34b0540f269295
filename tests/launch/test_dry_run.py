"""What an answer of an LMS means, as tables: each trap by what a real LMS sends."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.core.i18n.language import speaking
from lti_tool.launch.dry_run import rules, words
from lti_tool.launch.dry_run.rules import Heard, Outcome, Step, Verdict
from lti_tool.launch.rules.tool_configuration import SCOPES

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
LOGIN_PAGE = b"<!DOCTYPE html><html><title>Log in</title></html>"
GOOD = json.dumps({"access_token": "x", "token_type": "Bearer", "expires_in": 3600}).encode()
REDIRECT = "https://tool.example/lti/launch"


def error(code: str, **more: str) -> bytes:
    return json.dumps({"error": code, **more}).encode()


@pytest.mark.parametrize(
    ("family", "status", "body", "code"),
    [
        ("moodle", 200, GOOD, "token_good"),
        ("canvas", 201, GOOD, "token_good"),
        # Traps
        ("moodle", 404, LOGIN_PAGE, "curl_block_list"),
        ("", 404, b"<html><body>Moodle: error</body></html>", "curl_block_list"),
        ("canvas", 404, LOGIN_PAGE, "token_nowhere"),
        ("canvas", 200, LOGIN_PAGE, "token_page"),
        ("canvas", 200, b"ok", "token_unreadable"),
        ("canvas", 200, b'{"access_token": ""}', "token_unreadable"),
        ("canvas", 200, b"[]", "token_unreadable"),
        ("canvas", 302, b"", "token_redirect"),
        ("canvas", 503, LOGIN_PAGE, "token_down"),
        ("moodle", 400, b'{"error" : ""kid" invalid, unable to lookup correct key"}', "kid_unknown_moodle"),
        ("", 400, b'{"error" : ""kid" invalid, unable to lookup correct key"}', "kid_unknown"),
        ("moodle", 400, error("Expired token"), "token_clock"),
        ("moodle", 400, error("Cannot handle token with iat prior to 2026-11-21T01:52:59+0800"), "token_clock"),
        ("moodle", 400, error("invalid_scope"), "no_scope"),
        ("moodle", 400, error("invalid_client"), "invalid_client"),
        ("canvas", 401, error("unauthorized_client"), "invalid_client"),
        ("brightspace", 400, error("invalid_client", error_description="invalid audience"), "audience"),
        ("brightspace", 400, error("invalid_request", error_description="aud must be x"), "audience"),
        ("other", 403, LOGIN_PAGE, "token_refused"),
        ("other", 400, b"\xff\xfe", "token_refused"),
        ("other", 400, b"[" * 50_000, "token_refused"),
    ],
)
def test_token_answers_and_their_traps(family: str, status: int, body: bytes, code: str) -> None:
    verdict = rules.judge_token(Heard(status=status, body=body), family=family, host="lms.example")
    assert verdict.code == code
    assert (verdict.outcome is Outcome.ok) is (code == "token_good")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("private_address", "private_address"),
        ("plain_http", "plain_http"),
        ("certificate", "certificate"),
        ("unknown_name", "unknown_name"),
        ("timed_out", "silent"),
        ("connect_timed_out", "silent"),
        ("connection_refused", "unreachable"),
        ("too_large", "unreachable"),
    ],
)
def test_no_answer_is_told_by_its_reason(failure: str, code: str) -> None:
    for verdict in (
        rules.judge_token(Heard(failure=failure), family="", host="lms.example"),
        rules.judge_key_set(Heard(failure=failure), None, "lms.example"),
    ):
        assert (verdict.code, verdict.outcome) == (code, Outcome.fault)
        assert "lms.example" in words.what(verdict) + words.mend(verdict)


@pytest.mark.parametrize(
    ("status", "body", "usable", "code"),
    [
        (200, b"{}", 2, "key_set_good"),
        (200, b"{}", 0, "key_set_empty"),
        (200, b"{}", None, "key_set_unreadable"),
        (200, LOGIN_PAGE, None, "key_set_page"),
        (404, LOGIN_PAGE, None, "key_set_status"),
        (302, b"", None, "key_set_status"),
    ],
)
def test_key_sets(status: int, body: bytes, usable: int | None, code: str) -> None:
    assert rules.judge_key_set(Heard(status=status, body=body), usable, "lms.example").code == code


@pytest.mark.parametrize(
    ("ahead", "code"),
    [(0, "clock_good"), (30, "clock_good"), (-30, "clock_good"), (31, "clock_ahead"), (-31, "clock_behind")],
)
def test_clocks_within_thirty_seconds(ahead: int, code: str) -> None:
    date = format_datetime(NOW + timedelta(seconds=ahead), usegmt=True)
    assert rules.judge_clock(date, NOW).code == code


@pytest.mark.parametrize("date", ["", "yesterday", "\x00", "Mon, 99 Nov 2026 99:99:99 GMT"])
def test_clock_that_is_not_told(date: str) -> None:
    assert rules.judge_clock(date, NOW).code == "clock_untold"


@pytest.mark.parametrize(
    ("given", "family", "code"),
    [
        (SCOPES, "", "scopes_all"),
        (SCOPES[3:], "", "scopes_some"),
        (SCOPES[:1], "", "no_scores"),
        ((), "moodle", "no_scores_moodle"),
    ],
)
def test_scopes_that_are_given(given: tuple[str, ...], family: str, code: str) -> None:
    verdict = rules.judge_scopes(SCOPES, given, family)
    assert verdict.code == code
    assert all("purl" not in fact for fact in verdict.facts.values())


def test_scopes_of_an_answer() -> None:
    assert rules.granted_scopes(Heard(body=b"{}"), SCOPES) == SCOPES
    some = json.dumps({"scope": f"unknown {SCOPES[4]} {SCOPES[0]}"}).encode()
    assert rules.granted_scopes(Heard(body=some), SCOPES) == (SCOPES[0], SCOPES[4])


@pytest.mark.parametrize(
    ("heard", "kids", "is_token_given", "code"),
    [
        (Heard(failure="connection_refused"), None, True, "ours_fetched"),
        (Heard(status=200), ["ours", "older"], False, "ours_seen"),
        (Heard(status=200), ["older"], False, "ours_other_keys"),
        (Heard(status=200, body=LOGIN_PAGE), None, False, "ours_no_key_set"),
        (Heard(status=502), None, False, "ours_no_key_set"),
        (Heard(failure="private_address"), None, False, "ours_private"),
        (Heard(failure="unknown_name"), None, False, "ours_untold"),
    ],
)
def test_our_key_set_as_far_as_one_can_tell(
    heard: Heard, kids: list[str] | None, is_token_given: bool, code: str
) -> None:
    verdict = rules.judge_our_key_set(heard, kids, "ours", is_token_given=is_token_given, url="https://tool.example/x")
    assert verdict.code == code


@pytest.mark.parametrize(
    ("heard", "has_launched", "code"),
    [
        (None, True, "redirect_proved"),
        (Heard(status=302, location=f"{REDIRECT}?error=login_required"), False, "redirect_known"),
        (Heard(status=200, body=f'<form action="{REDIRECT}">'.encode()), False, "redirect_known"),
        # Moodle asks the browser to come again and repeats what it was sent: that says nothing.
        (Heard(status=200, body=f'<input name="redirect_uri" value="{REDIRECT}">'.encode()), False, "redirect_untold"),
        (Heard(status=400, body=b"redirect_uri is not registered"), False, "redirect_unknown"),
        (Heard(status=404, body=LOGIN_PAGE), False, "redirect_untold"),
        (Heard(failure="timed_out"), False, "redirect_untold"),
    ],
)
def test_redirect_uri_as_far_as_one_can_tell(heard: Heard | None, has_launched: bool, code: str) -> None:
    assert rules.judge_redirect(heard, REDIRECT, has_launched=has_launched).code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "registered"),
        ({"is_active": False}, "switched_off"),
        ({"deployments": 0}, "no_deployment"),
        ({"is_pending": True}, "pending"),
        ({"is_pending": True, "family": "moodle"}, "pending_moodle"),
    ],
)
def test_registrations(changes: dict[str, Any], code: str) -> None:
    good: dict[str, Any] = {"is_active": True, "is_pending": False, "deployments": 1, "family": ""}
    assert rules.judge_registration(**good | changes).code == code


def test_first_fault_is_what_has_to_be_mended_first() -> None:
    hint = Verdict(Step.registration, Outcome.hint, "pending")
    fault = Verdict(Step.token, Outcome.fault, "token_down", {"status": "503"})
    assert rules.first_fault([hint, fault, Verdict(Step.scopes, Outcome.fault, "no_scores")]) is fault
    assert rules.first_fault([hint]) is None


@given(st.integers(100, 599), st.binary(max_size=300), st.sampled_from(["", "moodle", "canvas"]))
def test_every_answer_has_a_verdict_with_words(status: int, body: bytes, family: str) -> None:
    verdict = rules.judge_token(Heard(status=status, body=body), family=family, host="lms.example")
    assert words.what(verdict)
    assert verdict.outcome is Outcome.ok or words.mend(verdict)


FACTS = ("host", "reason", "status", "count", "seconds", "kid", "said", "missing", "given", "url", "uri")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_code_has_words_in_both_languages(language: str) -> None:
    from lti_tool.core.i18n import Language

    with speaking(Language(language)):
        for code in words.WORDS:
            verdict = Verdict(Step.token, Outcome.fault, code, dict.fromkeys(FACTS, "X"))
            told = words.what(verdict) + words.mend(verdict)
            assert "%(" not in told
            assert any("一" <= letter <= "鿿" for letter in told) is (language == "zh-CN"), (code, told)
        assert all(str(words.STEPS[step]) for step in Step)
