"""One thing of an ordered list a place up, a place down, or out: what the buttons of an editor do."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TypeVar

Thing = TypeVar("Thing")


class Step(StrEnum):
    """What a button asks for; the names are those of the forms."""

    up = "up"
    down = "down"
    remove = "remove"


def rearranged(things: Sequence[Thing], step: Step, is_meant: Callable[[Thing], bool]) -> tuple[Thing, ...]:
    """The things after one press of the button of the first that is meant; one that is gone changes nothing."""
    order = list(things)
    place = next((index for index, each in enumerate(order) if is_meant(each)), None)
    if place is None:
        return tuple(order)
    thing = order.pop(place)
    if step is Step.up:
        order.insert(max(0, place - 1), thing)
    elif step is Step.down:
        order.insert(place + 1, thing)
    return tuple(order)
