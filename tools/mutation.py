"""The mutation check: every small fault in the verification of logins, launches and registrations must be noticed.

    python -m tools.mutation                     # all of TARGETS; part of `make soak`
    python -m tools.mutation token login.read_login   # these modules, or functions, only

The tests of tests/lti whose names carry a case id are collected once. A first run notes which functions of TARGETS each of
them calls. Then each mutant gets a child process: the faulty code takes the function's place, and the tests that call it
run until one fails. Mutants that nobody notices are printed; those of EQUIVALENT change nothing that can be seen, each with
its reason. Exit code 1 if others survive.
"""

import importlib
import json
import os
import re
import signal
import sys
import threading
import time
import tomllib
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

from tools.mutant_code import applied, note_calls, readers
from tools.mutants import MODULE, Mutant, mutants_of

ROOT = Path(__file__).resolve().parent.parent
EQUIVALENT = ROOT / "tools" / "equivalent_mutants.toml"
TESTS: Final = (
    "tests/lti", "--ignore=tests/lti/copies/test_at_once.py", "--ignore=tests/lti/copies/test_costs.py",
    "--ignore=tests/lti/copies/test_outline.py", "--ignore=tests/lti/test_copied_links.py", "--ignore=tests/lti/test_rush.py",
    "--ignore=tests/lti/test_dry_run.py",
)  # fmt: skip
"""Logins, launches and registrations; what is copied has no part in these rules."""
CASE = re.compile(r"test_[A-Z]{2}_\d\d_")
SECONDS: Final = 60
"""At least, for all tests of one mutant; whoever takes five times as long as without it has noticed it too (a loop)."""
LONGEST_TEST: Final = 12.0
"""What takes longer without a fault is not asked; so much that a busy machine leaves nothing out that is short elsewhere."""
ALL: Final = ()

GROUPS: Final = {
    "token": "TK SN", "login": "OL SN", "claims": "TK ID CT CP LP DL MT SR RO AG NR CG", "deep_link": "DL", "urls": "OL LP DL PS", "roles": "RO DL NR",
    "registry": "OL TK SN", "pylti": "TK SN", "custom": "CP CT", "logins": "SN TK OL", "browser": "SN OL",
    "platform_configuration": "DR", "registration_answer": "DR",
}  # fmt: skip
"""The case groups that speak about a module: their tests, and no others, are asked."""

TARGETS: Final[dict[str, tuple[str, ...]]] = {
    "lti_tool.launch.rules.token": ALL,
    "lti_tool.launch.rules.login": ALL,
    "lti_tool.launch.rules.claims": ALL,
    "lti_tool.launch.rules.custom": ALL,
    "lti_tool.launch.rules.deep_link": ALL,
    "lti_tool.launch.rules.urls": (
        "http_url", "origin", "is_own", "with_query", "authentication_request", "client_address", MODULE,
    ),
    "lti_tool.identity.rules.roles": ALL,
    "lti_tool.launch.rules.roles": ALL,
    "lti_tool.launch.registry": ("Registry.find", "Registry.deployment", "_find"),
    "lti_tool.launch.pylti": (
        "StrictLaunch.validate_state", "StrictLaunch.validate_jwt_format", "StrictLaunch.validate_nonce",
        "StrictLaunch.validate_registration", "StrictLaunch.validate_jwt_signature", "StrictLaunch.validate_deployment",
        "StrictLaunch.validate_message",
    ),
    "lti_tool.launch.services.logins": ("_USE", "use", "use_after_error", "explain"),
    "lti_tool.launch.browser": ("hash_of", "cookie_name", "keeps_cookies", "secret_of"),
    "lti_tool.launch.rules.platform_configuration": ALL,
    "lti_tool.launch.rules.registration_answer": ALL,
}  # fmt: skip
"""Module to the functions and variables that verify; ALL: every one of it, MODULE: every variable."""


@dataclass
class Tried:
    """One mutant and who noticed it."""

    module: str
    mutant: Mutant
    killer: str = ""
    tests: int = 0

    @property
    def name(self) -> str:
        """How EQUIVALENT and the report name it; without line numbers, which move."""
        return f"{self.module.rsplit('.', 1)[1]}.{self.mutant.scope}: {self.mutant.what}"


