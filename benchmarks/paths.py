"""The measurements on one engine: what is compared with what, and the line that it shows."""

import contextlib
import gzip
import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from benchmarks import drain, launches, memory, reconcile, report, requests, roster, rush
from benchmarks.data import School, fill
from benchmarks.measure import Side, compare, write_requests
from benchmarks.openloop import open_loop
from benchmarks.report import Report, Row, of_ratio
from benchmarks.servers import Ports, bare, pid, product, product_environment, running, running_lms
from lti_tool.app import METADATA, create_app
from lti_tool.core import logs, schema
from lti_tool.core.config import load_settings
from lti_tool.core.web import Runtime
from lti_tool.lms.tool_keys import ensure_key
from tests.lms_client import LmsDriver

FILES = Path("build/bench")
LAUNCHES_PER_SECOND = 1000
"""More than a server takes, since each is used once."""
READY_PAGES = 400
NAMES = ("autosave", "open-loop", "heartbeat", "home", "template", "launch", "launch-rush", "drain", "reconcile",
         "memory", "roster", "floors")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What the run shall do."""

    names: frozenset[str]
    rounds: int
    seconds: float
    other_floor: Path | None = None


@dataclass
class Bench:
    """One engine with its data set, servers that run, and the report."""

    engine: str
    database_url: str
    floor_url: str
    """The floor's own database on the same engine."""
    folder: Path
    asked: Asked
    report: Report
    also: list[int]
    """Processes that count on both sides: PostgreSQL's."""

    def __post_init__(self) -> None:
        self.ports = Ports.free()
        self.environment = product_environment(self.ports, self.database_url, self.folder)
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self.app = self._application()
        self.runtime: Runtime = self.app.extensions["dangke"]
        self.school: School = fill(self.app, self.ports.lms_url)

    def _application(self) -> Flask:
        names = {
            name.removeprefix("DANGKE_").lower(): value for name, value in self.environment.items() if "DANGKE" in name
        }
        logs.configure("ERROR")
        app = create_app(load_settings(**names))
        runtime: Runtime = app.extensions["dangke"]
        schema.upgrade(runtime.database)
        METADATA.create_all(runtime.database.engine)
        ensure_key(runtime.database, runtime.keys, runtime.clock.now())
        return app

    def close(self) -> None:
        self.runtime.renderer.close()
        self.runtime.database.dispose()

    def wants(self, *names: str) -> bool:
        """Whether any of these was asked for."""
        return bool(self.asked.names & set(names))

    def line(self, sqlite: str, postgresql: str = "") -> str:
        """The line that a figure on this engine shows; on the other engine most are only told."""
        return sqlite if self.engine == "sqlite" else postgresql

    def what(self, words: str) -> str:
        return f"{words}, {self.engine}"

    def run(self) -> None:
        """Measure what was asked for."""
        floor, floor_url = bare("floor", "benchmarks.floor:application()", self.folder, DATABASE=self.floor_url)
        with running(floor), self._product() as tool:
            here = _Floor(floor_url, pid(floor))
            # Pages first: a session is marked as used every 5 minutes, which is work of its own.
            if self.wants("home"):
                self._home(here, tool)
            if self.wants("template"):
                self._template(tool)
            if self.wants("autosave"):
                self._autosave(here, tool)
            if self.wants("open-loop"):
                self._open_loop()
            if self.wants("heartbeat"):
                self._compared(here, tool, "heartbeat", self.line("P-05"), 0.60,
                               of_floor=self._upserts(), of_product=requests.beats(self.school, self.ports.tool_url))  # fmt: skip
            if self.wants("floors") and self.asked.other_floor is not None:
                self._floors(here)
        if self.wants("launch", "launch-rush", "drain", "reconcile", "memory", "roster"):
            with running_lms(self.folder, self.ports, self.school.home_token, len(self.school.browsers)) as driver:
                self._with_lms(driver)

    @contextlib.contextmanager
    def _product(self) -> Iterator[int]:
        """`dangke web` in the form that is measured; its process."""
        server = product("web", self.environment, self.folder)
        with running(server):
            yield pid(server)

    def _upserts(self) -> list[requests.Request]:
        return requests.floor_upserts("/floor/upsert", self.school)

    def _compared(
        self, floor: "_Floor", tool: int, name: str, line: str, target: float, *,
        of_floor: list[requests.Request], of_product: list[requests.Request],
    ) -> None:  # fmt: skip
        """Floor and product in turn; the request files are kept."""
        write_requests(FILES / f"{self.engine}-{name}-floor.jsonl", of_floor)
        write_requests(FILES / f"{self.engine}-{name}.jsonl", of_product)
        is_once = any(each.get("once") for each in of_product)
        found = compare(
            Side(floor.url, [floor.pid, *self.also], of_floor),
            Side(self.ports.tool_url, [tool, *self.also], of_product, is_once=is_once),
            rounds=self.asked.rounds,
            seconds=self.asked.seconds,
        )
        self.report.add(of_ratio(line, self.what(name), found, target))

    def _autosave(self, floor: "_Floor", tool: int) -> None:
        saves = requests.autosaves(self.school, self.ports.tool_url)
        self._compared(
            floor, tool, "autosave", self.line("P-01", "P-02"), 0.60, of_floor=self._upserts(), of_product=saves
        )

    def _open_loop(self) -> None:
        saves = requests.autosaves(self.school, self.ports.tool_url)
        found = open_loop(Side(self.ports.tool_url, [], saves), per_second=200, seconds=max(self.asked.seconds * 4, 8))
        raw = f"p50 {found.p50:.1f} ms, worst {found.worst:.0f} ms, {found.count} answers, load {report.load()}"
        row = Row(self.line("P-04"), self.what("autosave p99 at 200/s, open loop (ms)"), round(found.p99, 1), 60,
                  is_at_most=True, raw=f"{raw}; bad answers {found.bad}" if found.bad else raw, is_valid=not found.bad)  # fmt: skip
        self.report.add(row)

    def _home(self, floor: "_Floor", tool: int) -> None:
        pages = requests.homes(self.school)
        self._compared(floor, tool, "home", self.line("P-09"), 0.33, of_floor=requests.floor_pages(), of_product=pages)
        asked = urllib.request.Request(self.ports.tool_url + pages[0]["path"], headers=pages[0]["headers"])
        with urllib.request.urlopen(asked) as answer:
            body = answer.read()
        packed = len(gzip.compress(body, 6)) / 1000
        row = Row(self.line("P-12"), self.what("home, compressed (KB)"), round(packed, 1), 20, is_at_most=True,
                  raw=f"{len(body) / 1000:.1f} KB plain")  # fmt: skip
        self.report.add(row)

    def _template(self, tool: int) -> None:
        pages = requests.homes(self.school)
        cookies = self.folder / "cookies.json"
        cookies.write_text(json.dumps([page["headers"]["Cookie"] for page in pages[:READY_PAGES]]))
        server, url = bare("template", "benchmarks.floor_template:application()", self.folder,
                           HOME_ID=str(self.school.home_id), COOKIES=str(cookies), **_settings(self.environment))  # fmt: skip
        with running(server):
            ready = [{"method": "GET", "path": f"/floor/home?i={place}"} for place in range(READY_PAGES)]
            self._compared(
                _Floor(url, pid(server)), tool, "template", self.line("P-10"), 0.65, of_floor=ready, of_product=pages
            )

    def _floors(self, floor: "_Floor") -> None:
        """Our floor against another of the same definition: they must agree within 10 %."""
        path = self.asked.other_floor
        if path is None:
            return
        database = self.floor_url if self.engine == "postgresql" else f"sqlite:///{self.folder / 'other.db'}"
        server, url = bare("other-floor", f"{path.stem}:app", self.folder, path.parent, DATABASE=database)
        cases: dict[str, Callable[[], list[requests.Request]]] = {
            "upsert": self._upserts,
            "verify-upsert": lambda: requests.floor_upserts("/floor/verify-upsert", self.school),
            "page": requests.floor_pages,
        }
        worst, told = 0.0, []
        with running(server):
            for name, made in cases.items():
                found = compare(
                    Side(url, [pid(server), *self.also], made()),
                    Side(floor.url, [floor.pid, *self.also], made()),
                    rounds=self.asked.rounds,
                    seconds=self.asked.seconds,
                )
                worst = max(worst, abs(found.ratio - 1))
                told.append(
                    f"{name}: other {found.floor_ms:.2f} ms, ours {found.product_ms:.2f} ms, ratio {found.ratio:.2f}"
                )
        row = Row(self.line("P-16"), self.what("floors differ at most by"), round(worst, 3), 0.1, is_at_most=True,
                  raw="; ".join([*told, f"load {report.load()}"]))  # fmt: skip
        self.report.add(row)

    def _with_lms(self, driver: LmsDriver) -> None:
        members = len(self.school.browsers)

        def ready(count: int) -> list[launches.Ready]:
            return launches.make(self.runtime, driver, self.school.registration_id, count=count, members=members)

        if self.wants("launch"):
            floor, url = bare("floor", "benchmarks.floor:application()", self.folder, DATABASE=self.floor_url)
            with running(floor), self._product() as tool:
                seconds = self.asked.rounds * self.asked.seconds + 1  # compare() warms up for one
                made = requests.launches(ready(round(LAUNCHES_PER_SECOND * seconds)), self.ports.lms_url)
                self._compared(_Floor(url, pid(floor)), tool, "launch", self.line("P-07"), 0.40, of_product=made,
                               of_floor=requests.floor_upserts("/floor/verify-upsert", self.school))  # fmt: skip
        if self.wants("launch-rush"):
            with self._product():
                self._rush(driver)
        if self.wants("drain"):
            with self._product():
                self._drain(driver)
        if self.wants("reconcile"):
            with self._product():  # the LMS asks it for its keys
                self._reconcile(driver)
        if self.wants("memory"):
            used = memory.megabytes(self.environment, self.ports, ready(memory.LAUNCHES), self.folder)
            row = Row(self.line("P-15"), self.what("memory of serve (MB)"), round(used, 1), 280, is_at_most=True,
                      raw="sum of PSS of parent, web and worker")  # fmt: skip
            self.report.add(row)
        if self.wants("roster"):  # last, because it brings 18,000 people into the course
            with running(product("serve", self.environment, self.folder)):
                self._roster(driver)

    def _drain(self, driver: LmsDriver) -> None:
        for concurrency, name, target, is_faulty in (
            (8, "P-13", 0.80, False), (16, "P-14", 0.75, False), (8, "P-18", 0.80, True), (16, "P-19", 0.80, True)
        ):  # fmt: skip
            rate = drain.drained(self.runtime, driver, self.school, concurrency=concurrency, is_faulty=is_faulty)
            ideal = concurrency / drain.ANSWER_SECONDS
            words = f"drain, concurrency {concurrency}" + (", 5 % of answers 429 or 500" if is_faulty else "")
            row = Row(self.line(name), self.what(words), round(rate / ideal, 2), target,
                      raw=f"{rate:.0f}/s of {ideal:.0f}/s, load {report.load()}")  # fmt: skip
            self.report.add(row)

    def _reconcile(self, driver: LmsDriver) -> None:
        found = reconcile.reconciled(self.runtime, driver, self.school)
        row = Row(self.line("P-20"), self.what(f"reading {found.scores:,} scores back (s)"), round(found.first, 1), 120,
                  is_at_most=True, raw=f"the next night {found.second:.1f} s, load {report.load()}")  # fmt: skip
        self.report.add(row)

    def _roster(self, driver: LmsDriver) -> None:
        saves = Side(self.ports.tool_url, [], requests.autosaves(self.school, self.ports.tool_url))
        found = roster.roster_read(self.runtime, driver, self.school, saves)
        raw = f"{found.seconds:.1f} s of {roster.IDEAL_SECONDS:g} s, load {report.load()}"
        row = Row(self.line("P-21", "P-22"), self.what(f"roster of {roster.MEMBERS:,}, of the LMS's own time"),
                  round(found.seconds / roster.IDEAL_SECONDS, 2), 1.3, is_at_most=True, raw=raw)  # fmt: skip
        self.report.add(row)
        felt = found.autosaves
        raw = f"p50 {felt.p50:.1f} ms, worst {felt.worst:.0f} ms, {felt.count} answers at {roster.PER_SECOND}/s"
        row = Row(self.line("P-23", "P-24"), self.what("autosave p99 meanwhile (ms)"), round(felt.p99, 1), 100,
                  is_at_most=True, raw=f"{raw}; bad answers {felt.bad}" if felt.bad else raw, is_valid=not felt.bad)  # fmt: skip
        self.report.add(row)

    def _rush(self, driver: LmsDriver) -> None:
        found = rush.launch_rush(self.ports.tool_url, driver)
        raw = f"p50 {found.p50:.1f} ms, worst {found.worst:.0f} ms, {found.count} launches, load {report.load()}"
        row = Row(self.line("P-17"), self.what("2,000 launches from one address in 60 s, p99 (ms)"), round(found.p99, 1), 500,
                  is_at_most=True, raw=f"{raw}; bad answers {found.bad}" if found.bad else raw, is_valid=not found.bad)  # fmt: skip
        self.report.add(row)


@dataclass(frozen=True, slots=True)
class _Floor:
    url: str
    pid: int


def _settings(environment: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in environment.items() if name.startswith("DANGKE_")}
