"""How many rows each transaction writes, whichever thread it is of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def rows_written(engine: Engine) -> Iterator[list[int]]:
    """Rows by transaction, from now on; the last is the one under way. For work that opens one transaction at a time."""
    sizes = [0]
    before: dict[int, int | None] = {}

    def begin(connection: Any) -> None:
        driver = connection.connection.driver_connection
        before[id(driver)] = getattr(driver, "total_changes", None)

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        driver = connection.connection.driver_connection
        was = before.get(id(driver))
        if was is not None:  # SQLite says how many rows, also of statements that return them
            sizes[-1] = driver.total_changes - was
        elif statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            sizes[-1] += max(cursor.rowcount, 0)

    def end(_connection: Any) -> None:
        sizes.append(0)

    heard: dict[str, Callable[..., Any]] = {"begin": begin, "after_cursor_execute": count, "commit": end}
    for name, listener in heard.items():
        event.listen(engine, name, listener)
    try:
        yield sizes
    finally:
        for name, listener in heard.items():
            event.remove(engine, name, listener)
