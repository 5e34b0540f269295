"""The course home of staff: counts, tools, drafts and archived tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import Connection

from courses.outline import queries, rules
from courses.outline.views.words import Words
from lti_tool.core.i18n import format_moment, format_percent, format_points, gettext, ngettext
from lti_tool.core.web import runtime
from lti_tool.identity.actor import Actor, Can
from lti_tool.launch.services import drafts
from lti_tool.ledger.models import ActivityStatus
from lti_tool.passback import notices
from lti_tool.passback.queries import Missing, missing

_PLACE = 918_273_645


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for staff."""

    home: Any
    tasks: tuple[Any, ...]
    members: int
    tallies: Mapping[int, Any]
    posted: Mapping[int, Any]
    missing: Sequence[Missing] = ()
    """Columns that the LMS lacks."""
    copied_from: str = ""
    """Title of the course that the outline was copied from."""
    going: Mapping[int, datetime] = field(default_factory=dict)
    """When drafts that were made while choosing for the LMS are cleared away, by task."""


def read(connection: Connection, home: Any) -> Known:
    """Five statements, and one more where there are drafts, whatever the size of the course."""
    outline = queries.for_staff(connection, home.id)
    has_drafts = any(row.status is ActivityStatus.draft for row in outline.tasks) if outline else False
    return Known(
        home=home,
        tasks=outline.tasks if outline else (),
        members=queries.members(connection, home.context_id),
        tallies=queries.tallies(connection, home.id, home.context_id),
        posted=queries.posted(connection, home.id),
        missing=missing(connection, home.id),
        copied_from=(outline.home.copied_from or "") if outline else "",
        going=drafts.going(connection, home.context_id) if has_drafts else {},
    )


class _Addresses:
    """Addresses with a hole for the task; each is built once per page."""

    def __init__(self, home_id: int) -> None:
        self.home_id = home_id
        self._known: dict[str, str] = {}

    def task(self, name: str, task_id: int) -> str:
        if name not in self._known:
            self._known[name] = url_for(f"courses_outline.{name}", activity_id=self.home_id, task_id=_PLACE)
        return self._known[name].replace(str(_PLACE), str(task_id))

    def scores(self, activity_id: int) -> str:
        return url_for("passback.activity", activity_id=activity_id)


def page(known: Known, words: Words, actor: Actor) -> dict[str, Any]:
    """Context of the template: notices, figures, sections, archived, kinds that can be created."""
    addresses = _Addresses(known.home.id)
    shown = [row for row in known.tasks if row.status is not ActivityStatus.archived]
    pairs = [(row.section, _row(row, known, words, addresses, actor)) for row in shown]
    kinds = runtime().kinds.values()
    return {
        "notices": notices.missing(known.missing),
        "figures": _figures(known, addresses),
        "sections": [
            {
                "title": section.title or gettext("Tasks"),
                "summary": ngettext("%(num)s task", "%(num)s tasks", len(section.items)),
                "tasks": section.items,
            }
            for section in rules.sections(pairs)
        ],
        "archived": [
            (row.title, addresses.task("restore", row.id))
            for row in known.tasks
            if row.status is ActivityStatus.archived
        ],
        "create": [
            (kind.name, str(kind.create_label or kind.label), kind.icon) for kind in kinds if kind.name != "outline"
        ],
        "create_address": url_for("courses_outline.new", activity_id=known.home.id),
        "is_author": actor.can(Can.author),
        "members": known.members,
        "scores_address": addresses.scores(known.home.id),
        "links_address": url_for("launch.links", context_id=known.home.context_id),
        "copied_from": known.copied_from,
    }


def _row(row: Any, known: Known, words: Words, addresses: _Addresses, actor: Actor) -> dict[str, Any]:
    kind = runtime().kinds.get(row.kind)
    tally = known.tallies.get(row.id)
    done = tally.done if tally else 0
    posted = known.posted.get(row.id)
    is_author = actor.can(Can.author)
    return {
        "id": row.id,
        "symbol": kind.icon if kind else "file",
        "title": row.title,
        "address": words.address(row.kind, row.id),
        "is_draft": row.status is ActivityStatus.draft,
        "meta": _meta(row, str(kind.label) if kind else row.kind, words, known.going.get(row.id)),
        "tally": gettext("%(done)s/%(total)s completed", done=done, total=known.members),
        "percent": round(100 * min(done, known.members) / known.members, 1) if known.members else 0,
        "mean": gettext("mean %(score)s points", score=format_points(tally.score / tally.scored))
        if tally and tally.scored
        else "",
        "sent": posted.sent if posted else 0,
        "waiting": posted.waiting if posted else 0,
        "refused": posted.refused if posted else 0,
        "scores": addresses.scores(row.id),
        "task": addresses.task("task", row.id) if is_author else "",
        "up": addresses.task("move_up", row.id) if is_author else "",
        "down": addresses.task("move_down", row.id) if is_author else "",
        "archive": addresses.task("archive", row.id) if is_author else "",
    }


def _meta(row: Any, label: str, words: Words, goes: datetime | None) -> list[str]:
    parts = [label, gettext("required") if row.is_required else gettext("optional")]
    if row.summary:
        parts.append(row.summary)
    if row.opens_at and row.opens_at > words.now:
        parts.append(words.opens(row.opens_at))
    if row.due_at:
        parts.append(words.due(row.due_at))
    if goes:
        moment = format_moment(goes, words.now)
        parts.append(
            gettext("made while choosing for your platform; cleared away %(time)s unless it is edited", time=moment)
        )
    return parts


def _figures(known: Known, addresses: _Addresses) -> list[dict[str, Any]]:
    members = url_for("courses_outline.members", activity_id=known.home.id)
    own = known.tallies.get(known.home.id)
    mean = own.progress / known.members if own and known.members else 0
    sent = sum(each.sent for each in known.posted.values())
    waiting = sum(each.waiting for each in known.posted.values())
    refused = sum(each.refused for each in known.posted.values())
    return [
        {
            "label": gettext("Mean progress"),
            "value": format_percent(mean).rstrip("%"),
            "unit": "%",
            "note": ngettext("of %(num)s member", "of %(num)s members", known.members),
            "address": members,
        },
        {
            "label": gettext("Completed everything"),
            "value": own.done if own else 0,
            "unit": gettext("people"),
            "note": ngettext("of %(num)s member", "of %(num)s members", known.members),
            "address": members,
        },
        {
            "label": gettext("Scores"),
            "value": refused or sent,
            "unit": gettext("refused or different") if refused else gettext("sent"),
            "note": gettext("%(sent)s sent, %(waiting)s waiting", sent=sent, waiting=waiting)
            if refused
            else gettext("%(n)s waiting", n=waiting),
            "address": addresses.scores(known.home.id),
        },
    ]
