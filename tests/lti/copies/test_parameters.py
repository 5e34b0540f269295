"""What the custom parameters of a link say about where it comes from (CP-01, CP-06, CT-06)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.launch.rules.custom import MOST_ANCESTORS, Custom, group_ids, history, is_history_trusted, read_custom


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("", ()),
        ("$ResourceLink.id.history", ()),
        ("$Context.id.history", ()),
        ("2", ("2",)),
        ("3,2,1", ("3", "2", "1")),
        (" 3 , ,2,3", ("3", "2")),
        ("a%2Cb,c%20d", ("a,b", "c d")),
        ("x" * 256, ()),
        ("2,$Context.id.history", ("2",)),
        ("a%00b,%ED%A0%80", ("���",)),
        (",".join(map(str, range(30))), tuple(map(str, range(MOST_ANCESTORS)))),
    ],
)
def test_CT_06_a_history_that_was_not_filled_in_is_absent(value: str, ids: tuple[str, ...]) -> None:
    assert history(value) == ids


def test_CP_06_our_keys_in_any_case() -> None:
    token = "0123456789abcdef" * 2
    found = read_custom(
        {"ACTIVITY": token, "Context_Id_History": "2", "RESOURCE_LINK_ID_HISTORY": "7", "other": "x", "Other": "y"}
    )
    assert (found.activity_token, found.context_history, found.link_history) == (token, ("2",), ("7",))
    # Moodle sends names with upper case twice; the first that says anything counts.
    twice = read_custom({"Activity": "$x", "activity": token, "context_history": "", "CONTEXT_HISTORY": "3"})
    assert (twice.activity_token, twice.context_history) == (token, ("3",))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_CP_01_custom_of_any_shape_is_read(claim: Any) -> None:
    found = read_custom({"activity": claim, "context_id_history": claim, "x": claim})
    assert found.activity_token is None or len(found.activity_token) == 32
    assert read_custom(claim).link_history == () or isinstance(claim, dict)
    assert all(0 < len(each) <= 255 for each in found.context_history)


def test_CP_06_the_first_that_says_anything_counts() -> None:
    first, second = "a" * 32, "b" * 32
    assert read_custom({"activity": f" {first} ", "ACTIVITY": second}).activity_token == first
    assert read_custom({"context_id_history": "2", "context_history": "3"}).context_history == ("2",)
    assert read_custom({"resource_link_id_history": "2", "resource_link_history": "3"}).link_history == ("2",)
    assert read_custom({"resource_link_history": "3", "context_history": "4"}) == Custom(None, ("4",), ("3",))


@pytest.mark.parametrize(
    "odd", [{5: "2"}, {"activity": ["a" * 32]}, {"activity": "A" * 32}, {"activity": "a" * 33}, [], "x"]
)
def test_CP_01_what_is_odd_is_absent(odd: Any) -> None:
    assert read_custom(odd) == Custom()


@pytest.mark.parametrize(
    ("value", "groups"),
    [
        ("$Moodle.Person.userGroupIds", None),
        ("", ()),
        ("3, 1,,3", ("1", "3")),
        ("x" * 255 + ",a\x00b," + "y" * 256, ("x" * 255,)),
        (",".join(f"{number:03}" for number in range(60)), tuple(f"{number:03}" for number in range(50))),
    ],
)
def test_CP_01_groups_are_ids_once_each_and_fifty_at_most(value: str, groups: tuple[str, ...] | None) -> None:
    assert read_custom({"Group_IDs": value}).groups == groups


def test_CP_01_of_long_values_the_beginning_is_read() -> None:
    assert group_ids("a" * 199 + "," + "b" * 200 + "," + ",".join(["c"] * 298) + ",d,efg") == (
        "a" * 199,
        "b" * 200,
        "c",
        "d",
        "e",
    )
    assert history("x" * 255) == ("x" * 255,)
    assert history("," * (20 * 255 - 1) + "ab") == ("a",)


def test_CT_05_families_that_fill_histories_in_themselves_are_believed() -> None:
    trusted = [
        "moodle",
        "canvas",
        "blackboard",
        "blackboardlearn",
        "brightspace",
        "desire2learn",
        "sakai",
        "dangke-demo",
    ]
    assert all(is_history_trusted(family) for family in (*trusted, " Moodle "))
    assert not any(is_history_trusted(family) for family in ("", "openedx", "edx", "moodle2", "unknown"))
    assert is_history_trusted("unknown", chosen=True)
    assert not is_history_trusted("moodle", chosen=False)
