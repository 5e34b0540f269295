"""Values for the template of the reader, from what was read."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup

from courses.lessons import questions, rules
from courses.lessons.queries import Answer, Standing
from courses.lessons.rules import Block, BlockKind
from lti_tool.core.i18n import format_due, format_duration, gettext
from lti_tool.core.web import runtime
from lti_tool.ledger.availability import Window
from lti_tool.ledger.models import Activity
from lti_tool.ledger.trail import above


def media(reference: str) -> str:
    """Address of an uploaded file; empty without one."""
    return f"/media/{reference}" if reference else ""


def blocks(
    items: Sequence[Block], activity_id: int, done: Standing | None, *, is_closed: bool = False
) -> list[dict[str, Any]]:
    """The blocks as the reader shows them. `done` None: nothing is counted (previews, staff)."""
    seen = done.reached.seen if done else frozenset[str]()
    answers: Mapping[str, Answer] = done.answers if done else {}
    return [
        _block(block, activity_id, is_seen=block.key in seen, given=answers.get(block.key), is_closed=is_closed)
        for block in items
    ]


def _block(block: Block, activity_id: int, *, is_seen: bool, given: Answer | None, is_closed: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": block.kind.value, "anchor": block.key, "is_seen": is_seen}
    if block.kind is BlockKind.text:
        return {**shown, "html": Markup(block.html)}  # noqa: S704 - what core.markup made safe when it was written
    if block.kind is BlockKind.question:
        return {**shown, **questions.shown(block, activity_id, given, is_closed=is_closed)}
    return {
        **shown,
        "address": media(block.reference),
        "alt": block.alt,
        "caption": block.caption,
        "captions": media(block.captions),
        "transcript": Markup(block.transcript),  # noqa: S704 - what core.markup made safe when it was written
    }


def contents(items: Sequence[Block], seen: Collection[str]) -> list[dict[str, Any]]:
    """The outline: one entry per block that has a name; a lesson without headings is counted through."""
    named = [(block, rules.title_of(block) or _plain_name(block)) for block in items]
    entries = [(block, title) for block, title in named if title]
    if not entries:
        entries = [(block, gettext("Part %(n)s", n=number)) for number, block in enumerate(items, 1)]
    return [{"anchor": block.key, "title": title, "is_read": block.key in seen} for block, title in entries]


def _plain_name(block: Block) -> str:
    return gettext("Question in the text") if block.kind is BlockKind.question else ""


def meta(activity: Activity, window: Window, now: datetime) -> list[str]:
    """The line under the title."""
    parts = [activity.section] if activity.section else []
    if activity.effort_minutes:
        parts.append(gettext("about %(time)s", time=format_duration(activity.effort_minutes * 60)))
    if window.due:
        parts.append(format_due(window.due, now))
    return parts


def address_of(kind: str, activity_id: int) -> str:
    """The page of another activity, of whatever kind; empty if its kind is not installed."""
    known = runtime().kinds.get(kind)
    return url_for(known.show, activity_id=activity_id) if known else ""


def trail(activity: Activity, last: str, *, between: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str | None]]:
    """Bread crumbs from the course home to `last`. Opens a reading of its own."""
    with runtime().database.reading() as session:
        first = above(session, activity)
    return [*first, *between, (last, None)]
