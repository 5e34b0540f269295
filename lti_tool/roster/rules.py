"""What a list says about a person, and what follows from it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from lti_tool.identity.actor import Role
from lti_tool.identity.rules.names import given_name
from lti_tool.identity.rules.roles import is_known, is_lower, standing

PAGE: Final = 100
"""Members asked for at once. A hint: LMSs send more, or fewer."""
MOST_PAGES: Final = 2000
LONGEST_ID: Final = 255
MOST_GROUPS: Final = 50
MOST_ROLES: Final = 100
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class Cause(StrEnum):
    """Why a list could not be read."""

    forbidden = "forbidden"
    gone = "gone"
    busy = "busy"
    silent = "silent"
    odd = "odd"
    too_large = "too_large"
    endless = "endless"
    foreign = "foreign"
    no_scope = "no_scope"
    keys = "keys"
    empty = "empty"
    other_course = "other_course"


PASSING: Final = frozenset({Cause.busy, Cause.silent})
"""Worth trying again soon; all others need somebody to do something."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One person as a list shows him."""

    sub: str
    name: str
    """'' where the LMS gives none (NR-09)."""
    role: Role | None
    """None: nothing is said that we know about a role in this course."""
    gradable: bool
    is_active: bool
    groups: tuple[str, ...] | None = None
    """Ids of the LMS's groups; None: nothing is said about groups."""


@dataclass(frozen=True, slots=True)
class Place:
    """A person's place in a course, as we know it."""

    role: Role
    is_active: bool
    gradable: bool
    is_listed: bool
    has_taught: bool
    last_launch_at: datetime | None


def cause_of(status: int) -> Cause:
    """What an answer without success means (NR-12). Open edX answers 403 to whoever asks for a course that is too large."""
    if status in {401, 403}:
        return Cause.forbidden
    if status in {404, 410}:
        return Cause.gone
    if status == 429:
        return Cause.busy
    return Cause.odd if status < 500 else Cause.silent


def first_address(url: str, **parameters: str) -> str:
    """The address of the first page. What stands in it already is not written again (NR-07)."""
    parts = urlsplit(url)
    there = parse_qs(parts.query, keep_blank_values=True)
    more = urlencode({name: value for name, value in parameters.items() if value and name not in there})
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, more)))))


def read_member(item: object, overrides: Mapping[str, str]) -> Listed | None:
    """One member of a container (NRPS 2.0, 2.2); None for what cannot be one. `message` sections are ignored (NR-08)."""
    if not isinstance(item, dict):
        return None
    sub = identifier(item.get("user_id"))
    if sub is None:
        return None
    roles = _roles(item.get("roles"))
    role, gradable = None, False
    if is_known(roles, overrides):
        found = standing(roles, overrides)
        role, gradable = found.role, found.gradable
    return Listed(sub, given_name(item), role, gradable, _is_active(item.get("status")), _groups(item))


def is_of_course(container: Mapping[str, Any], context_id: str) -> bool:
    """Whether a container is the course's that was asked for. One that does not say is believed."""
    context = container.get("context")
    told = identifier(context.get("id")) if isinstance(context, dict) else None
    return not context_id or told is None or told == context_id


def place_after(known: Place | None, listed: Listed, read_began: datetime) -> Place | None:
    """The place of somebody whom a list names; None: he has none here, and gets none.

    A launch that came after the reading began knows better than the list (NR-10).
    """
    if known is None:
        if not listed.is_active:
            return None
        role = listed.role or Role.guest
        return Place(
            role,
            is_active=True,
            gradable=listed.gradable,
            is_listed=True,
            has_taught=role is Role.instructor,
            last_launch_at=None,
        )
    if known.last_launch_at is not None and known.last_launch_at >= read_began:
        return replace(known, is_listed=listed.is_active)
    is_told = listed.role is not None
    role = listed.role or known.role
    return replace(
        known,
        role=role,
        is_active=listed.is_active,
        gradable=listed.gradable if is_told else known.gradable,
        is_listed=listed.is_active,
        has_taught=known.has_taught or role is Role.instructor,
    )


def has_come_back(before: Place, after: Place) -> bool:
    """Whether scores may be sent for somebody again, for whom they could not."""
    return after.is_active and after.gradable and not (before.is_active and before.gradable)


def lowered(role: Role, own_role: Role | None, told: Role) -> tuple[Role, Role | None] | None:
    """(role, own role) of a running session's grant after a list says `told`; None: it stays. Never higher (NR-10).

    `own_role` is the one of the launch while its holder views the course as a member (identity.preview).
    """
    if not is_lower(told, own_role or role):
        return None
    if own_role is None or is_lower(told, Role.assistant):
        return (told, None)
    return (role, told)


def identifier(value: object) -> str | None:
    """An identifier, kept as it came; numbers are what some LMSs send for texts of digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or _UNSTORABLE.search(value):
        return None
    return value


def _roles(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return [value]
    return [role for role in value if isinstance(role, str)][:MOST_ROLES] if isinstance(value, list) else []


def _is_active(status: object) -> bool:
    """Missing means active (NRPS 2.0, 2.3); what we do not know hides, and keeps (NR-03)."""
    return status is None or status == "Active"


def _groups(item: Mapping[str, Any]) -> tuple[str, ...] | None:
    """`group_enrollments` of the Course Groups Service's extension of the list (CGS 1.0, 3.3)."""
    told = item.get("group_enrollments")
    if not isinstance(told, list):
        return None
    ids = (identifier(each.get("group_id")) for each in told if isinstance(each, dict))
    return tuple(dict.fromkeys(each for each in ids if each is not None))[:MOST_GROUPS]
