"""The job that goes on, slice by slice, where one transaction had to stop.

A column has come or gone, people are back, an LMS answers again, somebody wants everything sent again. Each slice writes down
how far the job is in its own transaction, so that a worker that was killed loses no slice and does none twice.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from lti_tool.core import jobs
from lti_tool.core.jobs import JobKind, Taken
from lti_tool.core.slices import Slices
from lti_tool.ledger.services import REST, leave_more, requeue_more, requeue_returned
from lti_tool.lms.work import Work
from lti_tool.passback import outbox, services
from lti_tool.passback.wishes import What

LEASE: Final = timedelta(minutes=1)
"""Grades wait for it when a worker was killed over its slices, so no longer than `IN_ONE_GO` of them may take."""
IN_ONE_GO: Final = 10
"""Slices between two looks at the lease."""

Slice = Callable[[Connection, int, datetime, int, Mapping[str, Any]], int | None]


def _settle(connection: Connection, of_id: int, now: datetime, after: int, payload: Mapping[str, Any]) -> int | None:
    return outbox.settle_more(connection, of_id, now, after, payload.get("cause", ""))


def _again(what: What) -> Slice:
    return lambda connection, of_id, now, after, payload: services.send_more(
        connection, of_id, now, after, what=what, act_id=payload["act"]
    )


def _plain(more: Callable[[Connection, int, datetime, int], int | None]) -> Slice:
    return lambda connection, of_id, now, after, _payload: more(connection, of_id, now, after)


SLICES: Final[Mapping[str, Slice]] = MappingProxyType(
    {
        "column": _plain(requeue_more),
        "same_column": _plain(partial(requeue_more, is_new=False)),
        "others": _plain(leave_more),
        "settle": _settle,
        "waiting": _plain(outbox.due_more),
        "returned": _plain(requeue_returned),
        **{f"again.{what}": _again(what) for what in What},
    }
)
"""What can be left over, by the word in the job's payload: does the next slice, and says where to go on."""


class _NotOurs(Exception):
    """Another worker has the job by now, or somebody has asked anew."""


def go_on(work: Work, taken: Taken) -> datetime | None:
    """Do the rest; a worker that has to stop leaves it to the next one."""
    slices = Slices(work.runtime.database, work.stop)
    payload = dict(taken.payload)
    while payload["after"] is not None:
        for _ in range(IN_ONE_GO):
            if work.stop.is_set():
                return work.runtime.clock.now()
            try:
                payload["after"] = slices.write(partial(_next, taken, dict(payload), work.runtime.clock.now()))
            except _NotOurs:
                return None
            if payload["after"] is None:
                return None
        if not work.renew(taken, LEASE):
            return None
    return None


def _next(taken: Taken, payload: dict[str, Any], now: datetime, connection: Connection) -> int | None:
    after = SLICES[payload["what"]](connection, payload["id"], now, payload["after"], payload)
    if not jobs.proceed(connection, taken, payload | {"after": after}):
        raise _NotOurs
    return after


JOBS: Final = (JobKind(REST, go_on, lease=LEASE),)
