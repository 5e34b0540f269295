"""The way of every score of an activity, for those who follow a course."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.i18n import format_clock, format_moment, format_points, gettext, ngettext
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Actor, Can
from lti_tool.identity.groups import choices, chosen, filter_of
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.passback import notices, queries, services, words
from lti_tool.passback.views.blueprint import blueprint

ON_THE_WAY = (PostState.waiting_for_column, PostState.waiting, PostState.sending)
ARRIVED = (PostState.sent, PostState.confirmed)
SHOWN: dict[str, tuple[PostState, ...] | None] = {
    "all": None,
    "act": services.REFUSED + ON_THE_WAY,
    "refused": services.REFUSED,
    "way": ON_THE_WAY,
}


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read for the page."""

    actor: Actor
    activity: Activity
    show: str
    groups: list[tuple[int, str]]
    group_id: int | None
    """Of whom alone it shows; None: of everybody."""
    after: int
    """So many rows stand before the first that is shown."""
    counts: dict[PostState, int]
    rows: list[queries.Row]
    columns: list[queries.ColumnState]
    missing: list[queries.Missing]
    platform: queries.PlatformState

    @property
    def total(self) -> int:
        """How many rows there are on all pages."""
        return _shown(self.counts, self.show)

    def address(self, **other: Any) -> str:
        """Of this page, with what is to be different there; other rows begin with the first page."""
        here = {"show": self.show, "group": self.group_id} | other
        return url_for("passback.activity", activity_id=self.activity.id, **here)


