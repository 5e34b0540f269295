"""The blueprint that the modules of this folder add their routes to."""

from flask import Blueprint, url_for
from sqlalchemy.orm import Session

from lti_tool.core.i18n import gettext
from lti_tool.core.web import runtime
from lti_tool.identity.actor import Actor
from lti_tool.ledger.models import Activity
from lti_tool.ledger.queries import home_of

blueprint = Blueprint("roster", __name__)


def home_address(session: Session, context_id: int) -> str:
    """Where the course begins; '' if it has no home yet. At most two statements."""
    home_id = home_of(session, context_id)
    activity = session.get(Activity, home_id) if home_id else None
    kind = runtime().kinds.get(activity.kind) if activity else None
    return url_for(kind.show, activity_id=activity.id) if kind and activity else ""


def trail(actor: Actor, home: str, *more: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    """The way to a page, from the course's home."""
    first: list[tuple[str, str | None]] = [(actor.course or gettext("Course home"), home)] if home else []
    return [*first, *more]


def tabs(context_id: int, current: str) -> list[tuple[str, str, bool]]:
    """Members and groups."""
    return [
        (gettext("Members"), url_for("roster.members", context_id=context_id), current == "members"),
        (gettext("Groups"), url_for("roster.groups", context_id=context_id), current == "groups"),
    ]
