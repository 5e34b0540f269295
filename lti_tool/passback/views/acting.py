"""What those who may author do with scores: send again, let the LMS's grade count, compare. Each asks once and commits."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import format_points, gettext, ngettext
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Can
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.rules import PostState
from lti_tool.passback import queries, services
from lti_tool.passback.reconciler import jobs
from lti_tool.passback.views.blueprint import blueprint
from lti_tool.passback.wishes import What

LONGEST_REASON = 500


def _back(activity_id: int, member_id: int | None = None) -> ResponseReturnValue:
    """To the page that it was done from: of one score, or of the activity."""
    if member_id is not None and request.args.get("from") == "score":
        return redirect(url_for("passback.score", activity_id=activity_id, member_id=member_id), 303)
    return redirect(url_for("passback.activity", activity_id=activity_id, **_place()), 303)


def _place() -> dict[str, Any]:
    """Where on the page of an activity something was done: which rows it showed, of whom, and from which on."""
    return {name: request.args[name] for name in ("show", "group", "after") if request.args.get(name)}


@blueprint.get("/scores/<int:activity_id>/send")
def ask_send(activity_id: int) -> ResponseReturnValue:
    """The question before everything is sent again: how many that is, and what is left alone."""
    with runtime().database.reading() as session:
        _, found = open_activity(session, activity_id, Can.author)
        number = queries.meant(session, activity_id, What.all)
        counts = queries.counts(session, activity_id)
        platform = queries.platform_state(session, found.context_id).name
    left = sum(counts.values()) - number
    return render(
        "passback/send.html",
        activity_id=activity_id,
        title=found.title,
        is_course=found.parent_id is None and found.kind in _roots(),
        number=number,
        platform=platform,
        left=ngettext(
            "%(num)s grade is left alone: the platform shows another one there, or its grade counts. Such a grade is "
            "sent from its own row.",
            "%(num)s grades are left alone: the platform shows another one there, or its grade counts. Such a grade is "
            "sent from its own row.",
            left,
        )
        if left
        else "",
    )


def _roots() -> frozenset[str]:
    return frozenset(kind.name for kind in runtime().kinds.values() if kind.is_root)


@blueprint.post("/scores/<int:activity_id>/send")
def send_all(activity_id: int) -> ResponseReturnValue:
    """Send again what was refused, or everything: of an activity, and of an outline with all that stands below it."""
    what = What.all if request.form.get("what") == What.all else What.refused
    with runtime().database.writing() as session:
        actor, _ = open_activity(session, activity_id, Can.author)
        services.send_again(session, actor=actor, activity_id=activity_id, what=what, now=runtime().clock.now())
    return redirect(url_for("passback.activity", activity_id=activity_id, show="way"), 303)


@blueprint.post("/scores/<int:activity_id>/send/<int:member_id>")
def send_one(activity_id: int, member_id: int) -> ResponseReturnValue:
    """Send one member's score of the activity again. Raises NotFound for who is not in this course."""
    with runtime().database.writing() as session:
        actor, found = open_activity(session, activity_id, Can.author)
        if not queries.is_enrolled(session, found.context_id, member_id):
            raise NotFound
        services.send_one_again(
            session, actor=actor, activity_id=activity_id, member_id=member_id, now=runtime().clock.now()
        )
    return _back(activity_id, member_id)


@blueprint.get("/scores/<int:activity_id>/keep/<int:member_id>")
def ask_keep(activity_id: int, member_id: int) -> ResponseReturnValue:
    """The question before the LMS's grade counts: both numbers, and why."""
    return _asked(activity_id, member_id)


def _asked(activity_id: int, member_id: int, error: str = "") -> ResponseReturnValue:
    with runtime().database.reading() as session:
        _, found = open_activity(session, activity_id, Can.author)
        name = queries.name_of(session, found.context_id, member_id)
        if name is None:
            raise NotFound
        here = queries.reached(session, [activity_id], member_id).get(activity_id)
        told = queries.told(session, [activity_id], member_id)
        platform = queries.platform_state(session, found.context_id).name
    differing = [each for each in told if each.state in services.REFUSED]
    if not differing:
        return _back(activity_id, member_id)
    there = next((each.read_score for each in differing if each.state is PostState.differs), None)
    return render(
        "passback/keep.html",
        activity_id=activity_id,
        member_id=member_id,
        came_from=request.args.get("from", ""),
        place=_place(),
        member=name,
        title=found.title,
        platform=platform,
        here="–" if here is None or here.score is None else format_points(here.score),
        there="–" if there is None else format_points(there),
        longest=LONGEST_REASON,
        error=error,
    ), 400 if error else 200


@blueprint.post("/scores/<int:activity_id>/keep/<int:member_id>")
def keep_there(activity_id: int, member_id: int) -> ResponseReturnValue:
    """Let the LMS's grade count for one member, for a reason. Raises NotFound for who is not in this course."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        return _asked(activity_id, member_id, gettext("Say why the grade over there counts."))
    with runtime().database.writing() as session:
        actor, found = open_activity(session, activity_id, Can.author)
        if not queries.is_enrolled(session, found.context_id, member_id):
            raise NotFound
        services.keep_there(
            session, actor=actor, activity_id=activity_id, member_id=member_id, reason=reason, now=runtime().clock.now()
        )
    return _back(activity_id, member_id)


@blueprint.post("/scores/<int:activity_id>/compare")
def compare(activity_id: int) -> ResponseReturnValue:
    """Ask the worker to read the columns of an activity (and of those below it) back now."""
    with runtime().database.reading() as session:
        open_activity(session, activity_id, Can.author)
    jobs.ask_for_activity(runtime().database, activity_id, runtime().clock.now())
    return _back(activity_id)
