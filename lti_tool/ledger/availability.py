"""When an activity is open for one person: its own dates, overrides, and the LMS's window (pure).

A person's override beats a group's; among groups the most generous wins; the LMS's window can only narrow (CP-02).
An activity that several links of its course show has the strictest of their windows: what was begun through one link is
worked on through the other, so that a second link without dates must not lift what the teacher has set on the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Dates:
    """Dates of an activity; None means no limit."""

    opens: datetime | None = None
    due: datetime | None = None
    closes: datetime | None = None


@dataclass(frozen=True, slots=True)
class Concession:
    """One override: fields that are None leave the rule of the activity as it is."""

    is_personal: bool
    opens: datetime | None = None
    due: datetime | None = None
    closes: datetime | None = None
    extra_seconds: int | None = None
    extra_percent: int | None = None
    extra_attempts: int | None = None


class Phase(StrEnum):
    """Where `now` lies."""

    before = "before"
    open = "open"
    late = "late"
    closed = "closed"


@dataclass(frozen=True, slots=True)
class Window:
    """What holds for one person."""

    opens: datetime | None = None
    due: datetime | None = None
    closes: datetime | None = None
    extra_seconds: int = 0
    extra_percent: int = 0
    extra_attempts: int = 0

    def phase(self, now: datetime) -> Phase:
        """Before it opens, open, late (due has passed, still possible) or closed. Limits are inclusive of the start."""
        if self.opens is not None and now < self.opens:
            return Phase.before
        if self.closes is not None and now >= self.closes:
            return Phase.closed
        if self.due is not None and now > self.due:
            return Phase.late
        return Phase.open


def effective(dates: Dates, overrides: Sequence[Concession] = (), links: Iterable[Dates] = ()) -> Window:
    """The window of one person. `links`: the windows that the LMS sets on the links which show the activity."""
    window = Window(opens=dates.opens, due=dates.due, closes=dates.closes)
    groups = [each for each in overrides if not each.is_personal]
    if groups:
        window = _with(window, _most_generous(groups))
    for personal in (each for each in overrides if each.is_personal):
        window = _with(window, personal)
    for lms in links:
        window = _narrowed(window, lms)
    return window


def _most_generous(groups: Sequence[Concession]) -> Concession:
    def latest(values: list[datetime | None]) -> datetime | None:
        return max((value for value in values if value is not None), default=None)

    def most(values: list[int | None]) -> int | None:
        return max((value for value in values if value is not None), default=None)

    return Concession(
        is_personal=False,
        opens=min((each.opens for each in groups if each.opens is not None), default=None),
        due=latest([each.due for each in groups]),
        closes=latest([each.closes for each in groups]),
        extra_seconds=most([each.extra_seconds for each in groups]),
        extra_percent=most([each.extra_percent for each in groups]),
        extra_attempts=most([each.extra_attempts for each in groups]),
    )


_T = TypeVar("_T")


def _stated(wish: _T | None, rule: _T) -> _T:
    return rule if wish is None else wish


def _with(window: Window, other: Concession) -> Window:
    """`window` with every field that the override states."""
    return Window(
        opens=_stated(other.opens, window.opens),
        due=_stated(other.due, window.due),
        closes=_stated(other.closes, window.closes),
        extra_seconds=_stated(other.extra_seconds, window.extra_seconds),
        extra_percent=_stated(other.extra_percent, window.extra_percent),
        extra_attempts=_stated(other.extra_attempts, window.extra_attempts),
    )


def _narrowed(window: Window, lms: Dates) -> Window:
    opens = max((value for value in (window.opens, lms.opens) if value is not None), default=None)
    closes = min((value for value in (window.closes, lms.closes) if value is not None), default=None)
    return replace(window, opens=opens, closes=closes)
