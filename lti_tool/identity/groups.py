"""Groups as every page can use them: which there are, and narrowing a list of people to one."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import Session

from lti_tool.core.i18n import gettext
from lti_tool.identity.models import Group, GroupMember


@dataclass(frozen=True, slots=True)
class Filter:
    """A form that narrows a page to one group."""

    options: list[tuple[str, str]]
    """(id, name); the first is everybody. Empty where the course has no groups: then there is nothing to choose."""
    value: str
    address: str
    kept: dict[str, str]
    """What else the page's address says, and goes on saying."""


def choices(reader: Session | Connection, context_id: int) -> list[tuple[int, str]]:
    """(id, name) of the groups of a course that pages can be narrowed to, by name. One statement."""
    rows = reader.execute(
        select(Group.id, Group.name)
        .where(Group.context_id == context_id, Group.is_gone.is_(False))
        .order_by(Group.name, Group.id)
    )
    return [(row.id, row.name) for row in rows]


def chosen(found: list[tuple[int, str]], wanted: str) -> int | None:
    """The group that an address names, if it is one of these; else None: everybody."""
    return next((group for group, _ in found if str(group) == wanted), None)


def people_of(group_id: int) -> Select[Any]:
    """The ids of those in a group, as a subquery."""
    return select(GroupMember.member_id).where(GroupMember.group_id == group_id)


def filter_of(found: list[tuple[int, str]], group_id: int | None, address: str, **kept: str) -> Filter:
    """The form for a page at this address."""
    options = [("", gettext("Everybody")), *((str(each), name) for each, name in found)] if found else []
    return Filter(options, str(group_id or ""), address, kept)
