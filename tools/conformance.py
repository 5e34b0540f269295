"""Writes docs/conformance.md: each case of the LTI list with what we do, the tests that show it, and how they came out.

The cases stand in docs/conformance.toml, the tests carry the case's id in their name (test_TK_16_..., test_DL_02_and_03_...),
and the outcomes come from build/junit-sqlite.xml and build/junit-postgresql.xml as `make test` left them. Where a run is
missing, or was a partial one, the outcome that the document has already stays as long as the row's tests are the same.
`--check` writes nothing and looks at everything but the outcomes: exit code 1 where a case has neither test nor reason, a
test names an unknown case, a reason is out of date, or the document is not what the tool would write.
"""

import ast
import re
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT, DATA = "docs/conformance.md", "docs/conformance.toml"
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
NOT_RUN = "-"
_NAME = re.compile(r"test_([A-Z]{2})_(\d\d(?:_and_\d\d)*)_(\w+)")
_ROW = re.compile(r"\| ([A-Z]{2}-\d\d) \| (.*) \| (.*) \| (.*) \| (.*) \|")


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what we do, and why it has no test where it has none."""

    id: str
    behaviour: str
    why: str = ""


@dataclass(frozen=True, slots=True, order=True)
class CaseTest:
    """A test function that carries a case's id; `words` is the rest of its name."""

    path: str
    name: str
    words: str


@dataclass
class Outcome:
    """What the runs of a row's tests came to on one engine."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def words(self) -> str:
        """`3 passed`, `1 failed`, `skipped`; a dash where nothing ran."""
        if self.failed:
            return f"**{self.failed} failed**"
        return f"{self.passed} passed" if self.passed else "skipped" if self.skipped else NOT_RUN


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the list."""

    name: str
    title: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Conformance:
    """The list and its tests."""

    groups: tuple[Group, ...]
    reasons: Mapping[str, str]
    tests: Mapping[str, list[CaseTest]]
    outcomes: Mapping[str, Mapping[str, Outcome]] = field(default_factory=dict)
    """Engine to `path::test` to what came of it, all parameters together."""

    def cases(self) -> Iterator[Case]:
        """All cases in order."""
        return (case for group in self.groups for case in group.cases)


def read_groups(text: str) -> tuple[tuple[Group, ...], dict[str, str]]:
    """The groups and the reasons of docs/conformance.toml."""
    data = tomllib.loads(text)
    why = data.pop("why", {})
    groups = tuple(
        Group(letters, part["title"], tuple(
            Case(name, words, why.get(name, "")) for name, words in part["cases"].items()
        ))
        for letters, part in data.items()
    )  # fmt: skip
    return groups, why


