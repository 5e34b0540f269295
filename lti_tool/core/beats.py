"""Signs of life of the workers: each process has a row and says every few seconds when each of its loops last came round.

So a worker that hangs is seen from outside, by /metrics, `dangke doctor` and its own /readyz, and not by its silence alone.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, UtcDateTime

BEAT_EVERY = timedelta(seconds=15)
SILENT_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(hours=1)
"""A worker that was killed says no farewell; its row goes after that."""

LIMITS: Mapping[str, timedelta] = {
    "sweeps": timedelta(minutes=2),
    "drain": timedelta(minutes=2),
    "columns": timedelta(minutes=15),
    "jobs": timedelta(minutes=30),
}
"""How long one turn of a loop may take before the worker counts as stuck."""


class WorkerBeat(Base):
    """One worker process."""

    __tablename__ = "worker_beat"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    turns: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """Seconds since 1970 at which each loop last came round, by its name (`drain`, `jobs-1`)."""


class Health(StrEnum):
    """How a worker is."""

    alive = "alive"
    stuck = "stuck"
    """It beats, but one of its loops does not come round."""
    silent = "silent"
    """It neither beats nor has it said farewell."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A worker as its row shows it."""

    id: int
    health: Health
    ages: dict[str, float]
    """Seconds since each loop last came round."""

    @property
    def stuck(self) -> list[str]:
        """The loops that do not come round."""
        return sorted(name for name, age in self.ages.items() if age > limit_of(name).total_seconds())


def limit_of(loop: str) -> timedelta:
    """How long a turn of the loop may take."""
    return LIMITS[loop.partition("-")[0]]


class Pulse:
    """The loops of this process. Safe with threads."""

    def __init__(self) -> None:
        self._turns: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._id: int | None = None
        self._started_at: datetime | None = None
        self._beat_at: datetime | None = None

    def turn(self, loop: str, now: datetime) -> None:
        """The loop comes round."""
        with self._lock:
            self._turns[loop] = now

    def stuck(self, now: datetime) -> list[str]:
        """The loops of this process that do not come round."""
        with self._lock:
            return sorted(name for name, at in self._turns.items() if now - at > limit_of(name))

    def is_due(self, now: datetime) -> bool:
        """Whether it is time for a beat; asked again it says no for a while, whether or not the beat was written."""
        if self._beat_at is not None and now - self._beat_at < BEAT_EVERY:
            return False
        self._beat_at = now
        return True

    def beat(self, connection: Connection, now: datetime) -> None:
        """Say that this worker lives. One statement, two the first time."""
        with self._lock:
            turns = {name: at.timestamp() for name, at in self._turns.items()}
        values = {"seen_at": now, "turns": turns}
        again = update(WorkerBeat).where(WorkerBeat.id == self._id).values(**values)
        if self._id is not None and connection.execute(again).rowcount:
            return
        self._started_at = self._started_at or now
        row = insert(WorkerBeat).values(started_at=self._started_at, **values).returning(WorkerBeat.id)
        self._id = connection.execute(row).scalar_one()

    def farewell(self, connection: Connection) -> None:
        """This worker ends in order."""
        connection.execute(delete(WorkerBeat).where(WorkerBeat.id == self._id))


def seen(connection: Connection, now: datetime) -> list[Seen]:
    """The workers of the last hour. One statement."""
    rows = connection.execute(
        select(WorkerBeat.id, WorkerBeat.seen_at, WorkerBeat.turns)
        .where(WorkerBeat.seen_at > now - FORGOTTEN_AFTER)
        .order_by(WorkerBeat.id)
    )
    return [judged(row.id, row.seen_at, row.turns, now) for row in rows]


def judged(number: int, seen_at: datetime, turns: Mapping[str, float], now: datetime) -> Seen:
    """How a worker is, by its row."""
    ages = {name: now.timestamp() - at for name, at in turns.items()}
    found = Seen(number, Health.alive, ages)
    if now - seen_at > SILENT_AFTER:
        return Seen(number, Health.silent, ages)
    return Seen(number, Health.stuck, ages) if found.stuck else found


def counts(workers: Iterable[Seen]) -> dict[Health, int]:
    """How many are how."""
    found = dict.fromkeys(Health, 0)
    for each in workers:
        found[each.health] += 1
    return found
