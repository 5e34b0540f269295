"""Keeps all writers of a database waiting from outside, so that a request is known to be between arrival and answer."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

import psycopg


@contextlib.contextmanager
def writers_held(database_url: str) -> Iterator[None]:
    """While this holds nothing is saved; well under the 5 s after which the tool would answer 503."""
    if database_url.startswith("sqlite"):
        lock = Path(database_url.removeprefix("sqlite:///") + ".write")
        with lock.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with psycopg.connect(database_url.replace("+psycopg", "", 1)) as connection:
        connection.execute("LOCK TABLE attempt, answer, thread, post IN SHARE MODE")
        yield
        connection.rollback()
