"""Prints each line of docs/requirements.toml with what has shown it: tests on both engines, or a benchmark's figure.

Reads build/junit-sqlite.xml and build/junit-postgresql.xml as `make test` left them, and the figures of programs that are no
tests (benchmarks, packages, the newcomer's first steps).
A line is shown only if at least one test claims it and every test that claims it passed, on each engine it ran on.
"""

import json
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ENGINES = ("sqlite", "postgresql")
# Written by `make bench`, tools/packages.py and tools/newcomer.py.
FIGURES = ("bench.json", "packages.json", "newcomer.json")


@dataclass
class Shown:
    """What the claims of one line came to on one engine."""

    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def verdict(self) -> str:
        """`3 passed`, `1 failed`, `skipped`, or a dash where no test claims the line."""
        if self.failed:
            return f"{len(self.failed)} failed"
        if self.skipped and not self.passed:
            return "skipped"
        return f"{len(self.passed)} passed" if self.passed else "-"


def outcomes(path: Path) -> dict[str, Shown]:
    """Line id to what its claiming tests came to, out of one JUnit file; empty where the file is missing."""
    shown: dict[str, Shown] = defaultdict(Shown)
    if not path.exists():
        return shown
    for case in ET.parse(path).getroot().iter("testcase"):  # noqa: S314 - a file that our own run has just written
        name = f"{case.get('classname')}::{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            kind = "failed"
        else:
            kind = "skipped" if case.find("skipped") is not None else "passed"
        for claim in case.iterfind("properties/property[@name='shows']"):
            getattr(shown[str(claim.get("value"))], kind).append(name)
    return shown


def figures(folder: Path) -> dict[str, dict[str, Any]]:
    """Line id to the result of a program that is no test; a program that did not run has none."""
    files = [path for name in FIGURES if (path := folder / name).exists()]
    return {name: line for path in files for name, line in json.loads(path.read_text(encoding="utf-8")).items()}


def judge(line: dict[str, str], by_engine: list[Shown], figure: dict[str, Any] | None) -> tuple[str, str]:
    """The verdict (`shown`, `FAILED`, `NOT SHOWN`) and the words behind it."""
    tests = " / ".join(shown.verdict() for shown in by_engine)
    words = [] if tests == " / ".join("-" for _ in by_engine) else [tests]
    good = any(shown.passed for shown in by_engine)
    bad = any(shown.failed for shown in by_engine)
    if figure is not None:
        words.append(f"{figure['value']} (target {figure['target']})")
        good, bad = good or bool(figure["passed"]), bad or not figure["passed"]
    if line.get("by") == "bench" and figure is None:
        return "NOT SHOWN", "; ".join(["no benchmark result", *words])
    return ("FAILED" if bad else "shown" if good else "NOT SHOWN"), "; ".join(words)


def rows() -> list[tuple[str, str, str, str]]:
    """One row per line: id, verdict, what is behind it, text."""
    lines = tomllib.loads((ROOT / "docs" / "requirements.toml").read_text(encoding="utf-8"))["line"]
    runs = [outcomes(ROOT / "build" / f"junit-{engine}.xml") for engine in ENGINES]
    bench = figures(ROOT / "build")
    return [
        (line["id"], *judge(line, [run.get(line["id"], Shown()) for run in runs], bench.get(line["id"])), line["text"])
        for line in lines
    ]


def main() -> int:
    """Prints the table in Markdown; exit code 1 if a line has failed or is not shown."""
    table = rows()
    print("| line | verdict | SQLite / PostgreSQL; figure (target) | requirement |\n|---|---|---|---|")
    for name, verdict, words, text in table:
        print(f"| {name} | {verdict} | {words or '-'} | {text.replace('|', '/')} |")
    missing = [name for name, verdict, *_ in table if verdict != "shown"]
    print(f"\n{len(table) - len(missing)} of {len(table)} lines shown.", end=" ")
    print(f"Not shown or failed: {', '.join(missing)}." if missing else "")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
