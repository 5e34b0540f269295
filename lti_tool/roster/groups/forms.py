"""What a request may say about groups."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final

from lti_tool.core.errors import Invalid
from lti_tool.core.i18n import gettext
from lti_tool.core.moments import read_moment
from lti_tool.core.text import clean_line
from lti_tool.roster.groups.rules import LONGEST_NAME

MOST_MINUTES: Final = 600
MOST_ATTEMPTS: Final = 20
AT_ONCE: Final = 100


def read_name(form: Mapping[str, str]) -> str:
    """The name of a group. Raises Invalid for none."""
    name = clean_line(form.get("name", ""), LONGEST_NAME)
    if not name:
        raise Invalid(gettext("Type a name for the group."), action="")
    return name


def read_people(values: list[str]) -> list[int]:
    """The people that were ticked. Raises Invalid for nobody."""
    found = [int(each) for each in values[:AT_ONCE] if each.isascii() and each.isdecimal() and len(each) < 19]
    if not found:
        raise Invalid(gettext("Choose at least one person."), action="")
    return found


@dataclass
class ExceptionForm:
    """An exception for one task. Texts stay as typed; `errors` says per field what to type."""

    texts: dict[str, str]
    activity_id: int = 0
    due_at: datetime | None = None
    closes_at: datetime | None = None
    minutes: int | None = None
    attempts: int | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why."""
        return self.texts["reason"]


_TEXTS: Final = {"activity_id": 18, "due_at": 40, "closes_at": 40, "minutes": 6, "attempts": 6, "reason": 500}


def read_exception(form: Mapping[str, str], zone: tzinfo, tasks: list[tuple[int, str]]) -> ExceptionForm:
    """Read it; never raises: what is wrong stands in `errors`. The task is one of these."""
    read = ExceptionForm({name: clean_line(form.get(name, ""), longest) for name, longest in _TEXTS.items()})
    read.activity_id = next((task for task, _ in tasks if str(task) == read.texts["activity_id"]), 0)
    if not read.activity_id:
        read.errors["activity_id"] = gettext("Choose a task.")
    read.due_at, read.closes_at = _date(read, "due_at", zone), _date(read, "closes_at", zone)
    read.minutes, read.attempts = _number(read, "minutes", MOST_MINUTES), _number(read, "attempts", MOST_ATTEMPTS)
    if read.due_at and read.closes_at and read.closes_at < read.due_at:
        read.errors["closes_at"] = gettext("The closing must not be before the due date.")
    if not read.errors and all(each is None for each in (read.due_at, read.closes_at, read.minutes, read.attempts)):
        read.errors["due_at"] = gettext("Say at least one thing that is different for this group.")
    return read


def _date(read: ExceptionForm, name: str, zone: tzinfo) -> datetime | None:
    if not read.texts[name]:
        return None
    try:
        return read_moment(read.texts[name], zone)
    except ValueError:
        read.errors[name] = gettext("Type a day and a time, such as 2026-12-01 18:00.")
        return None


def _number(read: ExceptionForm, name: str, most: int) -> int | None:
    typed = read.texts[name]
    if not typed:
        return None
    if not (typed.isascii() and typed.isdecimal() and 1 <= int(typed) <= most):
        read.errors[name] = gettext("Type a whole number from 1 to %(most)s.", most=most)
        return None
    return int(typed)
