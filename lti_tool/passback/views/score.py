"""The way of one score: what was reached, what the LMS was told and what it showed, step by step, for those who follow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import format_clock, format_moment, format_points, gettext, ngettext
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Actor, Can
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.passback import queries, services, words
from lti_tool.passback.queries import Told
from lti_tool.passback.rules import Happening
from lti_tool.passback.views.blueprint import blueprint


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read for the page."""

    actor: Actor
    activity: Activity
    member_id: int
    member: str
    is_learner: bool
    reached: queries.Reached | None
    told: list[Told]
    missing: list[queries.Missing]
    platform: queries.PlatformState


@blueprint.get("/scores/<int:activity_id>/of/<int:member_id>")
def score(activity_id: int, member_id: int) -> ResponseReturnValue:
    """One member's score of one activity, in each of its columns. Raises NotFound for who is not in this course."""
    with runtime().database.reading() as session:
        actor, found = open_activity(session, activity_id, Can.follow)
        name = queries.name_of(session, found.context_id, member_id)
        if name is None:
            raise NotFound
        known = _Known(
            actor,
            found,
            member_id,
            name,
            queries.is_learner(session, found.context_id, member_id),
            queries.reached(session, [activity_id], member_id).get(activity_id),
            list(queries.told(session, [activity_id], member_id)),
            list(queries.missing(session, activity_id)),
            queries.platform_state(session, found.context_id),
        )
    return render("passback/score.html", **_page(known, runtime().clock.now()))


def _page(known: _Known, now: datetime) -> dict[str, Any]:
    """Context of the template."""
    kind = runtime().kinds.get(known.activity.kind)
    home = url_for(kind.show, activity_id=known.activity.id) if kind else None
    scores = url_for("passback.activity", activity_id=known.activity.id)
    return {
        "trail": [
            *([(known.activity.title, home)] if home else []),
            (gettext("Grades on their way"), scores),
            (known.member, None),
        ],
        "member": known.member,
        "meta": [
            known.activity.title,
            gettext("to %(platform)s", platform=known.platform.name),
            *([gettext("in %(num)s columns", num=len(known.told))] if len(known.told) > 1 else []),
        ],
        "reached": _reached(known, now),
        "work": url_for(kind.review, activity_id=known.activity.id, member_id=known.member_id)
        if kind and known.is_learner and known.reached is not None
        else "",
        "columns": [_column(told, known, now) for told in known.told],
        "nothing": _nothing(known),
    }


def _reached(known: _Known, now: datetime) -> tuple[str, str]:
    """(so many points, since when)."""
    if known.reached is None or known.reached.score is None:
        return "–", gettext("no grade yet")
    points = gettext(
        "%(score)s of %(maximum)s", score=format_points(known.reached.score), maximum=known.activity.maximum
    )
    return points, gettext("since %(when)s", when=format_moment(known.reached.updated_at, now))


def _nothing(known: _Known) -> str:
    if known.told:
        return ""
    if known.reached is None or known.reached.score is None:
        return gettext("There is no grade that could be sent.")
    if known.missing:
        return gettext("The platform has no column for it; the page of all grades says what to do.")
    return gettext("No link of the platform shows this task, so there is nowhere to send the grade to.")


def _column(told: Told, known: _Known, now: datetime) -> dict[str, Any]:
    said = words.cause_of(told.cause)
    return {
        "title": told.link or known.activity.title,
        "state": told.state.value,
        "cause": gettext("%(happened)s %(action)s", happened=said.happened, action=said.action) if said else "",
        "figures": _figures(told, now),
        "steps": [step_of(step, words.for_staff(step), now, is_staff=True) for step in told.history],
        "is_cut": told.is_cut,
        "actions": _actions(told, known),
    }


def _figures(told: Told, now: datetime) -> list[tuple[str, str]]:
    """What was sent last, what stands there as far as it was seen, and what comes next."""
    pairs = []
    if told.sent_score is not None and told.sent_at is not None:
        when = format_moment(told.sent_at, now)
        pairs.append(
            (gettext("Last sent"), gettext("%(points)s, %(when)s", points=format_points(told.sent_score), when=when))
        )
    if told.state is PostState.differs or told.cause == KEPT_THERE:
        there = gettext("nothing") if told.read_score is None else format_points(told.read_score)
        pairs.append((gettext("Over there"), there))
    elif told.state is PostState.confirmed and told.confirmed_at is not None:
        pairs.append(
            (gettext("Over there"), gettext("the same, seen %(when)s", when=format_moment(told.confirmed_at, now)))
        )
    if told.read_at is not None:
        pairs.append((gettext("Compared"), format_moment(told.read_at, now)))
    if told.state is PostState.waiting:
        pairs.append((gettext("Next try"), format_clock(max(told.due_at, now))))
    return pairs


def step_of(step: Happening, text: str, now: datetime, *, is_staff: bool) -> dict[str, str]:
    """One line of a history: when, what, how often; for staff also what the LMS's answer was numbered."""
    notes = []
    if step.times > 1:
        notes.append(ngettext("%(num)s time in a row", "%(num)s times in a row", step.times))
    if is_staff and step.status is not None:
        notes.append(f"HTTP {step.status}")
    return {
        "iso": step.at.isoformat(),
        "when": format_moment(step.at, now),
        "symbol": _SYMBOLS.get(step.event, "info"),
        "look": _LOOKS.get(step.event, ""),
        "text": text,
        "note": " · ".join(notes),
    }


_SYMBOLS = {
    "sent": "sent",
    "confirmed": "landed",
    "retry": "wait",
    "no_column": "wait",
    "refused": "refused",
    "differs": "alert",
    "resent": "resend",
    "asked": "resend",
    "kept_there": "check",
}
_LOOKS = {"sent": "ok", "confirmed": "ok", "refused": "no", "differs": "no"}


def _actions(told: Told, known: _Known) -> dict[str, str]:
    """Addresses: send (POST), keep (a question, or "" where the LMS has no other); empty for who may not."""
    if not known.actor.can(Can.author):
        return {}
    ids: dict[str, Any] = {"activity_id": known.activity.id, "member_id": known.member_id, "from": "score"}
    keep = url_for("passback.ask_keep", **ids) if told.state in services.REFUSED else ""
    return {"send": url_for("passback.send_one", **ids), "keep": keep}
