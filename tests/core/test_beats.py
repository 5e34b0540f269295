"""A worker that hangs is seen, one that was killed is seen, and one that ended in order leaves nothing."""

from datetime import datetime, timedelta

import pytest

from lti_tool.core import beats
from lti_tool.core.beats import Health, Pulse
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database

NOW = datetime.fromisoformat("2026-11-20T02:00:00+00:00")


@pytest.mark.once
@pytest.mark.parametrize(
    ("silent", "drain", "jobs", "health", "stuck"),
    [
        (0, 1, 1, Health.alive, []),
        (60, 119, 1700, Health.alive, []),
        (15, 121, 1, Health.stuck, ["drain"]),
        (15, 1, 1801, Health.stuck, ["jobs-2"]),
        (61, 61, 61, Health.silent, []),
        (61, 3000, 3000, Health.silent, ["drain", "jobs-2"]),
    ],
)
def test_health_follows_from_the_row(silent: int, drain: int, jobs: int, health: Health, stuck: list[str]) -> None:
    turns = {"drain": NOW.timestamp() - drain, "jobs-2": NOW.timestamp() - jobs}
    found = beats.judged(1, NOW - timedelta(seconds=silent), turns, NOW)
    assert (found.health, found.stuck) == (health, stuck)


def test_worker_is_seen_until_its_farewell(database: Database, clock: FakeClock) -> None:
    def states() -> list[Health]:
        with database.reading_core() as connection:
            return [each.health for each in beats.seen(connection, clock.now())]

    def beat(pulse: Pulse) -> None:
        pulse.turn("drain", clock.now())
        with database.writing_core() as connection:
            pulse.beat(connection, clock.now())

    killed, ended = Pulse(), Pulse()
    for _ in range(2):
        beat(killed)
        beat(ended)
    assert states() == [Health.alive, Health.alive]
    clock.advance(timedelta(minutes=3))
    beat(ended)
    assert states() == [Health.silent, Health.alive]
    with database.writing_core() as connection:
        ended.farewell(connection)
    assert states() == [Health.silent]
    beat(killed)  # it had only been asleep
    assert states() == [Health.alive]
    clock.advance(timedelta(hours=2))
    assert states() == []


@pytest.mark.once
def test_beat_is_due_every_15_seconds_even_if_it_fails() -> None:
    pulse = Pulse()
    moments = [NOW + timedelta(seconds=each) for each in (0, 1, 14, 15, 16, 31)]
    assert [pulse.is_due(moment) for moment in moments] == [True, False, False, True, False, True]
