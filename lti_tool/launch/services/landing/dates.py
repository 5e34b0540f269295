"""The LMS's own dates of a link, kept as the last launch said them (CP-02 to CP-04)."""

from sqlalchemy import Connection, update

from lti_tool.core.logs import log
from lti_tool.launch.rules.dates import LinkDates
from lti_tool.launch.services.landing.arrival import Link
from lti_tool.ledger.models import Activity, Placement

_told: set[int] = set()
"""Links whose unreadable dates stand in the log already; they come with every launch, and one line says it all."""
MOST_TOLD = 10_000


def keep_dates(connection: Connection, link: Link, dates: LinkDates) -> None:
    """Store the dates if they have changed, and let the attempts of the activity re-plan. No statement if not, else two.

    The link is locked since it was placed: launches that come together change it one after the other.
    """
    if dates.unresolved and link.id not in _told and len(_told) < MOST_TOLD:
        _told.add(link.id)
        log.info("custom_unresolved", placement=link.id, names=list(dates.unresolved))
    stored = link.lms_opens_at, link.lms_closes_at
    opens, closes = dates.applied_to(*stored)
    if (opens, closes) == stored:
        return
    connection.execute(
        update(Placement).where(Placement.id == link.id).values(lms_opens_at=opens, lms_closes_at=closes)
    )
    if link.activity_id is not None:
        connection.execute(
            update(Activity)
            .where(Activity.id == link.activity_id)
            .values(schedule_version=Activity.schedule_version + 1)
        )
