import threading
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Connection, func, select

from lti_tool import worker
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Busy
from lti_tool.core.web import Runtime
from lti_tool.identity.models import BrowserSession
from lti_tool.ledger.kinds import Sweep
from tests import tool_key
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook
from tests.school import School


@pytest.fixture
def gradebook(runtime: Runtime, clock: FakeClock) -> FakeGradebook:
    tool_key.install(runtime)
    return FakeGradebook()


def counting(name: str, times: list[datetime], rows: int = 1) -> Sweep:
    """A sweep that is always due and notes when it ran."""

    def run(_: Runtime, now: datetime) -> int:
        times.append(now)
        return rows

    return Sweep(name, lambda *_: True, run)


def failing(error: Exception) -> Sweep:
    def run(_: Runtime, now: datetime) -> int:
        raise error

    return Sweep("failing", lambda *_: True, run)


def test_one_round_sweeps_and_sends(
    school: School, runtime: Runtime, clock: FakeClock, gradebook: FakeGradebook
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    reach = Recorder(school, clock)

    def run(_: Runtime, now: datetime) -> int:
        reach(activity.id, school.member, "5")
        return 1

    runtime.sweeps = (Sweep("hand_in", lambda *_: True, run),)
    done = worker.run_once(runtime, clock.now(), http=gradebook)
    assert (done.sweeps, done.scores, done.failed) == ({"hand_in": 1}, {"accepted": 1}, ())


def test_sweep_that_is_not_due_does_not_run(runtime: Runtime, clock: FakeClock, gradebook: FakeGradebook) -> None:
    def due(connection: Connection, now: datetime) -> bool:
        return connection.execute(select(func.count()).select_from(BrowserSession)).scalar_one() > 0

    times: list[datetime] = []
    runtime.sweeps = (replace(counting("never", times), due=due),)
    worker.run_once(runtime, clock.now(), http=gradebook)
    assert times == []


@pytest.mark.parametrize("error", [Busy(), RuntimeError("surprise")])
def test_failing_sweep_ends_neither_the_others_nor_the_sending(
    school: School, runtime: Runtime, clock: FakeClock, gradebook: FakeGradebook, error: Exception
) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    Recorder(school, clock)(activity.id, school.member, "5")
    times: list[datetime] = []
    runtime.sweeps = (failing(error), counting("other", times))
    done = worker.run_once(runtime, clock.now(), http=gradebook)
    assert (done.failed, done.scores, len(times)) == (("failing",), {"accepted": 1}, 1)


def test_loop_stops_when_it_is_told_to(runtime: Runtime, gradebook: FakeGradebook) -> None:
    stop, ran = threading.Event(), threading.Event()

    def run(_: Runtime, now: datetime) -> int:
        ran.set()
        return 0

    runtime.sweeps = (Sweep("one", lambda *_: True, run),)
    loop = threading.Thread(target=worker.run, args=(runtime, stop))
    loop.start()
    assert ran.wait(10)
    stop.set()
    loop.join(10)
    assert not loop.is_alive()
