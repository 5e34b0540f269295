"""The values of a member's course home, ready for the template: plain tuples, nothing left to compute or to look up."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from courses.outline import rules
from courses.outline.queries import way_of
from courses.outline.rules import State
from courses.outline.views.words import State as Shown
from courses.outline.views.words import Words
from courses.progress.queries import Deviations, dates_of
from lti_tool.core.i18n import format_day, format_duration, gettext, ngettext, speaking
from lti_tool.core.web import runtime
from lti_tool.ledger.rules import PostState

MOST_DEADLINES = 4
_OPEN = frozenset({State.late, State.soon, State.doing, State.todo})
_DUE_KINDS = {State.late: "late", State.soon: "soon"}
_LOOKS = {State.done: "done", State.locked: "locked"}

Row = tuple[str, str, str, str, str, list[str], str, str, list[Shown], str, Markup | str]
"""look, symbol, title, address, kind, meta, due, due_kind, states, note, criteria: the order of the template."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for one member."""

    tasks: Sequence[Any]
    deviations: Deviations


@dataclass(slots=True)
class _Task:
    """One task with everything that its row is made of."""

    row: Any
    window: rules.Dated
    task: rules.Task
    seconds: int
    way: PostState | None


@dataclass(frozen=True, slots=True)
class _Page:
    """What the parts of one page share."""

    words: Words
    kinds: dict[str, tuple[str, str]]
    """Label and symbol by kind."""
    tasks: Sequence[_Task]
    current: _Task | None


def page(known: Known, words: Words) -> dict[str, Any]:
    """Context of the template: overview, sections, deadlines, sync."""
    with speaking(words.language):
        return _page(known, words)


def _page(known: Known, words: Words) -> dict[str, Any]:
    tasks = [_task(row, known, words) for row in known.tasks]
    next_task = rules.next_of([each.task for each in tasks])
    whole = _Page(
        words,
        {name: (str(kind.label), kind.icon) for name, kind in runtime().kinds.items()},
        tasks,
        next((each for each in tasks if each.task is next_task), None),
    )
    shown = [(each.row.section, (_row(each, whole), each.task)) for each in tasks]
    return {
        "overview": _overview(whole) if tasks else None,
        "sections": [_section(each) for each in rules.sections(shown)],
        "deadlines": _deadlines(whole),
        "sync": _sync(tasks),
    }


def _task(row: Any, known: Known, words: Words) -> _Task:
    # A row has the dates itself; a window is made only for those with other ones.
    window = dates_of(row, known.deviations) if row.id in known.deviations else row
    state = rules.state_of(window, words.now, is_started=row.state is not None, is_done=row.completed_at is not None)
    task = rules.Task(row.id, row.is_required, state, row.updated_at)
    return _Task(row, window, task, (row.credited_ms or 0) // 1000, way_of(row.way))


def _row(each: _Task, whole: _Page) -> Row:
    row, words, state = each.row, whole.words, each.task.state
    is_current = each is whole.current
    label, symbol = whole.kinds.get(row.kind, ("", "file"))
    is_done = state is State.done
    due = each.window.due
    return (
        "now" if is_current else _LOOKS.get(state, ""),
        symbol,
        row.title,
        "" if state is State.locked else words.address(row.kind, row.id),
        label,
        _meta(each, words),
        words.due(due) if due and not is_done and state is not State.locked else "",
        _DUE_KINDS.get(state, ""),
        _states(each, words),
        _note(state, each.window, words),
        ""
        if is_done
        else words.checklist(row.kind, row.criteria_text, row.met_text, is_open=is_current, seconds=each.seconds),
    )


def _meta(each: _Task, words: Words) -> list[str]:
    row = each.row
    parts = [] if row.is_required else [words.said.optional]
    if row.summary:
        parts.append(row.summary)
    if each.seconds >= 60 and each.task.state is State.done:
        parts.append(words.studied(each.seconds))
    elif row.effort_minutes:
        parts.append(words.about(row.effort_minutes))
    return parts


def _states(each: _Task, words: Words) -> list[Shown]:
    """(class, symbol, text, whether somebody has to act) for the state, and for the way of the grade."""
    state, window, said = each.task.state, each.window, words.said
    if state is State.done:
        own = said.done if each.row.score is None else words.done(each.row.score)
        delivered = said.ways.get(each.way) if each.way else None
        return [own, delivered] if delivered else [own]
    if state is State.locked and window.opens:
        return [("lock", "lock", words.opens(window.opens), False)]
    if state is State.late and window.due:
        return [("late", "late", words.days_left(window.due), True)]
    if state is State.soon and window.due:
        return [("soon", "clock", words.days_left(window.due), True)]
    if state is State.doing:
        return [said.doing]
    return [said.todo if state is State.todo else said.closed]


def _note(state: State, window: rules.Dated, words: Words) -> str:
    if state is State.late and window.closes:
        return gettext("possible until %(day)s", day=format_day(window.closes, words.now, words.zone))
    return ""


def _overview(whole: _Page) -> dict[str, Any]:
    done = rules.sums([each.task for each in whole.tasks])
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
        "next": _next(whole.current, whole) if whole.current else None,
    }


def _next(current: _Task, whole: _Page) -> dict[str, Any]:
    row, due, words = current.row, current.window.due, whole.words
    is_begun = current.task.touched is not None
    return {
        "kicker": gettext("Where you were") if is_begun else gettext("Next task"),
        "title": row.title,
        "meta": [whole.kinds.get(row.kind, ("", ""))[0], *([words.due(due)] if due else [])],
        "address": words.address(row.kind, row.id),
        "verb": gettext("Continue") if is_begun else gettext("Begin"),
    }


def _section(section: rules.Section[tuple[Row, rules.Task]]) -> dict[str, Any]:
    tasks = [task for _, task in section.items]
    done = rules.sums(tasks)
    is_done = done.done == done.counted
    counts = {"done": done.done, "total": done.counted}
    return {
        "title": section.title or gettext("Tasks"),
        "is_done": is_done,
        "is_open": any(task.state in _OPEN or task.state is State.locked for task in tasks),
        "summary": gettext("%(done)s/%(total)s completed", **counts)
        if is_done
        else gettext("required %(done)s/%(total)s", **counts),
        "tasks": [row for row, _ in section.items],
    }


_URGENT = {State.late: ("late", "late"), State.soon: ("soon", "clock")}


def _deadlines(whole: _Page) -> list[tuple[str, ...]]:
    """(title, address, class or "", symbol, time left, when), the nearest first."""
    words = whole.words
    waiting = [(each.window.due, each) for each in whole.tasks if each.window.due and each.task.state in _OPEN]
    waiting.sort(key=lambda pair: pair[0])
    return [
        (
            each.row.title,
            words.address(each.row.kind, each.row.id),
            *_URGENT.get(each.task.state, ("", "")),
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
