"""A database in which every table has a row of one person and a row of another, with words of their own in every text."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, Column, Enum, String, delete, select, update

from lti_tool.app import KEEPERS, METADATA
from lti_tool.core.database import Database
from lti_tool.core.jobs import Job
from lti_tool.identity.keeping import Fate, Person, Stored
from lti_tool.identity.models import ErasureKey, Member
from lti_tool.ledger.models import Override
from tests.migrations.filling import fill

STORED: dict[str, Stored] = {each.table: each for keeper in KEEPERS for each in keeper.stored}
UNMOVED = frozenset({"erased_member", "login_state"})
"""Tables of which no row is anybody's."""

Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]
"""By table and primary key."""


def word(table: str, column: str, number: int) -> str:
    """Unlike any other, whatever it is cut to."""
    return f"~{number}.{list(METADATA.tables).index(table)}.{column}~"


def plant(database: Database) -> tuple[Person, Person]:
    """Fill all tables, with a word of its own in every text that a keeper lists; (the person, his neighbour)."""
    fill(database)
    with database.writing_core() as connection:
        for made_by_us in (Job, ErasureKey):
            connection.execute(delete(made_by_us))
        # Filled for groups: an exception is for one or the other.
        connection.execute(update(Override).values(member_id=Override.id, group_id=None))
        for name, stored in STORED.items():
            table = METADATA.tables[name]
            key = next(iter(table.primary_key))
            for number, row in enumerate(connection.execute(select(key).distinct().order_by(key)).all(), 1):
                words = {
                    column.name: planted(column, word(name, column.name, number))
                    for column in table.columns
                    if column.name in stored.columns and is_free(column)
                }
                if words and name not in UNMOVED:
                    connection.execute(update(table).where(key == row[0]).values(words))
        first, second = connection.execute(
            select(Member.id, Member.registration_id, Member.tenant_id, Member.sub, Member.name).order_by(Member.id)
        ).all()
    return Person(*first), Person(*second)


def is_free(column: Column[Any]) -> bool:
    """Whether any text may stand in it."""
    return isinstance(column.type, String | JSON) and not isinstance(column.type, Enum) and not column.foreign_keys


def planted(column: Column[Any], text: str) -> Any:
    if column.name == "mime":
        return "image/png"
    return [text] if isinstance(column.type, JSON) else text[: getattr(column.type, "length", None) or None]


def dump(database: Database) -> Rows:
    """Everything."""
    with database.reading_core() as connection:
        return {
            table.name: {
                tuple(row[key.name] for key in table.primary_key): dict(row)
                for row in connection.execute(select(table)).mappings()
            }
            for table in METADATA.sorted_tables
        }


def words_to_go(rows: Rows) -> set[str]:
    """Words of the person that an erasure should have taken, and has not."""
    left = set(words_left(rows))
    return {name for name in left if name.partition(".")[0] not in STAYS} - CODES


def words_left(rows: Rows, number: int = 1) -> Iterator[str]:
    """Where words of a person still stand, by table and column."""
    for name, stored in STORED.items():
        for column in stored.columns:
            sought = word(name, column, number)
            if any(sought in said for said in spoken(rows)):
                yield f"{name}.{column}"


def spoken(rows: Rows) -> list[str]:
    """Every value as text."""
    return [
        json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)
        for table in rows.values()
        for row in table.values()
        for value in row.values()
    ]


STAYS = frozenset(name for name, stored in STORED.items() if stored.fate in {Fate.nameless, Fate.expires})
CODES = frozenset({"audit_event.action"})
"""Words of a fixed list in a column of texts."""
