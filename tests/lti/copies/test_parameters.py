"""What the custom parameters of a link say about where it comes from (CP-01, CP-06, CT-06)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.launch.rules.custom import MOST_ANCESTORS, history, read_custom


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
