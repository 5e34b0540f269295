"""Texts of task rows, cached: a page of 40 rows says the same few things, and so does the next page.

The caches are keyed by everything the text depends on; the language and the zone are those of the request.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from flask import url_for
from markupsafe import Markup

from lti_tool.core.i18n import (
    Language,
    format_days_left,
    format_due,
    format_duration,
    format_opens,
    format_points,
    gettext,
    speaking,
)
from lti_tool.core.web import render, runtime
from lti_tool.ledger.rules import PostState

_SIZE = 4096
_PLACE = 918_273_645


State = tuple[str, str, str, bool]
"""Class, symbol, text, whether somebody has to act."""


@dataclass(frozen=True, slots=True)
class Said:
    """What rows say without any number in it, in one language."""

    optional: str
    done: State
    doing: State
    todo: State
    closed: State
    ways: dict[PostState, State]
    """Where a grade is, as members read it: calm, and never "refused"."""


@cache
def _said(language: Language) -> Said:
    with speaking(language):
        delivered = "sent", "landed", gettext("grade delivered"), False
        moving = "wait", "wait", gettext("grade on its way to your school's platform"), False
        saved = "wait", "wait", gettext("grade saved here; it is sent once the teacher allows it"), False
        stuck = "wait", "wait", gettext("grade not delivered yet; your teacher sees why"), False
        return Said(
            optional=gettext("optional"),
            done=("done", "done", gettext("completed"), False),
            doing=("doing", "doing", gettext("in progress"), False),
            todo=("todo", "todo", gettext("not started"), False),
            closed=("lock", "lock", gettext("closed"), False),
            ways={
                PostState.sent: delivered,
                PostState.confirmed: delivered,
                PostState.waiting: moving,
                PostState.sending: moving,
                PostState.waiting_for_column: saved,
                PostState.refused: stuck,
                PostState.differs: stuck,
            },
        )


class Words:
    """The words of one page: one language, one zone, one moment."""

    def __init__(self, language: Language, zone: Any, now: datetime) -> None:
        self.language = language
        self.zone = zone
        self.now = now
        self.said = _said(language)
        self._now = _Now(now)
        self.today = now.astimezone(zone).date()
        self._addresses: dict[str, tuple[str, str]] = {}

    def done(self, score: Decimal) -> State:
        """`已完成 71.5 分`."""
        return _done(self.language, score)

    def studied(self, seconds: int) -> str:
        """`已学 21 分钟`."""
        return _studied(self.language, seconds // 60)

    def due(self, moment: datetime) -> str:
        """`11月20日 周五 18:00 截止`."""
        return _due(self.language, self.zone, moment, self.today.year, moment > self.now, self._now)

    def opens(self, moment: datetime) -> str:
        """`12月1日 周二 08:00 开放`."""
        return _opens(self.language, self.zone, moment, self.today.year, self._now)

    def days_left(self, moment: datetime) -> str:
        """`还剩 3 天`."""
        return _days_left(self.language, self.zone, moment, self.today, moment <= self.now, self._now)

    def about(self, minutes: int) -> str:
        """`约 18 分钟`."""
        return _about(self.language, minutes)

    def address(self, kind: str, activity_id: int) -> str:
        """The page of a task; built once per kind, since building an address costs more than writing a row."""
        if kind not in self._addresses:
            known = runtime().kinds.get(kind)
            first, _, last = (url_for(known.show, activity_id=_PLACE) if known else "").partition(str(_PLACE))
            self._addresses[kind] = first, last
        first, last = self._addresses[kind]
        return f"{first}{activity_id}{last}"

    def checklist(self, kind: str, criteria: str, met: str | None, *, is_open: bool, seconds: int) -> Markup:
        """The criteria of a task (JSON texts), rendered; empty if it has none."""
        timed = seconds - seconds % 60 if '"seconds"' in criteria else 0
        return _checklist(self.language, kind, criteria, met or "[]", is_open, timed)


class _Now:
    """The present moment as an argument that does not count as part of a key: the rest of the key says what matters."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Now)

    def __hash__(self) -> int:
        return 0


@lru_cache(_SIZE)
def _due(language: Language, zone: Any, moment: datetime, year: int, is_ahead: bool, now: _Now) -> str:  # noqa: ARG001 - parts of the key
    with speaking(language):
        return format_due(moment, now.moment, zone)


@lru_cache(_SIZE)
def _opens(language: Language, zone: Any, moment: datetime, year: int, now: _Now) -> str:  # noqa: ARG001 - part of the key
    with speaking(language):
        return format_opens(moment, now.moment, zone)


@lru_cache(_SIZE)
def _days_left(language: Language, zone: Any, moment: datetime, today: date, is_past: bool, now: _Now) -> str:  # noqa: ARG001 - parts of the key
    with speaking(language):
        return format_days_left(moment, now.moment, zone)


@lru_cache(_SIZE)
def _done(language: Language, score: Decimal) -> State:
    with speaking(language):
        return "done", "done", gettext("completed, %(score)s points", score=format_points(score)), False


@lru_cache(512)
def _studied(language: Language, minutes: int) -> str:
    with speaking(language):
        return gettext("studied %(time)s", time=format_duration(minutes * 60))


@lru_cache(512)
def _about(language: Language, minutes: int) -> str:
    with speaking(language):
        return gettext("about %(time)s", time=format_duration(minutes * 60))


@lru_cache(_SIZE)
def _checklist(language: Language, kind: str, criteria: str, met: str, is_open: bool, seconds: int) -> Markup:
    known = runtime().kinds.get(kind)
    lines, reached = json.loads(criteria), json.loads(met)
    if not lines:
        return Markup()
    with speaking(language):
        items = [
            {
                "text": str(known.criteria(code, target)) if known else code,
                "is_met": place < len(reached) and reached[place],
                "value": gettext("%(time)s so far", time=format_duration(seconds))
                if code == "seconds" and seconds
                else "",
            }
            for place, (code, target) in enumerate(lines)
        ]
        count = sum(1 for item in items if item["is_met"])
        page = render("courses/criteria.html", items=items, met=count, total=len(items), is_open=is_open)
    return Markup(page)  # noqa: S704 - a template of ours
