"""Text from outside, made harmless as text: NFC, without control, bidi and other invisible characters.

Whatever comes in a claim, a form or a file is text and nothing else. These functions do not escape anything: that is
the template's work.
"""

import re
import unicodedata
from typing import Final

LONGEST_RUN_OF_MARKS: Final = 30
"""Combining marks on one letter (Unicode's Stream-Safe Text Format, UAX 15 section 13). Normalising longer runs takes
quadratic time in CPython: 50,000 marks cost two seconds."""

# C0 and C1 controls but tab and newline; bidi marks, embeddings, isolates; soft hyphen, byte order mark, word joiner
# and its neighbours; surrogates, which no UTF-8 can carry; interlinear and tag characters.
_UNWANTED: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_LINE_ENDS: Final = re.compile("\r\n?|\u2028|\u2029|\x0b|\x0c|\x85")
_SPACES: Final = re.compile(r"(?!\u3000(?!\s))\s+")
"""Runs of white space, but for one full-width space alone: it stands between the number and the name of a lecture."""


def _shorten_runs_of_marks(text: str) -> str:
    if text.isascii() or not any(map(unicodedata.combining, text)):
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= LONGEST_RUN_OF_MARKS:
            kept.append(character)
    return "".join(kept)


def clean_text(value: str) -> str:
    """Return `value` in NFC, line ends as newlines, without control, bidi and invisible characters. Idempotent."""
    cleaned = _UNWANTED.sub("", _LINE_ENDS.sub("\n", value))
    return unicodedata.normalize("NFC", _shorten_runs_of_marks(cleaned))


def clean_line(value: str, limit: int) -> str:
    """Return `value` cleaned, on one line, trimmed, of at most `limit` characters; one full-width space stays as it is."""
    cleaned = clean_text(value[: 8 * limit])
    return _SPACES.sub(" ", cleaned).strip()[:limit].rstrip()


def clean_claim(value: object, limit: int) -> str:
    """Return the text of a claim on one line with plain spaces, at most `limit` characters; what is neither text nor a whole number is ''."""
    if isinstance(value, str):
        return clean_line(value.replace("\u3000", " "), limit)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)[:limit]
    return ""
