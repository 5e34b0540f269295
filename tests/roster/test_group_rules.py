"""Whose word about groups counts, and what becomes of people who are told to be elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.identity.rules.groups import GroupSource
from lti_tool.roster.groups.rules import Named, may_speak, move, read_group, told_groups
from lti_tool.roster.rules import read_member

pytestmark = pytest.mark.once

IDS = st.frozensets(st.integers(1, 9))


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"id": "a", "name": "第一组"}, Named("a", "第一组")),
        ({"id": 12, "name": "x", "set_id": 3, "tag": "t"}, Named("12", "x", "3")),
        ({"id": 12, "name": "x", "set_id": ["3"]}, Named("12", "x")),
        ({"id": "a"}, Named("a", "")),
        ({"id": "a", "name": " 第一\u202e组\n "}, Named("a", "第一组")),
        ({"id": "a", "name": ["x"]}, Named("a", "")),
        ({"name": "x"}, None),
        ({"id": ""}, None),
        ({"id": True}, None),
        ({"id": "x" * 256}, None),
        ({"id": "a\x00"}, None),
        ("a", None),
        (None, None),
    ],
)
def test_CG_01_group_is_read_as_it_may_come(item: object, found: Named | None) -> None:
    assert read_group(item) == found


@pytest.mark.parametrize(
    ("told", "groups"),
    [
        (None, None),
        ([], ()),
        ([{"group_id": "a"}, {"group_id": 7}, {"group_id": "a"}], ("a", "7")),
        ([{"group_id": ""}, {"id": "a"}, "a", None], ()),
        ("a", None),
    ],
)
def test_CG_01_groups_of_a_member_are_read_as_they_may_come(told: object, groups: object) -> None:
    item = {"user_id": "u", "roles": []} | ({} if told is None else {"group_enrollments": told})
    found = read_member(item, {})
    assert found is not None
    assert found.groups == groups


@given(are=IDS, told=st.none() | IDS)
def test_move_leads_to_what_was_told(are: frozenset[int], told: frozenset[int] | None) -> None:
    made = move(are, told)
    assert (are | made.joined) - made.left == (are if told is None else told)
    assert not made.joined & are
    assert made.left <= are
    assert move((are | made.joined) - made.left, told).touched == frozenset(), "the second time it changes nothing"


@pytest.mark.parametrize(
    ("source", "known", "may"),
    [
        ("launch", [], True),
        ("launch", ["launch", "hand"], True),
        ("launch", ["roster"], False),
        ("launch", ["service"], False),
        ("roster", ["launch"], True),
        ("roster", ["service"], False),
        ("service", ["service", "roster", "launch"], True),
    ],
)
def test_whose_word_counts(source: str, known: list[str], may: bool) -> None:
    assert may_speak(GroupSource(source), [GroupSource(each) for each in known]) is may


def test_what_a_launch_named_is_kept_as_one_text() -> None:
    assert told_groups("12,7") == ("12", "7")
    assert told_groups("") == ()
