import threading
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lti_tool import worker
from lti_tool.core import jobs
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Busy
from lti_tool.core.jobs import Job, JobKind, Taken
from lti_tool.core.web import Runtime
from lti_tool.lms.work import Work
from tests import tool_key

MINUTE = timedelta(minutes=1)


def done_at_once(_: Work, __: Taken) -> datetime | None:
    return None


KIND = JobKind("count", done_at_once, lease=5 * MINUTE)
KINDS = {KIND.name: KIND}


def ask(runtime: Runtime, due_at: datetime, *, key: str = "", payload: dict[str, int] | None = None) -> None:
    with runtime.database.writing_core() as connection:
        jobs.ask(connection, name=KIND.name, key=key, due_at=due_at, payload=payload)


def take(runtime: Runtime, now: datetime) -> Taken | None:
    with runtime.database.writing_core() as connection:
        return jobs.take(connection, KINDS, now)


def taken(runtime: Runtime, now: datetime) -> Taken:
    found = take(runtime, now)
    assert found is not None
    return found


def finish(runtime: Runtime, job: Taken, again_at: datetime | None = None) -> None:
    with runtime.database.writing_core() as connection:
        jobs.finish(connection, job, again_at=again_at)


def rows(runtime: Runtime) -> list[tuple[str, datetime, str]]:
    with runtime.database.reading_core() as connection:
        found = connection.execute(select(Job.key, Job.due_at, Job.cause).order_by(Job.id)).all()
    return [(row.key, row.due_at, row.cause) for row in found]


def test_asking_twice_is_one_job_at_the_earlier_moment(runtime: Runtime, clock: FakeClock) -> None:
    now = clock.now()
    ask(runtime, now + MINUTE, payload={"n": 1})
    ask(runtime, now)
    ask(runtime, now + 2 * MINUTE)
    assert rows(runtime) == [("", now, "")]
    assert taken(runtime, now).payload == {"n": 1}


def test_last_payload_counts(runtime: Runtime, clock: FakeClock) -> None:
    ask(runtime, clock.now(), payload={"n": 1})
    ask(runtime, clock.now(), payload={"n": 2})
    assert taken(runtime, clock.now()).payload == {"n": 2}


def test_longest_due_is_taken_first_and_what_is_not_due_waits(runtime: Runtime, clock: FakeClock) -> None:
    now = clock.now()
    for key, minutes in (("late", 1), ("early", -2), ("middle", -1)):
        ask(runtime, now + minutes * MINUTE, key=key)
    found = [take(runtime, now) for _ in range(3)]
    assert [job.key if job else None for job in found] == ["early", "middle", None]


def test_job_of_a_worker_that_was_killed_is_taken_again_when_its_lease_ends(runtime: Runtime, clock: FakeClock) -> None:
    now = clock.now()
    ask(runtime, now)
    first = taken(runtime, now)
    assert take(runtime, now + 4 * MINUTE) is None
    second = taken(runtime, now + 5 * MINUTE)
    assert (second.id, second.takes, second.attempts) == (first.id, 2, 2)


def test_worker_that_lost_its_lease_neither_renews_nor_ends_the_job_of_the_other(
    runtime: Runtime, clock: FakeClock
) -> None:
    now = clock.now()
    ask(runtime, now)
    first = taken(runtime, now)
    second = taken(runtime, now + 5 * MINUTE)
    with runtime.database.writing_core() as connection:
        assert not jobs.renew(connection, first, now + 20 * MINUTE)
        assert jobs.renew(connection, second, now + 20 * MINUTE)
    finish(runtime, first)
    assert rows(runtime) == [("", now + 20 * MINUTE, "")]
    finish(runtime, second)
    assert rows(runtime) == []


def test_wish_that_comes_while_it_runs_is_not_swallowed(runtime: Runtime, clock: FakeClock) -> None:
    now = clock.now()
    ask(runtime, now)
    job = taken(runtime, now)
    ask(runtime, now + MINUTE)
    finish(runtime, job)
    assert rows(runtime) == [("", now + MINUTE, "")]


def test_wish_that_comes_while_it_runs_is_not_put_off_by_the_next_regular_run(
    runtime: Runtime, clock: FakeClock
) -> None:
    now = clock.now()
    ask(runtime, now)
    job = taken(runtime, now)
    ask(runtime, now)
    finish(runtime, job, again_at=now + timedelta(days=1))
    assert rows(runtime) == [("", now, "")]


def test_job_that_comes_again_does_so_at_its_moment(runtime: Runtime, clock: FakeClock) -> None:
    now = clock.now()
    ask(runtime, now)
    finish(runtime, taken(runtime, now), again_at=now + timedelta(days=1))
    assert rows(runtime) == [("", now + timedelta(days=1), "")]


def test_two_workers_take_a_job_once(runtime: Runtime, clock: FakeClock) -> None:
    for key in range(20):
        ask(runtime, clock.now(), key=str(key))
    found: list[str] = []

    def work() -> None:
        while (job := take(runtime, clock.now())) is not None:
            found.append(job.key)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=int) == [str(key) for key in range(20)]


@given(attempts=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_backoff_grows_and_stays_within_an_hour(attempts: int, chance: float) -> None:
    wait = jobs.backoff(attempts, chance)
    assert timedelta(seconds=5) <= wait <= jobs.LONGEST_DELAY
    assert wait <= jobs.backoff(attempts + 1, chance)


@pytest.fixture
def ready(runtime: Runtime) -> Runtime:
    tool_key.install(runtime)
    return runtime


def test_worker_does_what_is_due_and_forgets_it(ready: Runtime, clock: FakeClock) -> None:
    ran: list[str] = []

    def run(work: Work, job: Taken) -> datetime | None:
        ran.append(job.key)
        return None

    ready.jobs = {"count": JobKind("count", run)}
    ask(ready, clock.now(), key="a")
    done = worker.run_once(ready, clock.now())
    assert (done.jobs, ran, rows(ready)) == (("count",), ["a"], [])


@pytest.mark.parametrize(("error", "cause"), [(Busy(), Busy().code), (RuntimeError("a name"), "RuntimeError")])
def test_failure_puts_a_job_off_and_says_why_without_words_of_anybody(
    ready: Runtime, clock: FakeClock, error: Exception, cause: str
) -> None:
    def run(_: Work, __: Taken) -> datetime | None:
        raise error

    ready.jobs = {"count": JobKind("count", run)}
    now = clock.now()
    ask(ready, now)
    worker.run_once(ready, now)
    [(_, due_at, why)] = rows(ready)
    assert why == cause
    assert now + timedelta(seconds=5) <= due_at <= now + timedelta(seconds=10)


def test_recurring_job_is_there_from_the_start_and_comes_again(ready: Runtime, clock: FakeClock) -> None:
    ready.jobs = {"count": JobKind("count", done_at_once, every=timedelta(hours=1))}
    tools = worker.Worker(ready)
    try:
        tools.ensure_jobs()
        tools.ensure_jobs()
        assert rows(ready) == [("", clock.now(), "")]
        assert tools.work() == "count"
        assert rows(ready) == [("", clock.now() + timedelta(hours=1), "")]
        assert tools.work() is None
    finally:
        tools.close()
