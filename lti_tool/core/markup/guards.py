"""What is refused before the renderer is called: texts on which Python-Markdown needs quadratic time.

Found by experiment with Markdown 3.11 (one core of 2026; seconds of CPU), by feeding every mark of the syntax, alone
and in pairs, at 1,000 to 64,000 characters:

- `[`, `![`, `[a](`, `[a][`, nested `[[]]`: every opening bracket scans to its partner, or to the end of the paragraph
  if there is none. `'[' * 4000` 2.4 s, 400 open brackets before 50,000 characters 8 s: 0.44 µs per character scanned.
  Balanced links are linear (800 of them in 50,000 characters 0.03 s). So the sum of these distances is limited.
- Lines that follow each other without an empty line and each make a block of their own (headings, underlines, rules,
  link definitions before table rows): each one copies or scans the rest of its block. 4,000 headings in 24,000
  characters 1.6 s, `[a]: b`, `|-|-|` in turn over 50,000 characters 10 s: 0.02 µs per line and character. So lines ×
  characters of a block.
- Fences that are never closed: 12,500 lines of three backticks 2.2 s. So a number.
- References to one footnote: 800 take 0.4 s, 3,200 take 6 s. So a number.
- Escaped backticks before backticks: 2,700 of them in 8,000 characters 0.6 s, quadratic. So a number.
- `- - - x`, `1. 1. 1. x`, `> > > x`: one level of recursion per mark; RecursionError from about 330, and nobody reads
  the twelfth level. So a depth.

Everything else (emphasis, backticks, escapes, tables, entities, autolinks, lists, code) stays under 0.9 s at 64,000
characters. What this list does not know is stopped by the child's CPU limit.
"""

import re
from typing import Final

from lti_tool.core.errors import Invalid
from lti_tool.core.i18n import lazy_gettext as _l

LENGTHS: Final = {"full": 50_000, "post": 10_000}
"""Characters. A micro-lesson is read in ten minutes: 5,000 Chinese characters; a post is shorter."""
BRACKET_SCAN: Final = 1_000_000
"""Characters that brackets may make the renderer scan: 0.5 s. A lesson of 200 links of 100 characters has 20,000."""
BLOCK_COPY: Final = 30_000_000
"""Lines × characters of a block without an empty line: 0.6 s. A listing of 800 lines of 40 characters has 26,000,000."""
FENCES: Final = 400
ESCAPED_BACKTICKS: Final = 200
FOOTNOTE_MARKS: Final = 300
DEPTH: Final = 12

_EMPTY_LINE: Final = re.compile(r"\n[ \t]*\n")
_FENCE: Final = re.compile(r"^[ >\t]*(?:```|~~~)", re.MULTILINE)
_MARKERS: Final = re.compile(r"[ \t]*(?:>|[-*+][ \t]|[0-9]{1,9}\.[ \t])")
_BRACKETS: Final = re.compile(r"[\[\]()]")
# Code and escapes are taken out before links are looked for, and with them the partners inside.
_HIDDEN: Final = re.compile(r"\\.|(?<!`)(`{1,20})(?!`)[^`]*`", re.DOTALL)


class MarkupRefused(Invalid):
    """This text is not rendered; the sentence says why."""


def too_long(limit: int) -> MarkupRefused:
    return MarkupRefused(_l("This text is too long: at most %(limit)s characters.", limit=limit))


def too_knotted() -> MarkupRefused:
    return MarkupRefused(
        _l("The layout of this text is too complicated."),
        action=_l("Close every bracket, put empty lines between headings and nest less deeply."),
    )


def without_description() -> MarkupRefused:
    return MarkupRefused(
        _l("An image has no description."),
        action=_l("Write what can be seen between the square brackets: ![description](address)"),
    )


def _scanned(block: str) -> int:
    """Characters between each opening bracket and its partner, or the end of the block if it has none."""
    total = 0
    hidden = [0] * len(block)  # the number of the escape or code span that a character stands in
    for number, match in enumerate(_HIDDEN.finditer(block), 1):
        hidden[match.start() : match.end()] = [number] * (match.end() - match.start())
    openings: dict[str, list[int]] = {"]": [], ")": []}
    for match in _BRACKETS.finditer(block):
        mark, at = match[0], match.start()
        if mark == "[":
            openings["]"].append(at)
        elif mark == "(":
            # Round brackets count where they can belong to a link.
            if openings[")"] or block[at - 1 : at] == "]":
                openings[")"].append(at)
        elif openings[mark] and hidden[at] in {0, hidden[openings[mark][-1]]}:
            total += at - openings[mark].pop()
    end = len(block)
    return total + sum(end - at for waiting in openings.values() for at in waiting)


def _depth(line: str) -> int:
    depth = at = 0
    while match := _MARKERS.match(line, at):
        depth += 1
        at = match.end()
        if depth > DEPTH:
            break
    return depth


def check(source: str, profile: str) -> None:
    """Raise MarkupRefused for a text that is too long, or that the renderer would need quadratic time for. Linear."""
    limit = LENGTHS[profile]
    if len(source) > limit:
        raise too_long(limit)
    counted = (
        (source.count("[^"), FOOTNOTE_MARKS),
        (source.count("\\`"), ESCAPED_BACKTICKS),
        (len(_FENCE.findall(source)), FENCES),
    )
    if any(number > most for number, most in counted):
        raise too_knotted()
    if any(_depth(line) > DEPTH for line in source.split("\n")):
        raise too_knotted()
    scanned = copied = 0
    for block in _EMPTY_LINE.split(source):
        scanned += _scanned(block)
        copied += (block.count("\n") + 1) * len(block)
        if scanned > BRACKET_SCAN or copied > BLOCK_COPY:
            raise too_knotted()
