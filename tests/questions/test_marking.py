import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.questions.codec import Unreadable, from_json, to_json
from lti_tool.questions.marking import mark
from lti_tool.questions.model import (
    Blank,
    FillIn,
    Json,
    MapBounds,
    Multiple,
    MultipleRule,
    Numeric,
    Option,
    Question,
    Single,
    TrueFalse,
)
from lti_tool.questions.responses import BadResponse, bounded, is_answered, normalise_response
from lti_tool.questions.showing import correct_answer_text, public_view, stem_parts
from tests.questions.strategies import QUESTIONS, RESPONSES

CHOICE = Single("哪一项？", (Option("a", "甲"), Option("b", "乙", is_correct=True), Option("c", "丙")))
SEVERAL = Multiple(
    "哪些？", (Option("a", "甲", is_correct=True), Option("b", "乙", is_correct=True), Option("c", "丙"))
)
STATEMENT = TrueFalse("对吗？", answer=True)
GAPS = FillIn("先看[[1]]和[[2]]。", (Blank(("日期", "时间")), Blank(("署名",))))
NUMBER = Numeric("多少？", Decimal(12), Decimal(1), "元")


@pytest.mark.parametrize(
    ("question", "raw", "canonical"),
    [
        (CHOICE, "b", "b"),
        (CHOICE, ["b"], "b"),
        (CHOICE, "", None),
        (CHOICE, [], None),
        (CHOICE, None, None),
        (SEVERAL, ["b", "a", "a"], ["a", "b"]),
        (SEVERAL, "a", ["a"]),
        (SEVERAL, [], None),
        (SEVERAL, [""], None),
        (STATEMENT, True, True),
        (STATEMENT, "false", False),
        (STATEMENT, ["true"], True),
        (STATEMENT, "", None),
        (GAPS, ["日期", ""], ["日期", ""]),
        (GAPS, ["日期"], ["日期", ""]),
        (GAPS, ["", " "], None),
        (GAPS, ["a\u202eb\x00", "c"], ["ab", "c"]),
        (NUMBER, " 12 ", "12"),
        (NUMBER, "abc", "abc"),
        (NUMBER, ["12"], "12"),
    ],
)
def test_answers_have_one_canonical_form(question: Question, raw: object, canonical: Json | None) -> None:
    assert normalise_response(question, raw) == canonical


@pytest.mark.parametrize(
    ("question", "raw"),
    [
        (CHOICE, "z"),
        (CHOICE, ["a", "b"]),
        (CHOICE, True),
        (CHOICE, 1),
        (CHOICE, {"a": 1}),
        (SEVERAL, ["a", "z"]),
        (SEVERAL, True),
        (SEVERAL, [["a"]]),
        (SEVERAL, ["a"] * 41),
        (STATEMENT, "maybe"),
        (STATEMENT, ["true", "false"]),
        (GAPS, ["1", "2", "3"]),
        (GAPS, True),
        (GAPS, ["x" * 401, ""]),
        (NUMBER, ["1", "2"]),
        (NUMBER, 1.5),
        (NUMBER, False),
    ],
)
def test_what_the_question_cannot_have_sent_is_refused(question: Question, raw: object) -> None:
    with pytest.raises(BadResponse):
        normalise_response(question, raw)


@pytest.mark.parametrize(
    ("question", "response", "fraction"),
    [
        (CHOICE, "b", 1),
        (CHOICE, "a", 0),
        (CHOICE, None, 0),
        (SEVERAL, ["a"], Decimal("0.5")),
        (STATEMENT, True, 1),
        (STATEMENT, False, 0),
        (STATEMENT, None, 0),
        (GAPS, ["时间", "署名"], 1),
        (GAPS, ["时间", ""], Decimal("0.5")),
        (GAPS, ["署名", "时间"], 0),
        (GAPS, None, 0),
        (NUMBER, "13元", 1),
        (NUMBER, "13.01", 0),
        (NUMBER, "abc", 0),
        (NUMBER, None, 0),
    ],
)
def test_each_kind_is_marked(question: Question, response: Json | None, fraction: Decimal) -> None:
    assert mark(question, response).fraction == fraction


def test_single_choice_may_carry_negative_weights() -> None:
    question = Single("?", (Option("a", "甲", is_correct=True), Option("b", "乙", weight=Decimal("-0.25"))))
    assert mark(question, "b").fraction == Decimal("-0.25")
    assert mark(question, None).fraction == 0


@pytest.mark.parametrize(
    ("question", "response", "answered"),
    [
        (CHOICE, "a", True),
        (CHOICE, None, False),
        (STATEMENT, False, True),
        (GAPS, ["a", "b"], True),
        (GAPS, ["a", ""], False),
        (SEVERAL, [], False),
        (NUMBER, "0", True),
    ],
)
def test_answer_card_knows_what_is_answered(question: Question, response: Json | None, answered: bool) -> None:
    assert is_answered(question, response) is answered


