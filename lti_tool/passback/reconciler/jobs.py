"""When gradebooks are read back: each column at its own time of the night, and at once when somebody asks."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from lti_tool.core import jobs
from lti_tool.core.database import Database
from lti_tool.core.jobs import JobKind, Taken
from lti_tool.ledger.models import Activity, LineItem
from lti_tool.lms.platform import find_platform
from lti_tool.lms.work import Work
from lti_tool.passback.reconciler import columns
from lti_tool.passback.reconciler.reading import Reader

PLAN, READ = "results.plan", "results.read"
PLAN_EVERY, LEASE = timedelta(hours=1), timedelta(minutes=10)
IN_ONE_GO = 64
"""Columns between two looks at the lease, the breaker, and what else has become due."""
PAUSE = timedelta(minutes=5)
"""When an LMS does not answer."""


def plan(work: Work, _taken: Taken) -> datetime | None:
    """Give new columns their time, and each LMS a job that comes when its first column is due."""
    database, now = work.runtime.database, work.runtime.clock.now()
    while not work.stop.is_set():
        with database.writing_core() as connection:
            found = columns.unplanned(connection)
            if found:
                columns.plan(connection, found, now)
        if len(found) < columns.AT_MOST:
            break
    with database.reading_core() as connection:
        planned = columns.planned(connection)
    for start in range(0, len(planned), columns.AT_MOST):
        with database.writing_core() as connection:
            for registration_id, moment in planned[start : start + columns.AT_MOST]:
                jobs.ask(connection, name=READ, key=_key(registration_id), due_at=moment)
    return None


def read(work: Work, taken: Taken) -> datetime | None:
    """Read the columns of one LMS that are due; when the next one is."""
    registration_id = int(taken.key.partition(":")[2])
    runtime, clock = work.runtime, work.runtime.clock
    with runtime.database.reading_core() as connection:
        platform = find_platform(connection, registration_id)
    if platform is None:
        return None
    reader = Reader(work, platform)
    while True:
        now = clock.now()
        with runtime.database.reading_core() as connection:
            found = columns.due(connection, registration_id, now, IN_ONE_GO)
            again_at = columns.next_due(connection, registration_id)
            closed_until = columns.breaker_until(connection, registration_id)
        if work.stop.is_set() or not found:
            return again_at
        if closed_until is not None and closed_until > now:
            return closed_until
        reader.read_all(found, runtime.settings.drain_concurrency)
        if reader.is_hopeless:
            return clock.now() + PAUSE
        if not work.renew(taken, LEASE):
            return None


def ask_for(database: Database, condition: Any, now: datetime) -> None:
    """Let the columns that meet a condition on LineItem be read at once. Opens its own transactions, slice by slice."""
    after: int | None = 0
    while after is not None:
        with database.writing_core() as connection:
            registrations, after = columns.want(connection, condition, now, after)
            for registration_id in registrations:
                jobs.ask(connection, name=READ, key=_key(registration_id), due_at=now)


def ask_for_activity(database: Database, activity_id: int, now: datetime) -> None:
    """The columns of an activity and of those below it."""
    ours = select(Activity.id).where(or_(Activity.id == activity_id, Activity.parent_id == activity_id))
    ask_for(database, LineItem.activity_id.in_(ours), now)


def _key(registration_id: int) -> str:
    return f"registration:{registration_id}"


JOBS = (JobKind(PLAN, plan, every=PLAN_EVERY), JobKind(READ, read, lease=LEASE))
