"""A member's own scores: what was reached in each task, what the platform was told and when, and whether it has it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select

from lti_tool.core.i18n import format_moment, format_points, gettext
from lti_tool.core.web import render, runtime
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity, ActivityStatus
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.ledger.trail import trail
from lti_tool.passback import queries, words
from lti_tool.passback.queries import Reached, Told
from lti_tool.passback.rules import Happening, in_a_row
from lti_tool.passback.views.blueprint import blueprint
from lti_tool.passback.views.score import step_of


@blueprint.get("/scores/<int:activity_id>/mine")
def mine(activity_id: int) -> ResponseReturnValue:
    """One's own scores of an activity, of an outline with all published tasks; nobody else's. Seven statements at most."""
    with runtime().database.reading() as session:
        actor, found = open_activity(session, activity_id)
        shown = session.scalars(
            select(Activity)
            .where(
                or_(Activity.id == activity_id, Activity.parent_id == activity_id),
                Activity.status == ActivityStatus.published,
            )
            .order_by(Activity.parent_id.is_(None), Activity.position, Activity.id)
        ).all()
        ids = [each.id for each in shown]
        reached = queries.reached(session, ids, actor.member_id)
        told = queries.told(session, ids, actor.member_id)
        crumbs = trail(session, found, (gettext("My grades"), None))
    now = runtime().clock.now()
    return render(
        "passback/mine.html",
        trail=crumbs,
        course=actor.course,
        rows=[
            _row(each, reached.get(each.id), [one for one in told if one.activity_id == each.id], now) for each in shown
        ],
    )


def _row(activity: Activity, reached: Reached | None, told: list[Told], now: datetime) -> dict[str, Any]:
    kind = runtime().kinds.get(activity.kind)
    has_score = reached is not None and reached.score is not None
    return {
        "title": activity.title,
        "kind": str(kind.label) if kind else "",
        "symbol": kind.icon if kind else "file",
        "address": url_for(kind.show, activity_id=activity.id) if kind else "",
        "points": gettext("%(score)s of %(maximum)s", score=format_points(reached.score), maximum=activity.maximum)
        if reached is not None and reached.score is not None
        else "–",
        "since": format_moment(reached.updated_at, now) if reached is not None and has_score else "",
        "columns": [_column(each, activity, now, is_one_of_several=len(told) > 1) for each in told],
        "nothing": ""
        if told
        else gettext("kept here only")
        if has_score
        else gettext("not started")
        if reached is None
        else gettext("no grade yet"),
    }


def _column(told: Told, activity: Activity, now: datetime, *, is_one_of_several: bool) -> dict[str, Any]:
    return {
        "name": gettext("Column “%(title)s”", title=told.link or activity.title) if is_one_of_several else "",
        "state": "kept_there" if told.cause == KEPT_THERE and told.state is PostState.kept else told.state.value,
        "lines": _lines(told, now),
        "steps": [step_of(step, words.for_members(step), now, is_staff=False) for step in _calm(told)],
    }


def _calm(told: Told) -> list[Happening]:
    """The history without what only staff can tell apart."""
    return in_a_row(replace(step, cause="", status=None, by="", reason="") for step in told.history)


def _lines(told: Told, now: datetime) -> list[str]:
    """What the platform was told last and when, and what was seen there."""
    lines = []
    if told.sent_score is not None and told.sent_at is not None:
        points, when = format_points(told.sent_score), format_moment(told.sent_at, now)
        lines.append(gettext("told %(points)s, %(when)s", points=points, when=when))
    if told.state is PostState.confirmed and told.confirmed_at is not None:
        lines.append(gettext("seen there %(when)s", when=format_moment(told.confirmed_at, now)))
    elif told.state is PostState.differs or told.cause == KEPT_THERE:
        there = gettext("nothing") if told.read_score is None else format_points(told.read_score)
        lines.append(gettext("over there: %(points)s", points=there))
    return lines
