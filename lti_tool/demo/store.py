"""The demo LMS's database: one SQLite file (WAL), short transactions, and nothing above SQL.

`synchronous=NORMAL`: what was committed survives a killed process (a power cut is no case of a demo).
"""

import queue
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lti_tool.demo.schema import SCHEMA


def stamp(moment: datetime) -> str:
    """UTC ISO 8601 with microseconds: a text whose order is the order in time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class Store:
    """A pool of connections to one database file; any number of threads may use it.

    `reading()` gives a connection in autocommit; `writing()` one inside `BEGIN IMMEDIATE`, committed on a clean
    exit and rolled back on an exception. Writers queue on a lock of the process first, so that they do not poll.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._writer = threading.Lock()
        weakref.finalize(self, _close, self._idle)
        with self._connection() as connection:
            connection.executescript(SCHEMA)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with self._writer, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connections that nobody uses."""
        _close(self._idle)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        try:
            yield connection
        finally:
            self._idle.put(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=10, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection


def read_setting(connection: sqlite3.Connection, name: str) -> str | None:
    """The stored value of a setting, or None."""
    row = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["value"])


def write_setting(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Store a setting, replacing what it was."""
    connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))


def _close(connections: "queue.LifoQueue[sqlite3.Connection]") -> None:
    while not connections.empty():
        connections.get_nowait().close()
