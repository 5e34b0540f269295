"""The life of a key of ours as pure rules: announced → active → retired → destroyed (TO-16)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

CACHE_SECONDS: Final = 600
"""How long an LMS may keep our key set without asking again; stands in the answer's Cache-Control."""

ANNOUNCED_FOR: Final = timedelta(hours=24)
"""A key is published at least this long before it signs: LMSs keep key sets longer than they are told."""

RETIRED_FOR: Final = timedelta(days=7)
"""A key stays published this long after its last signature, for answers that were signed and not yet read."""


class KeyState(StrEnum):
    """A key is published before it signs, signs, stays published a while after, and ends without its private half."""

    announced = "announced"
    active = "active"
    retired = "retired"
    destroyed = "destroyed"


class Obstacle(StrEnum):
    """Why a key may not take its next step."""

    not_announced = "not_announced"
    too_young = "too_young"
    still_active = "still_active"
    already_so = "already_so"
    too_fresh = "too_fresh"
    pinned = "pinned"
    gone = "gone"


def may_activate(state: KeyState, changed_at: datetime, now: datetime, *, is_urgent: bool = False) -> Obstacle | None:
    """Whether a key may begin to sign: announced, for at least 24 hours unless it is urgent (the old one has leaked)."""
    if state is KeyState.active:
        return Obstacle.already_so
    if state is not KeyState.announced:
        return Obstacle.not_announced
    if not is_urgent and now < usable_at(changed_at):
        return Obstacle.too_young
    return None


def may_retire(state: KeyState) -> Obstacle | None:
    """Whether a key may be taken out of use: only an announced one; the active one is retired by its successor."""
    if state is KeyState.active:
        return Obstacle.still_active
    return None if state is KeyState.announced else Obstacle.already_so


def may_destroy(
    state: KeyState, changed_at: datetime, now: datetime, *, pins: int, is_urgent: bool = False
) -> Obstacle | None:
    """Whether the private half may be deleted: retired for 7 days unless it is urgent, and no registration needs it."""
    if state is KeyState.destroyed:
        return Obstacle.already_so
    if state is not KeyState.retired:
        return Obstacle.still_active
    if pins:
        return Obstacle.pinned
    if not is_urgent and now < endable_at(changed_at):
        return Obstacle.too_fresh
    return None


def usable_at(announced_at: datetime) -> datetime:
    """From when on an announced key may sign."""
    return announced_at + ANNOUNCED_FOR


def endable_at(retired_at: datetime) -> datetime:
    """From when on a retired key may be destroyed."""
    return retired_at + RETIRED_FOR


def is_published(state: KeyState) -> bool:
    """Whether the key stands in our key set."""
    return state is not KeyState.destroyed
