"""A database that has no room left, until the context ends."""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import event

from lti_tool.core.database import Database

GUARDED = ("answer", "attempt", "post", "thread", "score_post", "tenant")


@contextlib.contextmanager
def no_room(database: Database) -> Iterator[None]:
    """No room until the context ends.

    On SQLite the file may not grow (what fits into half-empty pages is still saved); on PostgreSQL every write of answers,
    posts and scores meets the error of a full disk.
    """
    with _quota(database) if database.is_sqlite else _triggers(database):
        yield


@contextlib.contextmanager
def _quota(database: Database) -> Iterator[None]:
    def limit(driver: Any, *_: object) -> None:
        driver.execute(
            "PRAGMA max_page_count = 1"
        )  # each connection has its own; what is there already counts as allowed

    event.listen(database.engine, "checkout", limit)
    yield
    event.remove(database.engine, "checkout", limit)
    database.engine.dispose()


@contextlib.contextmanager
def _triggers(database: Database) -> Iterator[None]:
    url = database.url.render_as_string(hide_password=False).replace("+psycopg", "", 1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        for name in GUARDED:
            connection.execute(
                f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {name} EXECUTE FUNCTION no_room()".encode()
            )
        try:
            yield
        finally:
            connection.execute("DROP FUNCTION no_room CASCADE")
