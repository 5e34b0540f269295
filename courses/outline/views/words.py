"""Texts of task rows, cached: a page of 40 rows says the same few things, and so does the next page.

The caches are keyed by everything the text depends on; the language and the zone are those of the request.
"""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from flask import url_for
from markupsafe import Markup

from lti_tool.core.i18n import (
    Language,
    format_days_left,
    format_due,
    format_duration,
    format_opens,
    gettext,
    speaking,
)
from lti_tool.core.web import render, runtime
from lti_tool.ledger.rules import PostState

_SIZE = 4096
_PLACE = 918_273_645


class Words:
    """The words of one page: one language, one zone, one moment."""

    def __init__(self, language: Language, zone: Any, now: datetime) -> None:
        self.language = language
        self.zone = zone
        self.now = now
        self._now = _Now(now)
        self.today = now.astimezone(zone).date()
        self._addresses: dict[str, tuple[str, str]] = {}

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

    def checklist(
        self, kind: str, criteria: list[list[Any]], met: list[bool], *, is_open: bool, seconds: int
    ) -> Markup:
        """The criteria of a task, rendered."""
        lines = tuple((code, target, index < len(met) and met[index]) for index, (code, target) in enumerate(criteria))
        timed = seconds if any(code == "seconds" for code, _, _ in lines) else 0
        return _checklist(self.language, kind, lines, is_open, timed)


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


@lru_cache(512)
def _about(language: Language, minutes: int) -> str:
    with speaking(language):
        return gettext("about %(time)s", time=format_duration(minutes * 60))


@lru_cache(_SIZE)
def _checklist(
    language: Language, kind: str, lines: tuple[tuple[str, Any, bool], ...], is_open: bool, seconds: int
) -> Markup:
    known = runtime().kinds.get(kind)
    with speaking(language):
        items = [
            {
                "text": str(known.criteria(code, target)) if known else code,
                "is_met": is_met,
                "value": gettext("%(time)s so far", time=format_duration(seconds))
                if code == "seconds" and seconds
                else "",
            }
            for code, target, is_met in lines
        ]
        met = sum(is_met for _, _, is_met in lines)
        page = render("courses/criteria.html", items=items, met=met, total=len(items), is_open=is_open)
    return Markup(page)  # noqa: S704 - a template of ours


_WAYS = {
    PostState.sent: ("sent", "landed", "grade delivered"),
    PostState.confirmed: ("sent", "landed", "grade delivered"),
    PostState.waiting: ("wait", "wait", "grade on its way to your school's platform"),
    PostState.sending: ("wait", "wait", "grade on its way to your school's platform"),
    PostState.waiting_for_column: ("wait", "wait", "grade saved here; it is sent once the teacher allows it"),
    PostState.refused: ("wait", "wait", "grade not delivered yet; your teacher sees why"),
    PostState.differs: ("wait", "wait", "grade not delivered yet; your teacher sees why"),
}


def way(state: PostState | None) -> tuple[str, str, str] | None:
    """(class, symbol, text) of a grade's way as members read it; None if there is nothing to say."""
    if state is None or state not in _WAYS:
        return None
    kind, symbol, msgid = _WAYS[state]
    return kind, symbol, gettext(msgid)