@dataclass
class Baseline:
    """What the tests do without any fault."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, list[str]] = field(default_factory=dict)
    """`module:function` to the tests that call it."""
    failed: list[str] = field(default_factory=list)


class Check:
    """The pytest plugin: instead of the tests' own loop, baseline and mutants."""

    def __init__(self, wanted: Mapping[str, tuple[str, ...]]) -> None:
        self.modules, self.wanted = tuple(wanted), wanted
        self.survivors: list[Tried] = []
        self.killed: list[Tried] = []
        self.broken = ""
        self._killers: dict[str, list[str]] = defaultdict(list)
        self._sound: set[str] = set()
        self.unsound: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Tests with a case id, and not the slow ones."""
        asked = " ".join(GROUPS[name.rsplit(".", 1)[1]] for name in self.modules)
        items[:] = [
            item
            for item in items
            if CASE.match(item.name) and _group(item) in asked and item.get_closest_marker("slow") is None
        ]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run what there is to run."""
        items = {item.nodeid: item for item in session.items}
        baseline = Baseline(**_in_child(lambda: _baseline(list(items.values()), self.modules), 1800) or {})
        if baseline.failed or not baseline.calls:
            self.broken = f"Without any fault these fail: {', '.join(baseline.failed) or 'all'}"
            return True
        for name in self.modules:
            module = importlib.import_module(name)
            wanted = self.wanted[name]
            for mutant in mutants_of(Path(str(module.__file__)).read_text(encoding="utf-8")):
                if wanted == ALL or mutant.scope in wanted or set(mutant.names) & set(wanted):
                    self._try(Tried(name, mutant), module, items, baseline)
        return True

    def _try(self, tried: Tried, module: ModuleType, items: dict[str, pytest.Item], baseline: Baseline) -> None:
        short, scope = tried.module.rsplit(".", 1)[1], tried.mutant.scope
        scopes = readers(module, tried.mutant.names) if scope == MODULE else {scope}
        touching = {test for each in scopes for test in baseline.calls.get(f"{tried.module}:{each}", ())}
        first = self._killers[f"{tried.module}:{scope}"]
        order = sorted(
            (
                test
                for test in touching
                if _group(items[test]) in GROUPS[short] and baseline.seconds[test] < LONGEST_TEST
            ),
            key=lambda test: (first.index(test) if test in first else len(first), baseline.seconds[test]),
        )
        tried.tests = len(order)
        while True:
            order = [test for test in order if test not in self.unsound]
            patience = max(SECONDS, 5 * sum(baseline.seconds[test] for test in order))
            tried.killer = self._killer(module, tried.mutant, [items[test] for test in order], patience)
            if tried.killer not in items or self._is_sound(items[tried.killer]):
                break
        if tried.killer in items:
            self._killers[f"{tried.module}:{scope}"] = [
                tried.killer,
                *(test for test in first if test != tried.killer),
            ][:20]
        (self.killed if tried.killer else self.survivors).append(tried)
        verdict = "killed by " + tried.killer if tried.killer else f"SURVIVED {tried.tests} tests"
        print(f"{tried.name} (line {tried.mutant.line}): {verdict}", file=sys.__stderr__, flush=True)

    def _killer(self, module: ModuleType, mutant: Mutant, tests: list[pytest.Item], patience: float) -> str:
        answer = _in_child(lambda: {"killer": _first_failure(module, mutant, tests)}, patience)
        return "(a loop without end, or a process that died)" if answer is None else str(answer["killer"])

    def _is_sound(self, item: pytest.Item) -> bool:
        """Whether a test passes without any fault, too, as the first of its process; else it proves nothing here."""
        if item.nodeid not in self._sound:
            answer = _in_child(lambda: {"passes": _passes(item, None)}, SECONDS)
            if answer is None or not answer["passes"]:
                self.unsound.add(item.nodeid)
                return False
            self._sound.add(item.nodeid)
        return True


def _group(item: pytest.Item) -> str:
    """The two letters of a test's case."""
    return item.name[5:7]


def _in_child(run: Callable[[], dict[str, Any]], seconds: float) -> dict[str, Any] | None:
    """What `run` returns in a process of its own; None if that takes too long or dies."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump(run(), pipe)
        except BaseException:  # noqa: BLE001 - it is told, and this process ends here
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(0)
    os.close(writing)
    timer = threading.Timer(seconds, os.kill, (child, signal.SIGKILL))
    timer.start()
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    timer.cancel()
    os.waitpid(child, 0)
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    return found


def _baseline(items: list[pytest.Item], modules: tuple[str, ...]) -> dict[str, Any]:
    called: set[str] = set()
    for name in modules:
        note_calls(importlib.import_module(name), called.add)
    found = Baseline()
    for item, after in zip(items, [*items[1:], None], strict=True):
        called.clear()
        begun = time.perf_counter()
        if not _passes(item, after):
            found.failed.append(item.nodeid)
        found.seconds[item.nodeid] = time.perf_counter() - begun
        for function in called:
            found.calls.setdefault(function, []).append(item.nodeid)
    return vars(found)


def _first_failure(module: ModuleType, mutant: Mutant, items: list[pytest.Item]) -> str:
    """The first test that notices, or ''; a module that cannot be made with the fault is noticed by whatever needs it."""
    try:
        applied(module, mutant)
    except Exception as error:  # noqa: BLE001 - whatever the fault leads to
        return f"(the module does not load: {type(error).__name__})"
    for item, after in zip(items, [*items[1:], None], strict=True):
        if not _passes(item, after):
            return item.nodeid
    return ""


def _passes(item: pytest.Item, after: pytest.Item | None) -> bool:
    return all(report.passed for report in runtestprotocol(item, log=False, nextitem=after))


def chosen(arguments: list[str]) -> dict[str, tuple[str, ...]]:
    """What of TARGETS is named, as `module` or `module.function` with the last part of the module's name; else all."""
    found: dict[str, tuple[str, ...]] = {}
    for name, listed in TARGETS.items():
        short = name.rsplit(".", 1)[1]
        functions = tuple(each.removeprefix(f"{short}.") for each in arguments if each.startswith(f"{short}."))
        if not arguments or short in arguments:
            found[name] = listed
        elif functions:
            found[name] = functions
    return found


def main(arguments: list[str]) -> int:
    """Try all mutants of the modules, and tell what survived."""
    check = Check(chosen(arguments))
    pytest.main([*TESTS, "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header"], plugins=[check])
    if check.broken:
        print(check.broken)
        return 2
    excused = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"] if EQUIVALENT.exists() else {}
    left = [tried for tried in check.survivors if tried.name not in excused]
    stale = sorted(set(excused) & {tried.name for tried in check.killed})
    print(f"{len(check.killed)} mutants killed, {len(check.survivors) - len(left)} equivalent, {len(left)} survived.")
    for tried in left:
        print(f"  {tried.name} (line {tried.mutant.line}, {tried.tests} tests)")
    for name in sorted(check.unsound):
        print(f"  left out, since it fails without any fault as the first test of a process: {name}")
    for name in stale:
        print(f"  no longer equivalent: {name}")
    return 1 if left or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
