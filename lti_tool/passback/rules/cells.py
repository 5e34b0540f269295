"""What stands in one person's cell of the LMS's gradebook, and what that says about a score that was called old."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lti_tool.passback.rules.answers import Answer
from lti_tool.passback.rules.timing import AHEAD

NEARLY = Decimal("0.00005")
"""Share of the maximum by which two scores may differ and be the same: gradebooks round."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A result (AGS 2.0, 3.3) as far as it can be read; `share` of the maximum, 0 to 1."""

    share: Decimal | None = None
    comment: str = ""
    at: datetime | None = None


def read_cell(items: Iterable[Any], sub: str) -> Cell | None:
    """The cell of one person. An LMS may ignore that we asked for one only, so the others are passed over (AG-33)."""
    for item in items:
        if isinstance(item, dict) and str(item.get("userId", "")) == sub:
            comment = item.get("comment")
            return Cell(_share(item), comment if isinstance(comment, str) else "", _moment(item.get("timestamp")))
    return None


def _share(item: dict[str, Any]) -> Decimal | None:
    """No maximum means 1 (AG-33)."""
    maximum = item.get("resultMaximum")
    try:
        share = Decimal(str(item.get("resultScore"))) / Decimal(str(1 if maximum is None else maximum))
    except (ArithmeticError, InvalidOperation):
        return None
    return share if share.is_finite() else None


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None


def after_conflict(cell: Cell | None, *, given: Decimal, maximum: int, now_there: datetime) -> Answer:
    """What "your score is old" means, by what the LMS has; `now_there` by its own clock (AG-14)."""
    if cell is None:
        return Answer.newer
    if cell.share is not None and abs(cell.share - given / maximum) <= NEARLY:
        return Answer.there_already
    return Answer.ahead if cell.at is not None and cell.at > now_there + AHEAD else Answer.newer