def find_tests(folder: Path) -> dict[str, list[CaseTest]]:
    """Case id to the test functions below `folder` that carry it, in the order of their files."""
    found: dict[str, list[CaseTest]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or (named := _NAME.fullmatch(node.name)) is None:
                continue
            group, numbers, words = named.groups()
            test = CaseTest(path.relative_to(folder.parent).as_posix(), node.name, words.replace("_", " "))
            for number in numbers.split("_and_"):
                found[f"{group}-{number}"].append(test)
    return found


def read_run(path: Path) -> dict[str, Outcome]:
    """`path::test` to what came of it in one JUnit file; empty where the file is missing."""
    found: dict[str, Outcome] = defaultdict(Outcome)
    if not path.exists():
        return found
    for case in ET.parse(path).getroot().iter("testcase"):  # noqa: S314 - a file that our own run has just written
        file = str(case.get("classname")).replace(".", "/") + ".py"
        outcome = found[f"{file}::{str(case.get('name')).partition('[')[0]}"]
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif case.find("skipped") is not None:
            outcome.skipped += 1
        else:
            outcome.passed += 1
    return found


def load(root: Path = ROOT) -> Conformance:
    """What the tree holds, with the outcomes of the last runs."""
    groups, reasons = read_groups((root / DATA).read_text(encoding="utf-8"))
    runs = {engine: read_run(root / "build" / f"junit-{engine}.xml") for engine in ENGINES}
    return Conformance(groups, reasons, find_tests(root / "tests"), runs)


def faults(found: Conformance) -> list[str]:
    """What is wrong between cases, reasons and tests, one sentence each."""
    known = {case.id for case in found.cases()}
    told = [
        f"{case.id} has neither a test nor a reason in {DATA}."
        for case in found.cases()
        if case.id not in found.tests and not case.why
    ]
    for name, tests in found.tests.items():
        if name not in known:
            told += [f"{test.path}: {test.name} names {name}, which is no case." for test in tests]
    told += [f"{name} has a reason in {DATA} and a test as well." for name in found.reasons if name in found.tests]
    return told + [f"{DATA} has a reason for {name}, which is no case." for name in found.reasons if name not in known]


def render(found: Conformance, former: str) -> str:
    """The document; `former` is the one that stands there, for the outcomes of rows that the last runs do not have."""
    kept = {row[1]: row.groups() for line in former.splitlines() if (row := _ROW.fullmatch(line))}
    cases = list(found.cases())
    shown = sum(case.id in found.tests for case in cases)
    lines = [
        "# Conformance: what Dangke does in each case, and which test shows it",
        "",
        "<!-- Written by `make conformance`. Change docs/conformance.toml or the tests, not this page. -->",
        "",
        "The ids are those of our list of LTI 1.3 and LTI Advantage cases; a test carries the id of its case in its name",
        "(`test_TK_16_...`). The outcomes are those of the last `make test` before this page was written, all parameters of a",
        "test counted; a test that touches no database runs on SQLite only.",
        "",
        f"{shown} of {len(cases)} cases have tests.",
    ]
    for group in found.groups:
        lines += ["", f"## {group.name}: {group.title}", "", "| id | what we do | tests | SQLite | PostgreSQL |"]
        lines += ["|---|---|---|---|---|"]
        lines += [_row(case, found, kept) for case in group.cases]
    return "\n".join(lines) + "\n"


def _row(case: Case, found: Conformance, kept: Mapping[str, tuple[str, ...]]) -> str:
    tests = found.tests.get(case.id, [])
    words = _links(tests) if tests else case.why or "**no test yet**"
    engines = [_outcome(tests, found.outcomes.get(engine, {})) for engine in ENGINES]
    former = kept.get(case.id)
    if former is not None and former[2] == words and engines == [NOT_RUN, NOT_RUN]:
        engines = list(former[3:])
    return f"| {case.id} | {case.behaviour} | {words} | {engines[0]} | {engines[1]} |"


def _links(tests: list[CaseTest]) -> str:
    """The tests by file, each as the words of its name."""
    by_file: dict[str, list[str]] = defaultdict(list)
    for test in tests:
        by_file[test.path].append(test.words)
    return "<br>".join(f"[{path}](../{path}): {', '.join(words)}" for path, words in by_file.items())


def _outcome(tests: list[CaseTest], run: Mapping[str, Outcome]) -> str:
    total = Outcome()
    for test in tests:
        if (one := run.get(f"{test.path}::{test.name}")) is not None:
            total = Outcome(total.passed + one.passed, total.failed + one.failed, total.skipped + one.skipped)
    return total.words()


def structure(document: str) -> list[str]:
    """The document without its outcomes."""
    return [" | ".join(row.groups()[:3]) if (row := _ROW.fullmatch(line)) else line for line in document.splitlines()]


def main(arguments: list[str]) -> int:
    """Write the document, or with --check only look; prints what is wrong."""
    found, path = load(), ROOT / DOCUMENT
    former = path.read_text(encoding="utf-8") if path.exists() else ""
    document, told = render(found, former), faults(found)
    if "--check" not in arguments:
        path.write_text(document, encoding="utf-8")
        print(f"{DOCUMENT} is written.")
    elif structure(former) != structure(document):
        told.append(f"{DOCUMENT} is out of date: run `make conformance`.")
    for sentence in told:
        print(sentence)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
