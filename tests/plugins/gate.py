"""With CI=1 or CI=true: a skip, an expected failure or a deselection fails the run unless tests/allowed_skips.txt has it.

A line there is a glob over node ids, two spaces or more, and the reason. Browser tests, PostgreSQL tests and tests named
after a case of the LTI list can never be excused.
"""

import os
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

ALLOWED = Path(__file__).resolve().parents[1] / "allowed_skips.txt"
CASES = "AG CG CP CT DL DR ID LP MT NR OL PM PS RO SN SR TK TO WS"
CASE_TEST = re.compile(rf"::test_({CASES.replace(' ', '|')})_\d+")
NEVER = frozenset({"browser", "postgresql"})
GATE = pytest.StashKey["Gate"]()


def is_ci() -> bool:
    """Whether this run is judged."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def read_allowed(text: str) -> dict[str, str]:
    """Glob to reason; raises UsageError for a line without a reason."""
    allowed = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        glob, _, reason = line.strip().partition("  ")
        if not reason.strip():
            raise pytest.UsageError(f"tests/allowed_skips.txt: {glob!r} has no reason")
        allowed[glob] = reason.strip()
    return allowed


@dataclass
class Gate:
    """What did not run, and whether it was allowed not to."""

    allowed: dict[str, str]
    missed: dict[str, str] = field(default_factory=dict)

    def miss(self, nodeid: str, why: str, keywords: frozenset[str]) -> None:
        """Notes a test that did not run to its end; what may not be excused is noted whatever the list says."""
        excused = any(fnmatchcase(nodeid, glob) for glob in self.allowed)
        if not excused or keywords & NEVER or CASE_TEST.search(nodeid):
            self.missed[nodeid] = why


def pytest_configure(config: pytest.Config) -> None:
    """Reads the list; a line without a reason ends every run, judged or not."""
    text = ALLOWED.read_text(encoding="utf-8") if ALLOWED.exists() else ""
    config.stash[GATE] = Gate(read_allowed(text))
    config.pluginmanager.register(Watch(config), "gate-watch")


class Watch:
    """Listens to one run; in a parallel run the workers hand their deselections to the controller."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.gate = config.stash[GATE]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Skips, and expected failures, which pytest reports as skips."""
        if report.skipped:
            what = "xfail" if hasattr(report, "wasxfail") else "skip"
            self.gate.miss(report.nodeid, what, frozenset(report.keywords))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Whole modules that skip themselves."""
        if report.skipped:
            self.gate.miss(report.nodeid, "skip at collection", frozenset())

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Deselections by -k, -m or a plugin."""
        for item in items:
            self.gate.miss(item.nodeid, "deselected", frozenset(item.keywords))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes over what a worker of a parallel run has noted."""
        self.gate.missed.update(getattr(node, "workeroutput", {}).get("missed", {}))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fails a judged run in which something was missed without leave."""
        worker_output = getattr(self.config, "workeroutput", None)
        if worker_output is not None:
            worker_output["missed"] = dict(self.gate.missed)
        elif self.is_judged() and self.gate.missed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def is_judged(self) -> bool:
        """Whether a missed test fails this run: in CI, and for the whole suite (`make check` is a part of it)."""
        return is_ci() and not os.environ.get("DANGKE_PARTIAL_RUN")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Names what was missed."""
        if not self.is_judged() or not self.gate.missed:
            return
        terminalreporter.section("not run, and not in tests/allowed_skips.txt", red=True)
        for nodeid, why in sorted(self.gate.missed.items()):
            terminalreporter.line(f"{why}: {nodeid}")
