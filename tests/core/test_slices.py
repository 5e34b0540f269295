import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select

from lti_tool.core.database import Database
from lti_tool.core.slices import LONGEST_PAUSE, Slices
from lti_tool.identity.models import Tenant


class Recorder(threading.Event):
    """An end that does not come; it writes down what happens, and what is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.seen.append("pause")
        self.waits.append(timeout)
        return super().wait(timeout)


def test_threads_write_one_slice_at_a_time_and_leave_room_after_each(database: Database) -> None:
    end = Recorder()
    slices = Slices(database, end)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: slices.write(lambda _: end.seen.append("write")), range(12)))
    assert end.seen == (["write", "pause"] if database.is_sqlite else ["write"]) * 12
    assert all(0 < each <= LONGEST_PAUSE for each in end.waits)


def test_slice_is_a_transaction_that_gives_its_result(database: Database) -> None:
    slices = Slices(database, threading.Event())
    made = insert(Tenant).values(name="kept").returning(Tenant.name)
    assert slices.write(lambda connection: connection.execute(made).scalar_one()) == "kept"
    with database.reading_core() as connection:
        assert connection.scalar(select(Tenant.name)) == "kept"


def test_slice_that_fails_lets_the_next_one_write(database: Database) -> None:
    slices = Slices(database, threading.Event())
    with pytest.raises(ZeroDivisionError):
        slices.write(lambda _: 1 // 0)
    assert slices.write(lambda _: 1) == 1
