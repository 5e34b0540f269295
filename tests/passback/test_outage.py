"""TO-13 as a whole: an LMS that breaks for hours. Pauses grow and are spread, nothing is lost, and somebody is told."""

import inspect
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import select

from lti_tool.cli.health import facts, judging
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.http import TimedOut, Unreachable
from lti_tool.identity.models import Registration
from lti_tool.ledger.rules import PostState
from lti_tool.lms.connector import Connector
from lti_tool.passback.drain import Drain
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook, Planned
from tests.school import School

HOURS = timedelta(hours=5)
FAULTS: dict[str, Planned] = {
    "500": (500, {}, b"Fatal error"), "502": (502, {}, b"<html>"), "503": (503, {}, b""), "504": (504, {}, b""),
    "timeout": TimedOut("lms.example"), "reset": Unreachable("lms.example", "broken"),
}  # fmt: skip
LEAST, WHOLE = 0.0, 1.0


@pytest.fixture
def chances() -> Iterator[float]:
    """The least and the longest pause by turns."""
    return cycle((LEAST, WHOLE))


def run_once(database: Database, clock: FakeClock, connector: Connector, chance: float) -> None:
    """A worker that starts, sends what is due and ends: nothing is kept but what stands in the database."""
    drain = Drain(database, clock, connector, concurrency=2, chance=lambda: chance)
    drain.run()
    drain.close()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_TO_13_errors_and_silence_back_off_with_jitter_keep_the_score_and_are_told_after_hours(
    database: Database, clock: FakeClock, connector: Connector, gradebook: FakeGradebook, school: School, reach: Recorder,
    chances: Iterator[float], fault: Planned,
) -> None:  # fmt: skip
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "5")
    gradebook.always = fault
    begun, pauses, told_at = clock.now(), list[tuple[float, float]](), list[timedelta]()
    while clock.now() - begun < HOURS:
        chance, before = next(chances), len(gradebook.scores)
        run_once(database, clock, connector, chance)
        post = school.post(column, school.member)
        assert post is not None
        assert post.state is PostState.waiting  # it is never given up
        if len(gradebook.scores) > before:
            pauses.append((chance, (post.due_at - clock.now()).total_seconds()))
        if is_told(database, clock):
            told_at.append(clock.now() - begun)
        clock.advance(max(post.due_at, pause_of(database, school)) - clock.now() + timedelta(seconds=1))

    # Twice as long each time, up to an hour; chance spreads each pause over its upper half.
    expected = [
        (chance, min(2 * 2**number, 3600) * (0.5 + chance / 2))
        for number, (chance, _) in enumerate(pauses, start=1)
    ]  # fmt: skip
    assert pauses == expected
    assert {chance for chance, _ in pauses} == {LEAST, WHOLE}
    assert pauses[-1][1] >= 1800
    assert inspect.signature(Drain).parameters["chance"].default is random.random

    # The operator is told: not at the first errors, within hours, and then for as long as it lasts.
    assert told_at
    assert timedelta(seconds=30) < told_at[0] <= timedelta(hours=4, minutes=30)
    assert is_told(database, clock)
    assert is_alert_for(database, clock)

    gradebook.always = None
    clock.advance(timedelta(hours=1, minutes=1))
    run_once(database, clock, connector, WHOLE)
    post = school.post(column, school.member)
    assert post is not None
    assert (post.state, gradebook.grade("4"), post.attempts) == (PostState.sent, 5, 0)
    assert not is_told(database, clock)


def pause_of(database: Database, school: School) -> datetime:
    """Until when the LMS is left alone."""
    with database.reading() as session:
        until = session.scalars(
            select(Registration.breaker_until).where(Registration.id == school.registration_id)
        ).one()
    return until or school.now


def is_told(database: Database, clock: FakeClock) -> bool:
    """Whether `dangke doctor` has an error on an LMS."""
    found = judging.judged(facts.read(database, clock.now()), {})
    return any(each.state == "bad" and each.subject.startswith("LMS ") for each in found)


def is_alert_for(database: Database, clock: FakeClock) -> bool:
    """Whether one of the rules for Prometheus holds: the LMS does not answer, or a score has failed for hours."""
    rules = (Path(__file__).parents[2] / "docs/operating/alerts.yml").read_text("utf-8")
    assert "max by (registration) (dangke_breaker_failures) >= 5\n" in rules
    assert "max by (registration) (dangke_outbox_failing) > 0\n" in rules
    return any(lms.breaker_failures >= 5 or lms.failing > 0 for lms in facts.read(database, clock.now()).lmss)
