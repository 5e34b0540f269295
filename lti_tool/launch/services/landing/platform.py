"""Which installation of the LMS a registration belongs to."""

from sqlalchemy import Connection, update

from lti_tool.identity.models import Registration
from lti_tool.launch.services.landing.arrival import Arrival


def remember_platform(connection: Connection, arrival: Arrival) -> bool:
    """Remember the installation that launches; whether it is not the one that we knew (CT-11: told, never refused).

    No statement while it is: hosts are moved and restored from backups, so a change is news for the operator, no more.
    """
    told = arrival.claims.platform_guid
    if not told or told == arrival.known.platform_guid:
        return False
    changed = connection.execute(
        update(Registration)
        .where(Registration.id == arrival.known.id, Registration.platform_guid != told)
        .values(platform_guid=told)
    )
    return bool(changed.rowcount)
