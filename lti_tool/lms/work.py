"""What a job of the worker works with: the runtime, and the way to the LMSs."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from lti_tool.core import jobs
from lti_tool.core.http import Limits
from lti_tool.core.web import Runtime
from lti_tool.lms.connector import Connector

READING = Limits(connect_seconds=3.0, read_seconds=30.0, total_seconds=60.0, body_bytes=16_000_000)
"""For jobs that read long lists: an LMS may put a course of 20,000 into one answer, and need a while for it."""

READ_ROSTER: Final = "roster.read"
"""The job that reads a course's roster; whoever asks for it need not know who does it."""


def roster_key(context_id: int) -> str:
    """The key of that job for one course."""
    return f"context:{context_id}"


@dataclass(frozen=True, slots=True)
class Work:
    """The tools of one worker, handed to `JobKind.run`. Safe with threads."""

    runtime: Runtime
    connector: Connector
    stop: threading.Event
    """Set when the worker shall end: a long job leaves off at the next row and returns `now`."""

    def renew(self, taken: jobs.Taken, lease: timedelta) -> bool:
        """Keep the job for another while; False: it is no longer ours, so leave off. A transaction of its own."""
        with self.runtime.database.writing_core() as connection:
            return jobs.renew(connection, taken, self.runtime.clock.now() + lease)
