from decimal import Decimal

import pytest

from lti_tool.questions.authoring import Fields, parse_authoring
from lti_tool.questions.model import (
    Blank,
    Comparison,
    FillIn,
    Multiple,
    MultipleRule,
    Numeric,
    Option,
    Question,
    QuestionKind,
    Single,
    TrueFalse,
)
from lti_tool.questions.validation import QuestionInvalid, problems

FORMS: list[tuple[str, Fields, Question]] = [
    (
        "single",
        {
            "stem": [" 哪一项？ "],
            "option": ["甲", "乙 ", "", ""],
            "correct": ["1"],
            "fixed": ["0"],
            "feedback": ["", "对"],
        },
        Single("哪一项？", (Option("a", "甲", fixed=True), Option("b", "乙", is_correct=True, feedback="对"))),
    ),
    (
        "multiple",
        {"stem": ["?"], "option": ["甲", "乙"], "correct": ["0", "1"], "rule": ["net"], "keep_order": ["1"]},
        Multiple(
            "?",
            (Option("a", "甲", is_correct=True), Option("b", "乙", is_correct=True)),
            MultipleRule.net,
            shuffle=False,
        ),
    ),
    ("true_false", {"stem": ["?"], "answer": ["false"], "explanation": ["因为"]}, TrueFalse("?", False, "因为")),
    (
        "fill_in",
        {"stem": ["[[1]]"], "blank": ["日期\r\n时间\n\n", "", ""], "any_order": ["1"], "strict": ["ignore_case"]},
        FillIn("[[1]]", (Blank(("日期", "时间")),), any_order=True, comparison=Comparison(ignore_case=False)),
    ),
    (
        "numeric",
        {"stem": ["?"], "value": ["３．１４"], "tolerance": ["0.01"], "unit": [" 元 "]},
        Numeric("?", Decimal("3.14"), Decimal("0.01"), "元"),
    ),
]


@pytest.mark.parametrize(("kind", "fields", "question"), FORMS)
def test_editor_fields_become_a_question(kind: str, fields: Fields, question: Question) -> None:
    assert parse_authoring(QuestionKind(kind), fields) == question


@pytest.mark.parametrize(
    ("kind", "fields", "problem"),
    [
        ("single", {"option": ["甲", "乙"], "correct": ["0"]}, "Write the question."),
        ("single", {"stem": ["?"], "option": ["甲"], "correct": ["0"]}, "A question has 2 to 26 options."),
        ("single", {"stem": ["?"], "option": ["甲", "乙"]}, "Mark exactly one option as right."),
        ("single", {"stem": ["?"], "option": ["甲", "乙"], "correct": ["0", "1"]}, "Mark exactly one option as right."),
        ("single", {"stem": ["?"], "option": ["甲", "", "乙"], "correct": ["0"]}, "No option may be empty."),
        ("single", {"stem": ["?"], "option": ["甲", "甲"], "correct": ["0"]}, "Two options are the same."),
        ("single", {"stem": ["?"], "option": list("abcdefghijklmnopqrstuvwxyz1"), "correct": ["0"]}, "A question has 2 to 26 options."),
        ("single", {"stem": ["?"], "option": ["甲" * 1001, "乙"], "correct": ["0"]}, "An option has at most 1000 characters."),
        ("multiple", {"stem": ["?"], "option": ["甲", "乙"]}, "Mark at least one option as right."),
        ("true_false", {"stem": ["?"]}, "Say whether the statement is true or false."),
        ("fill_in", {"stem": ["?"]}, "A question has 1 to 20 blanks."),
        ("fill_in", {"stem": ["?"], "blank": ["", "x"]}, "Blank 1 has no accepted answer."),
        ("fill_in", {"stem": ["?"], "blank": ["*"]}, "Blank 1 has no accepted answer."),
        ("fill_in", {"stem": ["?"], "blank": ["x" * 101]}, "Blank 1 accepts at most 20 answers of 100 characters."),
        ("numeric", {"stem": ["?"], "value": ["x"]}, "The right answer is a number."),
        ("numeric", {"stem": ["?"], "value": ["1"], "tolerance": ["-1"]}, "The tolerance is a number that is not negative."),
        ("numeric", {"stem": ["?"], "value": ["1"], "tolerance": ["x"]}, "The tolerance is a number that is not negative."),
        ("numeric", {"stem": ["?"], "value": ["1"], "unit": ["x" * 30]}, "The unit has at most 20 characters."),
        ("true_false", {"stem": ["x" * 10_001], "answer": ["true"]}, "Question and explanation have at most 10000 characters each."),
    ],
)  # fmt: skip
def test_each_fault_has_its_sentence(kind: str, fields: Fields, problem: str) -> None:
    with pytest.raises(QuestionInvalid) as error:
        parse_authoring(QuestionKind(kind), fields)
    texts = [found.text for found in error.value.problems]
    sentences = [text.msgid % text.variables if text.variables else text.msgid for text in texts]
    assert problem in sentences
    assert error.value.status == 400


def test_all_faults_are_said_at_once() -> None:
    assert len(problems(Single("", (Option("a", ""), Option("a", ""))))) >= 4


def test_weights_and_limits_of_imported_questions_are_checked() -> None:
    assert problems(Single("?", (Option("a", "甲", True), Option("b", "乙", weight=Decimal(2)))))
    assert problems(Multiple("?", (Option("a", "甲", True), Option("b", "乙", weight=Decimal(-2)))))
