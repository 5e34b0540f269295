"""`python -m benchmarks.chaos`: the long form of tests/flows/test_chaos.py on one engine; prints what came out.

1,000 submissions and 60 kills unless CHAOS_SUBMISSIONS and CHAOS_KILLS say otherwise; CHAOS_SEED replays a run. Exit code 1
if a cell differs, a result is not what was earned, an old score came late, or one came twice or torn without a reason.
"""

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

from tests.flows.chaos import Plan, trial
from tests.postgres import PostgresMissing

FOLDER = Path("build/chaos")
SUBMISSIONS, KILLS = 1000, 60


def main() -> int:
    """One trial."""
    parser = argparse.ArgumentParser("python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    engine = parser.parse_args().engine
    settings = os.environ
    seed = int(settings.get("CHAOS_SEED") or secrets.randbelow(2**31))
    plan = Plan(
        int(settings.get("CHAOS_SUBMISSIONS", str(SUBMISSIONS))), int(settings.get("CHAOS_KILLS", str(KILLS))), seed
    )
    print(f"chaos: {engine}, CHAOS_SEED={seed}, {plan.submissions} submissions, {plan.kills} kills", flush=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=FOLDER) as folder:
        outcome = trial(plan, Path(folder).resolve() / "stack", on_postgresql=engine == "postgresql")
    print(outcome, flush=True)
    for line in (
        *outcome.unexcused,
        *outcome.different.items(),
        *outcome.not_earned.items(),
        *outcome.fallen,
        *outcome.torn,
    ):
        print(f"  {line}")
    return 0 if outcome.is_right else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PostgresMissing as missing:
        sys.exit(str(missing))
