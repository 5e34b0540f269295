"""Sparing an LMS that does not answer, or that is asked too much."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lti_tool.passback.rules.steps import Health, Step

BREAKER_AFTER = 3
"""So many failures in a row, and the registration is left alone for a while."""
STEPS = {Health.ill: timedelta(seconds=5), Health.strained: timedelta(seconds=1)}
"""How much longer it is left alone with each further failure. Where one answer in twenty is 429 by chance, three in a row come
every few thousand scores: the whole school must not wait 5 s for that, and an LMS that means it says so again."""
BREAKER_LONGEST = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether a registration is left alone: `until` lies ahead then."""

    failures: int = 0
    until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether nothing may be sent now."""
        return self.until is not None and self.until > now

    @property
    def is_probing(self) -> bool:
        """Whether one score at a time shall find out if the LMS is back."""
        return self.failures >= BREAKER_AFTER


def breaker_after(before: Breaker, steps: Iterable[Step], now: datetime) -> Breaker:
    """The breaker after these answers, in their order."""
    failures, until = before.failures, before.until
    for step in steps:
        if step.health is Health.well:
            failures, until = 0, None
        elif step.health is Health.pause:
            until = max(until or now, now + step.delay)
        elif step.health in STEPS:
            failures += 1
            if failures >= BREAKER_AFTER:
                until = now + min(STEPS[step.health] * (failures - BREAKER_AFTER + 1), BREAKER_LONGEST)
    return Breaker(failures, until)


def width_after(width: int, steps: Iterable[Step], *, is_open: bool, most: int) -> int:
    """How many scores may go at the same time after these answers, 1 to `most`.

    Half as many when an LMS has said so often that it is too much that the breaker is open; one more with each batch
    without such an answer.
    """
    is_strained = any(step.health is Health.strained for step in steps)
    if is_strained:
        return max(width // 2, 1) if is_open else width
    return min(width + 1, most)
