"""The LMS's own dates of a link, as the custom parameters of a launch carry them (Deep Linking 2.0, substitution variables).

What we ask an LMS to send, by name and variable, is `DATES`; deep linking responses and registrations put it into
`custom`. A launch says what holds from now on: a date, or that there is none. A variable that the LMS did not replace,
an empty or an unreadable value is no date; it closes nothing, and our own dates hold as they are (CP-03). A parameter
that a launch does not carry at all says nothing, and what an earlier launch said stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lti_tool.core.moments import read_moment

DATES: Final[Mapping[str, str]] = {
    "available_from": "$ResourceLink.available.startDateTime",
    "available_until": "$ResourceLink.available.endDateTime",
    "submission_from": "$ResourceLink.submission.startDateTime",
    "submission_until": "$ResourceLink.submission.endDateTime",
}
_STARTS: Final = ("available_from", "submission_from")
_ENDS: Final = ("available_until", "submission_until")


@dataclass(frozen=True, slots=True)
class LinkDates:
    """What a launch says about its link. `says_opens`, `says_closes`: whether it says anything about that."""

    opens: datetime | None = None
    closes: datetime | None = None
    says_opens: bool = False
    says_closes: bool = False
    unresolved: tuple[str, ...] = ()
    """Names of parameters that are there and hold no date, in order."""

    def applied_to(self, opens: datetime | None, closes: datetime | None) -> tuple[datetime | None, datetime | None]:
        """(opens, closes) of a link after this launch. Applying it twice changes nothing."""
        return (self.opens if self.says_opens else opens, self.closes if self.says_closes else closes)


def link_dates(custom: object) -> LinkDates:
    """The dates of a `custom` claim, whatever case the LMS gave the names (CP-06); the strictest of two."""
    given = {
        name.lower(): value
        for name, value in (custom.items() if isinstance(custom, dict) else ())
        if isinstance(name, str) and name.lower() in DATES
    }
    read = {name: moment_of(value) for name, value in given.items()}
    return LinkDates(
        opens=max((moment for name in _STARTS if (moment := read.get(name))), default=None),
        closes=min((moment for name in _ENDS if (moment := read.get(name))), default=None),
        says_opens=any(name in read for name in _STARTS),
        says_closes=any(name in read for name in _ENDS),
        unresolved=tuple(name for name in DATES if name in read and read[name] is None),
    )


def moment_of(value: object) -> datetime | None:
    """A date in UTC to the second; None for all that is no ISO 8601 date with a time and a zone.

    A time without its zone is another moment in every school.
    """
    try:
        return read_moment(value, None) if isinstance(value, str) else None
    except ValueError:
        return None
