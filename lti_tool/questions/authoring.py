"""A question from the fields of its editor."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.text import clean_line, clean_text
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
from lti_tool.questions.numbers import parse_number
from lti_tool.questions.validation import (
    LONGEST_OPTION,
    LONGEST_STEM,
    MOST_BLANKS,
    MOST_OPTIONS,
    Problem,
    QuestionInvalid,
    problems,
    validate,
)

Fields = Mapping[str, Sequence[str]]
"""As `request.form.to_dict(flat=False)` gives them."""

IDS: Final = "abcdefghijklmnopqrstuvwxyz"
COMPARISONS: Final = ("ignore_case", "fold_width", "ignore_spaces", "ignore_punctuation")


def parse_authoring(kind: QuestionKind, fields: Fields) -> Question:
    """Read the editor's fields. Raises QuestionInvalid with every problem.

    All kinds: `stem`, `explanation`. Choices: `option` (repeated, empty ones at the end are dropped), `correct` and
    `fixed` (repeated, places of options from 0), `feedback` (repeated like `option`), `keep_order`; several answers:
    `rule`. True or false: `answer` (true, false). Blanks: `blank` (repeated; accepted answers on lines of their own),
    `any_order`, and `strict` (repeated: which of the four comparison options are off). Numeric: `value`, `tolerance`, `unit`.
    """
    question = _READERS[kind](fields)
    validate(question)
    return question


def _one(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def _long(fields: Fields, name: str) -> str:
    # One more than allowed, so that validation sees it and says so.
    return clean_text(_one(fields, name)[: LONGEST_STEM * 2]).strip()[: LONGEST_STEM + 1]


def _texts(fields: Fields) -> list[Problem]:
    """What is wrong with the texts of a question of which the rest cannot be read."""
    return problems(TrueFalse(_long(fields, "stem"), True, _long(fields, "explanation")))


def _options(fields: Fields) -> tuple[Option, ...]:
    texts = [clean_line(text, LONGEST_OPTION + 1) for text in fields.get("option", ())[: MOST_OPTIONS + 1]]
    while texts and not texts[-1]:
        texts.pop()
    correct, fixed = set(fields.get("correct", ())), set(fields.get("fixed", ()))
    feedback = [clean_line(text, LONGEST_OPTION + 1) for text in fields.get("feedback", ())[: len(texts)]]
    feedback += [""] * (len(texts) - len(feedback))
    return tuple(
        Option(
            id=IDS[place] if place < len(IDS) else f"x{place}",
            text=text,
            is_correct=str(place) in correct,
            fixed=str(place) in fixed,
            feedback=feedback[place],
        )
        for place, text in enumerate(texts)
    )


def _single(fields: Fields) -> Question:
    return Single(
        _long(fields, "stem"), _options(fields), _long(fields, "explanation"), shuffle=not _one(fields, "keep_order")
    )


def _multiple(fields: Fields) -> Question:
    rule = _one(fields, "rule")
    return Multiple(
        _long(fields, "stem"),
        _options(fields),
        rule=MultipleRule(rule) if rule in set(MultipleRule) - {MultipleRule.map} else MultipleRule.cn_share,
        explanation=_long(fields, "explanation"),
        shuffle=not _one(fields, "keep_order"),
    )


def _true_false(fields: Fields) -> Question:
    answer = _one(fields, "answer")
    if answer not in {"true", "false"}:
        raise QuestionInvalid([*_texts(fields), Problem("answer", _l("Say whether the statement is true or false."))])
    return TrueFalse(_long(fields, "stem"), answer == "true", _long(fields, "explanation"))


def _fill_in(fields: Fields) -> Question:
    blanks = [
        Blank(tuple(filter(None, (clean_line(line, 200) for line in clean_text(text[:10_000]).split("\n")))))
        for text in fields.get("blank", ())[: MOST_BLANKS + 1]
    ]
    while blanks and not blanks[-1].accepted:
        blanks.pop()
    strict = set(fields.get("strict", ()))
    return FillIn(
        _long(fields, "stem"),
        tuple(blanks),
        any_order=bool(_one(fields, "any_order")),
        comparison=Comparison(**{name: name not in strict for name in COMPARISONS}),
        explanation=_long(fields, "explanation"),
    )


def _numeric(fields: Fields) -> Question:
    value = parse_number(_one(fields, "value"))
    tolerance = parse_number(_one(fields, "tolerance")) if _one(fields, "tolerance").strip() else Decimal(0)
    found = []
    if value is None:
        found.append(Problem("value", _l("The right answer is a number.")))
    if tolerance is None:
        found.append(Problem("tolerance", _l("The tolerance is a number that is not negative.")))
    if value is None or tolerance is None:
        raise QuestionInvalid([*_texts(fields), *found])
    return Numeric(
        _long(fields, "stem"), value, tolerance, clean_line(_one(fields, "unit"), 21), _long(fields, "explanation")
    )


_READERS: Final = {
    QuestionKind.single: _single,
    QuestionKind.multiple: _multiple,
    QuestionKind.true_false: _true_false,
    QuestionKind.fill_in: _fill_in,
    QuestionKind.numeric: _numeric,
}
