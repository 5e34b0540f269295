"""The registrations and deployments, in memory: a launch asks the database about them only inside its own statements.

What is kept is at most 30 s old; a name that is not found is looked up again at once. Whether a registration is still
active is asked by the launch's own transaction, so switching one off works at once.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from lti_tool.core.database import Database
from lti_tool.identity.models import Deployment, Registration
from lti_tool.launch.refused import Refused
from lti_tool.launch.rules.urls import nearly

FRESH = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class KnownDeployment:
    """A deployment: its row, and the tenant that it belongs to."""

    id: int
    tenant_id: int


@dataclass(frozen=True, slots=True)
class Known:
    """A registration as the launch needs it."""

    id: int
    tenant_id: int
    issuer: str
    client_id: str
    auth_url: str
    jwks_url: str
    frame_origins: tuple[str, ...]
    role_overrides: dict[str, str] = field(hash=False)
    deployments: dict[str, KnownDeployment] = field(hash=False)
    family: str = ""
    platform_guid: str = ""
    trusts_history: bool | None = None


Issuers = dict[str, dict[str, Known]]


class Registry:
    """All active registrations, by issuer and client id. Safe with threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: Issuers = {}
        self._read_at: datetime | None = None
        self._lock = threading.Lock()

    def find(self, issuer: str, client_id: str | None, deployment_id: str | None, now: datetime) -> Known:
        """The registration that a login names; compared character by character.

        Without a client id the issuer's only one, or the only one with that deployment (OL-09 to OL-12). Opens a
        reading transaction when it has to look again. Raises Refused.
        """
        try:
            return _find(self._current(now), issuer, client_id, deployment_id)
        except Refused:
            return _find(self._read(now), issuer, client_id, deployment_id)

    def deployment(self, known: Known, deployment_id: str, now: datetime) -> KnownDeployment:
        """An active deployment of a registration. Raises Refused("unknown_deployment")."""
        found = known.deployments.get(deployment_id)
        if found is None:
            fresh = self._read(now).get(known.issuer, {}).get(known.client_id)
            found = fresh.deployments.get(deployment_id) if fresh else None
        if found is None:
            raise Refused("unknown_deployment")
        return found

    def forget(self) -> None:
        """Read again at the next question: something was registered or changed in this process."""
        self._read_at = None

    def _current(self, now: datetime) -> Issuers:
        if self._read_at is not None and timedelta() <= now - self._read_at < FRESH:
            return self._known
        return self._read(now)

    def _read(self, now: datetime) -> Issuers:
        with self._lock, self._database.reading_core() as connection:
            self._known, self._read_at = _load(connection), now
            return self._known


def _find(issuers: Issuers, issuer: str, client_id: str | None, deployment_id: str | None) -> Known:
    clients = issuers.get(issuer)
    if not clients:
        meant = nearly(issuer, issuers)
        raise Refused("unknown_issuer", **({"nearly": meant} if meant else {}))
    if client_id is not None:
        if client_id not in clients:
            raise Refused("unknown_client")
        return clients[client_id]
    if len(clients) == 1:
        return next(iter(clients.values()))
    matching = [known for known in clients.values() if deployment_id in known.deployments]
    if len(matching) != 1:
        raise Refused("client_needed")
    return matching[0]


def _load(connection: Connection) -> Issuers:
    deployments: dict[int, dict[str, KnownDeployment]] = {}
    for row in connection.execute(
        select(Deployment.id, Deployment.registration_id, Deployment.deployment_id, Deployment.tenant_id).where(
            Deployment.is_active
        )
    ):
        kept = deployments.setdefault(row.registration_id, {})
        kept[row.deployment_id] = KnownDeployment(row.id, row.tenant_id)
    issuers: Issuers = {}
    registrations = connection.execute(
        select(
            Registration.id,
            Registration.tenant_id,
            Registration.issuer,
            Registration.client_id,
            Registration.auth_url,
            Registration.jwks_url,
            Registration.frame_origins,
            Registration.role_overrides,
            Registration.family,
            Registration.platform_guid,
            Registration.trusts_history,
        ).where(Registration.is_active)
    )
    for found in registrations:
        issuers.setdefault(found.issuer, {})[found.client_id] = Known(
            id=found.id,
            tenant_id=found.tenant_id,
            issuer=found.issuer,
            client_id=found.client_id,
            auth_url=found.auth_url,
            jwks_url=found.jwks_url,
            frame_origins=tuple(found.frame_origins),
            role_overrides=dict(found.role_overrides),
            deployments=deployments.get(found.id, {}),
            family=found.family,
            platform_guid=found.platform_guid,
            trusts_history=found.trusts_history,
        )
    return issuers
