"""A database as one file and back: SQLite by its online backup, PostgreSQL by pg_dump and pg_restore.

Both see one moment of a database that is in use, and hold up nobody who writes.
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg import pq
from sqlalchemy import Connection, create_engine, func, inspect, select, table, text
from sqlalchemy.engine import URL

from lti_tool.cli.opening import Fault
from lti_tool.core.database import Database
from lti_tool.media.models import File

_OURS = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands in the database file."""

    revision: str | None
    counts: dict[str, int]
    uploads: list[str]
    """SHA-256 of the files that it names."""


def dump(database: Database, target: Path) -> Seen:
    """Write the database into the new file `target`. Raises Fault."""
    return _dump_sqlite(database, target) if database.is_sqlite else _dump_postgresql(database, target)


def load(database: Database, source: Path) -> Seen:
    """Fill the empty database from such a file, all or nothing. Raises Fault."""
    return _load_sqlite(database, source) if database.is_sqlite else _load_postgresql(database, source)


def is_empty(database: Database) -> bool:
    """Whether nothing would be lost if it were filled."""
    if database.is_sqlite:
        path = Path(database.url.database or "")
        if not path.exists() or path.stat().st_size == 0:
            return True
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    with database.engine.connect() as connection:
        return not connection.execute(text(_OURS)).scalar_one()


def see(connection: Connection) -> Seen:
    """Revision, rows by table and named uploads of a database of any revision."""
    names = inspect(connection).get_table_names()
    counts = {
        name: connection.execute(select(func.count()).select_from(table(name))).scalar_one() for name in sorted(names)
    }
    revision = counts.pop("alembic_version", 0)
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if revision else None
    uploads: list[str] = []
    if File.__tablename__ in counts:
        uploads = list(connection.scalars(select(File.sha256).distinct().order_by(File.sha256)))
    return Seen(found, counts, uploads)


def _dump_sqlite(database: Database, target: Path) -> Seen:
    path = Path(database.url.database or "")
    if not path.exists():
        raise Fault(f"There is no database {path}. Check DANGKE_DATABASE_URL.")
    try:
        with (
            contextlib.closing(sqlite3.connect(path, timeout=30)) as theirs,
            contextlib.closing(sqlite3.connect(target)) as ours,
        ):
            # All pages in one step: one reading transaction, which writers in WAL mode do not wait for. Step by step it
            # would begin anew with every commit of another process.
            theirs.backup(ours, pages=-1)
            ours.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            faults = [row[0] for row in ours.execute("PRAGMA integrity_check(1)") if row[0] != "ok"]
    except sqlite3.Error as error:
        raise Fault(f"The database could not be copied: {error}.") from None
    if faults:
        raise Fault(
            f"The database {path} is damaged ({faults[0]}). Nothing was backed up; restore the last good backup."
        )
    return _see_file(target)


def _load_sqlite(database: Database, source: Path) -> Seen:
    """`source` is a file of ours: it is moved to where the database belongs."""
    path = Path(database.url.database or "")
    seen = _see_file(source)
    for left in ("-wal", "-shm"):  # of the empty file that may have been there
        path.with_name(path.name + left).unlink(missing_ok=True)
    try:
        shutil.move(source, path)
    except OSError as error:
        raise Fault(f"The database could not be written to {path}: {error.strerror}.") from None
    return seen


def _see_file(path: Path) -> Seen:
    engine = create_engine(URL.create("sqlite", database=str(path)))
    try:
        with engine.connect() as connection:
            return see(connection)
    finally:
        engine.dispose()


def _dump_postgresql(database: Database, target: Path) -> Seen:
    with _snapshot(database) as (connection, snapshot):
        seen = see(connection)
        _run("pg_dump", database.url, "--format=custom", f"--snapshot={snapshot}", f"--file={target}")
    return seen


@contextlib.contextmanager
def _snapshot(database: Database) -> Iterator[tuple[Connection, str]]:
    """One moment of the database, to be seen from other connections as well while this one is open."""
    with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        yield connection, connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()


def _load_postgresql(database: Database, source: Path) -> Seen:
    # An empty --dbname: the name comes from the environment, like everything else.
    _run("pg_restore", database.url, "--exit-on-error", "--single-transaction", "--dbname=", str(source))
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
        return see(connection)


def _run(name: str, url: URL, *arguments: str) -> None:
    """Run one of PostgreSQL's programs. Raises Fault: it is not there, or it failed."""
    program = shutil.which(name)
    if program is None:
        raise Fault(
            f"{name} is not on this machine. Install PostgreSQL's client programs (`apt install postgresql-client`), "
            "at least as new as the server, and run the command again."
        )
    done = subprocess.run(
        [program, "--no-owner", "--no-privileges", "--no-password", *arguments],
        env={**_without_libpq(os.environ), **environment(url)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise Fault(f"{name} failed: {words[-1]}")


def _without_libpq(given: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would lead PostgreSQL's programs to another database."""
    return {name: value for name, value in given.items() if not name.startswith("PG")}


def environment(url: URL) -> dict[str, str]:
    """How PostgreSQL's programs reach the database: by variables, because every user may read a command line.

    Raises Fault for an option that has no variable.
    """
    given: dict[str, str] = {
        "host": url.host or "",
        "port": str(url.port or ""),
        "user": url.username or "",
        "password": str(url.password or ""),
        "dbname": url.database or "",
        **{name: value if isinstance(value, str) else ",".join(value) for name, value in url.query.items()},
    }
    known = {option.keyword.decode(): option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}
    if unknown := sorted(name for name, value in given.items() if value and name not in known):
        raise Fault(f"DANGKE_DATABASE_URL has options that pg_dump cannot be given: {', '.join(unknown)}.")
    return {known[name]: value for name, value in given.items() if value}
