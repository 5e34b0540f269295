"""Children that live and die together."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lti_tool.cli import serving
from lti_tool.cli.opening import Fault
from lti_tool.cli.serving import Family

# A parallel run's own threads make Python 3.12 warn of any fork.
pytestmark = [pytest.mark.once, pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")]


def in_a_child(work: Callable[[], int]) -> int:
    """The exit code of `work` in a process of its own."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(work())
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def sleeping() -> None:
    threading.Event().wait(60)


def failing() -> None:
    raise Fault("This cannot be done. Do that.")


def test_children_that_cannot_stay_alive_end_the_family_with_1(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert in_a_child(lambda: Family({"well": sleeping, "ill": failing}).run()) == 1
    said = capfd.readouterr().err
    assert said.count("This cannot be done. Do that.") == serving.QUICK_DEATHS + 1
    assert "Traceback" not in said


def test_deaths_after_a_long_life_are_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each child lives for 'an hour' before it dies; the eleventh stops the family from outside."""
    monkeypatch.setattr(serving, "SOON_SECONDS", 0.0)

    def work() -> int:
        family = Family({})
        deaths = iter(range(10))

        def dying() -> None:
            return

        def start(name: str) -> None:
            if next(deaths, None) is None:
                family._stop(signal.SIGTERM, None)
            else:
                original(name)

        original = family._start
        family._members["mortal"] = dying
        monkeypatch.setattr(family, "_start", start)
        return family.run()

    assert in_a_child(work) == 0


def test_unforeseen_error_of_a_child_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    def surprised() -> None:
        raise RuntimeError("surprise")

    assert in_a_child(lambda: Family({"ill": surprised}).run()) == 1
    assert "RuntimeError" in capfd.readouterr().err


def test_signal_that_comes_while_a_child_is_being_born_stops_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    fork = os.fork

    def work() -> int:
        signal.alarm(20)  # if the family waits for a child that nobody has told

        def interrupted() -> int:
            os.kill(os.getpid(), signal.SIGTERM)
            return fork()

        monkeypatch.setattr(os, "fork", interrupted)
        return Family({"well": sleeping, "never begun": sleeping}).run()

    assert in_a_child(work) == 0
