"""How learning time is credited (domain 3.11, pure). The statement in services.py says the same to the database.

The client beats every 15 s while its page is visible and something happens. There is one pointer per person: the gap
since that person's last beat, from whatever tab or device, is credited to the item of this beat, if it is short enough.
So the credit of all items together can never be more than the time that has passed. What this cannot prove is that a
human is learning: a program can beat too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

BEAT_SECONDS: Final = 15
IDLE_SECONDS: Final = 60
"""The client stops beating this long after the last input, unless media are playing."""
LONGEST_GAP_MS: Final = 35_000
ITEM_FACTOR: Final = 3
"""An item credits at most this many times its estimated time."""
UNKNOWN_EFFORT_MINUTES: Final = 30
"""Estimated time of an item whose author gave none."""
DAILY_MS: Final = 8 * 3_600_000
"""A person is credited at most this much a day, over all items."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """The last sign of life of one person."""

    beat_ms: int
    gap_ms: int = 0
    credit_ms: int = 0
    day: int = 0
    day_ms: int = 0


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def beat(before: Pointer | None, now_ms: int, day: int) -> Pointer:
    """The pointer after a beat at `now_ms` on `day` (a whole number of days); its `credit_ms` is what this beat earns."""
    if before is None:
        return Pointer(now_ms, day=day)
    gap = max(0, now_ms - before.beat_ms)
    used = before.day_ms if before.day == day else 0
    credit = gap if gap <= LONGEST_GAP_MS and used + gap <= DAILY_MS else 0
    return Pointer(max(now_ms, before.beat_ms), gap, credit, day, used + credit)


def item_cap_ms(effort_minutes: int) -> int:
    """The most that an item credits one person."""
    return ITEM_FACTOR * (effort_minutes or UNKNOWN_EFFORT_MINUTES) * 60_000


def credited(total_ms: int, credit_ms: int, effort_minutes: int) -> int:
    """The total of an item after a credit; a total above a cap that was lowered later stays."""
    return max(total_ms, min(total_ms + credit_ms, item_cap_ms(effort_minutes)))


def opened(total_ms: int, claimed_ms: int, gap_ms: int) -> int:
    """The open time of an item: what the page says it stood open since its last beat, at most what has passed."""
    return total_ms + min(max(0, claimed_ms), gap_ms)
