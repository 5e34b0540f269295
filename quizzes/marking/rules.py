"""Which attempt counts and what follows for the gradebook (domain 3.6), with Decimal throughout (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from lti_tool.ledger.rules import Outcome

ZERO, ONE = Decimal(0), Decimal(1)
_NOTHING: Final = Decimal("0.0000001")


class GradeMethod(StrEnum):
    """Which of several attempts counts."""

    highest = "highest"
    average = "average"
    first = "first"
    last = "last"


def share(score: Decimal | None, maximum: Decimal) -> Decimal | None:
    """The score divided by the maximum; 0 where there is nothing to reach, None where nothing was marked."""
    if score is None:
        return None
    return score / maximum if maximum >= _NOTHING else ZERO


def best(method: GradeMethod, shares: Sequence[Decimal | None]) -> Decimal | None:
    """The share that counts, of the finished attempts in order; None if there is none. Abandoned ones are not given here."""
    marked = [each for each in shares if each is not None]
    match method:
        case GradeMethod.highest:
            return max(marked, default=None)
        case GradeMethod.average:
            return sum(marked, ZERO) / len(marked) if marked else None
        case GradeMethod.first:
            return shares[0] if shares else None
        case GradeMethod.last:
            return shares[-1] if shares else None


def criteria_of(pass_percent: int | None) -> list[list[Any]]:
    """[[code, target], ...] as the activity stores it."""
    found: list[list[Any]] = [["submitted", 1]]
    if pass_percent is not None:
        found.append(["passed", pass_percent])
    return found


def is_passed(counted: Decimal | None, percent: Decimal | int) -> bool:
    """Whether the unrounded share reaches the pass mark: 59.996 % does not pass 60 %."""
    return counted is not None and counted * 100 >= percent


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished attempt: its marks and what could be reached."""

    score: Decimal | None
    maximum: Decimal


def outcome_of(
    method: GradeMethod, attempts: Sequence[Finished], criteria: Sequence[Sequence[Any]], maximum: int
) -> Outcome:
    """What the finished attempts of a member are worth, for the ledger. `maximum`: points of the activity's column.

    A total below 0 (negative marking) becomes 0 here, because an LMS refuses negative scores.
    """
    counted = best(method, [share(each.score, each.maximum) for each in attempts])
    met = tuple(
        is_passed(counted, Decimal(str(target))) if code == "passed" else bool(attempts) for code, target in criteria
    )
    progress = Decimal(sum(met)) / len(met) if met else (ONE if attempts else ZERO)
    return Outcome(
        progress=progress,
        score=None if counted is None else max(ZERO, counted) * maximum,
        completed=bool(attempts) and all(met),
        criteria=met,
    )
