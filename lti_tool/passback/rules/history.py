"""The history of a score as people read it: what happened in a row several times is one line."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the history (ledger.ScoreEvent)."""

    at: datetime
    event: str
    score: Decimal | None = None
    """What was sent, or what the LMS showed; on the activity's scale."""
    cause: str = ""
    status: int | None = None
    """Of the LMS's answer."""
    by: str = ""
    """Who did it, where it was a person."""
    reason: str = ""
    times: int = 1
    """How often in a row; `at` is the last time."""


def in_a_row(steps: Iterable[Happening]) -> list[Happening]:
    """The steps in their order; equal ones that follow one another are one, with the last moment."""
    found: list[Happening] = []
    for step in steps:
        if found and _same(found[-1], step):
            found[-1] = replace(step, times=found[-1].times + step.times)
        else:
            found.append(step)
    return found


def _same(one: Happening, other: Happening) -> bool:
    """What a person did stands for itself each time."""
    if one.by or other.by:
        return False
    return replace(one, at=other.at, times=other.times) == other
