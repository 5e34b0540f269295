"""How long a link and a session of the console are good; pure."""

from datetime import datetime, timedelta
from typing import Final

LINK_LIFE: Final = timedelta(minutes=10)
IDLE: Final = timedelta(minutes=15)
"""A session without a request for this long is over."""
LONGEST: Final = timedelta(hours=8)
"""However busy it is."""
TOUCH: Final = timedelta(seconds=30)
"""How exactly the last request is written down."""


def is_link_good(expires_at: datetime, used_at: datetime | None, now: datetime) -> bool:
    """Whether a link may still be used: once, and within its time."""
    return used_at is None and now < expires_at


def is_session_alive(created_at: datetime, seen_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Whether a session still counts: not ended, not idle, not too old."""
    return ended_at is None and now - seen_at < IDLE and now - created_at < LONGEST


def is_due_to_be_touched(seen_at: datetime, now: datetime) -> bool:
    """Whether the last request is long enough ago to be written down anew."""
    return now - seen_at >= TOUCH


def is_named(typed: str, name: str) -> bool:
    """Whether somebody has typed the name of what he is about to destroy; blanks at its ends do not count."""
    return bool(name.strip()) and typed.strip() == name.strip()
