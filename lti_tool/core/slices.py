"""Work that writes more than one transaction may: slice after slice, with room between them for everybody else."""

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection

from lti_tool.core.database import Database

LONGEST_PAUSE: Final = 0.25
"""Seconds between two slices, at most."""

T = TypeVar("T")


class Slices:
    """The slices of one piece of work, whichever of its threads they come from. Safe with threads.

    One is written at a time, and on SQLite, where one writes at a time at all, then nobody for as long: members hand in
    answers meanwhile. PostgreSQL lets them write beside it.
    """

    def __init__(self, database: Database, stop: threading.Event) -> None:
        self._database, self._stop = database, stop
        self._turn = threading.Lock()

    def write(self, change: Callable[[Connection], T]) -> T:
        """One short transaction, and the pause after it; none when the worker ends."""
        with self._turn:
            began = time.monotonic()
            with self._database.writing_core() as connection:
                done = change(connection)
            if self._database.is_sqlite:
                self._stop.wait(min(time.monotonic() - began, LONGEST_PAUSE))
        return done
