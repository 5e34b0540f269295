from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.questions.comparison import assign, fits, fold, matches
from lti_tool.questions.marking import mark
from lti_tool.questions.model import Blank, Comparison, FillIn, Numeric
from lti_tool.questions.numbers import EXACT, is_within, parse_number
from tests.questions.strategies import BLANKS, COMPARISONS, WORDS

LOOSE = Comparison()
STRICT = Comparison(ignore_case=False, fold_width=False, ignore_spaces=False, ignore_punctuation=False)


@pytest.mark.parametrize(
    ("pattern", "response", "loose", "strict"),
    [
        ("日期", "日期", True, True),
        ("日期", " 日 期 ", True, False),
        ("日期", "日期。", True, False),
        ("《读书》", "读书", True, False),
        ("“一”", "「一」", True, False),
        ("ABC", "ａｂｃ", True, False),
        ("ABC", "abc", True, False),
        ("１９４９", "1949", True, False),
        ("e\u0301", "\u00e9", True, True),
        ("1949年", "1949", False, False),
        ("3.5", "35", False, False),
        ("3.5", "3.5。", True, False),
        ("1/2", "12", False, False),
        ("-5", "5", False, False),
        ("-5", "－5", True, False),
        ("-5", "\u22125", True, True),
        ("50%", "50％", True, False),
        ("50%", "50", False, False),
        ("1000", "1,000", True, False),
        ("10:30", "1030", False, False),
        ("学*法", "学习方法", True, True),
        ("学*法", "学法", True, True),
        ("学*法", "学习方法论", False, False),
        ("*", "任何", True, True),
        ("*", "", False, False),
        ("a*b*c", "axxbyyc", True, True),
        ("a*b*c", "acb", False, False),
        ("ab*ba", "aba", False, False),
        ("a\\*b", "a*b", True, True),
        ("a\\*b", "axb", False, False),
        ("。", "。", True, True),
        ("。", "，", False, False),
        ("日期", "", False, False),
        ("日期", "   ", False, False),
    ],
)
def test_words_are_compared_as_the_options_say(pattern: str, response: str, loose: bool, strict: bool) -> None:
    assert matches(pattern, response, LOOSE) is loose
    assert matches(pattern, response, STRICT) is strict


@given(WORDS, COMPARISONS)
def test_folding_is_idempotent(word: str, comparison: Comparison) -> None:
    assert fold(fold(word, comparison), comparison) == fold(word, comparison)


@given(WORDS.filter(lambda word: bool(word.strip())), COMPARISONS)
def test_an_accepted_answer_accepts_itself(word: str, comparison: Comparison) -> None:
    assert matches(word.replace("*", "\\*"), word, comparison)


def test_long_wildcards_are_linear() -> None:
    assert not matches("*a" * 50 + "b", "a" * 200, LOOSE)


@given(st.lists(BLANKS, min_size=1, max_size=4), st.data())
def test_any_order_finds_as_many_as_the_best_order(blanks: list[Blank], data: st.DataObject) -> None:
    known = [word for blank in blanks for word in blank.accepted]
    responses = data.draw(st.lists(st.sampled_from([*known, "", "x"]), min_size=len(blanks), max_size=len(blanks)))
    best = max(
        sum(fits(blank, text, LOOSE) for blank, text in zip(order, responses, strict=True))
        for order in permutations(blanks)
    )
    assert sum(assign(tuple(blanks), responses, LOOSE)) == best


def test_any_order_does_not_count_one_answer_twice() -> None:
    question = FillIn("?", (Blank(("甲",)), Blank(("乙",))), any_order=True)
    assert mark(question, ["乙", "甲"]).is_correct
    assert mark(question, ["甲", "甲"]).fraction == Decimal("0.5")


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("3.14", "", "3.14"),
        ("３．１４", "", "3.14"),
        (" 1 000 ", "", "1000"),
        ("1,000.5", "", "1000.5"),
        ("１，０００", "", "1000"),
        ("-5", "", "-5"),
        ("－5", "", "-5"),
        ("\u22125", "", "-5"),
        ("+5", "", "5"),
        ("1e3", "", "1000"),
        (".5", "", "0.5"),
        ("5.", "", "5"),
        ("12元", "元", "12"),
        ("12 kg", "kg", "12"),
        ("12 kg", "", None),
        ("1,00", "", None),
        ("1/2", "", None),
        ("abc", "", None),
        ("", "", None),
        ("-", "", None),
        (".", "", None),
        ("e5", "", None),
        ("NaN", "", None),
        ("Infinity", "", None),
        ("1e1000", "", None),
        ("٣", "", None),
        ("9" * 41, "", None),
    ],
)
def test_numbers_are_read_as_people_type_them(text: str, unit: str, number: str | None) -> None:
    assert parse_number(text, unit) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("response", "right"),
    [("3.14", True), ("3.15", True), ("3.13", True), ("3.150000001", False), ("3.1299999", False), ("３．１４", True)],
)
def test_numeric_answers_within_the_tolerance_are_right(response: str, right: bool) -> None:
    assert mark(Numeric("?", Decimal("3.14"), Decimal("0.01")), response).is_correct is right


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**20), max_value=10**20))
def test_the_difference_is_exact(value: Decimal) -> None:
    step = Decimal("1e-10")
    assert is_within(EXACT.add(value, step), value, step)
    assert not is_within(EXACT.add(value, step), value, step / 2)


@given(st.text(max_size=60))
def test_no_text_breaks_the_number_reader(text: str) -> None:
    number = parse_number(text)
    assert number is None or number.is_finite()
