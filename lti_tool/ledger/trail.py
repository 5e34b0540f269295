"""The way back from an activity: what stands above it in the course."""

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.web import runtime
from lti_tool.ledger.models import Activity

Crumb = tuple[str, str | None]


def trail(session: Session, activity: Activity, *further: Crumb) -> list[Crumb]:
    """Crumbs from the course home down: the parent (if any), the activity, `further`. The last one has no address."""
    crumbs: list[Crumb] = []
    if activity.parent_id is not None:
        parent = session.execute(
            select(Activity.id, Activity.kind, Activity.title).where(Activity.id == activity.parent_id)
        ).one()
        crumbs.append((parent.title, url_for(runtime().kinds[parent.kind].show, activity_id=parent.id)))
    own = url_for(runtime().kinds[activity.kind].show, activity_id=activity.id) if further else None
    return [*crumbs, (activity.title, own), *further]
