"""A question of a paper as its page shows it: to be answered, and afterwards by the review options."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from lti_tool.core.i18n import format_points, gettext
from lti_tool.questions.model import KIND_LABELS, RULE_TEXTS, FillIn, Multiple, Numeric, Single, TrueFalse
from lti_tool.questions.responses import is_answered
from lti_tool.questions.showing import correct_answer_text, public_view, stem_parts
from quizzes.attempts.queries import Saved
from quizzes.bank.queries import Asked
from quizzes.marking.paper import MarkedSlot, with_rule
from quizzes.papers.rules import Drawn, Shown

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def to_answer(slot: int, drawn: Drawn, asked: Asked, saved: Saved | None, *, is_flagged: bool) -> dict[str, Any]:
    """What the runner shows of one question. Holds no key and no feedback: it is made from `public_view`."""
    question = with_rule(asked.question, drawn.rule)
    view = public_view(question, drawn.order)
    response = saved.response if saved else None
    chosen = set(response) if isinstance(response, list) else {response}
    return {
        "number": slot,
        "kind_name": view["kind"],
        "kind": str(KIND_LABELS[question.kind]),
        "points": gettext("%(points)s points", points=format_points(drawn.points)),
        "is_flagged": is_flagged,
        "html": Markup(asked.stem_html),  # noqa: S704 - rendered by core.markup when it was saved
        "options": [
            {"id": option["id"], "key": LETTERS[place], "text": option["text"], "is_chosen": option["id"] in chosen}
            for place, option in enumerate(view.get("options", ()))
        ],
        "parts": _parts(asked.stem_html, question, response),
        "value": response if isinstance(response, str) else "",
        "truth": response if isinstance(response, bool) else None,
        "unit": view.get("unit", ""),
        "hint": str(RULE_TEXTS[question.rule]) if isinstance(question, Multiple) else "",
        "seq": saved.seq if saved else 0,
        "saved_at": saved.saved_at if saved else None,
        "is_answered": is_answered(question, response),
    }


def _parts(html: str, question: object, response: Any) -> list[dict[str, Any]]:
    """The stem of a question with blanks: pieces of HTML, and blanks with what was typed."""
    if not isinstance(question, FillIn):
        return []
    texts = response if isinstance(response, list) else []
    found: list[dict[str, Any]] = []
    for part in stem_parts(html, len(question.blanks)):
        if isinstance(part, int):
            found.append({"blank": part, "value": texts[part - 1] if part <= len(texts) else "", "html": ""})
        else:
            found.append({"blank": 0, "value": "", "html": Markup(part)})  # noqa: S704 - a piece of rendered HTML
    return found


def reviewed(slot: MarkedSlot, visible: frozenset[Shown]) -> dict[str, Any]:
    """What the result page shows of one question, and nothing that `visible` does not hold."""
    shows_marks = Shown.marks in visible
    points = format_points(slot.drawn.points)
    return {
        "number": slot.slot,
        "kind": str(KIND_LABELS[slot.question.kind]),
        "points": gettext("%(reached)s / %(points)s points", reached=format_points(slot.points), points=points)
        if shows_marks
        else gettext("%(points)s points", points=points),
        "outcome": _outcome(slot) if Shown.correctness in visible else None,
        "html": Markup(_with_gaps(slot)),  # noqa: S704 - rendered by core.markup when it was saved
        "options": _options(slot, visible),
        "answer": _answer_text(slot),
        "right_answer": str(correct_answer_text(slot.question, slot.drawn.order))
        if Shown.right_answer in visible
        else "",
        "explanation": Markup(slot.asked.explanation_html)  # noqa: S704 - rendered by core.markup when it was saved
        if Shown.general_feedback in visible
        else "",
    }


def _with_gaps(slot: MarkedSlot) -> str:
    if not isinstance(slot.question, FillIn):
        return slot.asked.stem_html
    pieces = stem_parts(slot.asked.stem_html, len(slot.question.blanks))
    return "".join(f"＿＿<sup>{piece}</sup>" if isinstance(piece, int) else piece for piece in pieces)


OUTCOMES = {
    "right": ("done", "done", "is-right"),
    "part": ("soon", "doing", "is-part"),
    "wrong": ("late", "close", "is-wrong"),
    "blank": ("todo", "todo", ""),
}


def outcome_code(slot: MarkedSlot) -> str:
    """One of right, part, wrong, blank."""
    if not is_answered(slot.question, slot.response) and not slot.marked.fraction:
        return "blank" if not slot.response else "wrong"
    if slot.marked.is_correct:
        return "right"
    return "part" if slot.marked.is_partly_correct else "wrong"


def outcome_words() -> Mapping[str, str]:
    """The words of the outcomes in the reader's language."""
    return {
        "right": gettext("right"),
        "part": gettext("partly right"),
        "wrong": gettext("wrong"),
        "blank": gettext("not answered"),
    }


def _outcome(slot: MarkedSlot) -> dict[str, str]:
    code = outcome_code(slot)
    kind, symbol, look = OUTCOMES[code]
    return {"code": code, "kind": kind, "symbol": symbol, "look": look, "text": outcome_words()[code]}


def _options(slot: MarkedSlot, visible: frozenset[Shown]) -> list[dict[str, Any]]:
    question = slot.question
    if not isinstance(question, Single | Multiple):
        return []
    options = {option.id: option for option in question.options}
    order = [identity for identity in slot.drawn.order if identity in options] or list(options)
    chosen = set(slot.response) if isinstance(slot.response, list) else {slot.response}
    symbol = "check" if isinstance(question, Multiple) else "done"
    found = []
    for place, identity in enumerate(order):
        option = options[identity]
        is_chosen = identity in chosen
        look = word = ""
        if is_chosen:
            word = gettext("your choice")
            if Shown.correctness in visible:
                look = "right" if option.is_correct else "wrong"
                word = gettext("your choice, right") if option.is_correct else gettext("your choice, wrong")
        elif option.is_correct and Shown.right_answer in visible:
            look, word = "right", gettext("not chosen, but right")
        found.append(
            {
                "key": LETTERS[place],
                "html": option.text,
                "look": look,
                "word": word,
                "symbol": symbol if is_chosen and look != "wrong" else "close" if is_chosen else "todo",
                "feedback": option.feedback if is_chosen and Shown.specific_feedback in visible else "",
            }
        )
    return found


def _answer_text(slot: MarkedSlot) -> str:
    """The own answer of kinds without options, as text."""
    match slot.question:
        case TrueFalse() if isinstance(slot.response, bool):
            return gettext("True") if slot.response else gettext("False")
        case FillIn() if isinstance(slot.response, list):
            return "；".join(text or "—" for text in slot.response)
        case Numeric(unit=unit) if isinstance(slot.response, str):
            return f"{slot.response} {unit}".rstrip()
        case Single() | Multiple():
            return ""
    return gettext("no answer")
