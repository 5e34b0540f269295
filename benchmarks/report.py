"""What was measured, as a table for people and as build/bench.json for `make evidence`."""

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import Ratio


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `id`: the line of docs/requirements.toml, empty for one that is only told."""

    id: str
    what: str
    value: float
    target: float
    is_at_most: bool = False
    raw: str = ""
    is_valid: bool = True
    """False if answers were bad, so that the figure means nothing."""

    @property
    def passed(self) -> bool:
        """Whether the target was reached."""
        reached = self.value <= self.target if self.is_at_most else self.value >= self.target
        return reached and self.is_valid


def commit() -> str:
    """The commit that is measured, with a + if files differ from it."""
    head = ["git", "describe", "--always", "--abbrev=10", "--dirty=+", "--exclude=*"]
    done = subprocess.run(head, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


@dataclass
class Report:
    """All rows of a run."""

    path: Path
    """The JSON file; lines that are not measured now stay in it as they were."""
    rows: list[Row] = field(default_factory=list)
    measured: str = field(default_factory=commit)
    """The commit at the beginning; others may go on meanwhile."""

    def add(self, row: Row) -> None:
        """Keep, write and print a row at once: a run takes minutes and may be broken off."""
        self.rows.append(row)
        print(line(row), flush=True)
        if row.id:
            self._write(row)

    def _write(self, row: Row) -> None:
        found: dict[str, Any] = json.loads(self.path.read_text("utf-8")) if self.path.exists() else {}
        found[row.id] = {
            "value": row.value, "target": row.target, "passed": row.passed, "raw": row.raw, "commit": self.measured,
            "load": load(),
        }  # fmt: skip
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


HEADER = "| line | what | value | target | | raw |\n|---|---|---|---|---|---|"


def line(row: Row) -> str:
    """A row of the table, in Markdown."""
    sign = "≤" if row.is_at_most else "≥"
    target = f"{sign} {row.target:g}" if row.target else "-"
    verdict = "reached" if row.passed else "MISSED" if row.is_valid else "BAD ANSWERS"
    return f"| {row.id or '-'} | {row.what} | {row.value:g} | {target} | {verdict if row.target else ''} | {row.raw} |"


def of_ratio(name: str, what: str, found: Ratio, target: float) -> Row:
    """The row of a comparison with a floor."""
    bad = f"; bad answers {found.bad}" if found.bad else ""
    raw = (
        f"floor {found.floor_ms:.2f} ms, product {found.product_ms:.2f} ms of CPU per request, "
        f"{found.product_per_second:.0f}/s; {found.lowest:.2f} to {found.highest:.2f}, "
        f"{found.kept} of {found.rounds} rounds kept{bad}"
    )
    return Row(name, what, round(found.ratio, 2), target, raw=raw, is_valid=not found.bad)


def load() -> str:
    """The machine's load averages now, and its processors."""
    return " ".join(f"{each:.2f}" for each in os.getloadavg()) + f" on {os.cpu_count()} processors"


def heading(rounds: int, seconds: float) -> str:
    """What stands above the table."""
    return (
        f"commit {commit()}, {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, load {load()}, "
        f"{rounds} rounds of {seconds:g} s"
    )
