"""Which browser tests stay together on one worker of a parallel run, with one stack and one Chromium.

xdist's own groups (`--dist loadgroup`) are marks that it writes into the ids of tests, which pytest 9.2 does not let it do any
more: every test would go to whichever worker is free, and each worker would bring up the servers of each module. So the
scheduler is told here, by the ids as they are.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # xdist ships no type information

BROWSER = "tests/browser/"
WAITING = (
    "test_journey_deadline.py::test_worker_hands_in_at_the_deadline_when_the_browser_is_closed",
    "test_journey_lesson.py::test_minute_of_study_is_credited_by_heartbeats_alone",
)
"""They wait for a clock of the product, a minute and more, and hold nobody up beside the others."""


def group_of(nodeid: str) -> str:
    """Journeys together, other browser tests together, those that wait together; any other test by itself."""
    if not nodeid.startswith(BROWSER):
        return nodeid
    name = nodeid.removeprefix(BROWSER)
    if name.startswith(WAITING):
        return "browser-waiting"
    return "browser-journeys" if name.startswith("test_journey") else "browser-pages"


class Grouped(LoadScopeScheduling):  # type: ignore[misc]  # no type information
    """Whole groups go to one worker, the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Grouped | None:
    """For `--dist loadgroup`, as `make test` has it."""
    return Grouped(config, log) if config.getvalue("dist") == "loadgroup" else None
