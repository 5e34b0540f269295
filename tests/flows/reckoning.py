"""What the witnesses say after a trial: whether the gradebook equals the results, and why any score came twice. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Cell = tuple[int, str]
"""The line item's number in the LMS, and the person."""
LEASE = timedelta(seconds=30)
"""A kill that came later than this after a score has nothing to do with its being sent again."""
NOT_HEARD = frozenset({"planned drop", "planned cut", "planned html"})
"""The log says 2xx, and no answer to a score arrived."""
TEARS = timedelta(seconds=5)
"""Who is killed while he sends leaves half a score behind; so long after a kill at most it is written down."""
GONE = frozenset({404, 410})
"""The LMS says that the column is no more. When it is there again, all its scores are sent: nobody knows what became of them."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A score that was sent although the LMS had stored it already; `why` is empty if nothing excuses that."""

    cell: Cell
    score: float
    at: str
    why: str


def differences(
    ours: Mapping[Cell, float], theirs: Mapping[Cell, float]
) -> dict[Cell, tuple[float | None, float | None]]:
    """Cells in which the results and the gradebook are not equal: (ours, theirs)."""
    cells = ours.keys() | theirs.keys()
    return {
        cell: (ours.get(cell), theirs.get(cell)) for cell in cells if not is_equal(ours.get(cell), theirs.get(cell))
    }


def is_equal(one: float | None, other: float | None) -> bool:
    """As far as gradebooks keep them: five decimals."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-5


def repeats(log: Iterable[Mapping[str, Any]], kills: Sequence[datetime]) -> list[Repeat]:
    """Every score that was sent with the value that the LMS had stored last, with what excuses it."""
    stored: dict[Cell, float] = {}
    last: dict[Cell, Mapping[str, Any]] = {}
    gone: dict[int, str] = {}
    found = []
    for entry in _whole(log):
        column = int(entry["line_item_id"])
        cell = (column, str(entry["person_id"]))
        if cell in stored and is_equal(stored[cell], entry["score"]):
            why = _excuse(last[cell], entry, kills, gone.get(column, ""))
            found.append(Repeat(cell, entry["score"], entry["received_at"], why))
        if entry["was_stored"]:
            stored[cell] = float(entry["score"])
        if entry["status"] in GONE:
            gone[column] = entry["received_at"]
        last[cell] = entry
    return found


def _excuse(before: Mapping[str, Any], entry: Mapping[str, Any], kills: Sequence[datetime], column_gone_at: str) -> str:
    if not 200 <= before["status"] < 300:
        return f"answered {before['status'] or 'nothing'}"
    if before["reason"] in NOT_HEARD:
        return str(before["reason"])
    first, second = datetime.fromisoformat(before["received_at"]), datetime.fromisoformat(entry["received_at"])
    if column_gone_at and datetime.fromisoformat(column_gone_at) <= second:
        gone = datetime.fromisoformat(column_gone_at)
        if first <= gone:
            return "column said to be gone"
        if (
            first <= gone + LEASE
        ):  # of the same batch: the tool had not written down yet what one of its scores was told
            return "column said to be gone while it was sent"
    if any(first - timedelta(seconds=1) <= kill <= min(second, first + LEASE) for kill in kills):
        return "kill"
    return ""


def falls(log: Iterable[Mapping[str, Any]]) -> list[tuple[Cell, list[float]]]:
    """Cells to which a lower score was sent after a higher one: where the best attempt counts, an old value came late."""
    by_cell: dict[Cell, list[float]] = defaultdict(list)
    for entry in _whole(log):
        by_cell[int(entry["line_item_id"]), str(entry["person_id"])].append(float(entry["score"]))
    return [(cell, scores) for cell, scores in by_cell.items() if scores != sorted(scores)]


def torn(log: Iterable[Mapping[str, Any]], kills: Sequence[datetime]) -> list[Mapping[str, Any]]:
    """What came without a score though nobody was killed while it was sent; if it was stored, there is no excuse."""
    return [
        entry
        for entry in log
        if entry["score"] is None
        and (entry["was_stored"] or not _has_killed_before(datetime.fromisoformat(entry["received_at"]), kills))
    ]


def _has_killed_before(moment: datetime, kills: Sequence[datetime]) -> bool:
    return any(kill <= moment <= kill + TEARS for kill in kills)


def _whole(log: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    return (entry for entry in log if entry["score"] is not None)
