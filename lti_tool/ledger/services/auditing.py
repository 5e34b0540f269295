"""Who did what to whose chances, and why."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lti_tool.identity.actor import Actor
from lti_tool.ledger.models import AuditEvent


def audit(
    session: Session,
    *,
    actor: Actor,
    action: str,
    now: datetime,
    reason: str,
    activity_id: int | None = None,
    member_id: int | None = None,
) -> int:
    """Write down who did what to whose chances, and why; returns the id of the act."""
    session.flush()
    act_id: int = session.execute(
        insert(AuditEvent)
        .values(
            context_id=actor.context_id,
            actor_id=actor.member_id,
            at=now,
            action=action,
            activity_id=activity_id,
            member_id=member_id,
            reason=reason.strip()[:500],
        )
        .returning(AuditEvent.id)
    ).scalar_one()
    return act_id
