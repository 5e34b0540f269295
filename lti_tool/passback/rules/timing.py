"""When a score may go: pauses that an LMS asks for, growing pauses, and timestamps by the LMS's clock."""

from datetime import datetime, timedelta

SECOND = timedelta(seconds=1)
AHEAD = timedelta(seconds=5)
"""How far before the LMS's clock a timestamp may run; Moodle would refuse everything until its clock gets there."""
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=2), timedelta(hours=1)
LONGEST_WISH = timedelta(hours=1)
"""The longest Retry-After that we obey."""


def read_wait(text: str | None, now: datetime) -> timedelta | None:
    """Retry-After (RFC 9110, 10.2.3) as a time to wait: seconds or an HTTP date; capped, at least a second."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), LONGEST_WISH.total_seconds()))
    else:
        moment = read_date(text)
        if moment is None:
            return None
        wait = moment - now
    return min(max(wait, SECOND), LONGEST_WISH)


def read_date(text: str | None) -> datetime | None:
    """An HTTP date in GMT (RFC 9110, 5.6.7), or None."""
    try:
        return datetime.strptime((text or "").replace("GMT", "+0000"), "%a, %d %b %Y %H:%M:%S %z")
    except ValueError:
        return None


def backoff(attempts: int, chance: float) -> timedelta:
    """How long to wait after the `attempts`-th failure; `chance` 0 to 1 spreads it over the upper half (TO-13)."""
    longest: timedelta = min(FIRST_DELAY * (1 << min(attempts, 20)), LONGEST_DELAY)
    return longest * (0.5 + chance / 2)


def next_timestamp(now: datetime, offset: timedelta, last: datetime | None) -> datetime:
    """The timestamp of the next score: whole seconds of the LMS's clock, at least a second after `last` (AG-13).

    Moodle compares whole seconds, so nothing finer is ever used. `offset` is the LMS's clock minus ours.
    """
    there = (now + offset).replace(microsecond=0)
    return there if last is None else max(there, last + SECOND)


def wait_for_clock(timestamp: datetime, now: datetime, offset: timedelta) -> timedelta:
    """How long to wait until `timestamp` is no more than 5 s ahead of the LMS's clock; zero if it is not."""
    return max(timestamp - AHEAD - (now + offset), timedelta(0))


def clock_offset(date: datetime | None, now: datetime) -> timedelta | None:
    """The LMS's clock minus ours by its Date header (whole seconds), or None: no header, or less than 2 s off."""
    if date is None:
        return None
    offset = date - now.replace(microsecond=0)
    return timedelta(0) if abs(offset) < timedelta(seconds=2) else offset
