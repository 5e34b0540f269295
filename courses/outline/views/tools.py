"""What staff do on the course home: move, archive, restore, settings of a task, a new task."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.outline import services
from courses.outline.forms import TaskForm, read_task, reason_of
from courses.outline.views.blueprint import blueprint
from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n import current_zone, gettext
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.moments import as_typed
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Actor, Can
from lti_tool.identity.models import Context
from lti_tool.launch.models import DeepLinkRequest
from lti_tool.launch.services.choices import open_choice
from lti_tool.ledger import services as ledger
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.kinds import Kind
from lti_tool.ledger.models import Activity

CHOOSING = timedelta(hours=1)


def _opened(session: Session, activity_id: int, task_id: int) -> tuple[Actor, Activity, Activity]:
    """(author, home, task). Raises NotFound."""
    actor, home = open_activity(session, activity_id, Can.author, kind="outline")
    return actor, home, services.child(session, home, task_id)


def _done(activity_id: int, task_id: int | None = None) -> ResponseReturnValue:
    return redirect(url_for(".home", activity_id=activity_id, _anchor=f"task-{task_id}" if task_id else None), 303)


def _move(activity_id: int, task_id: int, *, is_up: bool) -> ResponseReturnValue:
    with runtime().database.writing() as session:
        _, home, task = _opened(session, activity_id, task_id)
        services.move(session, home=home, activity_id=task.id, is_up=is_up)
    return _done(activity_id, task_id)


@blueprint.post("/home/<int:activity_id>/tasks/<int:task_id>/up")
def move_up(activity_id: int, task_id: int) -> ResponseReturnValue:
    return _move(activity_id, task_id, is_up=True)


@blueprint.post("/home/<int:activity_id>/tasks/<int:task_id>/down")
def move_down(activity_id: int, task_id: int) -> ResponseReturnValue:
    return _move(activity_id, task_id, is_up=False)


@blueprint.get("/home/<int:activity_id>/tasks/<int:task_id>/archive")
def ask_archive(activity_id: int, task_id: int) -> ResponseReturnValue:
    """The question before archiving, as a page of its own."""
    return _asked(activity_id, task_id)


def _asked(activity_id: int, task_id: int, error: str = "") -> str:
    with runtime().database.reading() as session:
        _, home, task = _opened(session, activity_id, task_id)
        title, home_title = task.title, home.title
    return render(
        "courses/archive.html", title=title, home_title=home_title, home_id=activity_id, task_id=task_id, error=error
    )


@blueprint.post("/home/<int:activity_id>/tasks/<int:task_id>/archive")
def archive(activity_id: int, task_id: int) -> ResponseReturnValue:
    reason = reason_of(request.form)
    if not reason:
        return _asked(activity_id, task_id, gettext("Say why this task is archived.")), 400
    return _change(
        activity_id,
        task_id,
        lambda session, task, actor: ledger.archive(
            session, task, actor=actor, reason=reason, now=runtime().clock.now()
        ),
    )


@blueprint.post("/home/<int:activity_id>/tasks/<int:task_id>/restore")
def restore(activity_id: int, task_id: int) -> ResponseReturnValue:
    return _change(
        activity_id,
        task_id,
        lambda session, task, actor: ledger.restore(session, task, actor=actor, now=runtime().clock.now()),
    )


def _change(activity_id: int, task_id: int, change: Callable[[Session, Activity, Actor], None]) -> ResponseReturnValue:
    with runtime().database.writing() as session:
        actor, _, task = _opened(session, activity_id, task_id)
        change(session, task, actor)
    return _done(activity_id)


@blueprint.route("/home/<int:activity_id>/tasks/<int:task_id>", methods=["GET", "POST"])
def task(activity_id: int, task_id: int) -> ResponseReturnValue:
    """Title, heading, dates and whether it is required, for any kind of task."""
    with runtime().database.reading() as session:
        _, home, found = _opened(session, activity_id, task_id)
    zone = current_zone()
    if request.method == "GET":
        return _task_page(home, found, _stored(found, zone))
    form = read_task(request.form, zone)
    if form.errors:
        return _task_page(home, found, form), 400
    with runtime().database.writing() as session:
        _, _, found = _opened(session, activity_id, task_id)
        apply(session, found, form)
    return _done(activity_id, task_id)


def _stored(found: Activity, zone: Any) -> TaskForm:
    texts = {
        "title": found.title,
        "section": found.section,
        "opens_at": as_typed(found.opens_at, zone),
        "due_at": as_typed(found.due_at, zone),
        "closes_at": as_typed(found.closes_at, zone),
    }
    return TaskForm(texts, found.is_required)


def apply(session: Session, found: Activity, form: TaskForm) -> None:
    """Store the settings; other dates raise the schedule version, so that running attempts re-plan themselves."""
    before = (found.opens_at, found.due_at, found.closes_at)
    found.title = form.title
    found.section = form.section
    ledger.set_required(session, found, form.is_required)
    found.opens_at, found.due_at, found.closes_at = form.opens_at, form.due_at, form.closes_at
    if before != (form.opens_at, form.due_at, form.closes_at):
        ledger.schedule_changed(session, found.id)


def _task_page(home: Activity, found: Activity, form: TaskForm) -> str:
    return render(
        "courses/task.html",
        trail=[
            (home.title, url_for(".home", activity_id=home.id)),
            (gettext("Settings: %(title)s", title=found.title), None),
        ],
        title=found.title,
        form=form,
        zone=str(current_zone()),
        address=url_for(".task", activity_id=home.id, task_id=found.id),
        home_address=url_for(".home", activity_id=home.id),
    )


@blueprint.post("/home/<int:activity_id>/new")
def new(activity_id: int) -> ResponseReturnValue:
    """A new task of the kind `kind`: its domain's own page makes it, and it comes back under this home."""
    kind = runtime().kinds.get(request.form.get("kind", ""))
    if kind is None or kind.name == services.KIND:
        raise Invalid(_l("This kind of task does not exist here."))
    with runtime().database.writing() as session:
        actor, home = open_activity(session, activity_id, Can.author, kind="outline")
        address = created_address(session, kind=kind, actor=actor, home=home)
    return redirect(address, 303)


