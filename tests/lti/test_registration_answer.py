"""What an LMS answers to our registration, read by the rule alone: refusals, identifiers at their edges, its own words."""

import json
from typing import Any

import pytest

from lti_tool.launch.rules.platform_configuration import Unusable
from lti_tool.launch.rules.registration_answer import LONGEST_ID, read_answer
from lti_tool.launch.rules.tool_configuration import TOOL


def body_of(**members: Any) -> bytes:
    return json.dumps({"client_id": "c"} | members).encode()


def refusal(status: int, body: bytes) -> tuple[str, str, str]:
    """Code, field and the LMS's words of an answer that cannot be used."""
    with pytest.raises(Unusable) as caught:
        read_answer(status, body)
    return caught.value.code, caught.value.name, caught.value.said


@pytest.mark.parametrize(
    ("status", "body", "code", "name"),
    [
        (401, b'{"error": "token_already_used"}', "token_refused", ""),
        (401, b"", "token_refused", ""),
        (402, b"", "refused", "402"),
        (403, b"{}", "token_refused", ""),
        (404, b"<html>Invalid request</html>", "token_refused", ""),
        (404, b'{"error": "no such address"}', "refused", "404"),
        (405, b"<html></html>", "refused", "405"),
        (400, b"<html></html>", "refused", "400"),
        (199, body_of(), "refused", "199"),
        (300, body_of(), "refused", "300"),
        (200, b"[" * 100_000, "not_json", ""),
        (200, b"[]", "not_json", ""),
        (200, b'{"scope": ""}', "missing", "client_id"),
    ],
)
def test_DR_06_refused_token_is_told_apart_from_other_refusals(status: int, body: bytes, code: str, name: str) -> None:
    assert refusal(status, body)[:2] == (code, name)


@pytest.mark.parametrize("status", [200, 201, 299])
def test_DR_06_any_success_is_an_answer(status: int) -> None:
    assert read_answer(status, body_of()).client_id == "c"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, {"error": "missing_registration_token"}, "missing_registration_token"),
        (401, {"message": "Token expired"}, "Token expired"),
        (400, {"error_description": "in full", "error": "short", "message": "other"}, "in full"),
        (400, {"error": "short", "message": "other"}, "short"),
        (401, {}, ""),
        (401, [], ""),
        (400, {"error": "x" * 300}, "x" * 200),
    ],
)
def test_DR_06_words_of_a_refusal_are_the_most_telling_of_its_json(status: int, body: Any, said: str) -> None:
    assert refusal(status, json.dumps(body).encode())[2] == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"missing required attribute redirect_uris", "missing required attribute redirect_uris"),
        ("缺少属性".encode(), "缺少属性"),
        (b"no \xff such host", "no \ufffd such host"),
        (b"x" * 300, "x" * 200),
        (b"a page: <html>", ""),
        (b" " * 1000 + b"too late", ""),
        (b"", ""),
    ],
)
def test_DR_06_refusal_in_plain_words_is_told_and_a_page_is_not(body: bytes, said: str) -> None:
    assert refusal(400, body) == ("refused", "400", said)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a" * LONGEST_ID, "a" * LONGEST_ID),
        ("a" * (LONGEST_ID + 1), None),
        ("a b ü", "a b ü"),
        ("a\nb", None),
        ("", None),
        (7, "7"),
        (0, "0"),
        (True, None),
        (1.5, None),
        (["a"], None),
        (None, None),
    ],
)
def test_DR_07_identifiers_are_kept_exactly_or_not_at_all(given: Any, kept: str | None) -> None:
    assert read_answer(200, body_of(**{TOOL: {"deployment_id": given}})).deployment_id == kept
    if kept is None:
        assert refusal(200, body_of(client_id=given))[:2] == ("missing", "client_id")
    else:
        assert read_answer(200, body_of(client_id=given)).client_id == kept


@pytest.mark.parametrize("tool", [None, "7", ["7"], {}])
def test_DR_08_answer_without_our_configuration_names_no_deployment(tool: Any) -> None:
    assert read_answer(200, body_of(**{TOOL: tool})).deployment_id is None


@pytest.mark.parametrize(
    ("said", "scopes"),
    [
        (None, None),
        (["a"], None),
        ("", ()),
        ("a  b a", ("a", "b")),
        (" ".join(map(str, range(60))), tuple(map(str, range(50)))),
    ],
)
def test_DR_09_scopes_are_read_once_each_and_fifty_at_most(said: Any, scopes: tuple[str, ...] | None) -> None:
    assert read_answer(200, body_of(scope=said)).scopes == scopes
