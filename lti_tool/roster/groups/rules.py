"""What is said about groups, and whose word counts. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from lti_tool.core.text import clean_claim
from lti_tool.identity.rules.groups import GroupSource
from lti_tool.roster.rules import identifier

MOST: Final = 2000
"""Groups of one course; a list with more is not believed."""
LONGEST_NAME: Final = 200
STRENGTH: Final = (GroupSource.service, GroupSource.roster, GroupSource.launch)
"""Whose word about the LMS's groups counts before whose: the service knows names and all groups, a launch one person's."""


@dataclass(frozen=True, slots=True)
class Named:
    """A group of the LMS."""

    id: str
    name: str
    """'' where only its id is known."""
    set_id: str = ""
    """Of the set that it stands in; '' for none."""
    set_name: str | None = ""
    """None: it could not be asked for, and stays as it is known."""


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of one person's groups, by their ids in our tables."""

    joined: frozenset[int]
    left: frozenset[int]

    @property
    def touched(self) -> frozenset[int]:
        """Groups that have another member now."""
        return self.joined | self.left


def read_group(item: object) -> Named | None:
    """One group of a container (CGS 1.0, 2.2); None for what cannot be one."""
    if not isinstance(item, dict):
        return None
    found = identifier(item.get("id"))
    if found is None:
        return None
    return Named(found, clean_claim(item.get("name"), LONGEST_NAME), identifier(item.get("set_id")) or "")


def read_set(item: object) -> tuple[str, str] | None:
    """(id, name) of one set of groups (CGS 1.0, 2.3); None for what cannot be one, or has no name to show."""
    if not isinstance(item, dict):
        return None
    found, name = identifier(item.get("id")), clean_claim(item.get("name"), LONGEST_NAME)
    return (found, name) if found and name else None


def move(are: Collection[int], told: Collection[int] | None) -> Move:
    """From the LMS's groups that somebody is in to those that it names; None: it does not speak of groups."""
    before = frozenset(are)
    after = before if told is None else frozenset(told)
    return Move(after - before, before - after)


def may_speak(source: GroupSource, known: Collection[GroupSource]) -> bool:
    """Whether `source` may say who is in the LMS's groups of a course, whose groups come from `known` so far."""
    return all(STRENGTH.index(source) <= STRENGTH.index(each) for each in known if each is not GroupSource.hand)


def told_groups(value: Any) -> tuple[str, ...]:
    """Ids as an enrolment keeps what a launch named: with commas between them."""
    return tuple(each for each in str(value).split(",") if each)
