"""The short form of the chaos of `make soak`: everything that is killed and every failure at least once, both engines."""

import os
import secrets
from pathlib import Path

import pytest

from tests.flows.chaos import Plan, trial


@pytest.mark.slow
@pytest.mark.shows("F-18", "F-19")
def test_gradebook_equals_the_results_when_everything_fails_and_is_killed(tmp_path: Path, engine_name: str) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(2**31))
    print(f"CHAOS_SEED={seed}")
    outcome = trial(Plan(32, 4, seed), tmp_path / "chaos", on_postgresql=engine_name == "postgresql")
    print(outcome)
    assert outcome.submissions == 32
    assert outcome.kills.total() == 4
    assert (outcome.different, outcome.not_earned, outcome.fallen, outcome.unexcused) == ({}, {}, [], [])


@pytest.mark.slow
@pytest.mark.shows("F-19")
def test_no_score_comes_twice_when_nothing_fails_and_nothing_is_killed(tmp_path: Path, engine_name: str) -> None:
    outcome = trial(Plan(12, 0, 1, is_faulty=False), tmp_path / "calm", on_postgresql=engine_name == "postgresql")
    assert outcome.is_right
    assert (outcome.repeated, outcome.failed, outcome.before) == ([], 0, 0)
    assert outcome.scores >= outcome.cells >= 6
