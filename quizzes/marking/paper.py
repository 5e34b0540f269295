"""What each answer of a paper is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lti_tool.questions.marking import Marked, mark
from lti_tool.questions.model import Multiple, MultipleRule, Question
from quizzes.bank.queries import Asked
from quizzes.papers.rules import Drawn

_SEVENTH = Decimal("0.0000001")


@dataclass(frozen=True, slots=True)
class MarkedSlot:
    """A question of a paper with its answer and marks."""

    slot: int
    drawn: Drawn
    asked: Asked
    question: Question
    """As it was scored: with the rule of the paper."""
    response: Any
    marked: Marked

    @property
    def points(self) -> Decimal:
        """The marks, to 7 places; below 0 only with negative weights."""
        return (self.marked.fraction * self.drawn.points).quantize(_SEVENTH, ROUND_HALF_UP)


def with_rule(question: Question, rule: str) -> Question:
    """The question with the quiz's scoring rule. Questions with weights of their own keep theirs."""
    if not rule or not isinstance(question, Multiple) or question.rule in {MultipleRule.map, MultipleRule.weights}:
        return question
    return replace(question, rule=MultipleRule(rule))


def marked_paper(
    paper: Sequence[Drawn], asked: Mapping[int, Asked], responses: Mapping[int, Any]
) -> tuple[MarkedSlot, ...]:
    """Every question of the paper, marked; unanswered ones as blank."""
    found = []
    for slot, drawn in enumerate(paper, 1):
        each = asked[drawn.version]
        question = with_rule(each.question, drawn.rule)
        response = responses.get(slot)
        found.append(MarkedSlot(slot, drawn, each, question, response, mark(question, response)))
    return tuple(found)


def total(slots: Sequence[MarkedSlot]) -> Decimal:
    """The sum of the marks; may be below 0."""
    return sum((each.points for each in slots), Decimal(0))
