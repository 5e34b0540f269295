"""A worker's tools that reach the FakeGradebook, and reading everything back in one word."""

import threading
from collections.abc import Callable
from datetime import datetime

import pytest

from lti_tool.core import jobs as core_jobs
from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.ledger.models import LineItem
from lti_tool.lms.connector import Connector
from lti_tool.lms.work import Work
from lti_tool.passback.reconciler import jobs
from tests.school import School

ReadBack = Callable[[], datetime | None]


@pytest.fixture
def work(runtime: Runtime, connector: Connector) -> Work:
    return Work(runtime, connector, threading.Event())


@pytest.fixture
def run_job(work: Work, clock: FakeClock) -> ReadBack:
    """Do the job that is due, as a worker does; when it comes again."""
    kinds = {kind.name: kind for kind in jobs.JOBS}

    def run() -> datetime | None:
        with work.runtime.database.writing_core() as connection:
            taken = core_jobs.take(connection, kinds, clock.now())
        assert taken is not None
        again_at = kinds[taken.name].run(work, taken)
        with work.runtime.database.writing_core() as connection:
            core_jobs.finish(connection, taken, again_at=again_at)
        return again_at

    return run


@pytest.fixture
def read_back(run_job: ReadBack, school: School, clock: FakeClock) -> ReadBack:
    """Ask for every column and read those of the first LMS; when the job comes again."""

    def read() -> datetime | None:
        jobs.ask_for(school.database, LineItem.id > 0, clock.now())
        return run_job()

    return read
