"""Children that live and die together; in a program of its own, because tests may run in threads that must not fork."""

import subprocess
import sys

import pytest

from lti_tool.cli.serving import QUICK_DEATHS

pytestmark = pytest.mark.once
BEGIN = """
import signal, sys, threading
from lti_tool.cli import serving
from lti_tool.cli.opening import Fault
from lti_tool.cli.serving import Family
def well(): threading.Event().wait(60)
"""
ILL = """
def ill(): raise Fault("This cannot be done. Do that.")
sys.exit(Family({"well": well, "ill": ill}).run())
"""
SURPRISED = """
def ill(): raise RuntimeError("surprise")
sys.exit(Family({"ill": ill}).run())
"""
MORTAL = """
serving.SOON_SECONDS = 0.0  # so every life is a long one
left = iter(range(10))
class Mortals(Family):
    def _start(self, name):
        if next(left, None) is None:
            self._stop(signal.SIGTERM, None)
        else:
            super()._start(name)
sys.exit(Mortals({"mortal": lambda: None}).run())
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEGIN + program], capture_output=True, text=True, timeout=60, check=False
    )


def test_children_that_cannot_stay_alive_end_the_family_with_1() -> None:
    done = run(ILL)
    assert done.returncode == 1
    assert done.stderr.count("This cannot be done. Do that.") == QUICK_DEATHS + 1
    assert "Traceback" not in done.stderr


def test_deaths_after_a_long_life_are_forgiven() -> None:
    assert run(MORTAL).returncode == 0


def test_unforeseen_error_of_a_child_is_said() -> None:
    done = run(SURPRISED)
    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
