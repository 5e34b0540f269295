"""What those who may follow see of everybody's attempts, and what the instructor may give: an attempt, or more time."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lti_tool.identity.actor import Actor
from lti_tool.ledger.models import Activity


def overview(session: Session, actor: Actor, activity: Activity, now: datetime) -> dict[str, Any]:
    """The page of all attempts."""
    return {}
