"""What a member may send as an answer, in one canonical form. Bounded in every direction: it comes from outside."""

from typing import Final

from lti_tool.core.errors import Invalid
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.text import clean_line
from lti_tool.questions.model import FillIn, Json, Multiple, Numeric, Option, Question, Single, TrueFalse

LONGEST_TEXT: Final = 200
MOST_PARTS: Final = 40
_TRUTH: Final = {"true": True, "false": False, "1": True, "0": False}


class BadResponse(Invalid):
    """This is no answer to this question."""

    message = _l("This answer does not fit the question.")
    action = _l("Reload the page and answer again.")


def bounded(raw: object) -> Json | None:
    """Check the shape and the size only, for where the question is not at hand. None: blank. Raises BadResponse.

    What passes can be stored and given to `mark`, which ignores what the question does not know.
    """
    if raw is None or isinstance(raw, bool):
        return raw
    if isinstance(raw, str):
        return clean_line(_short(raw), LONGEST_TEXT) or None
    if isinstance(raw, list) and len(raw) <= MOST_PARTS:
        texts = [clean_line(_short(item), LONGEST_TEXT) for item in raw]
        return texts if any(texts) else None
    raise BadResponse


def _short(item: object) -> str:
    if not isinstance(item, str) or len(item) > LONGEST_TEXT * 2:
        raise BadResponse
    return item


def normalise_response(question: Question, raw: object) -> Json | None:
    """Return the canonical answer, None for a blank one. Raises BadResponse for what this question cannot have sent.

    Accepts JSON values and form values (lists of strings, "true").
    """
    value = bounded(raw)
    if value is None:
        return None
    texts = value if isinstance(value, list) else [value] if isinstance(value, str) else None
    match question:
        case TrueFalse():
            return _truth(value)
        case Multiple(options=options):
            return _several(options, texts)
        case FillIn(blanks=blanks):
            if texts is None or len(texts) > len(blanks):
                raise BadResponse
            return texts + [""] * (len(blanks) - len(texts))
        case Single() | Numeric():
            if texts is None or len(texts) != 1:
                raise BadResponse
            if isinstance(question, Single) and texts[0] not in {option.id for option in question.options}:
                raise BadResponse
            return texts[0]


def _truth(value: Json) -> bool:
    if isinstance(value, bool):
        return value
    text = value if isinstance(value, str) else "".join(value)
    if text.lower() not in _TRUTH:
        raise BadResponse
    return _TRUTH[text.lower()]


def _several(options: tuple[Option, ...], texts: list[str] | None) -> list[str] | None:
    """The chosen ids, each once, in the order of the question."""
    chosen = {text for text in texts or () if text}
    if texts is None or not chosen <= {option.id for option in options}:
        raise BadResponse
    return [option.id for option in options if option.id in chosen] or None


def is_answered(question: Question, response: Json | None) -> bool:
    """Whether the answer card shows this question as answered: for blanks, every one."""
    if response is None:
        return False
    if isinstance(question, FillIn):
        return isinstance(response, list) and len(response) == len(question.blanks) and all(response)
    return response not in ("", [])
