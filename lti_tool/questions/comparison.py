"""Comparing words (domain 3.4): after folding what does not matter, and with `*` for any text. Linear time."""

import unicodedata
from typing import Final

from lti_tool.questions.model import Blank, Comparison

_MINUS: Final = str.maketrans({"\u2212": "-", "\u2013": "-"})
_BEFORE_DIGITS: Final = frozenset("-./:")


def _without_punctuation(text: str) -> str:
    """Drop punctuation, but not what belongs to a number: -5, 3.5, 1/2, 10:30, 50%."""
    kept: list[str] = []
    for at, character in enumerate(text):
        if unicodedata.category(character)[0] == "P":
            following = text[at + 1 : at + 2]
            if not (
                (character in _BEFORE_DIGITS and following.isdigit())
                or (character == "%" and kept and kept[-1].isdigit())
            ):
                continue
        kept.append(character)
    return "".join(kept)


def fold(text: str, comparison: Comparison) -> str:
    """Return what counts of `text`. Punctuation that is all there is stays."""
    folded = unicodedata.normalize("NFKC" if comparison.fold_width else "NFC", text).translate(_MINUS)
    if comparison.ignore_case:
        folded = unicodedata.normalize("NFC", folded.casefold())
    folded = "".join(folded.split()) if comparison.ignore_spaces else " ".join(folded.split())
    if comparison.ignore_punctuation:
        return " ".join(_without_punctuation(folded).split()) or folded
    return folded


def _segments(pattern: str) -> list[str]:
    r"""Split at runs of unescaped asterisks; `\\*` is an asterisk."""
    segments = [""]
    at = 0
    while at < len(pattern):
        if pattern.startswith("\\*", at):
            segments[-1] += "*"
            at += 2
        elif pattern[at] == "*":
            segments.append("")
            while pattern[at : at + 1] == "*":
                at += 1
        else:
            segments[-1] += pattern[at]
            at += 1
    return segments


def matches(pattern: str, response: str, comparison: Comparison) -> bool:
    """Whether `response` is what `pattern` accepts. An empty response is never right."""
    given = fold(response, comparison)
    if not given:
        return False
    first, *others = [fold(segment, comparison) for segment in _segments(pattern)]
    if not others:
        return given == first
    last = others.pop()
    if len(given) < len(first) + len(last) or not given.startswith(first) or not given.endswith(last):
        return False
    at, end = len(first), len(given) - len(last)
    for middle in others:
        found = given.find(middle, at, end)
        if found < 0:
            return False
        at = found + len(middle)
    return True


def fits(blank: Blank, response: str, comparison: Comparison) -> bool:
    """Whether any accepted answer of the blank matches."""
    return any(matches(pattern, response, comparison) for pattern in blank.accepted)


def assign(blanks: tuple[Blank, ...], responses: list[str], comparison: Comparison) -> list[bool]:
    """Say for each response whether it is right when the blanks may be filled in any order, each used once, as many as can be."""
    fitting = [
        [number for number, blank in enumerate(blanks) if fits(blank, response, comparison)] for response in responses
    ]
    holder: dict[int, int] = {}

    def place(response: int, tried: set[int]) -> bool:
        for blank in fitting[response]:
            if blank not in tried:
                tried.add(blank)
                if blank not in holder or place(holder[blank], tried):
                    holder[blank] = response
                    return True
        return False

    for response in range(len(responses)):
        place(response, set())
    right = set(holder.values())
    return [number in right for number in range(len(responses))]
