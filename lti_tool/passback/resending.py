"""The job that makes scores due again, slice by slice, where there are more than one transaction may hold."""

from datetime import datetime, timedelta
from functools import partial

from lti_tool.core.jobs import JobKind, Taken
from lti_tool.core.slices import Slices
from lti_tool.lms.work import Work
from lti_tool.passback import services

LEASE = timedelta(minutes=5)
IN_ONE_GO = 20
"""Slices between two looks at the lease."""


def resend(work: Work, taken: Taken) -> datetime | None:
    """Do the rest of a wish; a worker that has to stop leaves it to the next one."""
    clock, slices = work.runtime.clock, Slices(work.runtime.database, work.stop)
    wish = services.Wish.read(taken.payload)
    after: int | None = 0
    while after is not None:
        for _ in range(IN_ONE_GO):
            if work.stop.is_set():
                return clock.now()
            after = slices.write(partial(services.send_more, wish=wish, now=clock.now(), after=after))
            if after is None:
                return None
        if not work.renew(taken, LEASE):
            return None
    return None


JOBS = (JobKind(services.RESEND, resend, lease=LEASE),)
