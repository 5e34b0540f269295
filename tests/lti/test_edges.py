"""Where exactly tokens and logins stop being accepted: to the second, to the character, by type. Pure; found by mutants."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from lti_tool.launch.refused import Refused
from lti_tool.launch.rules.login import LONGEST, read_login
from lti_tool.launch.rules.token import check_state, check_times, nonce_of, sender

NOW = 1_795_140_000
WHEN = datetime.fromtimestamp(NOW, UTC)
GOOD = {"iss": ["https://lms"], "login_hint": ["4"], "target_link_uri": ["https://tool/lti/launch"]}


def times(**claims: Any) -> None:
    check_times({"iat": NOW, "exp": NOW + 60} | claims, WHEN)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW - 59, "iat": NOW - 100}, {"iat": NOW + 60, "exp": NOW + 120}, {"nbf": NOW + 60}, {"nbf": None}, {"nbf": -5},
        {"iat": NOW - 660}, {"iat": NOW, "exp": NOW + 86_400}, {"exp": NOW - 58.1, "iat": NOW - 59.9},
    ],
)  # fmt: skip
def test_TK_12_leeway_holds_to_the_second(claims: dict[str, Any]) -> None:
    times(**claims)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": NOW - 60, "iat": NOW - 100}, "expired"), ({"iat": NOW + 61, "exp": NOW + 120}, "not_yet_valid"),
        ({"nbf": NOW + 61}, "not_yet_valid"), ({"nbf": "soon"}, "time_malformed"), ({"iat": NOW - 661}, "too_old"),
        ({"exp": NOW + 86_401}, "too_old"), ({"iat": None}, "time_missing"), ({"exp": None}, "time_missing"),
        ({"iat": True}, "time_malformed"), ({"exp": False}, "time_malformed"), ({"exp": float("inf")}, "time_malformed"),
        ({"exp": float("nan")}, "time_malformed"),
    ],
)  # fmt: skip
def test_TK_12_leeway_ends_with_the_next_second(claims: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        times(**claims)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": None}, "missing_claim"), ({"iss": ""}, "missing_claim"), ({"iss": 5}, "missing_claim"), ({"iss": ["a"]}, "missing_claim"),
        ({"aud": ["c", ""]}, "missing_claim"), ({"aud": ""}, "missing_claim"), ({"aud": ["c", 5]}, "missing_claim"),
        ({"aud": []}, "missing_claim"), ({"aud": {"c": 1}}, "missing_claim"), ({"aud": ["c", "d"]}, "azp"),
        ({"aud": "c", "azp": "d"}, "azp"), ({"aud": "c", "azp": ""}, "azp"), ({"aud": ["c", "d"], "azp": "e"}, "azp"),
        ({"aud": ["c"], "azp": ["c"]}, "azp"), ({"aud": ["c"], "azp": 5}, "azp"), ({"aud": ["c"], "azp": False}, "azp"),
    ],
)  # fmt: skip
def test_TK_16_and_17_who_a_token_is_for_must_be_plain(claims: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        sender({"iss": "i", "aud": "c"} | claims)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("claims", "client"),
    [
        ({"aud": "c"}, "c"), ({"aud": ["c"]}, "c"), ({"aud": ["c"], "azp": "c"}, "c"), ({"aud": ["c", "d"], "azp": "d"}, "d"),
        ({"aud": ["c", "d", "e"], "azp": "c"}, "c"), ({"aud": "c", "azp": None}, "c"),
    ],
)  # fmt: skip
def test_TK_14_and_15_who_a_token_is_for(claims: dict[str, Any], client: str) -> None:
    assert sender({"iss": "i"} | claims) == ("i", client)


@pytest.mark.parametrize("nonce", [None, "", 5, ["n"], True, "x" * 256])
def test_SN_08_nonce_of_an_odd_type_or_length(nonce: Any) -> None:
    with pytest.raises(Refused, match="nonce_missing"):
        nonce_of({"nonce": nonce})
    assert [len(nonce_of({"nonce": "x" * length})) for length in (1, 255)] == [1, 255]


def test_SN_04_state_has_our_alphabet_and_length() -> None:
    for good in ("A" * 20, "z" * 128, "-_09azAZ" * 5):
        assert check_state(good) == good
    for bad in ("A" * 19, "A" * 129, "A" * 42 + "~", "A" * 42 + "=", "A" * 42 + "\n", "é" * 43, " " + "A" * 42):
        with pytest.raises(Refused, match="state_unknown"):
            check_state(bad)
    for missing in (None, ""):
        with pytest.raises(Refused, match="state_missing"):
            check_state(missing)


def values(**changes: Any) -> Any:
    """A login's parameters as a request gives them."""
    form: dict[str, Sequence[str]] = {**GOOD, **changes}
    return lambda name: form.get(name, [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": []}, "missing_iss"), ({"iss": [""]}, "missing_iss"), ({"login_hint": []}, "missing_login_hint"),
        ({"login_hint": [""]}, "missing_login_hint"), ({"target_link_uri": [""]}, "missing_target"),
        ({"iss": ["a", "b"]}, "repeated_parameter"), ({"lti_message_hint": ["a", ""]}, "repeated_parameter"),
        ({"client_id": ["a", "b"]}, "repeated_parameter"), ({"lti_deployment_id": ["1", "2"]}, "repeated_parameter"),
        ({"login_hint": ["x" * (LONGEST + 1)]}, "parameter_too_long"), ({"lti_message_hint": ["a\x00b"]}, "parameter_too_long"),
        ({"client_id": ["x" * (LONGEST + 1)]}, "parameter_too_long"),
    ],
)  # fmt: skip
def test_OL_05_and_06_parameters_that_are_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        read_login(values(**changes))
    assert refused.value.reason == reason


def test_OL_03_and_04_parameters_are_kept_as_they_came() -> None:
    assert LONGEST == 8000
    bare = read_login(values())
    assert (bare.message_hint, bare.client_id, bare.deployment_id, bare.is_new_window) == (None, None, None, False)
    assert bare.kept() == {name: found[0] for name, found in GOOD.items()}
    full = {
        "lti_message_hint": ["x" * LONGEST], "client_id": ["c", "c"], "lti_deployment_id": ["1"], "dangke_new_window": ["1"],
    }  # fmt: skip
    asked = read_login(values(**full))
    assert (asked.client_id, asked.deployment_id, asked.is_new_window) == ("c", "1", True)
    assert asked.kept() == bare.kept() | {
        "lti_message_hint": "x" * LONGEST, "client_id": "c", "lti_deployment_id": "1",
    }  # fmt: skip
    assert read_login(values(client_id=[""])).client_id is None


def test_OL_19_storage_target_is_the_name_of_a_frame_or_nothing() -> None:
    for name in ("_parent", "lti_storage_frame", "a:b.c-D_9", "x" * 100, "x"):
        assert read_login(values(lti_storage_target=[name])).storage_target == name
    for name in ("", "x" * 101, "a b", "é", "x\n", '"><script>', "a/b"):
        assert read_login(values(lti_storage_target=[name])).storage_target is None
    assert read_login(values()).storage_target is None
