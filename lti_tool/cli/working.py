"""Commands that do at once, here, what a worker would do later."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy import Connection, select

from lti_tool.cli import opening
from lti_tool.cli.opening import Fault
from lti_tool.core import jobs
from lti_tool.core.jobs import JobKind
from lti_tool.core.web import Runtime
from lti_tool.identity.models import Registration

PATIENCE_SECONDS: Final = 60.0
"""For what other workers have taken: longer than any list takes, shorter than the lease of one that was killed."""
LOOK_SECONDS: Final = 0.25


@contextlib.contextmanager
def at_work(kind: JobKind) -> Iterator[tuple[Runtime, Callable[[], None]]]:
    """The runtime, and what does the jobs of this kind that are due, until none is left. Raises Fault, ConfigError.

    A worker that runs beside the command takes some of them: those are waited for, a minute at most.
    """
    from lti_tool.app import build_runtime
    from lti_tool.worker import Worker

    runtime = build_runtime(opening.settings())

    def work() -> None:
        runtime.jobs = {kind.name: kind}
        worker = Worker(runtime)
        until = time.monotonic() + PATIENCE_SECONDS
        try:
            while True:
                while worker.work() is not None:
                    pass
                if not is_taken_elsewhere() or time.monotonic() >= until:
                    return
                time.sleep(LOOK_SECONDS)
        finally:
            worker.close()

    def is_taken_elsewhere() -> bool:
        with runtime.database.reading_core() as connection:
            return jobs.is_taken(connection, {kind.name}, runtime.clock.now())

    try:
        opening.check_database(runtime.database)
        yield runtime, work
    finally:
        runtime.database.dispose()


def must_be_known(connection: Connection, registration: int | None) -> None:
    """Raises Fault for the number of a registration that there is not; None stands for all of them."""
    if registration is not None and not connection.scalar(
        select(Registration.id).where(Registration.id == registration)
    ):
        raise Fault(f"There is no registration {registration}. `dangke registrations` lists them.")
