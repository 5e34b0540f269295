"""How long a list of 20,000 members takes from an LMS that needs 200 ms for each page of 100, and what autosaves feel of it.

`dangke serve` reads it as it always does, a job of its worker, beside 200 autosaves a second in open load; 18,000 of the people
are new. The time is that from the wish to the moment at which all of them are in the course.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from benchmarks.data import COURSE, School
from benchmarks.measure import Side
from benchmarks.openloop import Latencies, open_loop
from lti_tool.core.web import Runtime
from lti_tool.demo.seed import ENROLMENTS
from lti_tool.identity.models import Context, Enrolment
from lti_tool.roster.models import RosterSync, SyncState
from lti_tool.roster.reading import ask
from tests.lms_client import LmsDriver

MEMBERS, PAGE, PAGE_SECONDS = 20_000, 100, 0.2
IDEAL_SECONDS = MEMBERS / PAGE * PAGE_SECONDS
PER_SECOND = 200
PATIENCE_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Read:
    """Seconds until the roster was in the course, and the autosaves of that time."""

    seconds: float
    autosaves: Latencies


def roster_read(runtime: Runtime, driver: LmsDriver, school: School, saves: Side) -> Read:
    """Read the course's roster under load. Raises AssertionError unless everybody is in the course then."""
    driver.control("POST", "members", {"course": COURSE, "count": MEMBERS - len(ENROLMENTS[0])})
    driver.roster(page=PAGE)
    driver.behave()
    driver.fault("memberships", "pace", delay_ms=PAGE_SECONDS * 1000)
    found: list[Latencies] = []
    over = threading.Event()
    load = threading.Thread(
        target=lambda: found.append(open_loop(saves, per_second=PER_SECOND, seconds=PATIENCE_SECONDS, over=over))
    )
    load.start()
    try:
        began, asked = time.perf_counter(), runtime.clock.now()
        with runtime.database.writing_core() as connection:
            connection.execute(
                update(Context)
                .where(Context.id == school.context_id)
                .values(memberships_url=f"{driver.base_url}/lti/nrps/{COURSE}/memberships")
            )
            ask(connection, school.context_id, asked)
        while (state := _state(runtime, school.context_id, asked)) is not SyncState.done:
            assert state is not SyncState.failed
            assert time.perf_counter() - began < PATIENCE_SECONDS
            time.sleep(0.1)
        seconds = time.perf_counter() - began
    finally:
        over.set()
        load.join()
    with runtime.database.reading_core() as connection:
        enrolled = connection.scalar(
            select(func.count()).where(Enrolment.context_id == school.context_id, Enrolment.is_active)
        )
    assert enrolled == MEMBERS, enrolled
    driver.behave()
    driver.roster()
    return Read(seconds, found[0])


def _state(runtime: Runtime, context_id: int, asked: datetime) -> SyncState | None:
    """How far the reading is that was asked for then; a worker may have read the roster before."""
    ours = select(RosterSync.state).where(RosterSync.context_id == context_id, RosterSync.started_at >= asked)
    with runtime.database.reading_core() as connection:
        state: SyncState | None = connection.scalar(ours)
    return state
