"""Two transactions that meet: on PostgreSQL both are open at once; on SQLite the second waits for the writer's lock."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from lti_tool.core.database import Database

T = TypeVar("T")


def meeting(database: Database, first: Callable[[Session], Any], second: Callable[[], T]) -> T:
    """Do `first` in a transaction, begin `second` in a thread before that one commits; what `second` returns.

    `second` gets a second to finish, which it does not if it waits for `first` as it should.
    """
    found: list[T] = []
    other = threading.Thread(target=lambda: found.append(second()))
    with database.writing() as session:
        first(session)
        session.flush()
        other.start()
        other.join(timeout=1)
    other.join(timeout=30)
    assert found, "the second transaction has failed"
    return found[0]
