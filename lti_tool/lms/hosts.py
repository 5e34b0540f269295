"""Hosts of LMSs on private addresses: which names may lead into the school's own network.

Nothing that a browser can reach writes here (a form that opens inner addresses would be a door for whoever gets at it);
`dangke allow-host` does, and `DANGKE_ALLOWED_LMS_HOSTS`.
"""

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.config import Settings
from lti_tool.core.database import Database
from lti_tool.core.errors import Invalid
from lti_tool.core.http import Http, Limits
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.lms.models import AllowedHost

_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def http_of(settings: Settings, database: Database, limits: Limits | None = None) -> Http:
    """The outbound HTTP of this installation: hosts of the settings, and those of the table, asked for when needed."""
    return Http(
        lenient=settings.is_lenient,
        allowed_hosts=settings.lms_hosts,
        more_hosts=lambda: names(database),
        limits=limits,
    )


def names(database: Database) -> frozenset[str]:
    """The names in the table; one short reading transaction."""
    with database.reading_core() as connection:
        return frozenset(connection.execute(select(AllowedHost.host)).scalars())


def host_name(typed: str) -> str:
    """The name of a host as it is kept and compared. Raises Invalid."""
    name = typed.strip().lower().rstrip(".")
    if not _NAME.fullmatch(name):
        raise Invalid(
            _l("This is no host name."),
            action=_l("Give the name alone, such as moodle.school.example, without https://."),
        )
    return name


def allow(session: Session, host: str, reason: str, now: datetime) -> str:
    """Let the name lead to private addresses, by https; returns it as it is kept. Raises Invalid: no host name."""
    name = host_name(host)
    found = session.get(AllowedHost, name)
    if found is None:
        session.add(AllowedHost(host=name, reason=reason[:200], created_at=now))
    else:
        found.reason = reason[:200] or found.reason
    session.flush()
    return name


def forbid(session: Session, host: str) -> bool:
    """Take the permission back; whether there was one."""
    found = session.get(AllowedHost, host.strip().lower().rstrip("."))
    if found is None:
        return False
    session.delete(found)
    session.flush()
    return True


def listed(session: Session) -> list[AllowedHost]:
    """All of them, by name."""
    return list(session.scalars(select(AllowedHost).order_by(AllowedHost.host)))
