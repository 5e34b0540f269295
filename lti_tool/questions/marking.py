"""What an answer is worth."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from lti_tool.questions import comparison, scoring
from lti_tool.questions.model import FillIn, Json, Multiple, Numeric, Question, Single, TrueFalse
from lti_tool.questions.numbers import is_within, parse_number
from lti_tool.questions.scoring import ONE, ZERO

_MARKING = Context(prec=28, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Part:
    """One option, blank or number: was it chosen or filled, and was that right (an option left out rightly is right)."""

    id: str
    is_chosen: bool
    is_correct: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """`fraction` of the question's marks; 0 to 1, below 0 only for single choice with negative weights. Not rounded."""

    fraction: Decimal
    parts: tuple[Part, ...]

    @property
    def is_correct(self) -> bool:
        """All the marks."""
        return self.fraction >= ONE

    @property
    def is_partly_correct(self) -> bool:
        return ZERO < self.fraction < ONE


def mark(question: Question, response: Json | None) -> Marked:
    """Mark a canonical or bounded response. Never raises for a stored one: what the question does not know is ignored."""
    with localcontext(_MARKING):
        match question:
            case Single():
                return _single(question, response)
            case Multiple():
                chosen = frozenset(response) if isinstance(response, list) else frozenset[str]()
                parts = tuple(
                    Part(option.id, option.id in chosen, (option.id in chosen) == option.is_correct)
                    for option in question.options
                )
                return Marked(scoring.fraction(question.rule, question.options, chosen, question.bounds), parts)
            case TrueFalse(answer=answer):
                right = response is answer
                return Marked(ONE if right else ZERO, (Part("1", isinstance(response, bool), right),))
            case FillIn():
                return _fill_in(question, response)
            case Numeric():
                number = parse_number(response, question.unit) if isinstance(response, str) else None
                right = number is not None and is_within(number, question.value, question.tolerance)
                return Marked(ONE if right else ZERO, (Part("1", bool(response), right),))


def _single(question: Single, response: Json | None) -> Marked:
    chosen = next((option for option in question.options if option.id == response), None)
    parts = tuple(
        Part(option.id, option is chosen, (option is chosen) == option.is_correct) for option in question.options
    )
    if chosen is None:
        return Marked(ZERO, parts)
    if chosen.weight is not None:
        return Marked(chosen.weight, parts)
    return Marked(ONE if chosen.is_correct else ZERO, parts)


def _fill_in(question: FillIn, response: Json | None) -> Marked:
    given = response if isinstance(response, list) else []
    texts = (given + [""] * len(question.blanks))[: len(question.blanks)]
    if question.any_order:
        right = comparison.assign(question.blanks, texts, question.comparison)
    else:
        right = [
            comparison.fits(blank, text, question.comparison)
            for blank, text in zip(question.blanks, texts, strict=True)
        ]
    parts = tuple(Part(str(number), bool(texts[number - 1]), is_right) for number, is_right in enumerate(right, 1))
    return Marked(Decimal(sum(right)) / len(question.blanks), parts)
