"""What is wrong with a question, in sentences for its author."""

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


class QuestionInvalid(Invalid):
    """The question cannot be used yet; `problems` are sentences that say what to change."""

    def __init__(self, problems: list[LazyText]) -> None:
        super().__init__(problems[0])
        self.problems = problems


def problems(question: Question) -> list[LazyText]:
    """Return everything that is wrong, in the order of the editor; empty if the question can be used."""
    found: list[LazyText] = []
    if not question.stem.strip():
        found.append(_l("Write the question."))
    if len(question.stem) > LONGEST_STEM or len(question.explanation) > LONGEST_STEM:
        found.append(_l("Question and explanation have at most %(limit)s characters each.", limit=LONGEST_STEM))
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


def _options(options: tuple[Option, ...]) -> list[LazyText]:
    found: list[LazyText] = []
    if not 2 <= len(options) <= MOST_OPTIONS:
        found.append(_l("A question has 2 to %(limit)s options.", limit=MOST_OPTIONS))
    if any(not option.text.strip() for option in options):
        found.append(_l("No option may be empty."))
    if any(max(len(option.text), len(option.feedback)) > LONGEST_OPTION for option in options):
        found.append(_l("An option has at most %(limit)s characters.", limit=LONGEST_OPTION))
    if len({option.text.strip() for option in options}) < len(options):
        found.append(_l("Two options are the same."))
    if len({option.id for option in options}) < len(options):
        found.append(_l("Two options have the same id."))
    return found


def _one_of_them(question: Single) -> list[LazyText]:
    found: list[LazyText] = []
    if sum(option.is_correct for option in question.options) != 1:
        found.append(_l("Mark exactly one option as right."))
    if any(option.weight is not None and abs(option.weight) > 1 for option in question.options):
        found.append(_l("Weights lie between -100 % and 100 %."))
    return found


def _number(question: Numeric) -> list[LazyText]:
    found: list[LazyText] = []
    if question.tolerance < ZERO:
        found.append(_l("The tolerance is a number that is not negative."))
    if len(question.unit) > LONGEST_UNIT:
        found.append(_l("The unit has at most %(limit)s characters.", limit=LONGEST_UNIT))
    return found


def _several(question: Multiple) -> list[LazyText]:
    found: list[LazyText] = []
    if not any(option.is_correct for option in question.options):
        found.append(_l("Mark at least one option as right."))
    if question.rule is MultipleRule.map:
        bounds = question.bounds
        if bounds.upper <= ZERO or bounds.lower > bounds.upper:
            found.append(_l("The upper limit of the sum is greater than 0 and not below the lower limit."))
    elif any(option.weight is not None and abs(option.weight) > 1 for option in question.options):
        found.append(_l("Weights lie between -100 % and 100 %."))
    return found


def _blanks(question: FillIn) -> list[LazyText]:
    found: list[LazyText] = []
    if not 1 <= len(question.blanks) <= MOST_BLANKS:
        found.append(_l("A question has 1 to %(limit)s blanks.", limit=MOST_BLANKS))
    for number, blank in enumerate(question.blanks, 1):
        if not any(text.strip(" *") for text in blank.accepted):
            found.append(_l("Blank %(number)s has no accepted answer.", number=number))
        elif len(blank.accepted) > MOST_ACCEPTED or any(len(text) > LONGEST_ACCEPTED for text in blank.accepted):
            found.append(
                _l(
                    "Blank %(number)s accepts at most %(most)s answers of %(limit)s characters.",
                    number=number,
                    most=MOST_ACCEPTED,
                    limit=LONGEST_ACCEPTED,
                )
            )
    return found
