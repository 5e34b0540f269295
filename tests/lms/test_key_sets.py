"""One LMS whose key set does not come must not hold up launches from the others."""

from datetime import UTC, datetime, timedelta

import pytest

from lti_tool.core.http import Response, TimedOut
from lti_tool.lms.key_sets import PAUSE, KeySets, NoKeySet

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
URL = "https://lms.example/jwks"


def test_key_set_that_never_came_is_not_asked_for_by_every_launch() -> None:
    asked: list[str] = []

    def silent(url: str) -> Response:
        asked.append(url)
        raise TimedOut("lms.example")

    sets = KeySets(silent)
    for _ in range(3):
        with pytest.raises(NoKeySet, match="timed_out"):
            sets.find(1, URL, "kid", NOW)
    assert len(asked) == 1
    with pytest.raises(NoKeySet):
        sets.find(1, URL, "kid", NOW + PAUSE - timedelta(milliseconds=1))
    assert len(asked) == 1
    with pytest.raises(NoKeySet):
        sets.find(1, URL, "kid", NOW + PAUSE)
    assert len(asked) == 2
