"""Registering an LMS by hand: what `dangke register` and `dangke seed` call; and all registrations as they stand.

Flushes, never commits. Dynamic registration stands in `launch.services.inviting`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.text import clean_line
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Deployment, Enrolment, Member, Registration, Tenant
from lti_tool.launch.rules.urls import http_url, is_frame_origin, origin

Id = Annotated[str, Field(min_length=1, max_length=255)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class RegistrationForm(BaseModel):
    """What has to be known of an LMS. Issuer, client id and deployment ids are kept character by character."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Id
    client_id: Id
    auth_url: str
    token_url: str
    jwks_url: str
    deployment_ids: tuple[Id, ...] = ()
    tenant: Name = "School"
    """Name of the school; an existing one of that name is used."""
    timezone: Annotated[str, Field(max_length=64)] = "Asia/Shanghai"
    """Of a new school: in which its courses show and type dates."""
    name: Name = "LMS"
    family: Annotated[str, Field(max_length=40)] = ""
    audience: Annotated[str, Field(max_length=1000)] | None = None
    """`aud` of token requests where it is not the token URL."""
    frame_origins: tuple[str, ...] = ()
    """Who may show us in a frame; left out, the origins of the issuer and of the authorization endpoint."""
    service_hosts: tuple[str, ...] = ()
    """Hosts that its services may be on; left out, those of the addresses above."""
    role_overrides: dict[str, Role] = Field(default_factory=dict)
    is_demo: bool = False

    @field_validator("auth_url", "token_url", "jwks_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not http_url(value, longest=1000):
            raise ValueError("must be an http(s) address")
        return value

    @field_validator("timezone")
    @classmethod
    def check_zone(cls, value: str) -> str:
        """The name of a time zone. Raises ValueError. Reads files."""
        if value not in available_timezones():
            raise ValueError("must be a name such as Asia/Shanghai")
        return value

    @field_validator("frame_origins")
    @classmethod
    def _origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not is_frame_origin(value):
                raise ValueError("must be origins such as https://lms.example.edu or https://*.example.edu")
        return values

    @field_validator("tenant", "name")
    @classmethod
    def _clean(cls, value: str) -> str:
        return clean_line(value, 200)

    @model_validator(mode="after")
    def _https(self) -> Self:
        if not self.is_demo and any(not url.startswith("https:") for url in self._addresses() if not _is_loopback(url)):
            raise ValueError("the addresses of an LMS must be https")
        return self

    def _addresses(self) -> tuple[str, ...]:
        return (self.auth_url, self.token_url, self.jwks_url)

    @property
    def origins(self) -> list[str]:
        """Who may frame us."""
        return list(self.frame_origins or dict.fromkeys(filter(None, map(origin, (self.issuer, self.auth_url)))))

    @property
    def hosts(self) -> list[str]:
        """Hosts that scores may be sent to."""
        named = (urlsplit(url).hostname or "" for url in (self.issuer, *self._addresses()) if http_url(url))
        return list(self.service_hosts or dict.fromkeys(named))


def _is_loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in {"localhost", "127.0.0.1", "::1"}


def register(session: Session, data: RegistrationForm, now: datetime, *, tenant_id: int | None = None) -> Registration:
    """Add a registration, or bring the one of this issuer and client id up to date; deployments are only added.

    `tenant_id` names the school where the caller knows it; else it is found by its name, or made.

    A running tool sees it within half a minute, and at once when somebody launches from a new one.
    """
    found = session.scalar(
        select(Registration).where(Registration.issuer == data.issuer, Registration.client_id == data.client_id)
    )
    is_new = found is None
    if found is None:
        found = Registration(
            tenant_id=tenant_id or tenant_named(session, data.tenant, data.timezone).id,
            issuer=data.issuer,
            client_id=data.client_id,
            created_at=now,
        )
        session.add(found)
    found.name, found.family, found.audience = data.name, data.family, data.audience
    found.auth_url, found.token_url, found.jwks_url = data.auth_url, data.token_url, data.jwks_url
    found.frame_origins, found.service_hosts = data.origins, data.hosts
    # What the operator has set is not taken away by a form that does not speak of it.
    if is_new or "role_overrides" in data.model_fields_set:
        found.role_overrides = {role: local.value for role, local in data.role_overrides.items()}
    found.is_demo = data.is_demo
    session.flush()
    add_deployments(session, found, data.deployment_ids)
    return found


def find(session: Session, registration_id: int) -> Registration:
    """A registration by its number. Raises NotFound."""
    found = session.get(Registration, registration_id)
    if found is None:
        raise NotFound(_l("There is no registration of this number."), action=_l("`dangke registrations` lists them."))
    return found


def accept_deployment(session: Session, registration_id: int, deployment_id: str) -> Registration:
    """Accept a deployment by the ID that the LMS shows or that a refused launch has named. Raises NotFound, Invalid."""
    if not 0 < len(deployment_id) <= 255 or not (deployment_id.isascii() and deployment_id.isprintable()):
        raise Invalid(
            _l("A deployment ID is 1 to 255 letters, digits and signs."),
            action=_l("Type it exactly as the LMS shows it."),
        )
    found = find(session, registration_id)
    add_deployments(session, found, [deployment_id])
    return found


def add_deployments(session: Session, registration: Registration, deployment_ids: Iterable[str]) -> None:
    """Add those that the registration does not have yet; none is ever taken away. Flushes."""
    of_it = select(Deployment.deployment_id).where(Deployment.registration_id == registration.id)
    known = set(session.scalars(of_it))
    session.add_all(
        Deployment(registration_id=registration.id, tenant_id=registration.tenant_id, deployment_id=deployment_id)
        for deployment_id in dict.fromkeys(deployment_ids)
        if deployment_id not in known
    )
    session.flush()


def tenant_named(session: Session, name: str, timezone: str = "Asia/Shanghai") -> Tenant:
    """The school of this name, made if there is none. Flushes."""
    tenant = session.scalar(select(Tenant).where(Tenant.name == name).order_by(Tenant.id))
    if tenant is None:
        tenant = Tenant(name=name, timezone=timezone)
        session.add(tenant)
        session.flush()
    return tenant


@dataclass(frozen=True, slots=True)
class Shown:
    """A registration as the operator sees it."""

    id: int
    tenant: str
    name: str
    issuer: str
    client_id: str
    family: str
    is_active: bool
    is_pending: bool
    """Nobody has launched from it and it has given no token: somebody must still switch it on in the LMS (DR-07)."""
    deployments: tuple[str, ...]
    last_launch_at: datetime | None


def shown(session: Session, registration_id: int | None = None, tenant_id: int | None = None) -> list[Shown]:
    """All registrations (or one, or those of one school), oldest first. Two statements."""
    launched = (
        select(func.max(Enrolment.last_launch_at))
        .join(Member, Member.id == Enrolment.member_id)
        .where(Member.registration_id == Registration.id)
        .scalar_subquery()
    )
    statement = (
        select(Registration, Tenant.name, launched)
        .join(Tenant, Tenant.id == Registration.tenant_id)
        .order_by(Registration.id)
    )
    if registration_id is not None:
        statement = statement.where(Registration.id == registration_id)
    if tenant_id is not None:
        statement = statement.where(Registration.tenant_id == tenant_id)
    deployments: dict[int, list[str]] = {}
    for row in session.execute(select(Deployment.registration_id, Deployment.deployment_id).order_by(Deployment.id)):
        deployments.setdefault(row.registration_id, []).append(row.deployment_id)
    return [
        Shown(
            id=found.id,
            tenant=tenant,
            name=found.name,
            issuer=found.issuer,
            client_id=found.client_id,
            family=found.family,
            is_active=found.is_active,
            is_pending=found.confirmed_at is None and last is None,
            deployments=tuple(deployments.get(found.id, ())),
            last_launch_at=last,
        )
        for found, tenant, last in session.execute(statement)
    ]
