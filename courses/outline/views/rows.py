"""A member's course home, ready for the template: tasks that know their words, and what is summed up over them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from courses.outline import rules
from courses.outline.queries import NOTHING, Fixed, Reached
from courses.outline.rules import State
from courses.outline.views.words import Words
from lti_tool.core.i18n import format_day, format_duration, gettext, ngettext
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.ledger.windows import Deviations, dates_of

MOST_DEADLINES = 4
_OPEN = frozenset({State.late, State.soon, State.doing, State.todo})


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for one member."""

    tasks: Sequence[Fixed]
    reached: Mapping[int, Reached]
    times: Mapping[int, int]
    ways: Mapping[int, str]
    deviations: Deviations


class Task(rules.Task):
    """One row of the list. Its words are chosen when the template asks for them; those of states are the template's.

    It does not know its page: two that know each other stay in memory until Python looks for such rings, and each page then
    begins in memory that no cache holds.
    """

    __slots__ = ("_score", "_words", "fixed", "is_current", "met", "seconds", "way_of_grade", "window")

    def __init__(self, fixed: Fixed, known: Known, words: Words) -> None:
        self.id = number = fixed.id
        self.fixed, self.is_required, self._words, self.is_current = fixed, fixed.is_required, words, False
        _, is_done, self._score, self.met, self.touched = known.reached.get(number, NOTHING)
        self.seconds = known.times.get(number, 0) // 1000
        self.way_of_grade = known.ways.get(number)
        # The activity has the dates itself; a window is made only for those with other ones.
        deviations = known.deviations
        window: rules.Dated = dates_of(fixed, deviations) if deviations and number in deviations else fixed
        self.window = window
        self.state = rules.state_of(window, words.now, is_started=is_done is not None, is_done=is_done == 1)

    @property
    def look(self) -> str:
        """How the row is marked: done, locked, now, or nothing."""
        if self.state is State.done or self.state is State.locked:
            return self.state
        return "now" if self.is_current else ""

    @property
    def kind(self) -> tuple[str, str]:
        """What the task is called, and its symbol."""
        return self._words.kinds.get(self.fixed.kind, ("", "file"))

    @property
    def address(self) -> str:
        """The task's page; "" while it is locked."""
        return "" if self.state is State.locked else self._words.address(self.fixed.kind, self.id)

    @property
    def effort(self) -> str:
        """What has been studied when it is done, else what it takes: `已学 21 分钟`, `约 18 分钟`."""
        words, minutes = self._words, self.fixed.effort_minutes
        if self.state is State.done and self.seconds >= 60:
            return words.studied(self.seconds)
        return words.about(minutes) if minutes else ""

    @property
    def due(self) -> str:
        """The date that still matters."""
        due = self.window.due
        return self._words.due(due) if due and self.state not in _SETTLED else ""

    @property
    def score(self) -> str:
        """`71.5`; "" if nothing is scored."""
        return "" if self._score is None else self._words.points(self._score)

    @property
    def left(self) -> str:
        """Of a task whose date is near or past: `还剩 3 天`."""
        return self._words.days_left(self.window.due) if self.window.due else ""

    @property
    def opens(self) -> str:
        """Of a locked task: when it opens."""
        return self._words.opens(self.window.opens) if self.window.opens else ""

    @property
    def last_day(self) -> str:
        """Of a late task: until when it is still possible."""
        if self.state is State.late and self.window.closes:
            return format_day(self.window.closes, self._words.now, self._words.zone)
        return ""

    @property
    def way(self) -> str:
        """Where the grade is: sent, moving, saved, stuck, other, kept or nothing."""
        return _WAY.get(self.way_of_grade, "") if self.way_of_grade else ""

    @property
    def criteria(self) -> Markup | str:
        """The checklist, rendered; open for the task to go on with."""
        if self.state is State.done:
            return ""
        fixed = self.fixed
        return self._words.checklist(
            fixed.kind, fixed.criteria, self.met, is_open=self.is_current, seconds=self.seconds
        )


_SETTLED = frozenset({State.done, State.locked})
_WAY: dict[str, str] = {
    PostState.sent: "sent",
    PostState.confirmed: "sent",
    PostState.waiting: "moving",
    PostState.sending: "moving",
    PostState.waiting_for_column: "saved",
    PostState.refused: "stuck",
    PostState.differs: "other",
    KEPT_THERE: "kept",
}
"""Where a grade is, as members read it: calm, and never "refused"."""


