"""Fixtures for all tests: a clock that stands still, a fresh database, the application, a school with its persons."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from lti_tool.app import METADATA
from lti_tool.core import logs, schema
from lti_tool.core.clock import FakeClock
from lti_tool.core.config import Settings, load_settings
from lti_tool.core.database import Database
from lti_tool.core.web import Runtime
from tests.application import Press
from tests.plugins.memory import room_in_memory
from tests.postgres import VARIABLE
from tests.school import School

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
DATABASE_ROOM = 64 * 1024 * 1024
SECRET = "a secret for tests only, 0123456789 abcdefghij"


@pytest.fixture
def clock() -> FakeClock:
    """10:00 on a Friday in Shanghai."""
    return FakeClock(START)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of a database with all tables and no rows: on SQLite a file to copy, on PostgreSQL the database itself."""
    if url := os.environ.get(VARIABLE):
        database = Database(url)
        METADATA.create_all(database.engine)
        _stamp(database)
        database.dispose()
        return url
    path = tmp_path_factory.mktemp("database") / "empty.sqlite3"
    database = Database(f"sqlite:///{path}")
    METADATA.create_all(database.engine)
    _stamp(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return f"sqlite:///{path}"


def _stamp(database: Database) -> None:
    """Write down that the schema is this program's, as migrations would have done."""
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": schema.head()})


@pytest.fixture(scope="session")
def press() -> Iterator[Press]:
    """What the applications of this process have in common."""
    made = Press()
    yield made
    made.close()


@pytest.fixture(scope="session")
def database_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the database of the test that runs is: in memory if there is room, for the product waits for the disk."""
    memory = room_in_memory(DATABASE_ROOM)
    if memory is None:
        yield tmp_path_factory.mktemp("database")
        return
    with tempfile.TemporaryDirectory(prefix="dangke-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def database_url(empty_database: str, database_folder: Path) -> Iterator[str]:
    """URL of a database with all tables and no rows, for this test alone."""
    if empty_database.startswith("postgresql"):
        yield empty_database
        _empty(empty_database)
        return
    for left in database_folder.iterdir():
        left.unlink()
    copied = database_folder / "test.sqlite3"
    shutil.copy(empty_database.removeprefix("sqlite:///"), copied)
    yield f"sqlite:///{copied}"


def _empty(url: str) -> None:
    """Take all rows out again and begin the ids anew, in one message; for small tables that is quicker than truncating."""
    tables = ["SET session_replication_role = replica"]
    tables += [f'DELETE FROM "{table.name}"' for table in METADATA.sorted_tables]
    # As on SQLite, whose tests begin with a fresh file: what a test sees does not depend on those before it.
    tables += [
        "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
    ]
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(";".join(tables).encode())


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a test installation."""
    return load_settings(
        env="test", secret=SECRET, database_url=database_url, public_url="http://127.0.0.1", data_dir=tmp_path / "data"
    )


@pytest.fixture
def more_routes() -> Callable[[Flask], None] | None:
    """What adds the test's own routes to the application; a folder of tests may override it."""
    return None


@pytest.fixture
def app(
    settings: Settings, clock: FakeClock, press: Press, more_routes: Callable[[Flask], None] | None
) -> Iterator[Flask]:
    """The application on the test database."""
    logs.configure("ERROR")
    application = press.application(settings, clock, more_routes)
    application.config["PROPAGATE_SURPRISES"] = True
    yield application
    runtime: Runtime = application.extensions["dangke"]
    runtime.database.dispose()


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    """The application's runtime: settings, database, clock, keys, renderer."""
    found: Runtime = app.extensions["dangke"]
    return found


@pytest.fixture
def database(runtime: Runtime) -> Database:
    """The test database."""
    return runtime.database


@pytest.fixture
def school(app: Flask) -> School:
    """A school with two courses, a second school, and the persons of every permission test."""
    return School(app)
