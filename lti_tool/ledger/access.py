"""Where authorisation is asked, once per view: the activity by id, for the grant of its own context."""

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.errors import NotFound
from lti_tool.identity import current
from lti_tool.identity.actor import Actor, Can
from lti_tool.ledger.models import Activity, ActivityStatus

NOWHERE = 0
"""An id that no activity has: for what is looked up first and is not there, so that it costs as much as what is not yours."""


def open_activity(
    session: Session, activity_id: int, can: Can = Can.learn, *, kind: str | None = None
) -> tuple[Actor, Activity]:
    """The acting grant and the activity. Two statements.

    Raises NotFound if it does not exist, is of another kind, is not of a course this session was launched from, if the
    role does not allow `can`, or if it is a draft or archived and the role may not author or follow. Raises Previewing
    where only the view as a member stands in the way.
    """
    current.asking(session)
    activity = session.scalar(select(Activity).where(Activity.id == activity_id))
    if activity is None or (kind is not None and activity.kind != kind):
        raise NotFound
    actor = current.actor(session, activity.context_id, can)
    if activity.status is not ActivityStatus.published and not actor.can(Can.follow):
        current.refuse(actor, Can.follow)
    g.opened = activity.id
    return actor, activity
