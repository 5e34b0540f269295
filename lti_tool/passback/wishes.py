"""Which scores a wish to send again is about, as a word and as conditions of SQL."""

from enum import StrEnum
from typing import Any

from sqlalchemy import not_, or_, select

from lti_tool.ledger.models import Activity, LineItem, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.ledger.services import is_anothers_grade


class What(StrEnum):
    """Which scores of an activity, and of those below it, shall be sent again."""

    refused = "refused"
    all = "all"
    """But for those where the LMS has another grade, and those whose grade there counts: over these only a wish for one member
    writes. What the LMS had and shows no more is among them: an LMS may have been restored from a backup. So is what it never
    showed: a column may have been locked."""


def is_meant(activity_id: int, what: What) -> tuple[Any, ...]:
    """The scores that a wish is about, as conditions on ScorePost."""
    items = (
        select(LineItem.id)
        .join(Activity, Activity.id == LineItem.activity_id)
        .where(or_(Activity.id == activity_id, Activity.parent_id == activity_id))
    )
    ours = ScorePost.line_item_id.in_(items)
    if what is What.refused:
        return ours, ScorePost.state == PostState.refused
    return ours, not_(is_anothers_grade())
