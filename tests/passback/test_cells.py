"""Results of one person as LMSs send them, and what a conflict means by what stands there."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from lti_tool.passback import rules
from lti_tool.passback.rules import Answer, Cell, Health, Step
from tests.passback.test_rules import NOW, ill


@pytest.mark.parametrize(
    ("item", "share"),
    [
        ({"resultScore": 17, "resultMaximum": 20}, "0.85"),
        ({"resultScore": 0.85}, "0.85"),
        ({"resultScore": 0.85, "resultMaximum": None}, "0.85"),
        ({"resultScore": "17", "resultMaximum": "20"}, "0.85"),
        ({"resultScore": 0, "resultMaximum": 20}, "0"),
        ({"resultScore": None, "resultMaximum": 20}, None),
        ({"resultMaximum": 20}, None),
        ({"resultScore": 17, "resultMaximum": 0}, None),
        ({"resultScore": "NaN", "resultMaximum": 20}, None),
        ({"resultScore": [], "resultMaximum": {}}, None),
    ],
)
def test_AG_33_share_of_a_result_in_any_spelling(item: dict[str, Any], share: str | None) -> None:
    cell = rules.read_cell([{"userId": "4"} | item], "4")
    assert cell is not None
    assert cell.share == (None if share is None else Decimal(share))


def test_AG_33_results_of_others_are_passed_over_and_a_missing_person_has_none() -> None:
    items = [None, 7, {"userId": "5", "resultScore": 1}, {"userId": 4, "resultScore": 0.5, "comment": None}]
    assert rules.read_cell(items, "4") == Cell(Decimal("0.5"))
    assert rules.read_cell(items, "6") is None


@pytest.mark.parametrize("timestamp", [None, 7, "", "yesterday", "2026-11-20T02:00:00"])
def test_time_of_a_result_that_says_nothing_is_none(timestamp: Any) -> None:
    cell = rules.read_cell([{"userId": "4", "timestamp": timestamp}], "4")
    assert cell == Cell()


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        (None, Answer.newer),
        (Cell(), Answer.newer),
        (Cell(Decimal("0.85")), Answer.there_already),
        (Cell(Decimal("0.85003")), Answer.there_already),
        (Cell(Decimal("0.8502")), Answer.newer),
        (Cell(Decimal("0.85"), at=NOW + timedelta(days=1)), Answer.there_already),
        (Cell(Decimal("0.2"), at=NOW + timedelta(days=1)), Answer.ahead),
        (Cell(Decimal("0.2"), at=NOW + timedelta(seconds=4)), Answer.newer),
        (Cell(Decimal("0.2"), at=NOW - timedelta(days=1)), Answer.newer),
    ],
)
def test_AG_14_conflict_by_what_stands_there(cell: Cell | None, answer: Answer) -> None:
    assert rules.after_conflict(cell, given=Decimal(17), maximum=20, now_there=NOW) is answer


@pytest.mark.parametrize(
    ("width", "steps", "is_open", "after"),
    [
        (8, [], False, 8),
        (8, ill(1, Health.strained), False, 8),
        (8, ill(3, Health.strained), True, 4),
        (1, ill(3, Health.strained), True, 1),
        (4, ill(3), True, 5),  # a dead LMS is not a busy one; the breaker has it
        (4, [Step(rules.Event.accepted, health=Health.well)], False, 5),
    ],
)
def test_width_is_halved_when_it_is_too_much_and_grows_again(
    width: int, steps: list[Step], is_open: bool, after: int
) -> None:
    assert rules.width_after(width, steps, is_open=is_open, most=8) == after
