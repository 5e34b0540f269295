"""The way of every score, for those who follow a course; sending again and comparing, for those who may author."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import format_clock, format_moment, format_points, gettext, ngettext
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Actor, Can
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity, LineItemState
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.ledger.services import audit
from lti_tool.passback import queries, services, words
from lti_tool.passback.reconciler import jobs

blueprint = Blueprint("passback", __name__)

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
    counts: dict[PostState, int]
    rows: list[queries.Row]
    columns: list[queries.ColumnState]
    platform: queries.PlatformState


@blueprint.get("/scores/<int:activity_id>")
def activity(activity_id: int) -> ResponseReturnValue:
    """Every score of an activity (of an outline: also of its tasks), refused first. Six statements."""
    show = request.args.get("show", "")
    with runtime().database.reading() as session:
        actor, found = open_activity(session, activity_id, Can.follow)
        counts = dict(queries.counts(session, activity_id))
        if show not in SHOWN:
            show = "act" if _sum(counts, services.REFUSED + ON_THE_WAY) else "all"
        known = _Known(
            actor,
            found,
            show,
            counts,
            queries.rows(session, activity_id, SHOWN[show]),
            list(queries.columns(session, activity_id)),
            queries.platform_state(session, found.context_id),
        )
    return render("passback/way.html", **_page(known, runtime().clock.now()))


@blueprint.post("/scores/<int:activity_id>/send")
def send_all(activity_id: int) -> ResponseReturnValue:
    """Send again what was refused; if nothing was, everything."""
    return _send_again(activity_id, None)


@blueprint.post("/scores/<int:activity_id>/send/<int:member_id>")
def send_one(activity_id: int, member_id: int) -> ResponseReturnValue:
    """Send one member's score of the activity again. Raises NotFound for who is not in this course."""
    return _send_again(activity_id, member_id)


@blueprint.post("/scores/<int:activity_id>/keep/<int:member_id>")
def keep_there(activity_id: int, member_id: int) -> ResponseReturnValue:
    """Let the LMS's grade count for one member. Raises NotFound for who is not in this course."""
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        actor, found = open_activity(session, activity_id, Can.author)
        if not queries.is_enrolled(session, found.context_id, member_id):
            raise NotFound
        if services.keep_there(session, activity_id=activity_id, member_id=member_id, now=now):
            audit(
                session,
                actor=actor,
                action="keep_there",
                activity_id=activity_id,
                member_id=member_id,
                reason="",
                now=now,
            )
    return redirect(url_for("passback.activity", activity_id=activity_id, show=request.args.get("show")), 303)


@blueprint.post("/scores/<int:activity_id>/compare")
def compare(activity_id: int) -> ResponseReturnValue:
    """Ask the worker to read the columns of an activity (and of those below it) back now."""
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        open_activity(session, activity_id, Can.author)
        jobs.ask_for_activity(session.connection(), activity_id, now)
    return redirect(url_for("passback.activity", activity_id=activity_id, show=request.args.get("show")), 303)


def _send_again(activity_id: int, member_id: int | None) -> ResponseReturnValue:
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        actor, found = open_activity(session, activity_id, Can.author)
        if member_id is not None and not queries.is_enrolled(session, found.context_id, member_id):
            raise NotFound
        is_refused = member_id is None and PostState.refused in queries.counts(session, activity_id)
        services.send_again(session, activity_id=activity_id, member_id=member_id, only_refused=is_refused, now=now)
        audit(
            session, actor=actor, action="send_again", activity_id=activity_id, member_id=member_id, reason="", now=now
        )
    return redirect(url_for("passback.activity", activity_id=activity_id, show=request.args.get("show")), 303)


def _sum(counts: dict[PostState, int], states: tuple[PostState, ...]) -> int:
    return sum(counts.get(state, 0) for state in states)


