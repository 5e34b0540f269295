"""`make soak`: faults and kill -9 from outside, with new seeds each time, on SQLite and on PostgreSQL in turn.

First the chaos, once per engine: 1,000 submissions to an LMS that fails a fifth of the time, with at least 100 kills in all
(benchmarks/chaos.py; CHAOS_SUBMISSIONS, CHAOS_KILLS, CHAOS_SEED). Then rounds of tests/flows/test_kill.py as it stands in the
suite, until SOAK_MINUTES (10) are over. A seed that fails is printed, so that it can be replayed by CHAOS_SEED or KILL_SEED.
"""

import os
import secrets
import subprocess
import sys
import time

from tests.postgres import VARIABLE, PostgresMissing, private_cluster
from tools.programs import postgresql

CHAOS = [sys.executable, "-m", "benchmarks.chaos", "--engine"]
ROUND = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/flows/test_kill.py"]


def one_round(engine: str, environment: dict[str, str]) -> bool:
    """One round with a fresh seed; whether it passed."""
    seed = str(secrets.randbelow(10**9))
    print(f"soak: {engine}, KILL_SEED={seed}", flush=True)
    return subprocess.run(ROUND, env={**environment, "KILL_SEED": seed}, check=False).returncode == 0


def main() -> int:
    """Rounds until the time is over; 1 if any failed."""
    minutes = float(os.environ.get("SOAK_MINUTES", "10"))
    until = time.monotonic() + minutes * 60
    plain = {name: value for name, value in os.environ.items() if name != VARIABLE}
    engines = ("sqlite", "postgresql") if postgresql() else ("sqlite",)
    trials = [subprocess.run([*CHAOS, engine], env=plain, check=False).returncode == 0 for engine in engines]
    passed, failed = sum(trials), len(trials) - sum(trials)
    while time.monotonic() < until:
        results = [one_round("sqlite", plain)]
        try:
            with private_cluster() as url:
                results.append(one_round("postgresql", {**plain, VARIABLE: url}))
        except PostgresMissing as missing:
            print(f"soak: {missing}")
        passed += sum(results)
        failed += len(results) - sum(results)
    print(f"soak: {passed} trials and rounds passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
