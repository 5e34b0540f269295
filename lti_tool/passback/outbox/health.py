"""How an LMS is: its breaker and its clock, as written down for all workers."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, update

from lti_tool.identity.models import Deployment, Registration
from lti_tool.ledger.joined import COLUMNS_TO_DEPLOYMENTS
from lti_tool.ledger.models import LineItem, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.ledger.services import ask_for_rest
from lti_tool.passback import rules
from lti_tool.passback.outbox.claiming import OPEN
from lti_tool.passback.outbox.rows import Target

SLICE: Final = 240
"""Scores that one transaction of the job makes due."""


def set_breaker(
    connection: Connection, target: Target, breaker: rules.Breaker, offset: timedelta, now: datetime, *, most: int
) -> None:
    """Write down how the LMS is; when it answers again, what waited for that is due at once.

    Of that, `most` in this transaction; if there are more, a job goes on (`due_more`).
    """
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
    if _make_due(connection, target.platform.id, now, most) == most:
        ask_for_rest(connection, "waiting", target.platform.id, now)


def due_more(connection: Connection, registration_id: int, now: datetime, after: int) -> int | None:
    """The next slice of what waits for an LMS to answer again; `after`, None: there are no more, or it does not answer.

    What has been made due does not wait any more, so each slice begins at the front.
    """
    answers = select(Registration.id).where(Registration.id == registration_id, Registration.breaker_failures == 0)
    if connection.execute(answers).first() is None:
        return None
    return after if _make_due(connection, registration_id, now, SLICE) == SLICE else None


def _make_due(connection: Connection, registration_id: int, now: datetime, most: int) -> int:
    items = select(LineItem.id).select_from(COLUMNS_TO_DEPLOYMENTS).where(Deployment.registration_id == registration_id)
    waiting = (
        select(ScorePost.id)
        .where(
            ScorePost.line_item_id.in_(items),
            OPEN,
            ScorePost.state == PostState.waiting,
            ScorePost.cause.in_(rules.ILL_CAUSES),
            ScorePost.due_at > now,
        )
        .limit(most)
        # Posts of an earlier statement are held already, so this one waits for nobody: what somebody else has locked
        # is being made due or answered at this moment.
        .with_for_update(skip_locked=True)
    )
    ids = connection.execute(waiting).scalars().all()
    if ids:
        connection.execute(update(ScorePost).where(ScorePost.id.in_(ids)).values(due_at=now))
    return len(ids)
