"""Migrations go up, down and up again with data in every table, and models equal migrations."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from lti_tool.app import METADATA
from lti_tool.core import schema
from lti_tool.core.database import Database
from tests.migrations.filling import ROWS, fill
from tests.plugins.engine import SERVER
from tests.postgres import create_database, drop_database

Rows = dict[str, frozenset[tuple[object, ...]]]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """A database with nothing in it."""
    server = os.environ.get(SERVER)
    name = f"migrations_{uuid.uuid4().hex[:8]}"
    database = Database(create_database(server, name) if server else f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    yield database
    database.dispose()
    if server:
        drop_database(server, name)


def rows(database: Database) -> Rows:
    """The primary keys of all rows by table, of the tables that are there now."""
    with database.engine.connect() as connection:
        tables = inspect(connection)
        found = {}
        for table in sorted(set(tables.get_table_names()) - {"alembic_version"}):
            names = ", ".join(f'"{name}"' for name in tables.get_pk_constraint(table)["constrained_columns"])
            found[table] = frozenset(tuple(row) for row in connection.execute(text(f'SELECT {names} FROM "{table}"')))
    return found


def of_tables(found: Rows, tables: Rows) -> Rows:
    """Those of `found` whose tables stand in `tables` too."""
    return {table: keys for table, keys in found.items() if table in tables}


def revisions() -> list[str]:
    """All revisions, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(schema.config()).walk_revisions()]


def test_names_of_the_files_tell_the_revisions_and_the_newest() -> None:
    assert schema.revisions() == set(revisions())
    assert (schema.head(), schema.is_known(schema.head()), schema.is_known("9999")) == (revisions()[0], True, False)


@pytest.mark.shows("H-05")
def test_models_equal_migrations(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": METADATA})
        assert compare_metadata(context, METADATA) == []


def test_migrations_go_up_down_and_up_with_data_in_every_table(empty: Database) -> None:
    schema.upgrade(empty)
    assert schema.is_current(empty)
    fill(empty)
    assert {table: len(keys) for table, keys in rows(empty).items()} == dict.fromkeys(METADATA.tables, ROWS)
    schema.downgrade(empty, "base")
    assert rows(empty) == {}
    assert not schema.is_current(empty)
    schema.upgrade(empty)
    fill(empty)
    assert {table: len(keys) for table, keys in rows(empty).items()} == dict.fromkeys(METADATA.tables, ROWS)


def test_each_step_down_and_up_keeps_the_rows_of_tables_that_stay(empty: Database) -> None:
    schema.upgrade(empty)
    fill(empty)
    filled = rows(empty)
    for upper, lower in zip(revisions(), revisions()[1:], strict=False):
        before = rows(empty)
        schema.downgrade(empty, lower)
        down = rows(empty)
        assert down == {**down, **of_tables(before, down)}, f"down from {upper} to {lower}"
        schema.upgrade(empty, upper)
        up = rows(empty)
        assert of_tables(up, down) == of_tables(down, up), f"up from {lower} to {upper}"
        schema.downgrade(empty, lower)
    oldest = rows(empty)
    schema.upgrade(empty)
    assert of_tables(rows(empty), oldest) == of_tables(filled, oldest)
    assert rows(empty).keys() == METADATA.tables.keys()


def test_upgrade_twice_changes_nothing(empty: Database) -> None:
    schema.upgrade(empty)
    fill(empty)
    before = rows(empty)
    schema.upgrade(empty)
    assert rows(empty) == before
