"""What is shown: to the member while answering (never the key, never feedback), and the right answer afterwards."""

import re
from collections.abc import Sequence
from typing import Any, Final

from lti_tool.core.i18n import LazyText
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.questions.model import FillIn, Multiple, Numeric, Question, Single, TrueFalse

_TAG_OR_GAP: Final = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')*>|\[\[([1-9][0-9]?)\]\]""")


def public_view(question: Question, option_order: Sequence[str] = ()) -> dict[str, Any]:
    """Return what may leave the server before the key is shown: kind, stem (Markdown), options in order, number of blanks.

    Keys: kind, stem; options [{id, text}]; rule (several answers); blanks (their number); unit.
    """
    view: dict[str, Any] = {"kind": question.kind.value, "stem": question.stem}
    match question:
        case Single(options=options) | Multiple(options=options):
            places = {identity: place for place, identity in enumerate(option_order)}
            ordered = sorted(options, key=lambda option: places.get(option.id, len(places)))
            view["options"] = [{"id": option.id, "text": option.text} for option in ordered]
            if isinstance(question, Multiple):
                view["rule"] = question.rule.value
        case FillIn(blanks=blanks):
            view["blanks"] = len(blanks)
        case Numeric(unit=unit):
            view["unit"] = unit
        case TrueFalse():
            pass
    return view


def stem_parts(html: str, blanks: int) -> list[str | int]:
    """Split a rendered stem at its gaps: pieces of HTML (safe as they were) and numbers of blanks, each blank once.

    Blanks without a gap follow at the end. `[[1]]` inside a tag (an image's description) is no gap.
    """
    parts: list[str | int] = []
    seen: set[int] = set()
    start = 0
    for found in _TAG_OR_GAP.finditer(html):
        number = int(found[1]) if found[1] else 0
        if 1 <= number <= blanks and number not in seen:
            parts += [html[start : found.start()], number]
            seen.add(number)
            start = found.end()
    parts.append(html[start:])
    return parts + [number for number in range(1, blanks + 1) if number not in seen]


def correct_answer_text(question: Question, option_order: Sequence[str] = ()) -> str | LazyText:
    """The right answer as one line of plain text; blanks separated by semicolons, further accepted answers by slashes."""
    match question:
        case Single(options=options) | Multiple(options=options):
            places = {identity: place for place, identity in enumerate(option_order)}
            right = [option for option in options if option.is_correct]
            return "；".join(
                option.text for option in sorted(right, key=lambda option: places.get(option.id, len(places)))
            )
        case TrueFalse(answer=answer):
            return _l("True") if answer else _l("False")
        case FillIn(blanks=blanks):
            return "；".join(" / ".join(blank.accepted) for blank in blanks)
        case Numeric(value=value, tolerance=tolerance, unit=unit):
            text = f"{value:f} ± {tolerance:f}" if tolerance else f"{value:f}"
            return f"{text} {unit}".rstrip()
