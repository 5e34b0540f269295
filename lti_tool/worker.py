"""The worker: drains the outbox, runs the sweeps, does the jobs, says that it lives. Rows are the truth; it may be killed anytime.

What talks to LMSs has threads of its own, so that one that does not answer holds up no deadline of a quiz.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from lti_tool.core import jobs
from lti_tool.core.beats import Pulse
from lti_tool.core.errors import DangkeError
from lti_tool.core.http import Http
from lti_tool.core.logs import log
from lti_tool.core.metrics import SCORE_ANSWERS
from lti_tool.core.web import Runtime
from lti_tool.lms.connector import Connector
from lti_tool.lms.hosts import http_of
from lti_tool.lms.tokens import Tokens
from lti_tool.lms.work import READING, Work
from lti_tool.passback import columns
from lti_tool.passback.drain import LIMITS, Drain, Report

POLL_SECONDS, BUSY_SECONDS, LOOK_SECONDS = 1.0, 0.05, 5.0
JOB_THREADS = 3
"""Jobs done at the same time: one that waits for a slow LMS leaves room for others."""

T = TypeVar("T")


@dataclass(slots=True)
class Done:
    """What one round did: scores by answer, columns found, rows touched by each sweep, names of what failed, jobs that ran."""

    scores: dict[str, int]
    columns: int
    sweeps: dict[str, int]
    failed: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()


class Worker:
    """Everything that one worker process holds on to: connections, tokens, senders."""

    def __init__(
        self,
        runtime: Runtime,
        http: Http | None = None,
        chance: Callable[[], float] = random.random,
        pulse: Pulse | None = None,
    ) -> None:
        self._chance = chance
        self.pulse = pulse or Pulse()
        settings = runtime.settings
        self.runtime = runtime
        self._http = http or http_of(settings, runtime.database, LIMITS)
        tokens = Tokens(runtime.database, runtime.keys, self._http, runtime.clock)
        self._connector = Connector(self._http, tokens, runtime.clock)
        self._reading = http or http_of(settings, runtime.database, READING)
        self._reader = Connector(self._reading, tokens, runtime.clock)
        self.drain = Drain(
            runtime.database, runtime.clock, self._connector, concurrency=settings.drain_concurrency,
            observe=_count, turn=lambda: self.turn("drain"),
        )  # fmt: skip
        self.stop = threading.Event()

    def close(self) -> None:
        """Let go of senders and connections."""
        self.drain.close()
        self._http.close()
        self._reading.close()

    def look(self) -> int:
        """Look for columns that scores wait for, let ours follow their activities, take back what nobody needs.

        How many were found or made.
        """
        now = self.runtime.clock.now()
        found = columns.look(self.runtime.database, self._connector, now)
        columns.follow(self.runtime.database, self._connector, now)
        columns.take_back(self.runtime.database, self._connector, now)
        return found

    def send(self, stop: threading.Event | None = None) -> tuple[Report, int]:
        """Look for columns that scores wait for, then send until nothing is due."""
        found = self.look()
        return self.drain.run(stop), found

    def sweep(self, now: datetime) -> tuple[dict[str, int], tuple[str, ...]]:
        """Run the sweeps that are due; (rows by sweep, names of those that failed)."""
        ran: dict[str, int] = {}
        failed = []
        for each in self.runtime.sweeps:
            count = guarded(each.name, partial(self._sweep, each, now))
            if count is None:
                failed.append(each.name)
            elif count:
                ran[each.name] = count
        return ran, tuple(failed)

    def _sweep(self, sweep: Any, now: datetime) -> int:
        with self.runtime.database.reading_core() as connection:
            if not sweep.due(connection, now):
                return 0
        count: int = sweep.run(self.runtime, now)
        return count

    def ensure_jobs(self) -> None:
        """Lay down the jobs that come again and again."""
        with self.runtime.database.writing_core() as connection:
            jobs.ensure(connection, self.runtime.jobs.values(), self.runtime.clock.now())

    def work(self) -> str | None:
        """Do the job that has been due longest; its name, None if there is none. A failure puts it off."""
        kinds, database = self.runtime.jobs, self.runtime.database
        now = self.runtime.clock.now()
        with database.reading_core() as connection:
            if not jobs.is_due(connection, kinds.keys(), now):
                return None
        with database.writing_core() as connection:
            taken = jobs.take(connection, kinds, now)
        if taken is None:
            return None
        kind = kinds[taken.name]
        try:
            again_at = kind.run(Work(self.runtime, self._reader, self.stop), taken)
        except Exception as error:
            cause = error.code if isinstance(error, DangkeError) else type(error).__name__
            with database.writing_core() as connection:
                jobs.put_off(connection, taken, cause=cause, now=self.runtime.clock.now(), chance=self._chance())
            raise
        if again_at is None and kind.every is not None:
            again_at = self.runtime.clock.now() + kind.every
        with database.writing_core() as connection:
            jobs.finish(connection, taken, again_at=again_at)
        return taken.name

    def beat(self) -> None:
        """Every 15 seconds: say that this worker lives."""
        now = self.runtime.clock.now()
        if self.pulse.is_due(now):
            with self.runtime.database.writing_core() as connection:
                self.pulse.beat(connection, now)

    def turn(self, loop: str) -> None:
        """A loop comes round."""
        self.pulse.turn(loop, self.runtime.clock.now())

    def farewell(self) -> None:
        """This worker ends in order."""
        with self.runtime.database.writing_core() as connection:
            self.pulse.farewell(connection)


def run_once(runtime: Runtime, now: datetime, *, http: Http | None = None) -> Done:
    """One round, for tests and commands: sweeps, jobs, then scores, until nothing is due."""
    worker = Worker(runtime, http)
    try:
        ran, failed = worker.sweep(now)
        done = []
        while (name := guarded("jobs", worker.work)) is not None:
            done.append(name)
        report, found = worker.send()
        return Done(report.answers, found, ran, failed, tuple(done))
    finally:
        worker.close()


def _count(registration_id: int, answer: str) -> None:
    SCORE_ANSWERS.labels(str(registration_id), answer).inc()


def run(runtime: Runtime, stop: threading.Event, pulse: Pulse | None = None) -> None:
    """Work until `stop` is set; then finish what is on the way (at most about 20 s). A failure never ends the loop.

    `pulse` tells those who ask this process how its loops are.
    """
    worker = Worker(runtime, pulse=pulse)
    worker.stop = stop
    log.info("worker_started", concurrency=runtime.settings.drain_concurrency)
    threads = [
        threading.Thread(target=_send_until, args=(worker, stop), name="drain"),
        threading.Thread(target=_look_until, args=(worker, stop), name="columns"),
        *(threading.Thread(target=_work_until, args=(worker, stop, n), name=f"jobs-{n}") for n in range(JOB_THREADS)),
    ]
    for thread in threads:
        thread.start()
    try:
        _sweep_until(worker, stop)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        guarded("farewell", worker.farewell)
        worker.close()
        log.info("worker_stopped")


def _send_until(worker: Worker, stop: threading.Event) -> None:
    while not stop.is_set():
        worker.turn("drain")
        report = guarded("drain", partial(worker.drain.run, stop))
        if report is not None and report.total:
            log.info("scores", **report.answers)
            stop.wait(BUSY_SECONDS)
        else:
            stop.wait(POLL_SECONDS)


def _look_until(worker: Worker, stop: threading.Event) -> None:
    while not stop.is_set():
        worker.turn("columns")
        if found := guarded("columns", worker.look):
            log.info("columns", found=found)
        stop.wait(LOOK_SECONDS)


def _work_until(worker: Worker, stop: threading.Event, number: int) -> None:
    if worker.runtime.jobs:
        guarded("jobs", worker.ensure_jobs)
    while not stop.is_set() and worker.runtime.jobs:
        worker.turn(f"jobs-{number}")
        name = guarded("jobs", worker.work)
        if name is not None:
            log.info("job", name=name)
        stop.wait(BUSY_SECONDS if name is not None else POLL_SECONDS)


def _sweep_until(worker: Worker, stop: threading.Event) -> None:
    while not stop.is_set():
        began = time.monotonic()
        worker.turn("sweeps")
        ran, _ = worker.sweep(worker.runtime.clock.now())
        if ran:
            log.info("sweeps", **ran)
        guarded("beat", worker.beat)
        stop.wait(BUSY_SECONDS if ran else max(POLL_SECONDS - (time.monotonic() - began), BUSY_SECONDS))


def guarded(name: str, work: Callable[[], T]) -> T | None:
    """Do it; a failure is logged with its code and tried again in the next round."""
    try:
        return work()
    except DangkeError as error:
        log.error("worker_step_failed", step=name, code=error.code)
    except Exception as error:  # noqa: BLE001 - the loop must outlive whatever one step runs into
        frames, trace = [], error.__traceback__
        while trace is not None:
            frames.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
            trace = trace.tb_next
        log.error("worker_step_failed", step=name, code="DK-500", kind=type(error).__name__, frames=frames[-8:])
    return None