@given(QUESTIONS)
def test_json_and_back_is_the_same_question(question: Question) -> None:
    assert from_json(json.loads(json.dumps(to_json(question)))) == question


def test_bounds_and_weights_survive_json() -> None:
    question = Multiple(
        "?",
        (Option("a", "甲", weight=Decimal("0.1")), Option("b", "乙")),
        MultipleRule.map,
        MapBounds(Decimal(-2), Decimal(0), Decimal(2)),
    )
    assert from_json(json.loads(json.dumps(to_json(question)))) == question


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "essay", "stem": ""},
        {"kind": "single", "stem": "?"},
        {"kind": "single", "stem": "?", "options": [{"id": "a"}]},
        {"kind": "numeric", "stem": "?", "value": "NaN"},
        {"kind": "numeric", "stem": "?", "value": "x"},
        {"kind": "true_false", "stem": "?", "answer": True, "more": 1},
        {"kind": "multiple", "stem": "?", "options": [], "rule": "no"},
        {"kind": "fill_in", "stem": "?", "blanks": 5},
    ],
)
def test_json_that_is_no_question_is_unreadable(data: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        from_json(data)


@given(QUESTIONS, RESPONSES)
def test_marking_never_fails_for_a_bounded_answer(question: Question, raw: object) -> None:
    assert 0 <= mark(question, bounded(raw)).fraction <= 1


@given(QUESTIONS, RESPONSES)
def test_a_canonical_answer_is_its_own_canonical_form(question: Question, raw: object) -> None:
    try:
        once = normalise_response(question, raw)
    except BadResponse:
        return
    assert normalise_response(question, once) == once
    assert mark(question, once) == mark(question, bounded(once))


@given(QUESTIONS)
def test_what_a_member_sees_does_not_depend_on_the_key(question: Question) -> None:
    view = public_view(question)
    expected: dict[str, object] = {}
    match question:
        case Single() | Multiple():
            assert all(set(option) == {"id", "text"} for option in view["options"])
            turned = type(question)(
                question.stem,
                tuple(Option(option.id, option.text, not option.is_correct) for option in question.options),
            )
            expected = public_view(turned)
        case TrueFalse():
            expected = public_view(TrueFalse(question.stem, not question.answer))
        case FillIn():
            expected = public_view(FillIn(question.stem, tuple(Blank(("其他",)) for _ in question.blanks)))
        case Numeric():
            expected = public_view(Numeric(question.stem, Decimal(0), unit=question.unit))
    expected.pop("rule", None)
    view.pop("rule", None)
    assert view == expected
    json.dumps(view)


def test_options_stand_in_the_order_of_the_attempt() -> None:
    assert [option["id"] for option in public_view(CHOICE, ("c", "a", "b"))["options"]] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (CHOICE, "乙"),
        (SEVERAL, "甲；乙"),
        (GAPS, "日期 / 时间；署名"),
        (NUMBER, "12 ± 1 元"),
        (Numeric("?", Decimal("1E+2")), "100"),
    ],
)
def test_right_answer_in_words(question: Question, text: str) -> None:
    assert str(correct_answer_text(question)) == text


@pytest.mark.parametrize(
    ("html", "blanks", "parts"),
    [
        ("<p>先[[1]]后[[2]]。</p>", 2, ["<p>先", 1, "后", 2, "。</p>"]),
        ("<p>先看</p>", 1, ["<p>先看</p>", 1]),
        ("<p>[[1]][[1]]</p>", 1, ["<p>", 1, "[[1]]</p>"]),
        ("<p>[[3]]</p>", 1, ["<p>[[3]]</p>", 1]),
        ('<p><img alt="[[1]]" src="/media/x"> [[1]]</p>', 1, ['<p><img alt="[[1]]" src="/media/x"> ', 1, "</p>"]),
        ("<img alt='>[[1]]'>", 1, ["<img alt='>[[1]]'>", 1]),
    ],
)
def test_gaps_split_the_stem_outside_of_tags(html: str, blanks: int, parts: list[str | int]) -> None:
    assert stem_parts(html, blanks) == parts


@given(st.text(alphabet="<>[]12\"' a", max_size=60), st.integers(min_value=1, max_value=5))
def test_every_blank_stands_once_and_no_html_is_lost(html: str, blanks: int) -> None:
    parts = stem_parts(html, blanks)
    assert sorted(part for part in parts if isinstance(part, int)) == list(range(1, blanks + 1))
    rebuilt = "".join(f"[[{part}]]" if isinstance(part, int) else part for part in parts)
    assert rebuilt.startswith(html)
