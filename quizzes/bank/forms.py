"""What the editor of a question sends. Errors are sentences; nothing that was typed is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.questions.authoring import COMPARISONS, parse_authoring
from lti_tool.questions.model import (
    FillIn,
    Multiple,
    MultipleRule,
    Numeric,
    Question,
    QuestionKind,
    Single,
    TrueFalse,
)
from lti_tool.questions.numbers import parse_number
from lti_tool.questions.validation import Problem, QuestionInvalid

EMPTY_OPTIONS: Final = 4
MOST_POINTS: Final = 1000


@dataclass(slots=True)
class OptionField:
    """One row of the options."""

    text: str = ""
    feedback: str = ""
    is_correct: bool = False
    is_fixed: bool = False


@dataclass(slots=True)
class QuestionForm:
    """The fields of the editor, as typed or as stored."""

    kind: QuestionKind
    points: str = "1"
    stem: str = ""
    explanation: str = ""
    options: list[OptionField] = field(default_factory=list)
    keep_order: bool = False
    rule: str = MultipleRule.cn_share.value
    answer: str = ""
    blanks: list[str] = field(default_factory=list)
    any_order: bool = False
    strict: frozenset[str] = frozenset()
    value: str = ""
    tolerance: str = ""
    unit: str = ""
    problems: list[Any] = field(default_factory=list)
    """All that is wrong, as sentences, each once."""
    errors: dict[str, Any] = field(default_factory=dict)
    """The first of them for each field by its name, or by name and place where it is repeated: stem, points, option-2."""
    question: Question | None = None
    worth: Decimal = Decimal(1)

    @classmethod
    def empty(cls, kind: QuestionKind) -> "QuestionForm":
        """For a new question."""
        return cls(kind, options=[OptionField() for _ in range(EMPTY_OPTIONS)], blanks=["", ""])

    @classmethod
    def read(cls, kind: QuestionKind, fields: Mapping[str, Sequence[str]]) -> "QuestionForm":
        """Read a request's fields (`form.to_dict(flat=False)`). `question` is set if there is no problem."""

        def one(name: str) -> str:
            return next(iter(fields.get(name, ())), "")

        correct, fixed = set(fields.get("correct", ())), set(fields.get("fixed", ()))
        feedback = list(fields.get("feedback", ()))
        options = [
            OptionField(
                text, feedback[place] if place < len(feedback) else "", str(place) in correct, str(place) in fixed
            )
            for place, text in enumerate(fields.get("option", ()))
        ]
        made = cls(
            kind,
            points=one("points"),
            stem=one("stem"),
            explanation=one("explanation"),
            options=options,
            keep_order=bool(one("keep_order")),
            rule=one("rule"),
            answer=one("answer"),
            blanks=list(fields.get("blank", ())),
            any_order=bool(one("any_order")),
            strict=frozenset(fields.get("strict", ())),
            value=one("value"),
            tolerance=one("tolerance"),
            unit=one("unit"),
        )
        try:
            made.question = parse_authoring(kind, fields)
        except QuestionInvalid as invalid:
            made.refuse(invalid.problems)
        worth = parse_number(made.points)
        if worth is None or not 0 <= worth <= MOST_POINTS:
            made.refuse([Problem("points", _l("Points are a number from 0 to %(most)s.", most=MOST_POINTS))])
        else:
            made.worth = worth
        return made

    @classmethod
    def of(cls, question: Question, points: Decimal) -> "QuestionForm":
        """For a stored question."""
        made = cls(question.kind, points=f"{points:f}", stem=question.stem, explanation=question.explanation)
        match question:
            case Single(options=options) | Multiple(options=options):
                made.options = [OptionField(each.text, each.feedback, each.is_correct, each.fixed) for each in options]
                made.keep_order = not question.shuffle
                if isinstance(question, Multiple):
                    made.rule = question.rule.value
            case TrueFalse(answer=answer):
                made.answer = "true" if answer else "false"
            case FillIn():
                made.blanks = ["\n".join(blank.accepted) for blank in question.blanks]
                made.any_order = question.any_order
                made.strict = frozenset(name for name in COMPARISONS if not getattr(question.comparison, name))
            case Numeric():
                made.value, made.tolerance = f"{question.value:f}", f"{question.tolerance:f}"
                made.unit = question.unit
        return made

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Say these, each beside its field."""
        for each in problems:
            if each.text not in self.problems:
                self.problems.append(each.text)
            self.errors.setdefault(f"{each.field}-{each.place}" if each.place else each.field, each.text)

    def error(self, name: str) -> Any:
        """What is wrong with a field; empty if nothing is."""
        return self.errors.get(name, "")

    @property
    def option_rows(self) -> list[OptionField]:
        """The options with two empty rows to go on in."""
        return [*self.options, *(OptionField() for _ in range(2))]

    @property
    def blank_rows(self) -> list[str]:
        """The blanks with an empty one to go on in."""
        return [*self.blanks, ""]
