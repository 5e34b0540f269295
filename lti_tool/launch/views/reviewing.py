"""A submission review of somebody who has handed nothing in yet."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import gettext as _
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Can
from lti_tool.identity.models import Enrolment, Member
from lti_tool.launch.views.blueprint import blueprint
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.trail import trail


@blueprint.get("/reviews/<int:activity_id>")
def nothing_submitted(activity_id: int) -> ResponseReturnValue:
    """Nothing is wrong: there is just nothing to look at yet (SR-04). `member`: whom, if we know this person."""
    named = request.args.get("member", "")
    member_id = int(named) if named.isdecimal() and len(named) <= 18 else None
    with runtime().database.reading() as session:
        _actor, activity = open_activity(session, activity_id, Can.follow)
        name = session.scalar(
            select(Member.name)
            .join(Enrolment, Enrolment.member_id == Member.id)
            .where(Member.id == member_id, Enrolment.context_id == activity.context_id)
        )
        crumbs = trail(session, activity, (_("No submission yet"), None))
    if member_id is not None and name is None:
        raise NotFound
    kind = runtime().kinds.get(activity.kind)
    if kind is None:
        raise NotFound
    return render(
        "launch/nothing_submitted.html",
        trail=crumbs,
        title=activity.title,
        name=name or "",
        review_address=url_for(kind.review, activity_id=activity_id, member_id=member_id) if member_id else "",
        activity_address=url_for(kind.show, activity_id=activity_id),
    )
