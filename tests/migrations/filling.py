"""Rows for every table, made from the models alone: a new table or column is filled without a word here.

A row's values follow from its table, column and number, so that two rows of a table differ wherever they may have to. What
has a default keeps it. Foreign keys lead to the row of the same number; an optional one to its own table stays empty.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, DateTime, Enum, Integer, LargeBinary, String, Table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import TypeEngine

from lti_tool.app import METADATA
from lti_tool.core.columns import Points, UtcDateTime
from lti_tool.core.database import Database

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ROWS = 2
LEFT_EMPTY = 2
"""So many optional columns of one row may have to stay empty, because a CHECK wants one of several."""

Row = dict[str, Any]


def fill(database: Database) -> None:
    """Put ROWS rows into every table of the models; raises AssertionError for a table that takes none."""
    with database.writing_core() as connection:
        filled: dict[str, list[Row]] = {}
        for table in METADATA.sorted_tables:
            filled[table.name] = [_insert(connection, table, number, filled) for number in range(1, ROWS + 1)]


def _insert(connection: Connection, table: Table, number: int, filled: dict[str, list[Row]]) -> Row:
    refusals = []
    for row in _candidates(table, number, filled):
        try:
            with connection.begin_nested():
                connection.execute(table.insert().values(row))
        except IntegrityError as refused:
            refusals.append(str(refused.orig))
        else:
            return row
    raise AssertionError(f"{table.name} takes no row number {number}: {refusals[0]}")


def _candidates(table: Table, number: int, filled: dict[str, list[Row]]) -> Iterator[Row]:
    """The row with every column, then the rows in which one optional column or more are empty."""
    full = {
        column.name: _value(column, number, filled)
        for column in table.columns
        if column.primary_key or not _has_default(column)
    }
    optional = [name for name in full if table.columns[name].nullable]
    for left in range(LEFT_EMPTY + 1):
        for empty in combinations(optional, left):
            yield {**full, **dict.fromkeys(empty)}


def _has_default(column: Column[Any]) -> bool:
    return column.default is not None or column.server_default is not None


def _value(column: Column[Any], number: int, filled: dict[str, list[Row]]) -> Any:
    for key in column.foreign_keys:
        target = key.column
        if target.table is column.table:
            return None if column.nullable else number
        return filled[target.table.name][number - 1][target.name]
    return _plain(column.type, f"{number} {column.table.name}.{column.name}", number)


def _plain(kind: TypeEngine[Any], text: str, number: int) -> Any:
    """A value of this type that no other row of the table has, as far as the type allows it."""
    if isinstance(kind, Enum):
        return list(kind.enum_class or kind.enums)[number - 1]
    if isinstance(kind, String):
        return text[: kind.length]
    if isinstance(kind, UtcDateTime | DateTime):
        return START + timedelta(days=number)
    if isinstance(kind, Points):
        return Decimal(1)
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, LargeBinary):
        return text.encode()
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, Integer):
        return number
    raise AssertionError(f"no sample value of {kind!r}: give {__name__} one")
