"""Columns of a course that cannot be used."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.orm import Session

from lti_tool.identity.models import Deployment, Registration
from lti_tool.ledger.joined import COLUMNS_TO_DEPLOYMENTS
from lti_tool.ledger.models import Activity, ActivityStatus, LineItem, LineItemState, Placement, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.lms.connector import SCOPE_LINE_ITEM
from lti_tool.lms.quirks import quirks_of


@dataclass(frozen=True, slots=True)
class Missing:
    """The column of one link that is not there, or not open to us."""

    activity: str
    cause: str
    """LineItem.cause."""
    family: str
    """Product family code of the LMS."""
    waiting: int
    """Scores that wait for it."""


def missing(session: Session | Connection, activity_id: int) -> Sequence[Missing]:
    """The columns that the links of an activity, and of the published ones below it, lack. One statement.

    A column that we shall make ourselves with the first score is not missing.
    """
    waiting = (
        select(func.count())
        .where(ScorePost.line_item_id == LineItem.id, ScorePost.state == PostState.waiting_for_column)
        .scalar_subquery()
    )
    found = session.execute(
        select(
            Activity.title,
            LineItem.state,
            LineItem.cause,
            Placement.lineitems_url,
            Placement.scopes,
            Registration.family,
            waiting.label("waiting"),
        )
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .join(Activity, Activity.id == LineItem.activity_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(
            or_(Activity.id == activity_id, Activity.parent_id == activity_id),
            Activity.status == ActivityStatus.published,
            LineItem.state != LineItemState.ready,
        )
        .order_by(Activity.position, LineItem.id)
    )
    return [
        Missing(title, cause, family, count)
        for title, state, cause, url, scopes, family, count in found
        if count or not _is_ours_to_make(state, url, scopes, family)
    ]


def _is_ours_to_make(state: LineItemState, line_items: str | None, scopes: Collection[str], family: str) -> bool:
    may_create = bool(line_items) and SCOPE_LINE_ITEM in scopes and not quirks_of(family).teacher_allows_columns
    return state is LineItemState.none and may_create
