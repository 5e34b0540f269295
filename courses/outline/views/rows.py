"""The values of a member's course home, ready for the template: plain tuples, words of states are the template's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from courses.outline import rules
from courses.outline.queries import Reached
from courses.outline.rules import State
from courses.outline.views.words import Words
from courses.progress.queries import Deviations, dates_of
from lti_tool.core.i18n import format_day, format_duration, gettext, ngettext, speaking
from lti_tool.core.web import runtime
from lti_tool.ledger.rules import PostState

MOST_DEADLINES = 4
_OPEN = frozenset({State.late, State.soon, State.doing, State.todo})

Row = tuple[str, str, str, str, str, bool, str, str, str, str, State, str, str, str, Markup | str]
"""look, symbol, title, address, kind, is_required, summary, studied, about, due, state, text, way, note, criteria: the order of
the template, which has the words of the states. `text`: the score of what is done, else the date that the state is about."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for one member."""

    tasks: Sequence[Reached]
    deviations: Deviations
    ways: Mapping[int, PostState]


class _Task(rules.Task):
    """One task with everything that its row is made of."""

    __slots__ = ("fixed", "met", "score", "seconds", "way", "window")

    def __init__(self, reached: Reached, known: Known, now: datetime) -> None:
        fixed, started, score, met, completed, touched, credited = reached
        # The activity has the dates itself; a window is made only for those with other ones.
        window: rules.Dated = dates_of(fixed, known.deviations) if fixed.id in known.deviations else fixed
        state = rules.state_of(window, now, is_started=started is not None, is_done=completed is not None)
        super().__init__(fixed.id, fixed.is_required, state, touched)
        self.fixed, self.window, self.score, self.met = fixed, window, score, met
        self.seconds = credited // 1000 if credited else 0
        self.way = known.ways.get(fixed.id)


@dataclass(frozen=True, slots=True)
class _Page:
    """What the parts of one page share."""

    words: Words
    kinds: dict[str, tuple[str, str]]
    """Label and symbol by kind."""
    tasks: Sequence[_Task]
    current: rules.Task | None


def page(known: Known, words: Words) -> dict[str, Any]:
    """Context of the template: overview, sections, deadlines, sync."""
    with speaking(words.language):
        return _page(known, words)


def _page(known: Known, words: Words) -> dict[str, Any]:
    tasks = [_Task(reached, known, words.now) for reached in known.tasks]
    kinds = {name: (words.label(kind.label), kind.icon) for name, kind in runtime().kinds.items()}
    whole = _Page(words, kinds, tasks, rules.next_of(tasks))
    shown = [(each.fixed.section, (_row(each, whole), each)) for each in tasks]
    return {
        "overview": _overview(whole) if tasks else None,
        "sections": [_section(each) for each in rules.sections(shown)],
        "deadlines": _deadlines(whole),
        "sync": _sync(tasks),
    }


def _row(each: _Task, whole: _Page) -> Row:
    words, fixed, state = whole.words, each.fixed, each.state
    label, symbol = whole.kinds.get(fixed.kind, ("", "file"))
    address = words.address(fixed.kind, fixed.id)
    about = words.about(fixed.effort_minutes) if fixed.effort_minutes else ""
    plain = (symbol, fixed.title, address, label, fixed.is_required, fixed.summary)
    if state is State.done:
        studied = words.length(each.seconds) if each.seconds >= 60 else ""
        score = "" if each.score is None else words.points(each.score)
        return ("done", *plain, studied, about, "", state, score, _WAY.get(each.way, "") if each.way else "", "", "")
    is_current = each is whole.current
    window, due = each.window, each.window.due
    criteria = words.checklist(fixed.kind, fixed.criteria, each.met, is_open=is_current, seconds=each.seconds)
    if state is State.locked:
        text = words.opens(window.opens) if window.opens else ""
        return ("locked", symbol, fixed.title, "", *plain[3:], "", about, "", state, text, "", "", criteria)
    text = words.days_left(due) if due and state in _URGENT else ""
    return (
        *("now" if is_current else "", *plain, "", about, words.due(due) if due else ""),
        *(state, text, "", _note(state, window, words), criteria),
    )


_WAY = {
    PostState.sent: "sent",
    PostState.confirmed: "sent",
    PostState.waiting: "moving",
    PostState.sending: "moving",
    PostState.waiting_for_column: "saved",
    PostState.refused: "stuck",
    PostState.differs: "stuck",
}
"""Where a grade is, as members read it: calm, and never "refused"."""


def _note(state: State, window: rules.Dated, words: Words) -> str:
    if state is State.late and window.closes:
        return format_day(window.closes, words.now, words.zone)
    return ""


def _overview(whole: _Page) -> dict[str, Any]:
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
        "next": _next(whole.current, whole) if isinstance(whole.current, _Task) else None,
    }


def _next(current: _Task, whole: _Page) -> dict[str, Any]:
    row, due, words = current.fixed, current.window.due, whole.words
    is_begun = current.touched is not None
    return {
        "kicker": gettext("Where you were") if is_begun else gettext("Next task"),
        "title": row.title,
        "meta": [whole.kinds.get(row.kind, ("", ""))[0], *([words.due(due)] if due else [])],
        "address": words.address(row.kind, row.id),
        "verb": gettext("Continue") if is_begun else gettext("Begin"),
    }


def _section(section: rules.Section[tuple[Row, _Task]]) -> dict[str, Any]:
    tasks = [task for _, task in section.items]
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
        "tasks": [row for row, _ in section.items],
    }


_URGENT = {State.late: ("late", "late"), State.soon: ("soon", "clock")}


def _deadlines(whole: _Page) -> list[tuple[str, ...]]:
    """(title, address, class or "", symbol, time left, when), the nearest first."""
    words = whole.words
    waiting = [(each.window.due, each) for each in whole.tasks if each.window.due and each.state in _OPEN]
    waiting.sort(key=lambda pair: pair[0])
    return [
        (
            each.fixed.title,
            words.address(each.fixed.kind, each.fixed.id),
            *_URGENT.get(each.state, ("", "")),
            words.days_left(due),
            words.due(due),
        )
        for due, each in waiting[:MOST_DEADLINES]
    ]


_GROUPS = {
    PostState.sent: 0,
    PostState.confirmed: 0,
    PostState.waiting: 1,
    PostState.sending: 1,
    PostState.waiting_for_column: 1,
    PostState.refused: 2,
    PostState.differs: 2,
}


def _sync(tasks: Sequence[_Task]) -> list[tuple[str, str, str, str]]:
    """(class, symbol, text, count) of the grades that are delivered, on their way, stuck."""
    counts = Counter(_GROUPS[each.way] for each in tasks if each.way in _GROUPS)
    shown = (
        ("sent", "landed", gettext("delivered to your platform")),
        ("wait", "wait", gettext("waiting for your platform")),
        ("wait", "info", gettext("not delivered yet; your teacher sees why")),
    )
    return [
        (*shown[group], ngettext("%(num)s item", "%(num)s items", count)) for group, count in sorted(counts.items())
    ]
