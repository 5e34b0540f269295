"""What a person is called on our pages (ID-03, ID-04)."""

import hashlib
import re
from typing import Any

from lti_tool.core.text import clean_claim

LONGEST = 200
_HAN = re.compile("[㐀-䶿一-鿿豈-﫿·𠀀-𱍏]+")


def given_name(claims: dict[str, Any]) -> str:
    """The display name that the LMS gives, or ''.

    `name` first. Chinese names are put in their own order, family before given, also where an LMS in English has
    written them the other way round ("小明 李").
    """
    name = clean_claim(claims.get("name"), LONGEST)
    family, given = clean_claim(claims.get("family_name"), LONGEST), clean_claim(claims.get("given_name"), LONGEST)
    if family and given and _HAN.fullmatch(family + given):
        chinese = (family + given)[:LONGEST]
        if not name or name.replace(" ", "") in {family + given, given + family}:
            return chinese
    return name or " ".join(filter(None, (given, family)))[:LONGEST]


def pseudonym_code(registration_id: int, sub: str) -> str:
    """Four hex digits that tell nameless members apart; the same for the same person."""
    return hashlib.sha256(f"{registration_id}:{sub}".encode()).hexdigest()[:4]
