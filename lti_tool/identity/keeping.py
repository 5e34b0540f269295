"""What a room keeps on persons: said in plain words, given to the person as records, and erased.

Each room exports a `Keeper`, each kind of activity carries one, and `app` hands them all down; who shows, exports and erases
(portability) knows no table. `tests/portability` compares what the keepers declare with every column of the models.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Executable, delete, inspect, select, tuple_, update

from lti_tool.core.i18n import LazyText


class Fate(StrEnum):
    """What an erasure does with a row."""

    deleted = "deleted"
    emptied = "emptied"
    """The row stays, because others stand on it; what it says of the person goes."""
    nameless = "nameless"
    """The row stays as it is; it leads to somebody who is nobody any more."""
    expires = "expires"
    """It leads to no person, and is gone by itself within minutes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The columns of one table that tell something of a person, what for, and what becomes of them."""

    table: str
    columns: tuple[str, ...]
    purpose: LazyText
    fate: Fate


@dataclass(frozen=True, slots=True)
class Sheet:
    """Records of one kind, as they are given to the person. Names are stable (docs/data.md); texts of others are none."""

    name: str
    title: LazyText
    fields: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    files: tuple[tuple[str, str], ...] = ()
    """(name, SHA-256) of the uploads that belong to it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose data it is, while we still know who."""

    member_id: int
    registration_id: int
    tenant_id: int
    sub: str
    name: str


@dataclass(frozen=True, slots=True)
class Erasing:
    """An erasure on its way: the person has no name any more."""

    member_id: int
    now: datetime
    keeps_posts: bool = False
    """What was written in discussions stays, without the name."""
    leaves_trail: bool = True
    """The nameless trail stays, so that counts stay right."""


def nothing_first(_connection: Connection, _person: Person, _now: datetime) -> None:
    """`Keeper.begin` of a room that needs no `sub` to find what it keeps."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """What one room keeps on persons."""

    name: str
    label: LazyText
    stored: tuple[Stored, ...]
    export: Callable[[Connection, int, datetime], Iterable[Sheet]]
    """The records of one member, by id, as he may see them now. In a reading transaction."""
    erase: Callable[[Connection, Erasing, int], int]
    """Erase at most so many rows of one person and return how many it were; 0: there are no more.

    Called again and again, each time in a writing transaction of its own, and perhaps after a crash.
    """
    begin: Callable[[Connection, Person, datetime], None] = nothing_first
    """What has to happen in the transaction that takes the name away: ends what is on its way, and whatever is found by
    `sub` only. A few rows, Core statements."""


def sheet(connection: Connection, name: str, title: LazyText, statement: Executable) -> Sheet:
    """The rows of a statement; its labels are the stable names."""
    found = connection.execute(statement)
    return Sheet(name, title, tuple(found.keys()), [tuple(row) for row in found])


def delete_some(connection: Connection, table: Any, *conditions: Any, limit: int) -> int:
    """Delete at most `limit` rows; returns how many. One statement."""
    keys = inspect(table).primary_key
    chosen = select(*keys).where(*conditions).limit(limit)
    return connection.execute(delete(table).where(tuple_(*keys).in_(chosen))).rowcount


def change_some(connection: Connection, table: Any, *conditions: Any, limit: int, **values: Any) -> int:
    """Change at most `limit` rows; the conditions must not hold for what has been changed. Returns how many."""
    keys = inspect(table).primary_key
    chosen = select(*keys).where(*conditions).limit(limit)
    return connection.execute(update(table).where(tuple_(*keys).in_(chosen)).values(**values)).rowcount


def in_turn(*steps: Callable[[int], int], limit: int) -> int:
    """Do the first step that finds something; each gets `limit` and returns how many rows it touched."""
    for step in steps:
        if done := step(limit):
            return done
    return 0
