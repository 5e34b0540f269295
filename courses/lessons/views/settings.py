"""Settings of a lesson and a new one; what staff see of one member's way through it."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from courses.lessons import queries, rules, services, texts
from courses.lessons.forms import CriteriaForm, choice_of, read_criteria
from courses.lessons.rules import Block, BlockKind
from courses.lessons.views import shown
from courses.lessons.views.blueprint import blueprint
from courses.outline import services as outline
from courses.outline.forms import TaskForm, read_task
from courses.outline.views.tools import apply
from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import current_zone, format_duration, format_moment, gettext
from lti_tool.core.moments import as_typed
from lti_tool.core.text import clean_line, clean_text
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Can
from lti_tool.identity.models import Enrolment, Member
from lti_tool.launch.services import drafts
from lti_tool.launch.services.choices import open_choice
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity


@blueprint.route("/lessons/<int:activity_id>/settings", methods=["GET", "POST"])
def settings(activity_id: int) -> ResponseReturnValue:
    """Title, heading, dates, effort and what completes the lesson."""
    with runtime().database.reading() as session:
        _, activity = open_activity(session, activity_id, Can.author, kind="lesson")
        used = queries.used(session.connection(), activity_id)
        draft = queries.draft(session.connection(), activity_id)
    zone = current_zone()
    if request.method == "GET":
        return _settings_page(activity, _stored_task(activity, zone), _stored_criteria(activity, used))
    task, criteria = read_task(request.form, zone), read_criteria(request.form)
    if task.errors or criteria.errors:
        return _settings_page(activity, task, criteria), 400
    with runtime().database.writing() as session:
        _, activity = open_activity(session, activity_id, Can.author, kind="lesson")
        apply(session, activity, task)
        services.set_criteria(
            session,
            activity=activity,
            wanted=criteria.wanted,
            effort_minutes=criteria.effort_minutes,
            blocks=used.blocks if used.version_id else draft.blocks,
        )
    return redirect(url_for(".edit", activity_id=activity_id), 303)


def _stored_task(activity: Activity, zone: Any) -> TaskForm:
    typed = {
        "title": activity.title,
        "section": activity.section,
        "opens_at": as_typed(activity.opens_at, zone),
        "due_at": as_typed(activity.due_at, zone),
        "closes_at": as_typed(activity.closes_at, zone),
    }
    return TaskForm(typed, activity.is_required)


def _stored_criteria(activity: Activity, used: queries.Used) -> CriteriaForm:
    minutes = -(-used.wanted.seconds // 60)
    return CriteriaForm(
        used.wanted,
        str(minutes) if minutes else "",
        "" if used.is_effort_estimated else str(activity.effort_minutes),
        None,
    )


def _settings_page(activity: Activity, task: TaskForm, criteria: CriteriaForm) -> str:
    edit = url_for(".edit", activity_id=activity.id)
    return render(
        "courses/lesson_settings.html",
        trail=shown.trail(
            activity,
            gettext("Settings"),
            between=[(gettext("Edit: %(title)s", title=activity.title), edit)],
        ),
        title=activity.title,
        task=task,
        criteria=criteria,
        estimated=format_duration(activity.effort_minutes * 60),
        zone=str(current_zone()),
        address=url_for(".settings", activity_id=activity.id),
        edit_address=edit,
    )


@blueprint.route("/lessons/new", methods=["GET", "POST"])
def create() -> ResponseReturnValue:
    """A new lesson with a title and a first text, for a link, for deep linking, or for the course home."""
    choice_id = choice_of(request.values)
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        choice = open_choice(session, choice_id, now)
    form = {
        "title": clean_line(request.form.get("title", ""), 200),
        "source": clean_text(request.form.get("source", "")[: rules.LONGEST_SOURCE]),
    }
    errors = {}
    if request.method == "POST" and not form["title"]:
        errors["title"] = gettext("Type a title.")
    if request.method == "POST" and not form["source"].strip():
        errors["source"] = gettext("Write the first text; you can change everything later.")
    if request.method == "GET" or errors:
        page = render("courses/lesson_new.html", form=form, errors=errors, choice=choice_id)
        return page, 400 if errors else 200
    block = Block(
        rules.new_block(BlockKind.text).key,
        BlockKind.text,
        source=form["source"],
        html=runtime().renderer.render(form["source"]),
    )
    is_for_link = choice.placement_id is not None or bool(choice.asked.return_url)
    activity_id = _create(choice_id, form["title"], block)
    if is_for_link:
        return redirect(url_for("launch.chosen", choice=choice_id, activity=activity_id), 303)
    return redirect(url_for(".edit", activity_id=activity_id), 303)


def _create(choice_id: int, title: str, block: Block) -> int:
    """Make the lesson under the course's home, if there is one: a draft, until the choice is made."""
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        choice = open_choice(session, choice_id, now)
        actor = current.actor(session, choice.context_id, Can.author)
        home = outline.home_of(session, choice.context_id)
        activity = services.create(
            session,
            context_id=choice.context_id,
            title=title,
            now=now,
            parent_id=home.id if home else None,
        )
        services.save_draft(session, activity_id=activity.id, blocks=(block,), revision=None, actor=actor, now=now)
        drafts.made(session, choice, activity, now)
        return activity.id


@blueprint.get("/lessons/<int:activity_id>/members/<int:member_id>")
def review(activity_id: int, member_id: int) -> ResponseReturnValue:
    """What one member has read, answered and been credited."""
    with runtime().database.reading() as session:
        _, activity = open_activity(session, activity_id, Can.follow, kind="lesson")
        name = session.scalar(
            select(Member.name)
            .join(Enrolment, Enrolment.member_id == Member.id)
            .where(Member.id == member_id, Enrolment.context_id == activity.context_id)
        )
        if name is None:
            raise NotFound
        used = queries.used(session.connection(), activity_id)
        done = queries.standing(session.connection(), activity_id, member_id)
        found = queries.result(session.connection(), activity_id, member_id)
    now = runtime().clock.now()
    checklist = rules.checked(activity.criteria, used.blocks, done.reached)
    home_id = activity.parent_id
    between = [(gettext("Progress"), url_for("courses_outline.members", activity_id=home_id))] if home_id else []
    return render(
        "courses/lesson_review.html",
        trail=shown.trail(activity, name, between=between),
        title=activity.title,
        name=name,
        criteria=texts.checklist(checklist),
        score=found.score if found else None,
        maximum=activity.maximum,
        completed=format_moment(found.completed_at, now) if found and found.completed_at else "",
        credited=format_duration(done.reached.seconds),
        parts=[_part(number, block, done) for number, block in enumerate(used.blocks, 1)],
    )


def _part(number: int, block: Block, done: queries.Standing) -> dict[str, Any]:
    given = done.answers.get(block.key)
    return {
        "name": f"{number}. {rules.title_of(block) or texts.BLOCK_NAMES[block.kind]}",
        "is_read": block.key in done.reached.seen,
        "is_question": block.kind is BlockKind.question,
        "is_right": given is not None and given.is_correct,
        "tries": given.tries if given else 0,
    }
