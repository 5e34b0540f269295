"""The job that makes scores due again, slice by slice, where there are more than one transaction may hold."""

from datetime import datetime, timedelta

from lti_tool.core.jobs import JobKind, Taken
from lti_tool.lms.work import Work
from lti_tool.passback import services

LEASE = timedelta(minutes=5)
IN_ONE_GO = 20
"""Slices between two looks at the lease."""


def resend(work: Work, taken: Taken) -> datetime | None:
    """Do the rest of a wish; a worker that has to stop leaves it to the next one."""
    database, clock = work.runtime.database, work.runtime.clock
    wish = services.Wish.read(taken.payload)
    after: int | None = 0
    while after is not None:
        for _ in range(IN_ONE_GO):
            if work.stop.is_set():
                return clock.now()
            with database.writing_core() as connection:
                after = services.send_more(connection, wish, clock.now(), after)
            if after is None:
                return None
        if not work.renew(taken, LEASE):
            return None
    return None


JOBS = (JobKind(services.RESEND, resend, lease=LEASE),)
