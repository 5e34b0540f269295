"""The reader: a lesson as a member sees it, what he has read and answered, and completion."""

from typing import Any

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from courses.lessons import queries, questions, rules, services, standing, texts
from courses.lessons.views import shown
from courses.lessons.views.blueprint import blueprint
from courses.progress.rules import BEAT_SECONDS
from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import format_duration, gettext
from lti_tool.core.web import render, runtime, wants_json
from lti_tool.identity.actor import Actor, Can
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.availability import Phase
from lti_tool.ledger.models import Activity
from lti_tool.ledger.windows import window_of


@blueprint.get("/lessons/<int:activity_id>")
def show(activity_id: int) -> ResponseReturnValue:
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        actor, activity = open_activity(session, activity_id, kind="lesson")
        connection = session.connection()
        used = queries.used(connection, activity_id)
        window = window_of(connection, activity, actor.member_id)
        is_staff = actor.can(Can.follow)
        items = used.blocks if used.version_id else queries.draft(connection, activity_id).blocks if is_staff else ()
        done = queries.standing(connection, activity_id, actor.member_id)
        found = queries.result(connection, activity_id, actor.member_id)
        before, after = queries.neighbours(connection, activity)
    phase = window.phase(now)
    if phase is Phase.before and not is_staff:
        page = render("courses/lesson_closed.html", title=activity.title, opens=window.opens, trail=_trail(activity))
        return page, 403
    counted = services.counts(actor)
    checklist = rules.checked(activity.criteria, items, done.reached if counted else rules.Reached())
    is_done = bool(found and found.completed_at)
    return render(
        "courses/lesson.html",
        trail=_trail(activity),
        title=activity.title,
        meta=shown.meta(activity, window, now),
        blocks=shown.blocks(items, activity_id, done if counted else None, is_closed=phase is Phase.closed),
        is_staff=is_staff,
        is_author=actor.can(Can.author),
        is_published=bool(used.version_id),
        is_closed=phase is Phase.closed,
        is_late=phase is Phase.late,
        is_done=is_done,
        activity_id=activity_id,
        score=found.score if found else None,
        maximum=activity.maximum,
        clock=_clock(activity_id, done, activity) if counted and phase in {Phase.open, Phase.late} else None,
        criteria=texts.checklist(checklist),
        outline=shown.contents(items, done.reached.seen if counted else frozenset()),
        pager={
            "previous": before and (gettext("Before"), before.title, shown.address_of(before.kind, before.id)),
            "following": after and (gettext("Next"), after.title, shown.address_of(after.kind, after.id)),
        },
        progress_address=url_for(".record_progress", activity_id=activity_id),
    )


def _trail(activity: Activity) -> list[tuple[str, str | None]]:
    return shown.trail(activity, activity.title)


def _clock(activity_id: int, done: queries.Standing, activity: Activity) -> dict[str, Any]:
    target = next((int(each[1]) for each in activity.criteria if each[0] == "seconds"), 0)
    return {
        "address": url_for(".beat", activity_id=activity_id),
        "interval": BEAT_SECONDS,
        "seconds": done.reached.seconds,
        "target": target,
        "text": format_duration(done.reached.seconds),
    }


@blueprint.post("/lessons/<int:activity_id>/progress")
def record_progress(activity_id: int) -> ResponseReturnValue:
    """Mark blocks as read and evaluate the criteria.

    JSON {"seen": [keys]}, or a form with `upto`: the key of the block up to which everything has been read (empty: all).
    """
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        actor, activity, used = _studying(session, activity_id)
        checklist: tuple[rules.Criterion, ...] = ()
        if services.counts(actor):
            services.mark_seen(
                session.connection(),
                activity_id=activity_id,
                member_id=actor.member_id,
                keys=_seen_keys(used),
                now=now,
            )
            checklist = standing.evaluate(session, activity=activity, actor=actor, now=now)
    if wants_json():
        return jsonify(_told(checklist))
    upto = request.form.get("upto", "")
    return redirect(url_for(".show", activity_id=activity_id, _anchor=_next_anchor(used, upto)), 303)


def _studying(session: Session, activity_id: int) -> tuple[Actor, Activity, queries.Used]:
    """The acting member in a lesson whose dates let things count.

    Raises NotFound, and Conflict before it opens and after it closed.
    """
    actor, activity = open_activity(session, activity_id, kind="lesson")
    used = queries.used(session.connection(), activity_id)
    if used.version_id is None:
        raise NotFound
    if services.counts(actor):
        window = window_of(session.connection(), activity, actor.member_id)
        services.require_open(window.phase(runtime().clock.now()))
    return actor, activity, used


def _seen_keys(used: queries.Used) -> set[str]:
    """The keys that this request names and the lesson has."""
    keys = [block.key for block in used.blocks]
    if request.is_json:
        body = request.get_json(silent=True)
        named = body.get("seen") if isinstance(body, dict) else None
        return set(keys) & {each for each in named or [] if isinstance(each, str)} if isinstance(named, list) else set()
    if "upto" not in request.form:
        return set()
    upto = request.form["upto"]
    return set(keys[: keys.index(upto) + 1]) if upto in keys else set(keys) if not upto else set()


def _next_anchor(used: queries.Used, upto: str) -> str | None:
    keys = [block.key for block in used.blocks]
    if upto in keys and keys.index(upto) + 1 < len(keys):
        return keys[keys.index(upto) + 1]
    return "criteria"


def _told(checklist: tuple[rules.Criterion, ...]) -> dict[str, Any]:
    """What the reader's module needs to bring its page up to date."""
    shown_list = texts.checklist(checklist)
    is_done = bool(checklist) and all(each.is_met for each in checklist)
    return {**shown_list, "completed": is_done, "summary": _summary(shown_list)}


def _summary(shown_list: dict[str, Any]) -> str:
    return gettext("Criteria %(met)s/%(total)s", met=shown_list["met"], total=shown_list["total"])


@blueprint.post("/lessons/<int:activity_id>/answer/<key>")
def answer(activity_id: int, key: str) -> ResponseReturnValue:
    """Answer the question of one block, as often as wanted; what was right once stays right."""
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        actor, activity, used = _studying(session, activity_id)
        block = next((each for each in used.blocks if each.key == key), None)
        question = questions.question_of(block) if block else None
        if question is None:
            raise NotFound
        given = questions.marked(question, request.form.getlist("answer"))
        if given is not None and services.counts(actor):
            services.answer(
                session.connection(),
                activity_id=activity_id,
                member_id=actor.member_id,
                key=key,
                response=given[0],
                is_correct=given[1],
                now=now,
            )
            standing.evaluate(session, activity=activity, actor=actor, now=now)
    return redirect(url_for(".show", activity_id=activity_id, _anchor=key), 303)
