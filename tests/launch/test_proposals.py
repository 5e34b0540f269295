"""Which activity a link probably is to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.launch.rules.proposals import (
    MOST_LIKELY,
    Candidate,
    Standing,
    Wanted,
    Why,
    are_alike,
    plain,
    proposals,
    why,
)


def candidate(number: int = 1, title: str = "第一讲", **fields: object) -> Candidate:
    values = {"kind": "lesson", "summary": "", "lineage": f"line-{number}", "standing": Standing.here} | fields
    return Candidate(number, title, **values)  # type: ignore[arg-type]  # any of its fields


@pytest.mark.parametrize(
    ("title", "wanted", "expected"),
    [
        ("x", Wanted("y", ("line-1",), "quiz"), Why.same_line),
        ("第一讲　怎样读材料", Wanted("第一讲 怎样读材料"), Why.same_title),
        ("LESSON-1", Wanted("lesson 1"), Why.same_title),
        ("第一讲 怎样阅读原始材料", Wanted("怎样阅读原始材料"), Why.like_title),
        ("Reading sources", Wanted("Reading source"), Why.like_title),
        ("abc", Wanted("xyz", (), "lesson"), Why.same_kind),
        ("abc", Wanted("xyz", (), "quiz"), None),
        ("abc", Wanted(""), None),
        ("!!!", Wanted("???"), None),
    ],
)
def test_reason(title: str, wanted: Wanted, expected: Why | None) -> None:
    assert why(candidate(title=title), wanted) is expected


def test_what_the_link_showed_comes_before_titles_and_kinds() -> None:
    found = proposals(
        [
            candidate(1, "other", kind="quiz"),
            candidate(2, "other"),
            candidate(3, "Reading"),
            candidate(4, "Rading"),
            candidate(5, "z"),
        ],
        Wanted("Reading", ("line-5",), "lesson"),
    )
    assert [(each.candidate.id, each.why) for each in found] == [
        (5, Why.same_line),
        (3, Why.same_title),
        (4, Why.like_title),
        (2, Why.same_kind),
        (1, None),
    ]


@pytest.mark.parametrize("standing", [Standing.archived, Standing.at_source])
def test_archived_is_proposed_for_its_line_only(standing: Standing) -> None:
    archived = candidate(1, "Reading", standing=standing)
    assert proposals([archived], Wanted("Reading", (), "lesson")) == []
    assert [each.why for each in proposals([archived], Wanted("x", ("line-1",)))] == [Why.same_line]


STANDINGS = st.sampled_from(list(Standing))
CANDIDATES = st.lists(
    st.builds(Candidate, st.integers(1, 99), st.text(max_size=12), st.sampled_from(("lesson", "quiz")), st.just(""),
              st.sampled_from(("a", "b", "c")), STANDINGS),
    max_size=20, unique_by=lambda each: each.id,
)  # fmt: skip


@given(CANDIDATES, st.builds(Wanted, st.text(max_size=12), st.lists(st.sampled_from("abc")), st.sampled_from(("", "quiz"))))  # fmt: skip
def test_everything_open_is_listed_once_and_few_have_a_reason(candidates: list[Candidate], wanted: Wanted) -> None:
    found = proposals(candidates, wanted)
    ids = [each.candidate.id for each in found]
    assert len(set(ids)) == len(ids)
    assert {each.id for each in candidates if each.standing in {Standing.here, Standing.draft}} <= set(ids)
    reasons = [each.why is not None for each in found]
    assert reasons == sorted(reasons, reverse=True)
    assert sum(reasons) <= MOST_LIKELY


@given(st.text(), st.text())
def test_likeness_goes_both_ways(one: str, other: str) -> None:
    assert are_alike(plain(one), plain(other)) == are_alike(plain(other), plain(one))
    assert plain(plain(one)) == plain(one)
