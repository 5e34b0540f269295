"""The history of scores: older steps may go, the last one of each score stays."""

from sqlalchemy import exists
from sqlalchemy.orm import aliased

from lti_tool.core.retention import Retention
from lti_tool.ledger.models import ScoreEvent

_Later = aliased(ScoreEvent)

RETENTION = (
    Retention(
        ScoreEvent,
        lambda before: (
            (ScoreEvent.at < before)
            & exists().where(_Later.score_post_id == ScoreEvent.score_post_id, _Later.id > ScoreEvent.id)
        ),
        "keep_score_history_days",
    ),
)
