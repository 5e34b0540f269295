from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.questions.marking import mark
from lti_tool.questions.model import MapBounds, Multiple, MultipleRule, Option
from lti_tool.questions.scoring import mapped
from tests.questions.strategies import MULTIPLE

FIVE = tuple(Option(letter, letter, letter in "ABC") for letter in "ABCDE")
THIRD = Decimal("0.3333333")
WEIGHTED = tuple(
    Option(letter, letter, letter in "ABC", weight=Decimal(1) / 3 if letter in "ABC" else Decimal(-1))
    for letter in "ABCDE"
)

# Domain 3.5: n = 5, correct A B C.
TABLE = """
chosen exact net   weights coverage each cn_share cn_half
-      0     0     0       0        .4   0        0
A      0     .3333 .3333   .3333    .6   .3333    .5
AB     0     .6667 .6667   .6667    .8   .6667    .5
ABC    1     1     1       1        1    1        1
ABD    0     .3333 0       .4444    .6   0        0
AD     0     0     0       .1667    .4   0        0
ABCD   0     .6667 0       .75      .8   0        0
ABCDE  0     .3333 0       .6       .6   0        0
ABDE   0     0     0       .3333    .4   0        0
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CASES = [(rule, row[0].strip("-"), expected) for row in ROWS for rule, expected in zip(HEAD[1:], row[1:], strict=True)]


@pytest.mark.parametrize(("rule", "chosen", "expected"), CASES)
def test_rule_gives_the_value_of_the_table(rule: str, chosen: str, expected: str) -> None:
    for options in (FIVE, WEIGHTED) if rule == "weights" else (FIVE,):
        marked = mark(Multiple("?", options, MultipleRule(rule)), list(chosen) or None)
        assert round(marked.fraction, 4) == Decimal(expected)
        assert marked.is_correct == (chosen == "ABC")


def test_the_table_is_complete() -> None:
    assert len(CASES) == 9 * 7
    assert {rule for rule, _, _ in CASES} == set(MultipleRule) - {"map"}


# QTI 2.2, items/choice_multiple.xml: H and O are the atoms of water.
WATER = tuple(
    Option(name, name, name in {"H", "O"}, weight=value)
    for name, value in (
        ("H", Decimal(1)),
        ("O", Decimal(1)),
        ("Cl", Decimal(-1)),
        ("He", None),
        ("C", None),
        ("N", None),
    )
)
BOUNDS = MapBounds(default=Decimal(-2), lower=Decimal(0), upper=Decimal(2))


@pytest.mark.parametrize(
    ("chosen", "points"),
    [
        ({"H", "O"}, 2),
        ({"H"}, 1),
        ({"H", "O", "Cl"}, 1),
        ({"Cl"}, 0),
        ({"H", "He"}, 0),
        ({"H", "O", "He"}, 0),
        (set(), 0),
    ],
)
def test_map_response_gives_the_values_of_the_qti_example(chosen: set[str], points: int) -> None:
    assert mapped(WATER, chosen, BOUNDS) == points
    marked = mark(Multiple("?", WATER, MultipleRule.map, BOUNDS), sorted(chosen))
    assert marked.fraction == Decimal(points) / 2


@given(MULTIPLE, st.sets(st.sampled_from("abcdefgh")))
def test_every_rule_stays_between_nothing_and_everything(question: Multiple, chosen: set[str]) -> None:
    assert 0 <= mark(question, sorted(chosen)).fraction <= 1


@given(MULTIPLE)
def test_the_right_options_and_only_they_give_all_the_marks(question: Multiple) -> None:
    right = [option.id for option in question.options if option.is_correct]
    marked = mark(question, right)
    assert marked.is_correct
    assert all(part.is_correct for part in marked.parts)


@given(MULTIPLE, st.data())
def test_choosing_one_more_right_option_never_costs_marks(question: Multiple, data: st.DataObject) -> None:
    ids = [option.id for option in question.options]
    chosen = data.draw(st.sets(st.sampled_from(ids)))
    right = data.draw(st.sampled_from([option.id for option in question.options if option.is_correct]))
    less, more = (mark(question, sorted(choice)).fraction for choice in (chosen - {right}, chosen | {right}))
    assert more >= less


@given(MULTIPLE)
def test_a_blank_answer_is_nothing_except_under_each(question: Multiple) -> None:
    fraction = mark(question, None).fraction
    if question.rule is MultipleRule.each:
        wrong = sum(not option.is_correct for option in question.options)
        assert fraction == round(Decimal(wrong) / len(question.options), 28)
    else:
        assert fraction == 0
