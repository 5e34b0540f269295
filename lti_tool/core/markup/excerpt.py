"""The words of a Markdown text without its marks: excerpts in lists, notices, search. Not HTML, and not safe as HTML."""

import re
from typing import Final

from lti_tool.core.text import clean_text

_FENCE: Final = re.compile(r"^[ >]*(?:```|~~~).*$", re.MULTILINE)
_LINK: Final = re.compile(r"!?\[([^\[\]\n]{0,300})\](?:\([^()\n]{0,500}\)|\[[^\[\]\n]{0,100}\])")
_FOOTNOTE: Final = re.compile(r"\[\^[^\[\]\s]{1,50}\]:?")
_LINE_MARKS: Final = re.compile(
    r"^[ \t]*(?:(?:>|#{1,6}(?=[ \t])|[-*+](?=[ \t])|[0-9]{1,9}\.(?=[ \t]))[ \t]*)+", re.MULTILINE
)
_RULES: Final = re.compile(r"^[ \t]*(?:[-*_=|:][ \t]*){3,}$", re.MULTILINE)
_MARKS: Final = re.compile(r"\*+|`+|(?<!\w)_+|_+(?!\w)|\|")
_ESCAPE: Final = re.compile(r"\\([\\`*_{}\[\]()>#+\-.!|])")
_HIDING_PLACE: Final = 0xF700
_HIDDEN: Final = re.compile("[\uf700-\uf77f]")
_SPACES: Final = re.compile(r"\s+")


def plain_text(source: str, limit: int = 200) -> str:
    """Return the words of `source` on one line, at most `limit` characters, with an ellipsis if something is left out."""
    # An escaped mark is a character; it hides in a private area while the marks are taken out.
    text = _ESCAPE.sub(lambda match: chr(_HIDING_PLACE + ord(match[1])), clean_text(source[: 8 * limit]))
    for pattern, replacement in (
        (_FENCE, " "),
        (_RULES, " "),
        (_LINE_MARKS, ""),
        (_FOOTNOTE, ""),
        (_LINK, r"\1"),
        (_MARKS, ""),
    ):
        text = pattern.sub(replacement, text)
    text = _HIDDEN.sub(lambda match: chr(ord(match[0]) - _HIDING_PLACE), text)
    words = _SPACES.sub(" ", text).strip()
    if len(words) <= limit:
        return words
    return words[: limit - 1].rstrip() + "…"
