"""The whole suite twice, on SQLite and on PostgreSQL: what `make test` runs.

Arguments go to pytest (`make test TESTS="tests/quizzes -x"`). JUnit files: build/junit-sqlite.xml, build/junit-postgresql.xml.
Exit code 0 only if both runs passed; without PostgreSQL its run is left out by name, and a judged run (CI=1) fails.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.plugins.gate import is_ci
from tests.postgres import VARIABLE, PostgresMissing, private_cluster
from tools.programs import chromium

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS = 5


def pytest_run(engine: str, arguments: list[str], environment: dict[str, str]) -> int:
    """One run; returns pytest's exit code. No test at all counts as a failure unless tests were chosen by hand."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "4", "--dist", "loadgroup"]
    # A worker that was ended (a test that hung for five minutes) ends the run with its name: xdist would wait for ever.
    command += ["--max-worker-restart", "0"]
    command += [f"--junit-xml=build/junit-{engine}.xml", f"--override-ini=junit_suite_name={engine}", *arguments]
    print(f"\n=== the suite on {engine} ===", flush=True)
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    return 0 if code == NO_TESTS and arguments else code


def main() -> int:
    """Both runs, the second also when the first failed."""
    arguments = sys.argv[1:]
    (ROOT / "build").mkdir(exist_ok=True)
    for engine in ("sqlite", "postgresql"):
        (ROOT / "build" / f"junit-{engine}.xml").unlink(missing_ok=True)
    # With bytecode: hundreds of servers are started, and each worker rewrites the assertions of all tests.
    plain = {name: value for name, value in os.environ.items() if name not in {VARIABLE, "PYTHONDONTWRITEBYTECODE"}}
    if chromium() is None:
        print("Chromium is not on this machine: the browser tests are skipped.", flush=True)
    codes = [pytest_run("sqlite", arguments, plain)]
    try:
        with private_cluster() as url:
            codes.append(pytest_run("postgresql", arguments, {**plain, VARIABLE: url}))
    except PostgresMissing as missing:
        print(f"\n{missing} The run on PostgreSQL is left out.", flush=True)
        codes.append(1 if is_ci() else 0)
    return max(codes)


if __name__ == "__main__":
    raise SystemExit(main())
