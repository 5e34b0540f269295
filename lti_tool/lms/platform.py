"""One LMS as its services see us: plain values of a registration."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from lti_tool.identity.models import Registration


@dataclass(frozen=True, slots=True)
class Platform:
    """What a service call needs to know of a registration."""

    id: int
    client_id: str
    token_url: str
    audience: str
    """The `aud` of assertions: as registered, else the token URL (TO-02, TO-03)."""
    hosts: frozenset[str]
    """Host names that may get our tokens (TO-15)."""
    family: str = ""
    """Product family code, lower case (lms.quirks)."""

    def trusts(self, url: str) -> bool:
        """Whether a service URL lies on a host of this registration."""
        return _host(url) in self.hosts


COLUMNS = (
    Registration.id,
    Registration.client_id,
    Registration.issuer,
    Registration.auth_url,
    Registration.token_url,
    Registration.jwks_url,
    Registration.audience,
    Registration.service_hosts,
    Registration.family,
)


def platform_of(row: Any) -> Platform:
    """The platform of a row that has `COLUMNS`. Its own endpoints' hosts are trusted, and those in its host list."""
    own = {_host(url) for url in (row.issuer, row.auth_url, row.token_url, row.jwks_url)}
    listed = {host.strip().lower() for host in row.service_hosts}
    return Platform(
        row.id,
        row.client_id,
        row.token_url,
        row.audience or row.token_url,
        frozenset((own | listed) - {""}),
        row.family.lower(),
    )


def find_platform(connection: Connection | Session, registration_id: int) -> Platform | None:
    """The platform of an active registration, or None. One statement."""
    row = connection.execute(select(*COLUMNS).where(Registration.id == registration_id, Registration.is_active)).first()
    return None if row is None else platform_of(row)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
