"""Numbers as people type them, read exactly."""

import re
import unicodedata
from decimal import Context, Decimal, localcontext
from typing import Final

_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]{1,40}|[0-9]{1,3}(?:,[0-9]{3}){1,12})?(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,2})?"
)
_MINUS: Final = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2014": "-", "\u3002": "."})
EXACT: Final = Context(prec=400)
"""Enough for the difference of any two numbers that `parse_number` accepts."""


def parse_number(text: str, unit: str = "") -> Decimal | None:
    """Read a number: full-width digits, thousands commas, exponents to 99, the question's unit after it. None if it is none."""
    plain = "".join(unicodedata.normalize("NFKC", text[:200]).translate(_MINUS).split())
    tail = "".join(unicodedata.normalize("NFKC", unit).split())
    if tail and plain.endswith(tail):
        plain = plain[: -len(tail)]
    if _NUMBER.fullmatch(plain) is None or not any(character.isdigit() for character in re.split("[eE]", plain)[0]):
        return None
    return EXACT.create_decimal(plain.replace(",", ""))


def is_within(number: Decimal, value: Decimal, tolerance: Decimal) -> bool:
    """Whether |number - value| <= tolerance, without any rounding."""
    with localcontext(EXACT):
        return abs(number - value) <= tolerance
