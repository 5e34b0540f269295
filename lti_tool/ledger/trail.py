"""The way back from an activity: what stands above it in the course."""

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.web import runtime
from lti_tool.ledger.models import Activity

Crumb = tuple[str, str | None]


def trail(session: Session, activity: Activity, *further: Crumb) -> list[Crumb]:
    """Crumbs from the course home down: the parent (if any), the activity, `further`. The last one has no address."""
    own = url_for(runtime().kinds[activity.kind].show, activity_id=activity.id) if further else None
    return [*above(session, activity), (activity.title, own), *further]


def above(session: Session, activity: Activity) -> list[Crumb]:
    """The crumb of the course home that an activity stands in, by the name of the course; none for the home itself."""
    if activity.parent_id is None:
        return []
    parent = session.execute(
        select(Activity.id, Activity.kind, Activity.title).where(Activity.id == activity.parent_id)
    ).one()
    return [(parent.title, url_for(runtime().kinds[parent.kind].show, activity_id=parent.id))]
