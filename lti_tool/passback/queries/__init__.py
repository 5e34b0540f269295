"""Reads: how far scores are on their way, the history of each, which columns are missing."""

from lti_tool.passback.queries.drift import drift_by_registration
from lti_tool.passback.queries.missing import Missing, missing
from lti_tool.passback.queries.outbox import (
    PAGE,
    ColumnState,
    PlatformState,
    Row,
    Way,
    columns,
    counts,
    is_enrolled,
    is_learner,
    meant,
    name_of,
    platform_state,
    rows,
)
from lti_tool.passback.queries.score import MOST_STEPS, Reached, Told, reached, told

__all__ = [
    "MOST_STEPS",
    "PAGE",
    "ColumnState",
    "Missing",
    "PlatformState",
    "Reached",
    "Row",
    "Told",
    "Way",
    "columns",
    "counts",
    "drift_by_registration",
    "is_enrolled",
    "is_learner",
    "meant",
    "missing",
    "name_of",
    "platform_state",
    "reached",
    "rows",
    "told",
]
