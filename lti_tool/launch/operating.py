"""What an operator sets on a registration once it is there: on and off, deployments, frame origins, quirks.

Flushes, never commits. Running processes follow within 30 seconds; whoever is in a course stays there until his session
ends. Switching off is asked by each launch's own transaction, so it works at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.core.errors import Invalid, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.text import clean_line
from lti_tool.identity.models import Context, Deployment, Registration, Tenant
from lti_tool.launch.registrations import find
from lti_tool.launch.rules.urls import is_frame_origin, nearly
from lti_tool.lms.hosts import host_name

MOST_ORIGINS: Final = 20
LONGEST_AUDIENCE: Final = 1000


@dataclass(frozen=True, slots=True)
class ShownDeployment:
    """A deployment as the operator sees it."""

    id: int
    deployment_id: str
    tenant_id: int
    tenant: str
    is_active: bool
    courses: int


@dataclass(frozen=True, slots=True)
class ShownTenant:
    """A school as the operator sees it."""

    id: int
    name: str
    timezone: str
    registrations: int
    deployments: int
    courses: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known already of an issuer and client id that somebody is about to register."""

    known: str
    """Name of the registration that has both; '' for none."""
    nearly: str
    """A registered issuer that differs by case or a slash only (OL-13); '' for none."""


def standing(session: Session, issuer: str, client_id: str) -> Standing:
    """Whether this registration is there already, or one that nearly matches. Two statements."""
    known = session.scalar(
        select(Registration.name).where(Registration.issuer == issuer, Registration.client_id == client_id)
    )
    issuers = session.scalars(select(Registration.issuer).distinct())
    return Standing(known or "", nearly(issuer, issuers) or "")


def deployments_of(session: Session, registration_id: int) -> list[ShownDeployment]:
    """The deployments of a registration, oldest first, with the number of their courses. One statement."""
    courses = select(func.count()).where(Context.deployment_id == Deployment.id).scalar_subquery()
    rows = session.execute(
        select(Deployment.id, Deployment.deployment_id, Tenant.id, Tenant.name, Deployment.is_active, courses)
        .join(Tenant, Tenant.id == Deployment.tenant_id)
        .where(Deployment.registration_id == registration_id)
        .order_by(Deployment.id)
    )
    return [ShownDeployment(*row) for row in rows]


def tenants(session: Session) -> list[ShownTenant]:
    """All schools by name, with what they have. One statement."""
    registrations = select(func.count()).where(Registration.tenant_id == Tenant.id).scalar_subquery()
    deployments = select(func.count()).where(Deployment.tenant_id == Tenant.id).scalar_subquery()
    courses = select(func.count()).where(Context.tenant_id == Tenant.id).scalar_subquery()
    rows = session.execute(
        select(Tenant.id, Tenant.name, Tenant.timezone, registrations, deployments, courses).order_by(
            Tenant.name, Tenant.id
        )
    )
    return [ShownTenant(*row) for row in rows]


def switch(session: Session, registration_id: int, *, is_active: bool) -> Registration:
    """Let launches in, or none any more; scores of a registration that is off wait. Raises NotFound."""
    found = find(session, registration_id)
    found.is_active = is_active
    session.flush()
    return found


def deployment_of(session: Session, registration_id: int, number: int) -> Deployment:
    """A deployment of this registration by the number of its row. Raises NotFound."""
    found = session.get(Deployment, number)
    if found is None or found.registration_id != registration_id:
        raise NotFound
    return found


def switch_deployment(session: Session, registration_id: int, number: int, *, is_active: bool) -> Deployment:
    """The same for one deployment. Raises NotFound."""
    found = deployment_of(session, registration_id, number)
    found.is_active = is_active
    session.flush()
    return found


def set_frame_origins(session: Session, registration_id: int, origins: Sequence[str]) -> Registration:
    """Who may show our pages in a frame (WS-03). Raises NotFound, Invalid."""
    found = find(session, registration_id)
    for each in origins:
        if not is_frame_origin(each):
            raise Invalid(
                _l("This is no origin: %(origin)s", origin=clean_line(each, 200)),
                action=_l("Type one per line, such as https://lms.example.edu or https://*.example.edu."),
            )
    if len(origins) > MOST_ORIGINS:
        raise Invalid(_l("A registration may have at most %(most)s frame origins.", most=MOST_ORIGINS))
    found.frame_origins = list(dict.fromkeys(origins))
    session.flush()
    return found


def set_service_hosts(session: Session, registration_id: int, typed: Sequence[str]) -> Registration:
    """On which hosts its services may be, besides those of its own addresses: they get our tokens (TO-15).

    Raises NotFound, Invalid.
    """
    found = find(session, registration_id)
    names = dict.fromkeys(host_name(each) for each in typed)
    if len(names) > MOST_ORIGINS:
        raise Invalid(_l("A registration may have at most %(most)s service hosts.", most=MOST_ORIGINS))
    found.service_hosts = list(names)
    session.flush()
    return found


def quirks_of(found: Registration) -> str:
    """What is set, for the operator's log."""
    histories = {None: "usual", True: "trusted", False: "ignored"}[found.trusts_history]
    return f"{found.family or '-'}, {found.audience or '-'}, histories {histories}"


def set_quirks(
    session: Session, registration_id: int, *, family: str, audience: str, trusts_history: bool | None
) -> Registration:
    """What differs in this LMS: its family, the audience of token requests ('' for the token URL), its histories.

    `trusts_history`: whether what it says of copied courses is believed; None: as it is with its family.

    Raises NotFound, Invalid.
    """
    found = find(session, registration_id)
    if len(family) > 40 or len(audience) > LONGEST_AUDIENCE or not (family + audience).isprintable():
        raise Invalid(_l("The audience is one line of at most %(most)s characters.", most=LONGEST_AUDIENCE))
    found.family, found.audience = family.strip(), audience.strip() or None
    found.trusts_history = trusts_history
    session.flush()
    return found
