"""Texts of task rows, cached: a page of 40 rows says the same few things, and so does the next page.

The caches are keyed by everything the text depends on; the language and the zone are those of the request.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flask import request, url_for
from markupsafe import Markup

from lti_tool.core.columns import Points
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

_SIZE = 4096
_PLACE = 918_273_645


class Words:
    """The words of one page: one language, one zone, one moment."""

    def __init__(self, language: Language, zone: Any, now: datetime) -> None:
        self.language = language
        self.zone = zone
        self.now = now
        self._day = _day(language, zone, now.astimezone(zone).date())
        self._root = request.script_root
        self.kinds = _kinds(language)
        """What each kind of task is called, and its symbol."""

    def points(self, stored: int) -> str:
        """A score in the units of columns.Points: `71.5`."""
        return _points(stored)

    def studied(self, seconds: int) -> str:
        """In full minutes: `已学 21 分钟`."""
        return _studied(self.language, seconds // 60)

    def due(self, moment: datetime) -> str:
        """`11月20日 周五 18:00 截止`."""
        told = self._day.due_ahead if moment > self.now else self._day.due_past
        return told.get(moment) or _told(told, moment, format_due(moment, self.now, self.zone))

    def opens(self, moment: datetime) -> str:
        """`12月1日 周二 08:00 开放`."""
        told = self._day.opens
        return told.get(moment) or _told(told, moment, format_opens(moment, self.now, self.zone))

    def days_left(self, moment: datetime) -> str:
        """`还剩 3 天`."""
        told = self._day.left_ahead if moment > self.now else self._day.left_past
        return told.get(moment) or _told(told, moment, format_days_left(moment, self.now, self.zone))

    def about(self, minutes: int) -> str:
        """`约 18 分钟`."""
        return _about(self.language, minutes)

    def address(self, kind: str, activity_id: int) -> str:
        """The page of a task."""
        first, last = _around(kind, self._root)
        return f"{first}{activity_id}{last}"

    def grades(self, home_id: int) -> str:
        """The page of one's own grades in this course."""
        first, last = _grades(self._root)
        return f"{first}{home_id}{last}"

    def checklist(self, kind: str, criteria: str, met: str | None, *, is_open: bool, seconds: int) -> Markup:
        """The criteria of a task (JSON texts), rendered; empty if it has none."""
        timed = seconds - seconds % 60 if '"seconds"' in criteria else 0
        return _checklist(self.language, kind, criteria, met or "[]", is_open, timed)


@dataclass(frozen=True, slots=True)
class _Day:
    """What dates are called on one day, by moment: whether it lies ahead changes the words, the hour does not."""

    due_ahead: dict[datetime, str] = field(default_factory=dict)
    due_past: dict[datetime, str] = field(default_factory=dict)
    opens: dict[datetime, str] = field(default_factory=dict)
    left_ahead: dict[datetime, str] = field(default_factory=dict)
    left_past: dict[datetime, str] = field(default_factory=dict)


@lru_cache(64)
def _day(language: Language, zone: Any, today: date) -> _Day:  # noqa: ARG001 - the key
    return _Day()


def _told(told: dict[datetime, str], moment: datetime, text: str) -> str:
    if len(told) >= _SIZE:
        told.clear()
    told[moment] = text
    return text


@lru_cache(256)
def _around(kind: str, root: str) -> tuple[str, str]:  # noqa: ARG001 - addresses begin with the root
    """What stands before and after the id in the address of a task: building one costs more than writing a row."""
    known = runtime().kinds.get(kind)
    first, _, last = (url_for(known.show, activity_id=_PLACE) if known else "").partition(str(_PLACE))
    return first, last


@lru_cache(256)
def _grades(root: str) -> tuple[str, str]:  # noqa: ARG001 - addresses begin with the root
    first, _, last = url_for("passback.mine", activity_id=_PLACE).partition(str(_PLACE))
    return first, last


@lru_cache(8)
def _kinds(language: Language) -> Mapping[str, tuple[str, str]]:
    with speaking(language):
        return {name: (str(kind.label), kind.icon) for name, kind in runtime().kinds.items()}


@lru_cache(_SIZE)
def _points(stored: int) -> str:
    return format_points(Decimal(stored) / Points.SCALE)


@lru_cache(_SIZE)
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
