"""What the settings page sends. Errors are sentences beside the field; nothing that was typed is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.moments import as_typed, read_moment
from lti_tool.core.text import clean_line
from lti_tool.ledger.models import Activity
from lti_tool.questions.model import MultipleRule
from quizzes.attempts.rules import OnExpiry
from quizzes.marking.rules import GradeMethod
from quizzes.papers.rules import Moment, Settings, Shown

TITLE_LIMIT: Final = 200
REVIEW_MOMENTS: Final = (Moment.right_after, Moment.later, Moment.after_close)
NUMBERS: Final = {
    "time_limit": (1, 1440),
    "attempts": (1, 100),
    "delay": (0, 10_080),
    "grace": (1, 720),
    "pass": (0, 100),
}
"""Least and most of each number: minutes, attempts, minutes, hours, percent."""


@dataclass(slots=True)
class SettingsForm:
    """The fields of the settings page, as typed or as stored."""

    title: str = ""
    is_required: bool = True
    texts: dict[str, str] = field(default_factory=dict)
    """Numbers and dates as typed: those of NUMBERS, and opens, due, closes."""
    dates: dict[str, datetime | None] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    errors: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, activity: Activity, settings: Settings, zone: str) -> "SettingsForm":
        """For what is stored."""

        def number(value: int | None, unit: int = 1) -> str:
            return "" if value is None else f"{value / unit:g}"

        def local(moment: datetime | None) -> str:
            return as_typed(moment, ZoneInfo(zone))

        texts = {
            "time_limit": number(settings.time_limit_seconds, 60),
            "attempts": number(settings.attempts_allowed),
            "delay": number(settings.delay_seconds, 60),
            "grace": number(settings.grace_seconds, 3600),
            "pass": number(settings.pass_percent),
            "opens": local(activity.opens_at),
            "due": local(activity.due_at),
            "closes": local(activity.closes_at),
        }
        return cls(activity.title, activity.is_required, texts, settings=settings)

    @classmethod
    def read(cls, form: MultiDict[str, str], zone: str) -> "SettingsForm":
        """Read a request's fields; dates are in the course's zone."""
        names = (*NUMBERS, "opens", "due", "closes")
        made = cls(
            title=clean_line(form.get("title", ""), TITLE_LIMIT),
            is_required="is_required" in form,
            texts={name: form.get(name, "").strip()[:40] for name in names},
        )
        if not made.title:
            made.errors["title"] = _l("Give the quiz a title.")
        numbers = {name: made._number(name) for name in NUMBERS}
        made.dates = {name: made._date(name, ZoneInfo(zone)) for name in ("opens", "due", "closes")}
        made._check_order()
        made.settings = _settings(form, numbers)
        return made

    def _number(self, name: str) -> int | None:
        text = self.texts[name]
        least, most = NUMBERS[name]
        if not text:
            return None
        if not (text.isdecimal() and len(text) < 7 and least <= int(text) <= most):
            self.errors[name] = _l("A whole number from %(least)s to %(most)s.", least=least, most=most)
            return None
        return int(text)

    def _date(self, name: str, zone: ZoneInfo) -> datetime | None:
        if not self.texts[name]:
            return None
        try:
            return read_moment(self.texts[name], zone)
        except ValueError:
            self.errors[name] = _l("A day and a time, such as 2026-11-27 18:00.")
            return None

    def _check_order(self) -> None:
        opens, due, closes = (self.dates[name] for name in ("opens", "due", "closes"))
        if opens and closes and closes <= opens:
            self.errors["closes"] = _l("It must close after it opens.")
        if due and closes and closes < due:
            self.errors["closes"] = _l("It must not close before it is due.")


def _settings(form: MultiDict[str, str], numbers: Mapping[str, int | None]) -> Settings:
    ticked = set(form.getlist("review"))
    during = {(Shown.attempt, Moment.during)}
    review = {(shown, moment) for shown in Shown for moment in REVIEW_MOMENTS if f"{shown}:{moment}" in ticked}
    method, expiry, rule = form.get("grade_method", ""), form.get("on_expiry", ""), form.get("multiple_rule", "")
    limit, grace = numbers["time_limit"], numbers["grace"]
    return Settings(
        time_limit_seconds=None if limit is None else limit * 60,
        attempts_allowed=numbers["attempts"],
        delay_seconds=(numbers["delay"] or 0) * 60,
        grade_method=GradeMethod(method) if method in set(GradeMethod) else GradeMethod.highest,
        on_expiry=OnExpiry(expiry) if expiry in set(OnExpiry) else OnExpiry.autosubmit,
        grace_seconds=86_400 if grace is None else grace * 3600,
        shuffle_questions="shuffle_questions" in form,
        shuffle_options="shuffle_options" in form,
        multiple_rule=rule if rule in set(MultipleRule) - {MultipleRule.map, MultipleRule.weights} else "",
        pass_percent=numbers["pass"],
        review=frozenset(during | review),
    )