def _page(known: _Known, now: datetime) -> dict[str, Any]:
    """Context of the template."""
    title = known.activity.title
    kind = runtime().kinds.get(known.activity.kind)
    home = url_for(kind.show, activity_id=known.activity.id) if kind else None
    waiting = known.counts.get(PostState.refused, 0)
    refused = ngettext("Send the refused grade again", "Send the %(num)s refused grades again", waiting)
    may_send = known.actor.can(Can.author)
    return {
        "trail": ([(title, home)] if home else []) + [(gettext("Grades on their way"), None)],
        "platform": known.platform.name,
        "meta": _meta(known, now),
        "notices": _notices(known),
        "figures": _figures(known),
        "filters": _filters(known),
        "rows": [_row(row, known, now, may_send=may_send) for row in known.rows],
        "resend_all": {
            "label": refused if waiting else gettext("Send all again"),
            "address": url_for("passback.send_all", activity_id=known.activity.id),
        }
        if may_send and any(state is not PostState.differs for state in known.counts)
        else None,
        "compare": url_for("passback.compare", activity_id=known.activity.id, show=known.show)
        if may_send and _sum(known.counts, ARRIVED + services.REFUSED)
        else None,
        "is_cut": len(known.rows) == queries.PAGE,
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


def _notices(known: _Known) -> list[dict[str, str]]:
    """One notice per link whose column cannot be used: what is so, and what to tick in the LMS."""
    found = []
    for column in known.columns:
        if column.state is LineItemState.ready:
            if column.read_cause:
                unread = words.reading_words(column.read_cause)
                title = gettext("%(activity)s: %(what)s", activity=column.activity, what=unread.happened)
                found.append({"title": title, "text": str(unread.action)})
            continue
        said = words.column_words(column.cause)
        is_moodle = known.platform.family == "moodle" and column.state is LineItemState.none
        found.append(
            {
                "title": gettext("%(activity)s: %(what)s", activity=column.activity, what=said.happened),
                "text": str(words.MOODLE if is_moodle else said.action),
            }
        )
    return found


def _figures(known: _Known) -> list[dict[str, Any]]:
    def address(show: str) -> str:
        return url_for("passback.activity", activity_id=known.activity.id, show=show)

    total = sum(known.counts.values())
    refused = _sum(known.counts, services.REFUSED)
    return [
        {"label": gettext("Grades"), "value": total, "unit": "", "note": "", "address": address("all")},
        {
            "label": gettext("Accepted by the platform"),
            "value": _sum(known.counts, ARRIVED),
            "unit": "",
            "note": "",
            "address": address("all"),
        },
        {
            "label": gettext("On their way"),
            "value": _sum(known.counts, ON_THE_WAY),
            "unit": "",
            "note": gettext("sent by itself"),
            "address": address("way"),
        },
        {
            "label": gettext("Refused"),
            "value": refused,
            "unit": "",
            "note": gettext("needs you") if refused else "",
            "address": address("refused"),
        },
    ]


def _filters(known: _Known) -> list[tuple[str, str, bool]]:
    labels = {
        "all": gettext("All %(n)s", n=sum(known.counts.values())),
        "act": gettext("To look at %(n)s", n=_sum(known.counts, services.REFUSED + ON_THE_WAY)),
        "refused": gettext("Refused %(n)s", n=_sum(known.counts, services.REFUSED)),
        "way": gettext("On their way %(n)s", n=_sum(known.counts, ON_THE_WAY)),
    }
    return [
        (label, url_for("passback.activity", activity_id=known.activity.id, show=show), show == known.show)
        for show, label in labels.items()
    ]


def _row(row: queries.Row, known: _Known, now: datetime, *, may_send: bool) -> dict[str, Any]:
    said = words.cause_of(row.way.cause)
    return {
        "member": row.member,
        "activity": row.activity,
        "points": "–" if row.score is None else format_points(row.score),
        "state": row.way.state.value,
        "cause": gettext("%(happened)s %(action)s", happened=said.happened, action=said.action) if said else "",
        "cause_note": _note(row.way, now),
        "action": _action(row, known) if may_send else None,
        "keep": _keep(row, known) if may_send else None,
    }


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
    address = url_for("passback.send_one", activity_id=row.activity_id, member_id=row.member_id, show=known.show)
    return {"label": labels[row.way.state], "symbol": "resend", "address": address}


def _keep(row: queries.Row, known: _Known) -> str | None:
    """Where to say that the LMS's grade counts; None where it is no other."""
    if row.way.state is not PostState.differs:
        return None
    return url_for("passback.keep_there", activity_id=row.activity_id, member_id=row.member_id, show=known.show)
