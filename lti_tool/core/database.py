"""Two kinds of transactions, and the door says which.

`reading()` is deferred and must be closed before rendering. `writing()` takes, on SQLite, a process lock, then a file
lock, then BEGIN IMMEDIATE (at most 5 s, else `Busy`), commits on a clean exit and rolls back on an exception.
`*_core()` give a bare Connection for hot paths; a reading one begins with its first statement of SQLAlchemy's. SQLite runs with WAL and synchronous=FULL: what was acknowledged
survives a power cut. A reading transaction is never upgraded; nesting is refused.
"""

import contextlib
import contextvars
import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from psycopg.errors import DiskFull
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session

from lti_tool.core.errors import Invalid, NoRoom, Unavailable

WAIT_SECONDS = 5.0
MAPPED = 256 * 1024 * 1024
"""Bytes of an SQLite file that are read through the page cache of the system, which all processes share, without a call."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.0002, 0.002

_kind: contextvars.ContextVar[str | None] = contextvars.ContextVar("transaction_kind", default=None)


class Busy(Unavailable):
    """The writer's lock was not to be had in time. Nothing was saved."""


class Full(NoRoom, Busy):
    """The database's disk, or its quota, is full. Nothing was saved, and what was committed before stays."""


class NestedTransaction(RuntimeError):
    """A door opened a second transaction inside the first."""


def is_writing() -> bool:
    """Whether this thread is inside a writing transaction (nothing slow may happen then)."""
    return _kind.get() == "writing"


