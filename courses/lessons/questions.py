"""Questions inside a lesson: how they are shown and marked. Which kinds there are is lti_tool.questions' business."""

from typing import Any

from flask import url_for
from markupsafe import Markup

from courses.lessons.queries import Answer
from courses.lessons.rules import Block
from lti_tool.core.i18n import gettext
from lti_tool.questions import codec
from lti_tool.questions.marking import mark
from lti_tool.questions.model import FillIn, Multiple, Numeric, Question, Single, TrueFalse
from lti_tool.questions.responses import normalise_response
from lti_tool.questions.showing import correct_answer_text

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def question_of(block: Block) -> Question | None:
    """The question of a block; None while it has none."""
    return codec.from_json(dict(block.question)) if block.question else None


def marked(question: Question, raw: list[str]) -> tuple[Any, bool] | None:
    """(canonical answer, whether it is right) of what a form sent; None for a blank one.

    Raises Invalid (BadResponse) for what this question cannot have sent.
    """
    response = normalise_response(question, raw)
    return None if response is None else (response, mark(question, response).is_correct)


def shown(block: Block, activity_id: int, given: Answer | None, *, is_closed: bool) -> dict[str, Any]:
    """Values for the template. The key leaves the server only after a right answer or the third try."""
    question = question_of(block)
    if question is None:
        return {"type": "none"}
    is_over = given is not None and (given.is_correct or given.tries >= 3)
    answer = given.answer if given else None
    return {
        **_controls(question, answer),
        "html": Markup(block.html),  # noqa: S704 - what core.markup made safe when it was written
        "address": url_for("courses_lessons.answer", activity_id=activity_id, key=block.key),
        "given": given,
        "is_right": given is not None and given.is_correct,
        "tries": given.tries if given else 0,
        "is_closed": is_closed,
        "key_text": str(correct_answer_text(question)) if is_over else "",
        "explanation": Markup(block.transcript) if is_over else "",  # noqa: S704 - see above
    }


def _controls(question: Question, answer: Any) -> dict[str, Any]:
    """The kind of control, and its choices: (value, letter, text, whether it is chosen)."""
    match question:
        case Single(options=options) | Multiple(options=options):
            chosen = answer if isinstance(answer, list) else [answer]
            choices = [
                (each.id, letter, each.text, each.id in chosen) for letter, each in zip(LETTERS, options, strict=False)
            ]
            return {"type": "checkbox" if isinstance(question, Multiple) else "radio", "choices": choices}
        case TrueFalse():
            choices = [
                ("true", "A", gettext("True"), answer is True),
                ("false", "B", gettext("False"), answer is False),
            ]
            return {"type": "radio", "choices": choices}
        case FillIn(blanks=blanks):
            given = answer if isinstance(answer, list) else []
            texts = [*given, *[""] * len(blanks)][: len(blanks)]
            return {"type": "text", "fields": texts, "unit": ""}
        case Numeric(unit=unit):
            return {"type": "text", "fields": [answer if isinstance(answer, str) else ""], "unit": unit}
