"""A new discussion: for a link that shows nothing yet, for deep linking (`choice`), or from the course home (`home`)."""

from typing import Any, NamedTuple

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from forum.threads import services
from forum.threads.forms import ForumForm
from forum.threads.views.opening import blueprint
from forum.threads.views.setting_up import apply, rendered, setup_page
from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import gettext as _
from lti_tool.core.web import runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Actor, Can
from lti_tool.launch.services import drafts
from lti_tool.launch.services.choices import Choice, open_choice
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.queries import home_of
from lti_tool.ledger.services import publish
from lti_tool.ledger.trail import Crumb


class _Place(NamedTuple):
    """Where the new discussion will stand."""

    actor: Actor
    context_id: int
    parent_id: int | None
    choice: Choice | None
    crumbs: list[Crumb]


def _place(session: Session) -> _Place:
    """Where `choice` or `home` say. Raises NotFound, also for what is not yours."""
    if (choice := request.args.get("choice", type=int)) is not None:
        found = open_choice(session, choice, runtime().clock.now())
        actor = current.actor(session, found.context_id, Can.author)
        back = url_for("launch.choose", choice=choice)
        crumbs: list[Crumb] = [(_("Choose"), back), (_("New discussion"), None)]
        return _Place(actor, found.context_id, home_of(session, found.context_id), found, crumbs)
    if (home := request.args.get("home", type=int)) is not None:
        actor, activity = open_activity(session, home, Can.author)
        back = url_for(runtime().kinds[activity.kind].show, activity_id=activity.id)
        return _Place(
            actor, activity.context_id, activity.id, None, [(activity.title, back), (_("New discussion"), None)]
        )
    raise NotFound


@blueprint.get("/forum/create")
def create() -> ResponseReturnValue:
    with runtime().database.reading() as session:
        place = _place(session)
    return _page(ForumForm(), place)


@blueprint.post("/forum/create")
def created() -> ResponseReturnValue:
    """Make the discussion: a draft that the choice publishes, or published at once from the course home."""
    with runtime().database.reading() as session:
        place = _place(session)
    form = ForumForm.read(request.form, place.actor.zone)
    html = rendered(form)
    if form.errors:
        return _page(form, place), 400
    now = runtime().clock.now()
    with runtime().database.writing() as session:
        place = _place(session)
        activity = services.create_forum(
            session,
            context_id=place.context_id,
            title=form.title,
            source=form.body,
            html=html,
            threads=form.threads,
            replies=form.replies,
            now=now,
            parent_id=place.parent_id,
        )
        apply(session, activity, form)
        if place.choice is None:
            publish(session, activity)
        else:
            drafts.made(session, place.choice, activity, now)
    if place.choice is not None:
        return redirect(url_for("launch.chosen", choice=place.choice.id, activity=activity.id), 303)
    return redirect(url_for("forum_threads.show", activity_id=activity.id), 303)


def _page(form: ForumForm, place: _Place) -> str:
    crumbs: list[Any] = list(place.crumbs)
    return setup_page(form, crumbs, title=_("New discussion"), verb=_("Create and publish"))
