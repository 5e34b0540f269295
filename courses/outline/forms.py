"""What a request may say about tasks: settings that every kind of activity has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from lti_tool.core.i18n import gettext
from lti_tool.core.moments import read_moment
from lti_tool.core.text import clean_line

LONGEST_EFFORT = 6000


@dataclass
class TaskForm:
    """Title, section, dates and whether it is required. Texts stay as typed; `errors` says per field what to type."""

    texts: dict[str, str]
    is_required: bool
    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_at: datetime | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The title as it will be stored."""
        return self.texts["title"]

    @property
    def section(self) -> str:
        """The heading, as it will be stored."""
        return self.texts["section"]


def read_task(form: Mapping[str, str], zone: tzinfo) -> TaskForm:
    """Read the settings of a task; never raises: what is wrong stands in `errors`."""
    texts = {
        "title": clean_line(form.get("title", ""), 200),
        "section": clean_line(form.get("section", ""), 200),
        **{name: clean_line(form.get(name, ""), 40) for name in ("opens_at", "due_at", "closes_at")},
    }
    read = TaskForm(texts=texts, is_required="is_required" in form)
    if not read.title:
        read.errors["title"] = gettext("Type a title.")
    for name in ("opens_at", "due_at", "closes_at"):
        _read_date(read, name, zone)
    if read.opens_at and read.due_at and read.due_at <= read.opens_at:
        read.errors["due_at"] = gettext("The due date must be after the opening.")
    first = read.due_at or read.opens_at
    if first and read.closes_at and read.closes_at < first:
        read.errors["closes_at"] = gettext("The closing must not be before the due date or the opening.")
    return read


def _read_date(read: TaskForm, name: str, zone: tzinfo) -> None:
    typed = read.texts[name]
    if not typed:
        return
    try:
        setattr(read, name, read_moment(typed, zone))
    except ValueError:
        read.errors[name] = gettext("Type a date and a time, such as 2026-11-20T18:00.")


def reason_of(form: Mapping[str, Any]) -> str:
    """The reason that staff gave for an action; may be empty."""
    return clean_line(str(form.get("reason", "")), 500)
