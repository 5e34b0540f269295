"""What requests of discussions may say. Errors are sentences beside the field; nothing that was typed is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from forum.threads.models import ForumUse
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.moments import as_typed, read_moment
from lti_tool.core.text import clean_line, clean_text
from lti_tool.ledger.models import Activity

TITLE_LIMIT = 120
BODY_LIMIT = 10_000
MOST_WANTED = 50


@dataclass(slots=True)
class PostForm:
    """A post, with or without a thread's title."""

    title: str = ""
    body: str = ""
    parent_id: int | None = None
    errors: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Mapping[str, str], *, with_title: bool = False) -> "PostForm":
        """Read a request's fields."""
        parent = form.get("parent", "")
        made = cls(
            title=clean_line(form.get("title", ""), TITLE_LIMIT + 1),
            body=clean_text(form.get("body", "")).strip(),
            parent_id=int(parent) if parent.isdecimal() and len(parent) < 19 else None,
        )
        if with_title and not made.title:
            made.errors["title"] = _l("Give the thread a title.")
        elif len(made.title) > TITLE_LIMIT:
            made.errors["title"] = _l("The title is too long: at most 120 characters.")
        if not made.body:
            made.errors["body"] = _l("Write something first.")
        elif len(made.body) > BODY_LIMIT:
            made.errors["body"] = _l("This is too long: at most 10,000 characters.")
        return made


@dataclass(slots=True)
class ForumForm:
    """What an instructor says about a discussion."""

    title: str = ""
    body: str = ""
    threads: int = 1
    replies: int = 2
    is_required: bool = True
    due_at: datetime | None = None
    errors: dict[str, Any] = field(default_factory=dict)
    due_text: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    """Numbers that could not be read, as they were typed."""

    @classmethod
    def read(cls, form: Mapping[str, str], zone: str) -> "ForumForm":
        """Read a request's fields; `zone` is the course's, in which dates are typed."""
        made = cls(
            title=clean_line(form.get("title", ""), TITLE_LIMIT + 1),
            body=clean_text(form.get("body", "")).strip(),
            is_required=form.get("is_required") == "1",
            due_text=form.get("due_at", "").strip(),
        )
        if not made.title:
            made.errors["title"] = _l("Give the discussion a title.")
        elif len(made.title) > TITLE_LIMIT:
            made.errors["title"] = _l("The title is too long: at most 120 characters.")
        if len(made.body) > BODY_LIMIT:
            made.errors["body"] = _l("This is too long: at most 10,000 characters.")
        made.threads = made._count(form, "threads")
        made.replies = made._count(form, "replies")
        if not made.errors and made.threads + made.replies == 0:
            made.errors["threads"] = _l("Ask for at least one post or one reply.")
        if made.due_text:
            try:
                made.due_at = read_moment(made.due_text, ZoneInfo(zone))
            except ValueError:
                made.errors["due_at"] = _l("Write the date as 2026-11-30T18:00.")
        return made

    @classmethod
    def of(cls, activity: Activity, use: ForumUse, zone: str) -> "ForumForm":
        """The form of what is stored."""
        targets = {str(code): target for code, target in activity.criteria}
        return cls(
            title=activity.title,
            body=use.source,
            threads=targets.get("posts", 0),
            replies=targets.get("replies", 0),
            is_required=activity.is_required,
            due_at=activity.due_at,
            due_text=as_typed(activity.due_at, ZoneInfo(zone)),
        )

    def _count(self, form: Mapping[str, str], name: str) -> int:
        text = form.get(name, "").strip()
        if text.isdecimal() and len(text) < 4 and int(text) <= MOST_WANTED:
            return int(text)
        self.errors[name], self.refused[name] = _l("Write a number from 0 to 50."), text[:20]
        return 0
