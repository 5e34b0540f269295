"""Dates as people and LMSs write them: ISO 8601 with a day and a time, in the course's zone unless they name another."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Final

# A number or a day alone is no moment, and what Python would guess beyond this (weeks, basic format) nobody means.
_ISO: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(?P<zone>Z|[+-]\d\d(:?\d\d)?)?", re.IGNORECASE
)
_FIELD: Final = "%Y-%m-%dT%H:%M"


def read_moment(text: str, zone: tzinfo | None) -> datetime:
    """`2026-12-01T08:00`, `2026-12-01 08:00:30`, `2026-12-01T08:00+09:00`, as UTC to the second.

    Without a zone of its own it is in `zone`; None: there is no other, and it must name one. Raises ValueError.
    """
    typed = text.strip()
    found = _ISO.fullmatch(typed)
    if found is None or (zone is None and found["zone"] is None):
        raise ValueError(f"no moment: {typed[:40]!r}")
    moment = datetime.fromisoformat(typed.replace(",", ".").upper())
    try:
        return (moment if found["zone"] else moment.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        raise ValueError(f"out of the calendar: {typed}") from error


def as_typed(moment: datetime | None, zone: tzinfo) -> str:
    """A moment as a datetime-local field holds it; "" for none."""
    return moment.astimezone(zone).strftime(_FIELD) if moment else ""