class Page:
    """One member's course home. Its parts are put together when the template asks for them, once each."""

    def __init__(self, known: Known, words: Words) -> None:
        self.tasks = [Task(fixed, known, words) for fixed in known.tasks]
        self.current = rules.next_of(self.tasks)
        if self.current is not None:
            self.current.is_current = True

    @property
    def overview(self) -> dict[str, Any] | None:
        """percent, below ("7/12"), label, sum (texts), next (none, or kicker, title, meta, address, verb); none without tasks."""
        return _overview(self) if self.tasks else None

    @property
    def sections(self) -> list[dict[str, Any]]:
        """title, summary, is_done, is_open, tasks of each."""
        return [_section(each) for each in rules.sections((task.fixed.section, task) for task in self.tasks)]

    @property
    def deadlines(self) -> list[tuple[str, ...]]:
        """(title, address, class or "", symbol, time left, when), the nearest first."""
        return _deadlines(self.tasks)

    @property
    def sync(self) -> list[tuple[str, str, str, str]]:
        """(class, symbol, text, count) of the grades that are delivered, on their way, stuck."""
        return _sync(self.tasks)


def _overview(whole: Page) -> dict[str, Any]:
    done = rules.sums(whole.tasks)
    left = done.counted - done.done
    lines = [ngettext("%(num)s required task completed", "%(num)s required tasks completed", done.done)]
    if left:
        rest = ngettext("%(num)s to go", "%(num)s to go", left)
        lines.append(gettext("%(rest)s, %(n)s of them overdue", rest=rest, n=done.overdue) if done.overdue else rest)
    total = sum(each.seconds for each in whole.tasks)
    if total >= 60:
        lines.append(gettext("studied %(time)s in all", time=format_duration(total)))
    return {
        "percent": done.percent,
        "below": f"{done.done}/{done.counted}",
        "label": gettext("%(done)s of %(total)s required tasks completed", done=done.done, total=done.counted),
        "sum": lines,
        "next": _next(whole.current) if whole.current is not None else None,
    }


def _next(current: Task) -> dict[str, Any]:
    is_begun = current.touched is not None
    return {
        "kicker": gettext("Where you were") if is_begun else gettext("Next task"),
        "title": current.fixed.title,
        "meta": [each for each in (current.kind[0], current.due) if each],
        "address": current.address,
        "verb": gettext("Continue") if is_begun else gettext("Begin"),
    }


def _section(section: rules.Section[Task]) -> dict[str, Any]:
    tasks = section.items
    done = rules.sums(tasks)
    is_done = done.done == done.counted
    counts = {"done": done.done, "total": done.counted}
    return {
        "title": section.title or gettext("Tasks"),
        "is_done": is_done,
        "is_open": any(task.state in _OPEN or task.state is State.locked for task in tasks),
        "summary": gettext("%(done)s/%(total)s completed", **counts)
        if is_done or not any(task.is_required for task in tasks)
        else gettext("required %(done)s/%(total)s", **counts),
        "tasks": tasks,
    }


_URGENT = {State.late: ("late", "late"), State.soon: ("soon", "clock")}


def _deadlines(tasks: Sequence[Task]) -> list[tuple[str, ...]]:
    waiting = [(each.window.due, each) for each in tasks if each.window.due and each.state in _OPEN]
    waiting.sort(key=lambda pair: pair[0])
    return [
        (each.fixed.title, each.address, *_URGENT.get(each.state, ("", "")), each.left, each.due)
        for _, each in waiting[:MOST_DEADLINES]
    ]


_GROUPS: dict[str, int] = {
    PostState.sent: 0,
    PostState.confirmed: 0,
    PostState.waiting: 1,
    PostState.sending: 1,
    PostState.waiting_for_column: 1,
    PostState.refused: 2,
    PostState.differs: 3,
    KEPT_THERE: 4,
}


def _sync(tasks: Sequence[Task]) -> list[tuple[str, str, str, str]]:
    counts = Counter(_GROUPS[each.way_of_grade] for each in tasks if each.way_of_grade in _GROUPS)
    shown = (
        ("sent", "landed", gettext("delivered to your platform")),
        ("wait", "wait", gettext("waiting for your platform")),
        ("wait", "info", gettext("not delivered yet; your teacher sees why")),
        ("wait", "info", gettext("other over there; your teacher looks at it")),
        ("info", "info", gettext("as your platform has it")),
    )
    return [
        (*shown[group], ngettext("%(num)s item", "%(num)s items", count)) for group, count in sorted(counts.items())
    ]
