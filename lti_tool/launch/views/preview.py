"""View as a member, and the way back. It belongs to the grant, so it lasts on every page of the course."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from lti_tool.core.errors import Conflict, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import runtime
from lti_tool.identity import current, preview
from lti_tool.identity.actor import Actor
from lti_tool.launch.views.blueprint import blueprint
from lti_tool.ledger.models import Activity, ActivityStatus, Placement
from lti_tool.ledger.queries import home_of


@blueprint.post("/courses/<int:context_id>/preview")
def begin_preview(context_id: int) -> ResponseReturnValue:
    """From now on the course looks as it does to its members; nothing that is done leaves a trace."""
    with runtime().database.writing_core() as connection:
        actor = current.actor(connection, context_id)
        preview.begin(connection, actor)
        page = _page(connection, actor, only_published=True)
        if page is None:
            raise Conflict(
                _l("Members see nothing here yet."), action=_l("Publish it first, then view it as a member.")
            )
        _forget(connection, actor)
    return redirect(page, 303)


@blueprint.post("/courses/<int:context_id>/preview/end")
def end_preview(context_id: int) -> ResponseReturnValue:
    """Back to the role of the launch. What the view has left (attempts at quizzes) is taken away."""
    with runtime().database.writing_core() as connection:
        actor = current.actor(connection, context_id)
        if actor.own_role is None and actor.preview:
            raise NotFound
        if actor.preview:
            preview.end(connection, actor)
            _forget(connection, actor)
        page = _page(connection, actor, only_published=False)
    return redirect(page or url_for("identity.privacy"), 303)


def _forget(connection: Connection, actor: Actor) -> None:
    for kind in runtime().kinds.values():
        kind.forget(connection, actor.context_id, actor.member_id)


def _page(connection: Connection, actor: Actor, *, only_published: bool) -> str | None:
    """The activity that the form names, else the course home, else what the opened link shows. At most 3 statements."""
    named = request.form.get("activity", "")
    with Session(connection) as session:
        wanted = [int(named)] if named.isdecimal() and len(named) <= 18 else []
        wanted += filter(None, [home_of(session, actor.context_id)])
        shown = select(Placement.activity_id).where(
            Placement.context_id == actor.context_id, Placement.resource_link_id == actor.resource_link_id
        )
        wanted += filter(None, session.scalars(shown))
        found = session.execute(
            select(Activity.id, Activity.kind, Activity.status).where(
                Activity.id.in_(wanted), Activity.context_id == actor.context_id
            )
        ).all()
    kinds = runtime().kinds
    for row in sorted(found, key=lambda each: wanted.index(each.id)):
        if row.kind in kinds and (row.status is ActivityStatus.published or not only_published):
            return url_for(kinds[row.kind].show, activity_id=row.id)
    return None