@blueprint.get("/scores/<int:activity_id>")
def activity(activity_id: int) -> ResponseReturnValue:
    """Every score of an activity (of an outline: also of its tasks), refused first, 200 at a time. Eight statements."""
    show, typed = request.args.get("show", ""), request.args.get("after", "")
    wanted = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    with runtime().database.reading() as session:
        actor, found = open_activity(session, activity_id, Can.follow)
        groups = choices(session, found.context_id)
        group_id = chosen(groups, request.args.get("group", ""))
        counts = dict(queries.counts(session, activity_id, group_id))
        if show not in SHOWN:
            show = "act" if _sum(counts, services.REFUSED + ON_THE_WAY) else "all"
        # Rows that were sent again from the last page are not on it any more: then the page before is the last.
        after = min(wanted, max(_shown(counts, show) - 1, 0) // queries.PAGE * queries.PAGE)
        known = _Known(
            actor,
            found,
            show,
            groups,
            group_id,
            after,
            counts,
            queries.rows(session, activity_id, SHOWN[show], group_id, after),
            list(queries.columns(session, activity_id)),
            list(queries.missing(session, activity_id)),
            queries.platform_state(session, found.context_id),
        )
    return render("passback/way.html", **_page(known, runtime().clock.now()))


def _sum(counts: dict[PostState, int], states: tuple[PostState, ...]) -> int:
    return sum(counts.get(state, 0) for state in states)


def _shown(counts: dict[PostState, int], show: str) -> int:
    """How many rows a filter leaves."""
    states = SHOWN[show]
    return sum(counts.values()) if states is None else _sum(counts, states)


def _page(known: _Known, now: datetime) -> dict[str, Any]:
    """Context of the template."""
    title = known.activity.title
    kind = runtime().kinds.get(known.activity.kind)
    home = url_for(kind.show, activity_id=known.activity.id) if kind else None
    refused = known.counts.get(PostState.refused, 0)
    may_send = known.actor.can(Can.author)
    return {
        "trail": ([(title, home)] if home else []) + [(gettext("Grades on their way"), None)],
        "platform": known.platform.name,
        "meta": _meta(known, now),
        "notices": notices.missing(known.missing) + notices.unread(known.columns) + notices.left_over(known.columns),
        "figures": _figures(known),
        "filters": _filters(known),
        "rows": [_row(row, known, now, may_send=may_send) for row in known.rows],
        "resend": {
            "label": ngettext("Send the refused grade again", "Send the %(num)s refused grades again", refused),
            "address": url_for("passback.send_all", activity_id=known.activity.id),
        }
        if may_send and refused and known.group_id is None
        else None,
        "resend_all": url_for("passback.ask_send", activity_id=known.activity.id)
        if may_send and known.counts and known.group_id is None
        else None,
        "compare": url_for("passback.compare", activity_id=known.activity.id, show=known.show, group=known.group_id)
        if may_send and _sum(known.counts, ARRIVED + services.REFUSED)
        else None,
        "narrowing": filter_of(
            known.groups, known.group_id, url_for("passback.activity", activity_id=known.activity.id), show=known.show
        ),
        **_pages(known),
    }


def _pages(known: _Known) -> dict[str, str]:
    """Which of how many rows these are, and the ways to the others; all empty if there are no others."""
    last = known.after + len(known.rows)
    return {
        "extent": gettext(
            "Grades %(first)s to %(last)s of %(total)s", first=known.after + 1, last=last, total=known.total
        )
        if known.after or last < known.total
        else "",
        "previous": known.address(after=max(0, known.after - queries.PAGE) or None) if known.after else "",
        "following": known.address(after=last) if last < known.total else "",
    }


def _meta(known: _Known, now: datetime) -> list[str]:
    until = known.platform.breaker_until
    state = gettext("the platform answers")
    if until is not None and until > now:
        state = gettext("the platform does not answer; next attempt at %(time)s", time=format_clock(until))
    meta = [gettext("to %(platform)s", platform=known.platform.name), state]
    read_at = max((column.read_at for column in known.columns if column.read_at is not None), default=None)
    if read_at is not None:
        meta.append(gettext("compared %(when)s", when=format_moment(read_at, now)))
    return meta


def _figures(known: _Known) -> list[dict[str, Any]]:
    total = sum(known.counts.values())
    refused = _sum(known.counts, services.REFUSED)
    return [
        {"label": gettext("Grades"), "value": total, "unit": "", "note": "", "address": known.address(show="all")},
        {
            "label": gettext("Accepted by the platform"),
            "value": _sum(known.counts, ARRIVED),
            "unit": "",
            "note": "",
            "address": known.address(show="all"),
        },
        {
            "label": gettext("On their way"),
            "value": _sum(known.counts, ON_THE_WAY),
            "unit": "",
            "note": gettext("sent by itself"),
            "address": known.address(show="way"),
        },
        {
            "label": gettext("Refused or different"),
            "value": refused,
            "unit": "",
            "note": gettext("needs you") if refused else "",
            "address": known.address(show="refused"),
        },
    ]


def _filters(known: _Known) -> list[tuple[str, str, bool]]:
    labels = {
        "all": gettext("All %(n)s", n=sum(known.counts.values())),
        "act": gettext("To look at %(n)s", n=_sum(known.counts, services.REFUSED + ON_THE_WAY)),
        "refused": gettext("Refused or different %(n)s", n=_sum(known.counts, services.REFUSED)),
        "way": gettext("On their way %(n)s", n=_sum(known.counts, ON_THE_WAY)),
    }
    return [(label, known.address(show=show), show == known.show) for show, label in labels.items()]


def _row(row: queries.Row, known: _Known, now: datetime, *, may_send: bool) -> dict[str, Any]:
    said = words.cause_of(row.way.cause)
    return {
        "member": row.member,
        "address": url_for("passback.score", activity_id=row.activity_id, member_id=row.member_id),
        "activity": row.activity,
        "column": _column_of(row, known),
        "points": "–" if row.score is None else format_points(row.score),
        "state": row.way.state.value,
        "cause": gettext("%(happened)s %(action)s", happened=said.happened, action=said.action) if said else "",
        "cause_note": _note(row.way, now),
        "action": _action(row, known) if may_send else None,
        "keep": _keep(row, known) if may_send else None,
    }


def _column_of(row: queries.Row, known: _Known) -> str:
    """Which column a row is about, where the activity has several; else nothing needs to be said."""
    is_one_of_several = sum(column.activity_id == row.activity_id for column in known.columns) > 1
    return gettext("Column “%(title)s”", title=row.link or row.activity) if is_one_of_several else ""


def _note(way: queries.Way, now: datetime) -> str:
    if way.state is PostState.waiting and way.attempts:
        return gettext("Attempt %(n)s at %(time)s", n=way.attempts + 1, time=format_clock(max(way.due_at, now)))
    if way.state is PostState.differs or way.cause == KEPT_THERE:
        there = gettext("nothing") if way.read_score is None else format_points(way.read_score)
        return gettext("In the LMS: %(points)s", points=there)
    if way.state in ARRIVED and way.sent_at is not None:
        return gettext("sent %(when)s", when=format_moment(way.sent_at, now))
    return ""


def _action(row: queries.Row, known: _Known) -> dict[str, str] | None:
    labels = {
        PostState.refused: gettext("Send again"),
        PostState.differs: gettext("Send again"),
        PostState.waiting: gettext("Send now"),
    }
    if row.way.cause == KEPT_THERE:
        labels[PostState.kept] = gettext("Send again")
    if row.way.state not in labels:
        return None
    return {"label": labels[row.way.state], "symbol": "resend", "address": _address("passback.send_one", row, known)}


def _keep(row: queries.Row, known: _Known) -> str | None:
    """Where to say that the LMS's grade counts; None where it is no other."""
    if row.way.state is not PostState.differs:
        return None
    return _address("passback.ask_keep", row, known)


def _address(endpoint: str, row: queries.Row, known: _Known) -> str:
    """Of what is done to one score; it leads back to this page with its filter."""
    return url_for(
        endpoint,
        activity_id=row.activity_id,
        member_id=row.member_id,
        show=known.show,
        group=known.group_id,
        after=known.after or None,
    )
