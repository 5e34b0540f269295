"""The erasure itself, in slices: each a transaction of its own, so that it may be killed at any instruction and go on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select, update

from lti_tool.core.jobs import JobKind, Taken
from lti_tool.core.web import Runtime
from lti_tool.identity import keeper as identity
from lti_tool.identity.keeping import Erasing, Person
from lti_tool.lms.work import Work
from lti_tool.portability import services
from lti_tool.portability.models import Erasure

AT_ONCE: Final = 500
"""Rows in one transaction."""
LAST_LOOK: Final = timedelta(minutes=5)
"""After this nothing of a request that was on its way when the name went can still arrive."""
LEASE: Final = timedelta(minutes=5)


def no_more(_connection: Connection) -> None:
    """`also` of somebody who has nothing to add."""


def start(
    runtime: Runtime,
    person: Person,
    *,
    keeps_posts: bool = False,
    leaves_trail: bool = True,
    also: Callable[[Connection], None] = no_more,
) -> None:
    """End the sessions, then take the name away and ask the worker for the rest. Raises NotFound: erased already.

    `also` is written in the transaction in which the name goes.
    """
    database = runtime.database
    while True:
        with database.shredding_core() as connection:
            if not identity.end_sessions(connection, person.member_id, limit=AT_ONCE):
                break
    with database.shredding_core() as connection:
        services.begin(
            connection,
            runtime.keys,
            runtime.keepers,
            person,
            runtime.clock.now(),
            keeps_posts=keeps_posts,
            leaves_trail=leaves_trail,
        )
        also(connection)


def go_on(runtime: Runtime, member_id: int, may_go_on: Callable[[], bool]) -> datetime | None:
    """Erase what is there; when to look again, None: all is done. Whatever was done before is not done again.

    `may_go_on` is asked before each slice; when it says no, the rest is for whoever comes next.
    """
    now = runtime.clock.now()
    with runtime.database.reading_core() as connection:
        row = connection.execute(
            select(Erasure).where(Erasure.member_id == member_id, Erasure.begun_at.is_not(None))
        ).first()
    if row is None:
        return None
    erasing = Erasing(member_id, now, keeps_posts=row.keeps_posts, leaves_trail=row.leaves_trail)
    touched = 0
    for keeper in runtime.keepers:
        while True:
            if not may_go_on():
                return now
            with runtime.database.shredding_core() as connection:
                done = keeper.erase(connection, erasing, AT_ONCE)
            touched += done
            if not done:
                break
    is_done = row.emptied_at is not None and not touched
    with runtime.database.writing_core() as connection:
        own = Erasure.id == row.id
        if is_done:
            connection.execute(delete(Erasure).where(own))
        else:
            connection.execute(update(Erasure).where(own).values(emptied_at=now))
    runtime.database.fold_log()
    return None if is_done else now + LAST_LOOK


def _run(work: Work, taken: Taken) -> datetime | None:
    clock = work.runtime.clock
    renew_at = clock.now() + LEASE / 2

    def may_go_on() -> bool:
        nonlocal renew_at
        if work.stop.is_set():
            return False
        if clock.now() < renew_at:
            return True
        renew_at = clock.now() + LEASE / 2
        return work.renew(taken, LEASE)

    return go_on(work.runtime, int(taken.payload["member"]), may_go_on)


JOB = JobKind(services.JOB, _run, LEASE)
