"""`python -m benchmarks` (`make bench`): measures the hot paths as ratios to floors; see docs/requirements.toml, P-01 to P-24.

Writes build/bench.json, the requests as JSON lines in build/bench/, and prints the table. Exit code 1 if a target is missed.
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.floor import prepare
from benchmarks.paths import FILES, NAMES, Asked, Bench
from benchmarks.report import HEADER, Report, heading, line
from lti_tool.core.database import Database
from tests.postgres import PostgresMissing, create_database, private_cluster

ENGINES = ("sqlite", "postgresql")
ON_POSTGRESQL = frozenset({"autosave", "roster"})
"""What is promised for both engines; the rest is measured there only if it is named."""
FIGURES = Path("build/bench.json")


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    parser.add_argument("--only", choices=NAMES, action="append", help="may be given several times")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--other-floor", type=Path, help="floor.py of another measure, to compare ours with it")
    given = parser.parse_args()
    names = frozenset(given.only or NAMES)
    report = Report(FIGURES)
    head = heading(given.rounds, given.seconds)
    print(f"{head}\n\n{HEADER}", flush=True)
    other = given.other_floor.resolve() if given.other_floor else None
    for engine in ENGINES if given.engine == "both" else (given.engine,):
        wanted = names & ON_POSTGRESQL if engine == "postgresql" and not given.only else names
        if not wanted:
            continue
        with _bench(engine, Asked(wanted, given.rounds, given.seconds, other), report) as bench:
            bench.run()
    table = "\n".join([head, "", HEADER, *map(line, report.rows), ""])
    (FILES / "table.md").write_text(table, encoding="utf-8")
    return 0 if all(row.passed for row in report.rows if row.target) else 1


@contextlib.contextmanager
def _bench(engine: str, asked: Asked, report: Report) -> Iterator[Bench]:
    FILES.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        # On the disk of the project: /tmp may be memory, where synchronous=FULL costs nothing.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=FILES))).resolve()
        if engine == "sqlite":
            url, floor_url, also = f"sqlite:///{folder / 'dangke.db'}", f"sqlite:///{folder / 'floor.db'}", []
        else:
            cluster = stack.enter_context(private_cluster(durable=True))
            url, floor_url = create_database(cluster, "dangke"), create_database(cluster, "floor")
            also = [_postmaster(cluster)]
        floor = Database(floor_url)
        prepare(floor)
        floor.dispose()
        bench = Bench(engine, url, floor_url, folder, asked, report, also)
        try:
            yield bench
        finally:
            bench.close()


def _postmaster(url: str) -> int:
    """The process of a private cluster: its first line of postmaster.pid."""
    database = Database(url)
    with database.reading_core() as connection:
        folder = str(connection.exec_driver_sql("SHOW data_directory").scalar())
    database.dispose()
    return int((Path(folder) / "postmaster.pid").read_text().splitlines()[0])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PostgresMissing as missing:
        sys.exit(str(missing))
