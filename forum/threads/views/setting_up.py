"""Creating a discussion, its settings, archiving it."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from forum.threads import services
from forum.threads.forms import ForumForm
from forum.threads.models import ForumUse
from forum.threads.views.opening import blueprint
from lti_tool.core.i18n import gettext as _
from lti_tool.core.markup import MarkupRefused
from lti_tool.core.text import clean_line
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Can
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity, ActivityStatus
from lti_tool.ledger.services import archive, publish, restore, schedule_changed, set_required
from lti_tool.ledger.trail import trail


def rendered(form: ForumForm) -> str:
    """The HTML of the task; what cannot be rendered becomes an error beside the field. Outside transactions."""
    if form.errors:
        return ""
    try:
        return runtime().renderer.render(form.body)
    except MarkupRefused as refusal:
        form.errors["body"] = refusal.message
        return ""


@blueprint.get("/forum/<int:activity_id>/settings")
def settings(activity_id: int) -> ResponseReturnValue:
    return _settings_page(activity_id, None)


@blueprint.post("/forum/<int:activity_id>/settings")
def change_settings(activity_id: int) -> ResponseReturnValue:
    """Change task, criteria and dates. Who has completed it stays completed."""
    with runtime().database.reading() as session:
        actor, _activity = open_activity(session, activity_id, Can.author, kind=services.KIND)
    form = ForumForm.read(request.form, actor.zone)
    html = rendered(form)
    if form.errors:
        return _settings_page(activity_id, form), 400
    with runtime().database.writing() as session:
        _actor, activity = open_activity(session, activity_id, Can.author, kind=services.KIND)
        use = session.get_one(ForumUse, activity_id)
        use.source, use.html = form.body, html
        apply(session, activity, form)
        schedule_changed(session, activity_id)
        if activity.status is ActivityStatus.draft:
            publish(session, activity)
    return redirect(url_for("forum_threads.show", activity_id=activity_id), 303)


def apply(session: Session, activity: Activity, form: ForumForm) -> None:
    """Lay the form's values on the activity."""
    activity.title = form.title
    services.set_criteria(session, activity=activity, threads=form.threads, replies=form.replies)
    set_required(session, activity, form.is_required)
    activity.due_at = form.due_at


def _settings_page(activity_id: int, form: ForumForm | None, reason_error: str = "") -> str:
    with runtime().database.reading() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=services.KIND)
        use = session.get_one(ForumUse, activity_id)
        crumbs = trail(session, activity, (_("Settings"), None))
    is_archived = activity.status is ActivityStatus.archived
    return setup_page(
        form or ForumForm.of(activity, use, actor.zone),
        crumbs,
        title=_("Settings"),
        verb=_("Save and publish") if activity.status is ActivityStatus.draft else _("Save"),
        archive_address="" if is_archived else url_for("forum_threads.archive_forum", activity_id=activity_id),
        restore_address=url_for("forum_threads.restore_forum", activity_id=activity_id) if is_archived else "",
        reason_error=reason_error,
    )


def setup_page(form: ForumForm, crumbs: list[Any], **context: Any) -> str:
    """The page of a new or existing discussion's settings."""
    return render(
        "forum/setup.html", trail=crumbs, form=form, **{"archive_address": "", "restore_address": "", **context}
    )


@blueprint.post("/forum/<int:activity_id>/archive")
def archive_forum(activity_id: int) -> ResponseReturnValue:
    """Take it out of sight, with a reason; results and grades stay."""
    reason = clean_line(request.form.get("reason", ""), 500)
    if not reason:
        return _settings_page(activity_id, None, _("Say why it is archived.")), 400
    with runtime().database.writing() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=services.KIND)
        archive(session, activity, actor=actor, reason=reason, now=runtime().clock.now())
    return redirect(url_for("forum_threads.settings", activity_id=activity_id), 303)


@blueprint.post("/forum/<int:activity_id>/restore")
def restore_forum(activity_id: int) -> ResponseReturnValue:
    """Bring an archived discussion back."""
    with runtime().database.writing() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=services.KIND)
        restore(session, activity, actor=actor, now=runtime().clock.now())
    return redirect(url_for("forum_threads.settings", activity_id=activity_id), 303)
