"""Plain addresses of activities, for places of an LMS that take no launches: they open for who has a session here."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import aliased

from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import gettext as _
from lti_tool.core.web import render, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Can
from lti_tool.launch.views.blueprint import blueprint
from lti_tool.ledger.models import Activity, ActivityStatus


@blueprint.get("/open/<token>")
def open_activity_link(token: str) -> ResponseReturnValue:
    """The activity, or the same page for all others, whether there is such an activity or not: open it from your course."""
    try:
        return redirect(_address(token), 303)
    except NotFound:
        return render(
            "launch/closed.html",
            title=_("Open it from your course"),
            text=_(
                "This address is open after you have entered the course from your learning platform. Open your course"
                " there, click any activity of it, and come back to this link."
            ),
            return_url="",
            back=None,
        )


def _address(token: str) -> str:
    """Where the activity is shown to who asks: itself, or in a copied course, whose text still has this address, its copy.

    Raises NotFound.
    """
    of_token = aliased(Activity)
    line = select(of_token.lineage).where(of_token.token == token[:32]).scalar_subquery()
    with runtime().database.reading_core() as connection:
        asking = current.asking(connection)
        grants = asking.grants if asking else {}
        rows = connection.execute(
            select(Activity.id, Activity.context_id, Activity.kind, Activity.status, Activity.token)
            .where(Activity.lineage == line, Activity.context_id.in_(grants))
            .order_by(Activity.id.desc())
        ).all()
        row = next((each for each in rows if each.token == token[:32]), rows[0] if rows else None)
        if row is None:
            raise NotFound
        actor = current.actor(connection, row.context_id)
    kind = runtime().kinds.get(row.kind)
    if kind is None or (row.status is not ActivityStatus.published and not actor.can(Can.follow)):
        raise NotFound
    return url_for(kind.show, activity_id=row.id)
