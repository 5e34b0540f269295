"""What may be said by the log of scores: a repeat needs a reason, and equal means every cell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.flows.reckoning import LEASE, TEARS, Cell, differences, falls, repeats, torn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entry(
    score: float | None,
    seconds: float,
    *,
    status: int = 200,
    stored: bool = True,
    reason: str = "",
    cell: Cell = (1, "m1"),
) -> dict[str, Any]:
    """A line of the log."""
    at = (NOON + timedelta(seconds=seconds)).isoformat()
    return {"line_item_id": cell[0], "person_id": cell[1], "score": score, "received_at": at, "status": status,
            "was_stored": int(stored), "reason": reason}  # fmt: skip


def gone(column: int, seconds: float) -> dict[str, Any]:
    """Somebody else's score, when the LMS says that it has no such column."""
    return entry(10, seconds, status=404, stored=False, cell=(column, "m2"))


AGAIN = entry(80, 20)
CASES = [
    ([entry(80, 0), AGAIN], [], [""]),
    ([entry(80, 0), AGAIN], [5], ["kill"]),
    ([entry(80, 0), AGAIN], [-5], [""]),
    ([entry(80, 0), AGAIN], [25], [""]),
    ([entry(80, 0), entry(80, 90)], [LEASE.total_seconds() + 1], [""]),
    ([entry(80, 0, status=500), AGAIN], [], ["answered 500"]),
    ([entry(80, 0, reason="planned drop"), AGAIN], [], ["planned drop"]),
    ([entry(80, 0, reason="planned cut"), AGAIN], [], ["planned cut"]),
    ([entry(80, 0, status=0, stored=False), AGAIN], [], []),
    ([entry(80, 0, stored=False, reason="planned lose"), AGAIN], [], []),
    ([entry(60, 0), AGAIN], [], []),
    ([entry(60, 0), entry(80, 5, status=500, stored=False), AGAIN], [], []),
    ([entry(80, 0, status=500), entry(80, 5, status=503, stored=False), AGAIN], [], ["answered 500", "answered 503"]),
    ([entry(80, 0, status=500), entry(80, 5), AGAIN], [], ["answered 500", ""]),
    ([entry(80, 0), gone(1, 5), AGAIN], [], ["column said to be gone"]),
    ([entry(80, 0), gone(2, 5), AGAIN], [], [""]),
    ([gone(1, -5), entry(80, 0), AGAIN], [], ["column said to be gone while it was sent"]),
    ([gone(1, -5 - LEASE.total_seconds()), entry(80, 0), AGAIN], [], [""]),
]


@pytest.mark.parametrize(("log", "kills", "reasons"), CASES)
def test_repeat_is_excused_by_what_happened_before_it(
    log: list[dict[str, Any]], kills: list[float], reasons: list[str]
) -> None:
    found = repeats(log, [NOON + timedelta(seconds=each) for each in kills])
    assert [each.why for each in found] == reasons


def test_cell_differs_when_either_side_has_another_number_or_none() -> None:
    ours = {(1, "a"): 80.0, (1, "b"): 60.0, (1, "c"): 33.33333}
    theirs = {(1, "a"): 80.0, (1, "c"): 33.333334, (1, "d"): 20.0}
    assert differences(ours, theirs) == {(1, "b"): (60.0, None), (1, "d"): (None, 20.0)}


def test_score_falls_when_an_old_value_comes_late() -> None:
    assert falls([entry(60, 0), entry(80, 5)]) == []
    assert falls([entry(80, 0), entry(60, 5)]) == [((1, "m1"), [80.0, 60.0])]


@pytest.mark.parametrize(
    ("kills", "stored", "is_fault"),
    [
        ([-1], False, False),
        ([], False, True),
        ([1], False, True),
        ([-TEARS.total_seconds() - 1], False, True),
        ([-1], True, True),
    ],
)
def test_half_a_score_is_excused_by_a_kill_while_it_was_sent(kills: list[float], stored: bool, is_fault: bool) -> None:
    log = [entry(80, -20), entry(None, 0, status=400, stored=stored, reason="the body is no JSON"), entry(90, 5)]
    moments = [NOON + timedelta(seconds=each) for each in kills]
    assert bool(torn(log, moments)) is is_fault
    assert not repeats(log, moments)
    assert not falls(log)
