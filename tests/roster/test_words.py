"""How far the reading of a roster is, as a page says it; and that every cause has words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lti_tool.roster.models import SyncState
from lti_tool.roster.queries import Standing
from lti_tool.roster.rules import Cause
from lti_tool.roster.words import CAUSES, Way, way_of
from tests.conftest import START

pytestmark = pytest.mark.once

LATER, BEFORE = START + timedelta(minutes=5), START - timedelta(hours=1)
NOTHING = Standing(
    has_service=True, state=None, cause="", groups_cause="", complete_at=None, pages=0, listed=0, came=0, gone=0,
    renamed=0, nameless=0, due_at=None, is_taken=False,
)  # fmt: skip


@pytest.mark.parametrize(
    ("known", "way"),
    [
        ({"has_service": False}, Way.none),
        ({"has_service": False, "state": SyncState.done, "complete_at": BEFORE}, Way.none),
        ({}, Way.never),
        ({"due_at": START}, Way.asked),
        ({"due_at": LATER}, Way.never),
        ({"due_at": LATER, "is_taken": True}, Way.asked),
        ({"due_at": LATER, "is_taken": True, "state": SyncState.reading}, Way.running),
        ({"due_at": LATER, "is_taken": True, "state": SyncState.merging, "complete_at": BEFORE}, Way.running),
        ({"due_at": START, "state": SyncState.done, "complete_at": BEFORE}, Way.asked),
        ({"state": SyncState.done, "complete_at": BEFORE}, Way.done),
        ({"due_at": LATER, "state": SyncState.done, "complete_at": BEFORE}, Way.done),
        ({"due_at": LATER, "state": SyncState.failed, "complete_at": BEFORE}, Way.failed),
        ({"state": SyncState.failed}, Way.failed),
        # A worker was killed over it, and nobody has taken the job up yet.
        ({"due_at": LATER, "state": SyncState.reading, "complete_at": BEFORE}, Way.done),
        ({"due_at": START, "state": SyncState.reading}, Way.asked),
    ],
)
def test_how_far_a_reading_is(known: dict[str, Any], way: Way) -> None:
    assert way_of(replace(NOTHING, **known), START) is way


def test_every_cause_has_words() -> None:
    assert set(CAUSES) == set(Cause)
