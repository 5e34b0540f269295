"""`make soak`: kill -9 from outside, with a new seed each time, for SOAK_MINUTES (10) on SQLite and on PostgreSQL in turn.

Each round is tests/flows/test_kill.py as it stands in the suite; a seed that fails is printed, so that it can be replayed
by KILL_SEED.
"""

import os
import secrets
import subprocess
import sys
import time

from tests.postgres import VARIABLE, PostgresMissing, private_cluster

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
    passed = failed = 0
    while time.monotonic() < until:
        results = [one_round("sqlite", plain)]
        try:
            with private_cluster() as url:
                results.append(one_round("postgresql", {**plain, VARIABLE: url}))
        except PostgresMissing as missing:
            print(f"soak: {missing}")
        passed += sum(results)
        failed += len(results) - sum(results)
    print(f"soak: {passed} rounds passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
