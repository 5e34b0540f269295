"""How the course home groups and weighs its tasks (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

SOON: Final = timedelta(days=7)


class State(StrEnum):
    """What a task is for one member now."""

    done = "done"
    locked = "locked"
    closed = "closed"
    late = "late"
    soon = "soon"
    doing = "doing"
    todo = "todo"


class Dated(Protocol):
    """Anything with the three dates: a Window, or a row of a task whose own dates hold."""

    @property
    def opens(self) -> datetime | None: ...
    @property
    def due(self) -> datetime | None: ...
    @property
    def closes(self) -> datetime | None: ...


def state_of(window: Dated, now: datetime, *, is_started: bool, is_done: bool) -> State:
    """Done beats all; then the dates, in the order of availability.Window.phase; then how far the member is."""
    if is_done:
        return State.done
    if window.opens is not None and now < window.opens:
        return State.locked
    if window.closes is not None and now >= window.closes:
        return State.closed
    due = window.due
    if due is not None:
        if now > due:
            return State.late
        if due - now <= SOON:
            return State.soon
    return State.doing if is_started else State.todo


@dataclass(slots=True)
class Task:
    """What the order and the sums need to know of a task."""

    id: int
    is_required: bool
    state: State
    touched: datetime | None = None
    """When the member's result last changed; None: not started."""


@dataclass(frozen=True, slots=True)
class Sums:
    """The overview of one member."""

    counted: int
    done: int
    overdue: int

    @property
    def percent(self) -> float:
        """0 to 100, with one place."""
        return round(100 * self.done / self.counted, 1) if self.counted else 0.0


def sums(tasks: Sequence[Task]) -> Sums:
    """Over the required tasks, or over all if none is required: the same choice as the ledger's roll-up."""
    counted = [task for task in tasks if task.is_required] or list(tasks)
    return Sums(
        counted=len(counted),
        done=sum(task.state is State.done for task in counted),
        overdue=sum(task.state is State.late for task in counted),
    )


_OPEN: Final = frozenset({State.late, State.soon, State.doing, State.todo})


AnyTask = TypeVar("AnyTask", bound=Task)


def next_of(tasks: Sequence[AnyTask]) -> AnyTask | None:
    """Where to go on: what was touched last and is not done, else the first required one, else the first."""
    waiting = [task for task in tasks if task.state in _OPEN]
    begun = [task for task in waiting if task.touched is not None]
    if begun:
        return max(begun, key=lambda task: task.touched or datetime.min)  # noqa: DTZ901 - begun ones have a moment
    return next((task for task in waiting if task.is_required), waiting[0] if waiting else None)


Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Section(Generic[Item]):
    """Tasks under one heading, in order."""

    title: str
    items: tuple[Item, ...]


def sections(pairs: Iterable[tuple[str, Item]]) -> list[Section[Item]]:
    """Group (heading, item) pairs by heading; a heading stands where it first appears."""
    found: dict[str, list[Item]] = {}
    for title, item in pairs:
        found.setdefault(title, []).append(item)
    return [Section(title, tuple(items)) for title, items in found.items()]


def moved(order: Sequence[int], item: int, headings: dict[int, str], *, is_up: bool) -> list[int]:
    """The ids in their new order after one step up or down among the tasks under the same heading.

    At the end of its heading nothing moves, as for an id that is not in `order`.
    """
    peers = [each for each in order if headings[each] == headings.get(item)]
    if item not in peers:
        return list(order)
    place = peers.index(item) + (-1 if is_up else 1)
    if not 0 <= place < len(peers):
        return list(order)
    other = peers[place]
    swap = {item: other, other: item}
    return [swap.get(each, each) for each in order]
