"""How many scores differ in the LMSs."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select, text

from lti_tool.identity.models import Deployment, Registration
from lti_tool.ledger.joined import COLUMNS_TO_DEPLOYMENTS
from lti_tool.ledger.models import LineItem, ScorePost


def drift_by_registration(connection: Connection) -> Mapping[int, int]:
    """How many scores differ in the LMS from what it was told, of every registration. One statement."""
    drift = (
        select(Deployment.registration_id, func.count().label("count"))
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .join(ScorePost, ScorePost.line_item_id == LineItem.id)
        # Written out, so that the engines see that the partial index holds.
        .where(text("score_post.state = 'differs'"))
        .group_by(Deployment.registration_id)
        .subquery()
    )
    found = connection.execute(
        select(Registration.id, func.coalesce(drift.c.count, 0)).outerjoin(
            drift, drift.c.registration_id == Registration.id
        )
    )
    return {row[0]: row[1] for row in found}