class _WriterLock:
    """One writer at a time on one SQLite file: threads by a process lock, processes by a file lock.

    Waiting here instead of in SQLite's busy handler keeps the tail short, because waiters are woken at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        if not self._threads.acquire(timeout=WAIT_SECONDS):
            raise Busy
        try:
            self._lock_file(deadline)
        except BaseException:
            self._threads.release()
            raise

    def _lock_file(self, deadline: float) -> None:
        if self._file is None:
            self._file = self._path.open("ab")
        pause = _FIRST_PAUSE
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy from None
                time.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
            else:
                return

    def release(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def forget(self) -> None:
        """After a fork: a lock must not be shared through an inherited file description."""
        self._threads = threading.Lock()
        self.close()

    def close(self) -> None:
        """Close the lock file; the next writer opens it again."""
        if self._file is not None:
            self._file.close()
        self._file = None


class Database:
    """One database and its two kinds of transactions."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._sqlite(pool_size) if self.is_sqlite else self._postgresql(pool_size)
        event.listen(self.engine, "handle_error", _refuse_unstorable)

    def _sqlite(self, pool_size: int) -> Engine:
        path = Path(self.url.database or "")
        if not self.url.database or self.url.database == ":memory:":
            raise ValueError("an SQLite database must be a file: several processes share it")
        self._lock = _WriterLock(path.with_name(path.name + ".write"))
        # The connection used last has its statements prepared and its pages at hand, so it is the first to be used again.
        engine = create_engine(
            self.url,
            pool_size=pool_size,
            pool_use_lifo=True,
            max_overflow=16,
            connect_args={"timeout": WAIT_SECONDS, "isolation_level": None, "check_same_thread": False},
        )
        event.listen(engine, "connect", _sqlite_pragmas)
        # Not by an event: one listener on an engine makes every statement look for listeners.
        engine.dialect.do_begin = _sqlite_begin  # type: ignore[assignment,method-assign]  # the place that a dialect has for it
        return engine

    def _postgresql(self, pool_size: int) -> Engine:
        # Servers may be restarted under us: a ping per checkout would cost a statement, so stale connections are
        # dropped when they fail and the door answers 503.
        return create_engine(self.url, pool_size=pool_size, pool_use_lifo=True, max_overflow=16, pool_recycle=1800)

    def reading_core(self) -> "_Reading":
        """A deferred reading transaction on a bare connection."""
        return _Reading(self.engine)

    @contextlib.contextmanager
    def writing_core(self) -> Iterator[Connection]:
        """A writing transaction on a bare connection; commits on a clean exit.

        Raises Busy (503) when the writer's lock is not had within 5 s.
        """
        with _entered("writing"), _translated(), self._writer(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def shredding_core(self) -> Iterator[Connection]:
        """The same, and what is deleted or changed in it is overwritten in an SQLite file instead of left in free space.

        PostgreSQL leaves it to its own vacuum.
        """
        with self.writing_core() as connection:
            if not self.is_sqlite:
                yield connection
                return
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("PRAGMA secure_delete=OFF")

    def fold_log(self) -> bool:
        """Fold SQLite's write-ahead log into the file and empty it, so that it holds no older pages; whether that went.

        It does not while somebody reads: then the log is overwritten by and by.
        """
        if not self.is_sqlite:
            return True
        with self._writer(), self.engine.connect() as connection:
            # Past SQLAlchemy, which would begin a transaction.
            cursor = connection.connection.cursor()
            try:
                busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                cursor.close()
        return not busy

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A deferred reading transaction with the ORM; objects are detached afterwards but keep their values."""
        with self.reading_core() as connection, Session(connection, expire_on_commit=False) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """A writing transaction with the ORM; flushes and commits on a clean exit."""
        with self.writing_core() as connection, Session(connection, expire_on_commit=False) as session:
            yield session
            session.flush()

    @contextlib.contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A connection for Alembic, which manages its own transactions; no other writer meanwhile.

        Foreign keys are off on SQLite while tables are rebuilt there, and checked afterwards.
        """
        with self._writer(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.detach()  # closed afterwards, so that nobody gets it without foreign keys
                # SQLite ignores this pragma inside a transaction, so it goes past SQLAlchemy, which would begin one.
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            yield connection
            connection.commit()
            if self.is_sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                connection.commit()
                if broken:
                    raise RuntimeError(f"{len(broken)} rows point nowhere after the migration")

    @contextlib.contextmanager
    def _writer(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def after_fork(self) -> None:
        """Drop what must not be shared with the parent process."""
        self.engine.dispose(close=False)
        if self.is_sqlite:
            self._lock.forget()

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()
        if self.is_sqlite:
            self._lock.close()


class _Reading:
    """`Database.reading_core`, as a class: every page goes through it, and generators cost as much as the transaction."""

    __slots__ = ("_connection", "_engine", "_token")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> Connection:
        if _kind.get() is not None:
            raise NestedTransaction(f"reading inside {_kind.get()}")
        self._token = _kind.set("reading")
        try:
            self._connection = self._engine.connect()
        except BaseException as error:
            _kind.reset(self._token)
            if isinstance(error, OperationalError):
                raise _refusal(error.orig) from error
            raise
        return self._connection

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            # Closing ends the transaction: nothing was written in it.
            self._connection.close()
        except OperationalError as failed:
            raise _refusal(failed.orig) from failed
        finally:
            _kind.reset(self._token)
        if isinstance(error, OperationalError):
            raise _refusal(error.orig) from error


@contextlib.contextmanager
def _entered(kind: str) -> Iterator[None]:
    if _kind.get() is not None:
        raise NestedTransaction(f"{kind} inside {_kind.get()}")
    token = _kind.set(kind)
    try:
        yield
    finally:
        _kind.reset(token)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        # Locked, disk full, connection lost: nothing was committed, and the user is told so.
        raise _refusal(error.orig) from error


_SHM_SIZE = 4874
"""SQLITE_IOERR_SHMSIZE: the index of the write-ahead log could not grow, for which Python has no name."""


def _refusal(error: BaseException | None) -> Busy:
    """What the user is told about a fault of the database."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        is_full = code & 0xFF == sqlite3.SQLITE_FULL or code == _SHM_SIZE
    else:
        is_full = isinstance(error, DiskFull)
    return Full() if is_full else Busy()


def _refuse_unstorable(context: ExceptionContext) -> None:
    """A value that no column can hold (a NUL in a text on PostgreSQL, a number beyond 64 bits) was typed by somebody."""
    if isinstance(context.sqlalchemy_exception, DataError) or isinstance(context.original_exception, OverflowError):
        raise Invalid from None


def _sqlite_pragmas(connection: Any, _record: object) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        f"mmap_size={MAPPED}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Any) -> None:
    """Begin on the driver's own connection: through SQLAlchemy it would cost as much as a query, and every request pays for it."""
    try:
        connection.dbapi_connection.execute("BEGIN IMMEDIATE" if is_writing() else "BEGIN")
    except sqlite3.OperationalError as error:
        raise _refusal(error) from error
