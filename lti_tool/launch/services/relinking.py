"""Letting a link show something else. Grades are moved only by an explicit word; flushes, never commits."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Actor, Can
from lti_tool.identity.models import Context
from lti_tool.launch import queries
from lti_tool.launch.rules.proposals import Standing
from lti_tool.launch.services import choices
from lti_tool.ledger.copying import Copying
from lti_tool.ledger.models import Activity, ActivityStatus, LineItem, Placement
from lti_tool.ledger.services import audit, leave_others, requeue, restore


class ColumnChoice(StrEnum):
    """What becomes of the link's column when it shows something else."""

    keep = "keep"
    """It stays with the activity whose results stand in it; the new one's are not sent there."""
    send = "send"
    """It holds the results of the new activity from now on, and those that are there are sent at once."""


def open_link(session: Session, placement_id: int) -> tuple[Actor, Placement]:
    """The author's grant and the link, by id. Raises NotFound for everybody else."""
    current.asking(session)
    placement = session.get(Placement, placement_id)
    if placement is None:
        raise NotFound
    return current.actor(session, placement.context_id, Can.author), placement


class ColumnUnsaid(Invalid):
    """The link has a column with other grades, and nothing was said about it."""


def relink(
    session: Session,
    *,
    actor: Actor,
    placement: Placement,
    activity_id: int,
    column: ColumnChoice | None,
    now: datetime,
) -> Activity:
    """Let the link show another activity of its course, published if it is a draft.

    Raises NotFound (not of this course), Invalid (archived), ColumnUnsaid.
    """
    session.refresh(placement, with_for_update=True)
    activity = session.scalar(
        select(Activity).where(Activity.id == activity_id, Activity.context_id == placement.context_id)
    )
    if activity is None:
        raise NotFound
    if activity.status is ActivityStatus.archived:
        raise Invalid(_l("This activity is archived."), action=_l("Choose another one."))
    held = queries.column_of(session, placement.id)
    is_asked = held is not None and held.activity_id != activity.id
    if is_asked and column is None:
        raise ColumnUnsaid(_l("Say what becomes of the column in your platform's gradebook."), action="")
    if activity.status is ActivityStatus.draft:
        choices.show(session, activity, actor, now)
    former, placement.activity_id = placement.activity_id, activity.id
    if is_asked and held is not None and column is ColumnChoice.send:
        _hand_over(session, held.line_item_id, activity, now)
    said = f", column {column.value}" if is_asked and column else ""
    audit(
        session, actor=actor, action="relink", activity_id=activity.id, now=now,
        reason=f"link {placement.id}: {former or 0} -> {activity.id}{said}",
    )  # fmt: skip
    return activity


def _hand_over(session: Session, line_item_id: int, activity: Activity, now: datetime) -> None:
    """The column is the activity's from now on: its results are sent; grades of those who have none in it stay as they are.

    Rows are locked in the order of ledger.services.outbox.
    """
    session.flush()
    session.execute(update(LineItem).where(LineItem.id == line_item_id).values(activity_id=activity.id))
    requeue(session, line_item_id=line_item_id, now=now)
    leave_others(session, line_item_id=line_item_id, now=now)


def bring(session: Session, *, actor: Actor, placement: Placement, activity_id: int, now: datetime) -> int:
    """Bring back what the link showed: restored here, or copied once more from where it is archived; its id here.

    Only what the link's own line names. Raises NotFound.
    """
    sources = queries.sources_of(session, placement.context_id)
    lines = queries.wanted_of(session, placement, sources).lines
    found = next(
        (
            each
            for each in queries.candidates_of(session, placement.context_id, sources, lines)
            if each.id == activity_id and each.lineage in lines
        ),
        None,
    )
    if found is None:
        raise NotFound
    if found.standing is Standing.archived:
        restore(session, session.get_one(Activity, found.id), actor=actor, now=now)
    if found.standing is not Standing.at_source:
        return found.id
    # The row of the course makes one who copies wait for the other, as a launch does.
    session.execute(select(Context.id).where(Context.id == placement.context_id).with_for_update())
    source_id = session.scalars(select(Activity.context_id).where(Activity.id == found.id)).one()
    copying = Copying(session.connection(), runtime().kinds, placement.context_id, actor.member_id, now)
    copying.one(found.id, source_id)
    return session.scalars(
        select(Activity.id).where(Activity.context_id == placement.context_id, Activity.lineage == found.lineage)
    ).one()
