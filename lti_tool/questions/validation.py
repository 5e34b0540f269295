"""What is wrong with a question, in sentences for its author."""

from dataclasses import dataclass
from typing import Final

from lti_tool.core.errors import Invalid
from lti_tool.core.i18n import LazyText
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.questions.model import FillIn, Multiple, MultipleRule, Numeric, Option, Question, Single, TrueFalse
from lti_tool.questions.scoring import ZERO

LONGEST_STEM: Final = 10_000
LONGEST_OPTION: Final = 1_000
LONGEST_ACCEPTED: Final = 100
MOST_OPTIONS: Final = 26
LONGEST_UNIT: Final = 20
MOST_BLANKS: Final = 20
MOST_ACCEPTED: Final = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence that says what to change, and the field of the editor that it is about (as `authoring` names them).

    `place` counts from 1 where a field is repeated; 0: all of them together.
    """

    field: str
    text: LazyText
    place: int = 0


class QuestionInvalid(Invalid):
    """The question cannot be used yet; `problems` say what to change."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].text)
        self.problems = problems


def problems(question: Question) -> list[Problem]:
    """Return everything that is wrong, in the order of the editor; empty if the question can be used."""
    found: list[Problem] = []
    if not question.stem.strip():
        found.append(Problem("stem", _l("Write the question.")))
    for name, text in (("stem", question.stem), ("explanation", question.explanation)):
        if len(text) > LONGEST_STEM:
            limit = _l("Question and explanation have at most %(limit)s characters each.", limit=LONGEST_STEM)
            found.append(Problem(name, limit))
    match question:
        case Single():
            found += _options(question.options) + _one_of_them(question)
        case Multiple():
            found += _options(question.options) + _several(question)
        case FillIn():
            found += _blanks(question)
        case Numeric():
            found += _number(question)
        case TrueFalse():
            pass
    return found


def validate(question: Question) -> None:
    """Raise QuestionInvalid with every problem."""
    found = problems(question)
    if found:
        raise QuestionInvalid(found)


def _options(options: tuple[Option, ...]) -> list[Problem]:
    found: list[Problem] = []
    if not 2 <= len(options) <= MOST_OPTIONS:
        found.append(Problem("option", _l("A question has 2 to %(limit)s options.", limit=MOST_OPTIONS)))
    texts: set[str] = set()
    for place, option in enumerate(options, 1):
        text = option.text.strip()
        if not text:
            found.append(Problem("option", _l("No option may be empty."), place))
        elif text in texts:
            found.append(Problem("option", _l("Two options are the same."), place))
        if max(len(option.text), len(option.feedback)) > LONGEST_OPTION:
            found.append(
                Problem("option", _l("An option has at most %(limit)s characters.", limit=LONGEST_OPTION), place)
            )
        texts.add(text)
    if len({option.id for option in options}) < len(options):
        found.append(Problem("option", _l("Two options have the same id.")))
    return found


def _one_of_them(question: Single) -> list[Problem]:
    found: list[Problem] = []
    if sum(option.is_correct for option in question.options) != 1:
        found.append(Problem("correct", _l("Mark exactly one option as right.")))
    if any(option.weight is not None and abs(option.weight) > 1 for option in question.options):
        found.append(Problem("option", _l("Weights lie between -100 % and 100 %.")))
    return found


def _number(question: Numeric) -> list[Problem]:
    found: list[Problem] = []
    if question.tolerance < ZERO:
        found.append(Problem("tolerance", _l("The tolerance is a number that is not negative.")))
    if len(question.unit) > LONGEST_UNIT:
        found.append(Problem("unit", _l("The unit has at most %(limit)s characters.", limit=LONGEST_UNIT)))
    return found


def _several(question: Multiple) -> list[Problem]:
    found: list[Problem] = []
    if not any(option.is_correct for option in question.options):
        found.append(Problem("correct", _l("Mark at least one option as right.")))
    if question.rule is MultipleRule.map:
        bounds = question.bounds
        if bounds.upper <= ZERO or bounds.lower > bounds.upper:
            text = _l("The upper limit of the sum is greater than 0 and not below the lower limit.")
            found.append(Problem("rule", text))
    elif any(option.weight is not None and abs(option.weight) > 1 for option in question.options):
        found.append(Problem("option", _l("Weights lie between -100 % and 100 %.")))
    return found


def _blanks(question: FillIn) -> list[Problem]:
    found: list[Problem] = []
    if not 1 <= len(question.blanks) <= MOST_BLANKS:
        found.append(Problem("blank", _l("A question has 1 to %(limit)s blanks.", limit=MOST_BLANKS)))
    for number, blank in enumerate(question.blanks, 1):
        if not any(text.strip(" *") for text in blank.accepted):
            found.append(Problem("blank", _l("Blank %(number)s has no accepted answer.", number=number), number))
        elif len(blank.accepted) > MOST_ACCEPTED or any(len(text) > LONGEST_ACCEPTED for text in blank.accepted):
            text = _l(
                "Blank %(number)s accepts at most %(most)s answers of %(limit)s characters.",
                number=number,
                most=MOST_ACCEPTED,
                limit=LONGEST_ACCEPTED,
            )
            found.append(Problem("blank", text, number))
    return found
