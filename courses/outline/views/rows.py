"""The values of a member's course home, ready for the template: plain tuples and dicts, nothing left to compute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from courses.outline import rules
from courses.outline.rules import State
from courses.outline.views.words import Words, way
from courses.progress.queries import Deviations, window_of
from lti_tool.core.i18n import format_day, format_duration, format_points, gettext, ngettext
from lti_tool.core.web import runtime
from lti_tool.ledger.availability import Window
from lti_tool.ledger.rules import PostState

MOST_DEADLINES = 4


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for one member."""

    tasks: Sequence[Any]
    deviations: Deviations
    ways: Mapping[int, PostState]
    seconds: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Task:
    """One task with everything that its row is made of."""

    row: Any
    window: Window
    task: rules.Task


@dataclass(frozen=True, slots=True)
class _Page:
    """What the parts of one page share."""

    known: Known
    words: Words
    kinds: Mapping[str, tuple[str, str]]
    """Label and symbol by kind."""
    tasks: Sequence[_Task]
    current: _Task | None


def page(known: Known, words: Words) -> dict[str, Any]:
    """Context of the template: overview, sections, deadlines, sync."""
    tasks = [_task(row, known, words) for row in known.tasks]
    next_task = rules.next_of([each.task for each in tasks])
    whole = _Page(
        known,
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
        "sync": _sync(known.ways),
    }


def _task(row: Any, known: Known, words: Words) -> _Task:
    window = window_of(row, known.deviations)
    state = rules.state_of(window, words.now, is_started=row.state is not None, is_done=row.completed_at is not None)
    return _Task(row, window, rules.Task(row.id, row.is_required, state, row.updated_at))


_LOOKS = {State.done: "done", State.locked: "locked"}
_URGENT = {State.late: ("late", "late"), State.soon: ("soon", "clock")}


def _row(each: _Task, whole: _Page) -> dict[str, Any]:
    row, window, known, words = each.row, each.window, whole.known, whole.words
    is_current = each is whole.current
    label, symbol = whole.kinds.get(row.kind, ("", "file"))
    state = each.task.state
    states = [_state(row, state, window, words)]
    if state is State.done and (delivered := way(known.ways.get(row.id))):
        states.append((*delivered, False))
    return {
        "look": "now" if is_current else _LOOKS.get(state, ""),
        "symbol": symbol,
        "title": row.title,
        "address": "" if state is State.locked else words.address(row.kind, row.id),
        "kind": label,
        "meta": _meta(row, known, words),
        "due": words.due(window.due) if window.due and state not in {State.done, State.locked} else "",
        "due_kind": "late" if state is State.late else "soon" if state is State.soon else "",
        "states": states,
        "note": _note(state, window, words),
        "criteria": words.checklist(
            row.kind,
            row.criteria,
            row.criteria_met or [],
            is_open=is_current,
            seconds=known.seconds.get(row.id, 0),
        )
        if row.criteria and state is not State.done
        else "",
    }


def _meta(row: Any, known: Known, words: Words) -> list[str]:
    parts = [] if row.is_required else [gettext("optional")]
    if row.summary:
        parts.append(row.summary)
    if row.completed_at and known.seconds.get(row.id, 0) >= 60:
        parts.append(gettext("studied %(time)s", time=format_duration(known.seconds[row.id])))
    elif row.effort_minutes:
        parts.append(words.about(row.effort_minutes))
    return parts


def _state(row: Any, state: State, window: Window, words: Words) -> tuple[str, str, str, bool]:
    """(class, symbol, text, whether somebody has to act)."""
    if state is State.done:
        if row.score is None:
            return "done", "done", gettext("completed"), False
        return "done", "done", gettext("completed, %(score)s points", score=format_points(row.score)), False
    if state is State.locked:
        opens = window.opens or words.now
        return "lock", "lock", words.opens(opens), False
    if state is State.closed:
        return "lock", "lock", gettext("closed"), False
    if state in _URGENT and window.due:
        return (*_URGENT[state], words.days_left(window.due), True)
    if state is State.doing:
        return "doing", "doing", gettext("in progress"), False
    return "todo", "todo", gettext("not started"), False


def _note(state: State, window: Window, words: Words) -> str:
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
    total = sum(whole.known.seconds.values())
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
    row, window, words = current.row, current.window, whole.words
    is_begun = current.task.touched is not None
    return {
        "kicker": gettext("Where you were") if is_begun else gettext("Next task"),
        "title": row.title,
        "meta": [whole.kinds.get(row.kind, ("", ""))[0], *([words.due(window.due)] if window.due else [])],
        "address": words.address(row.kind, row.id),
        "verb": gettext("Continue") if is_begun else gettext("Begin"),
    }


def _section(section: rules.Section[tuple[dict[str, Any], rules.Task]]) -> dict[str, Any]:
    tasks = [task for _, task in section.items]
    done = rules.sums(tasks)
    is_done = bool(tasks) and all(task.state is State.done for task in tasks if task.is_required) and done.done > 0
    is_over = all(task.state in {State.done, State.closed} for task in tasks)
    return {
        "title": section.title or gettext("Tasks"),
        "topic": "",
        "is_done": is_done,
        "is_open": not is_over,
        "summary": gettext("%(done)s/%(total)s completed", done=done.done, total=done.counted)
        if is_done
        else gettext("required %(done)s/%(total)s", done=done.done, total=done.counted),
        "create_address": "",
        "tasks": [row for row, _ in section.items],
    }


def _deadlines(whole: _Page) -> list[dict[str, Any]]:
    waiting = [
        (each.window.due, each)
        for each in whole.tasks
        if each.window.due and each.task.state in {State.late, State.soon, State.doing, State.todo}
    ]
    waiting.sort(key=lambda pair: pair[0])
    return [
        {
            "title": each.row.title,
            "address": whole.words.address(each.row.kind, each.row.id),
            "kind": _URGENT.get(each.task.state, ("", ""))[0],
            "symbol": _URGENT.get(each.task.state, ("", ""))[1],
            "left": whole.words.days_left(due),
            "when": whole.words.due(due),
        }
        for due, each in waiting[:MOST_DEADLINES]
    ]


_GROUPS = (
    ("sent", "landed", frozenset({PostState.sent, PostState.confirmed})),
    ("wait", "wait", frozenset({PostState.waiting, PostState.sending, PostState.waiting_for_column})),
    ("wait", "info", frozenset({PostState.refused, PostState.differs})),
)


def _sync(ways: Mapping[int, PostState]) -> list[dict[str, Any]]:
    texts = (
        gettext("delivered to your platform"),
        gettext("waiting for your platform"),
        gettext("not delivered yet; your teacher sees why"),
    )
    found = []
    for (kind, symbol, group), text in zip(_GROUPS, texts, strict=True):
        count = sum(state in group for state in ways.values())
        if count:
            found.append(
                {
                    "kind": kind,
                    "symbol": symbol,
                    "text": text,
                    "count": ngettext("%(num)s item", "%(num)s items", count),
                }
            )
    return found