def created_address(session: Session, *, kind: Kind, actor: Actor, home: Activity) -> str:
    """Where the new task is made: the kind's own page, with a choice that has neither a link nor an LMS to return to."""
    now = runtime().clock.now()
    choice = DeepLinkRequest(
        context_id=home.context_id,
        member_id=actor.member_id,
        session_id=actor.session_id,
        deployment_id=session.scalars(select(Context.deployment_id).where(Context.id == home.context_id)).one(),
        created_at=now,
        expires_at=now + CHOOSING,
    )
    session.add(choice)
    session.flush()
    return url_for(kind.create, choice=choice.id)


@blueprint.get("/home/new")
def create() -> ResponseReturnValue:
    """The course home for a link or for deep linking: there is one per course, made here if it is the first time.

    A GET that changes something, guarded like `launch.chosen`: the choice's id is random and works once.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise NotFound
    choice_id = request.args.get("choice", "")
    if not choice_id.isdecimal() or len(choice_id) > 18:
        raise NotFound
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        choice = open_choice(session, int(choice_id), now)
        home = services.ensure_home(session, choice.context_id, now, choice.course or gettext("Course home"))
        home_id = home.id
    return redirect(url_for("launch.chosen", choice=choice_id, activity=home_id), 303)


@blueprint.get("/home/<int:activity_id>/members/<int:member_id>")
def review(activity_id: int, member_id: int) -> ResponseReturnValue:
    """One member's way through the course stands in the row of the table."""
    with runtime().database.reading() as session:
        open_activity(session, activity_id, Can.follow, kind="outline")
    return redirect(url_for(".members", activity_id=activity_id, _anchor=f"member-{member_id}"))
