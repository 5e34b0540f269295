"""What is kept for a while only, and the job that takes it away. Rooms export their rules, `app` hands them to the job.

docs/retention.md says the same in words; a test compares them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, inspect, select

from lti_tool.core.beats import FORGOTTEN_AFTER, WorkerBeat
from lti_tool.core.columns import Base
from lti_tool.core.config import Settings
from lti_tool.core.jobs import JobKind, Taken
from lti_tool.core.web import Runtime

NAME = "core.retention"
EVERY = timedelta(minutes=10)
SLICE, SLICES = 500, 20
"""Rows taken away in one transaction, and transactions for one table in one run: what is left comes in the next."""


@dataclass(frozen=True, slots=True)
class Retention:
    """The rows of one table that go."""

    table: type[Base]
    past: Callable[[datetime], ColumnElement[bool]]
    """Which rows nobody needs, given the moment before which they ended or happened."""
    setting: str | None
    """The setting that says how long they are kept, in days or hours as its name says; 0 days: for good.

    None: `fixed`.
    """
    fixed: timedelta = timedelta(0)

    def kept(self, settings: Settings) -> timedelta | None:
        """How long they are kept; None: for good."""
        if self.setting is None:
            return self.fixed
        number = int(getattr(settings, self.setting))
        if self.setting.endswith("_hours"):
            return timedelta(hours=number)
        return timedelta(days=number) if number else None


BEATS = Retention(WorkerBeat, lambda before: WorkerBeat.seen_at < before, None, FORGOTTEN_AFTER)


def job(rules: Sequence[Retention]) -> JobKind:
    """The job that applies these rules."""

    def run(work: Any, _taken: Taken) -> datetime | None:
        return _run(rules, work.runtime, work.stop.is_set)

    return JobKind(NAME, run, every=EVERY)


def _run(rules: Sequence[Retention], runtime: Runtime, is_stopped: Callable[[], bool]) -> datetime | None:
    """Returns now if something is left over."""
    now = runtime.clock.now()
    is_more = False
    for rule in rules:
        kept = rule.kept(runtime.settings)
        if kept is not None and not is_stopped():
            is_more |= not clear(rule, runtime, now - kept, is_stopped)
    return now if is_more and not is_stopped() else None


def clear(rule: Retention, runtime: Runtime, before: datetime, is_stopped: Callable[[], bool] = lambda: False) -> bool:
    """Take the rows away, a few at a time: whoever waits for the writer's lock shall not notice. Whether none is left."""
    key = inspect(rule.table).primary_key[0]
    old = select(key).where(rule.past(before)).limit(SLICE)
    for _ in range(SLICES):
        with runtime.database.reading_core() as connection:
            if connection.execute(old.limit(1)).first() is None:
                return True
        with runtime.database.writing_core() as connection:
            connection.execute(delete(rule.table).where(key.in_(old)))
        if is_stopped():
            return False
    return False
