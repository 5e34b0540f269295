"""Pure: what an LMS's results say about each person (AGS 2.0, 3.3; AG-33), whatever order they come in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

LARGEST = Decimal(10**9)


@dataclass(frozen=True, slots=True)
class Reading:
    """A grade as the LMS shows it: so many of so many points."""

    score: Decimal
    maximum: Decimal


class Unreadable:
    """Something stands there that says no number: nothing follows from it, in either direction."""


UNREADABLE = Unreadable()
Grades = dict[str, Reading | Unreadable]
"""By the LMS's id of the person. Who is missing has no grade."""


def read_results(pages: Iterable[Iterable[Any]]) -> Grades:
    """All grades of a column. One that comes twice with different numbers is unreadable: no order decides between them."""
    grades: Grades = {}
    for page in pages:
        for person, grade in _grades(page):
            if grades.setdefault(person, grade) != grade:
                grades[person] = UNREADABLE
    return grades


def _grades(items: Iterable[Any]) -> Iterator[tuple[str, Reading | Unreadable]]:
    for item in items:
        person = item.get("userId") if isinstance(item, dict) else None
        # Ids are texts, but an LMS that sends numbers means the same person.
        if isinstance(person, int) and not isinstance(person, bool):
            person = str(person)
        if isinstance(person, str) and person and item.get("resultScore") is not None:
            yield person, _reading(item)


def _reading(item: dict[str, Any]) -> Reading | Unreadable:
    score, maximum = _number(item["resultScore"]), _number(item.get("resultMaximum"), default=Decimal(1))
    if score is None or maximum is None or score < 0 or maximum <= 0:
        return UNREADABLE
    return Reading(score, maximum)


def _number(value: Any, default: Decimal | None = None) -> Decimal | None:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) <= LARGEST else None
