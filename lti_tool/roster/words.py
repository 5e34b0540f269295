"""What a page says about a roster: how old it is, what it has changed, and why it could not be had."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from lti_tool.core.i18n import LazyText, format_clock, format_moment, gettext, ngettext
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.roster.models import SyncState
from lti_tool.roster.queries import Standing
from lti_tool.roster.rules import Cause


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence that says what happened, one that says what to do."""

    happened: LazyText
    action: LazyText


_ADMIN = _l("The administrator of your platform or of this tool has to mend it.")
CAUSES: Final = {
    Cause.forbidden: Words(
        _l("Your platform did not give its list of members."),
        _l("It has to allow this tool to read names and roles; some platforms refuse courses that are very large."),
    ),
    Cause.gone: Words(
        _l("Your platform has no list of members at the address it named."),
        _l("Open the course from there once, then read the list again."),
    ),
    Cause.busy: Words(_l("Your platform asked us to wait."), _l("The list is read again by itself.")),
    Cause.silent: Words(_l("Your platform did not answer."), _l("The list is read again by itself.")),
    Cause.odd: Words(_l("Your platform answered something that is not a list."), _ADMIN),
    Cause.too_large: Words(_l("The list of your platform is larger than can be read."), _ADMIN),
    Cause.endless: Words(_l("The list of your platform does not come to an end."), _ADMIN),
    Cause.foreign: Words(_l("The list is at an address that does not belong to your platform."), _ADMIN),
    Cause.no_scope: Words(_l("Your platform does not let this tool read names and roles."), _ADMIN),
    Cause.keys: Words(_l("Your platform did not accept this tool's keys."), _ADMIN),
    Cause.empty: Words(
        _l("The list of your platform was empty, which cannot be right."),
        _l("See whether the members are enrolled there, then read the list again."),
    ),
    Cause.other_course: Words(_l("Your platform gave the list of another course."), _ADMIN),
}


class Way(StrEnum):
    """How far the reading of a roster is, for a page."""

    none = "none"
    """The LMS has said of none where it is."""
    asked = "asked"
    running = "running"
    failed = "failed"
    done = "done"
    never = "never"


def way_of(standing: Standing, now: datetime) -> Way:
    """How far it is."""
    if not standing.has_service:
        return Way.none
    if standing.due_at is not None and (standing.is_taken or standing.due_at <= now):
        under_way = standing.is_taken and standing.state in {SyncState.reading, SyncState.merging}
        return Way.running if under_way else Way.asked
    if standing.state is SyncState.failed:
        return Way.failed
    return Way.done if standing.complete_at is not None else Way.never


def meta(standing: Standing, now: datetime) -> list[str]:
    """How old the list is and what it brought, as parts of a line."""
    if standing.complete_at is None:
        return []
    parts = [gettext("list of %(time)s", time=format_moment(standing.complete_at, now))]
    if standing.listed:
        parts.append(ngettext("%(num)s person in it", "%(num)s people in it", standing.listed))
    if standing.state is SyncState.done:
        parts += changes(standing)
    return parts


def changes(standing: Standing) -> list[str]:
    """What the last complete reading changed."""
    found = []
    if standing.came:
        found.append(ngettext("%(num)s person new", "%(num)s people new", standing.came))
    if standing.gone:
        found.append(ngettext("%(num)s gone", "%(num)s gone", standing.gone))
    if standing.renamed:
        found.append(ngettext("%(num)s with another name", "%(num)s with other names", standing.renamed))
    return found or [gettext("nothing changed")]


def notices(standing: Standing, now: datetime) -> list[dict[str, str]]:
    """Title, text, kind and symbol of what has to be said beside the age."""
    found = []
    match way_of(standing, now):
        case Way.none:
            found.append(
                _notice(
                    gettext("Your platform gives no list of members."),
                    gettext(
                        "Each member appears here once he has opened the course. Names and roles have to be shared there with this tool."
                    ),
                )
            )
        case Way.asked:
            found.append(
                _notice(gettext("The list is about to be read."), gettext("Reload this page in a moment."), "", "wait")
            )
        case Way.running:
            pages = ngettext("%(num)s page so far.", "%(num)s pages so far.", standing.pages)
            text = gettext("%(pages)s Members change here when all of it is there.", pages=pages)
            found.append(_notice(gettext("The list is being read."), text, "", "wait"))
        case Way.failed:
            found.append(_failed(standing, now))
        case Way.never:
            found.append(
                _notice(gettext("The list has not been read yet."), gettext("Read it now, or wait for tonight."))
            )
        case Way.done:
            pass
    if standing.nameless and standing.nameless >= standing.listed:
        found.append(
            _notice(
                gettext("Your platform gives no names."),
                gettext(
                    "Members who never came stand here under a code. They get their names when they open the course, or when names are shared there with this tool."
                ),
            )
        )
    return found + group_notices(standing)


def group_notices(standing: Standing) -> list[dict[str, str]]:
    """What has to be said about the LMS's groups."""
    if not standing.groups_cause:
        return []
    said = CAUSES[Cause(standing.groups_cause)]
    title = gettext("The groups of your platform could not be read; they are as they were.")
    return [
        _notice(title, gettext("%(happened)s %(action)s", happened=said.happened, action=said.action), "soon", "late")
    ]


def _failed(standing: Standing, now: datetime) -> dict[str, str]:
    said = CAUSES[Cause(standing.cause)]
    text = str(said.action)
    if standing.due_at is not None and standing.due_at > now:
        text = gettext("%(action)s Next attempt at %(time)s.", action=text, time=format_clock(standing.due_at))
    kept = gettext("Nobody was changed by it.")
    return _notice(str(said.happened), f"{text} {kept}", "soon", "late")


def _notice(title: str, text: str, kind: str = "", symbol: str = "info") -> dict[str, str]:
    return {"title": title, "text": text, "kind": kind, "symbol": symbol}
