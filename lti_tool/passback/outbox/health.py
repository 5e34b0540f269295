"""How an LMS is: its breaker and its clock, as written down for all workers."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from lti_tool.identity.models import Deployment, Registration
from lti_tool.ledger.joined import COLUMNS_TO_DEPLOYMENTS
from lti_tool.ledger.models import LineItem, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.passback import rules
from lti_tool.passback.outbox.claiming import OPEN
from lti_tool.passback.outbox.rows import Target


def set_breaker(
    connection: Connection, target: Target, breaker: rules.Breaker, offset: timedelta, now: datetime
) -> None:
    """Write down how the LMS is; when it answers again, what waited for that is due at once."""
    connection.execute(
        update(Registration)
        .where(Registration.id == target.platform.id)
        .values(
            breaker_failures=breaker.failures,
            breaker_until=breaker.until,
            clock_offset_ms=round(offset / timedelta(milliseconds=1)),
        )
    )
    if not (target.breaker.failures and not breaker.failures):
        return
    items = (
        select(LineItem.id).select_from(COLUMNS_TO_DEPLOYMENTS).where(Deployment.registration_id == target.platform.id)
    )
    waiting = (
        select(ScorePost.id)
        .where(
            ScorePost.line_item_id.in_(items),
            OPEN,
            ScorePost.state == PostState.waiting,
            ScorePost.cause.in_(rules.ILL_CAUSES),
            ScorePost.due_at > now,
        )
        # Posts of an earlier statement are held already, so this one waits for nobody: what somebody else has locked
        # is being made due or answered at this moment.
        .with_for_update(skip_locked=True)
    )
    connection.execute(update(ScorePost).where(ScorePost.id.in_(waiting)).values(due_at=now))
