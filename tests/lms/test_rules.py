"""The life of a key as a table, and its laws."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.lms.rules import (
    ANNOUNCED_FOR,
    CACHE_SECONDS,
    RETIRED_FOR,
    KeyState,
    Obstacle,
    is_published,
    may_activate,
    may_destroy,
    may_retire,
)

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
STATES = st.sampled_from(KeyState)
AGES = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=30))


@pytest.mark.parametrize(
    ("state", "hours", "urgent", "expected"),
    [
        ("announced", 24, False, None),
        ("announced", 23.99, False, Obstacle.too_young),
        ("announced", 0, True, None),
        ("active", 100, False, Obstacle.already_so),
        ("retired", 100, True, Obstacle.not_announced),
        ("destroyed", 100, True, Obstacle.not_announced),
    ],
)
def test_TO_16_a_key_begins_to_sign(state: str, hours: float, urgent: bool, expected: Obstacle | None) -> None:
    changed = NOW - timedelta(hours=hours)
    assert may_activate(KeyState(state), changed, NOW, is_urgent=urgent) is expected


@pytest.mark.parametrize(
    ("state", "days", "pins", "urgent", "expected"),
    [
        ("retired", 7, 0, False, None),
        ("retired", 6.99, 0, False, Obstacle.too_fresh),
        ("retired", 0, 0, True, None),
        ("retired", 100, 1, True, Obstacle.pinned),
        ("active", 100, 0, True, Obstacle.still_active),
        ("announced", 100, 0, False, Obstacle.still_active),
        ("destroyed", 100, 0, True, Obstacle.already_so),
    ],
)
def test_TO_16_a_key_ends(state: str, days: float, pins: int, urgent: bool, expected: Obstacle | None) -> None:
    changed = NOW - timedelta(days=days)
    assert may_destroy(KeyState(state), changed, NOW, pins=pins, is_urgent=urgent) is expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("announced", None),
        ("active", Obstacle.still_active),
        ("retired", Obstacle.already_so),
        ("destroyed", Obstacle.already_so),
    ],
)
def test_only_an_announced_key_is_taken_back(state: str, expected: Obstacle | None) -> None:
    assert may_retire(KeyState(state)) is expected


@given(STATES, AGES, st.integers(0, 3), st.booleans())
def test_a_key_takes_one_step_at_a_time(state: KeyState, age: timedelta, pins: int, urgent: bool) -> None:
    ways = [
        may_activate(state, NOW - age, NOW, is_urgent=urgent) is None,
        may_destroy(state, NOW - age, NOW, pins=pins, is_urgent=urgent) is None,
    ]
    assert sum(ways) <= 1


@given(STATES, AGES, st.integers(0, 3))
def test_urgency_only_ever_allows_more(state: KeyState, age: timedelta, pins: int) -> None:
    changed = NOW - age
    if may_activate(state, changed, NOW) is None:
        assert may_activate(state, changed, NOW, is_urgent=True) is None
    if may_destroy(state, changed, NOW, pins=pins) is None:
        assert may_destroy(state, changed, NOW, pins=pins, is_urgent=True) is None


def test_a_key_is_announced_longer_than_a_key_set_is_cached() -> None:
    assert timedelta(seconds=CACHE_SECONDS) < ANNOUNCED_FOR < RETIRED_FOR


def test_all_keys_but_destroyed_ones_are_published() -> None:
    assert [state for state in KeyState if not is_published(state)] == [KeyState.destroyed]
