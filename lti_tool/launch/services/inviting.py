"""Dynamic registration: invitations, and what an LMS's administrator confirms with one. Flushes, never commits.

The order is: invitation → (its link is opened, nothing is consumed) → configuration fetched and shown → confirmed: the
invitation is used up → POST to the LMS → its answer stored. Where the answer names a client id that we know, it is held
until somebody says that it may replace what is there (DR-11).
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.core.text import clean_line
from lti_tool.identity.models import Registration, Tenant
from lti_tool.launch.browser import hash_of
from lti_tool.launch.models import RegistrationInvite
from lti_tool.launch.registrations import RegistrationForm, add_deployments, register, tenant_named
from lti_tool.launch.rules.platform_configuration import LOOPBACK, PlatformConfiguration, Unusable
from lti_tool.launch.rules.registration_answer import RegistrationAnswer

LIFE = timedelta(minutes=10)
DEMO_FAMILY = "dangke-demo"
LONGEST_SECRET = 100


class NotInvited(Exception):
    """No invitation goes with this secret; `code`: not_invited, invitation_expired, invitation_used."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Invitation:
    """A good invitation."""

    id: int
    tenant_id: int
    tenant: str
    expires_at: datetime
    held: dict[str, Any] | None = None
    """An answer that waits for a yes; see `read_held`."""


def invite(session: Session, tenant: str, now: datetime, timezone: str = "Asia/Shanghai") -> str:
    """Make an invitation for a school (made if there is none of that name); returns the secret, which is kept nowhere."""
    secret = secrets.token_urlsafe(32)
    session.add(
        RegistrationInvite(
            secret_hash=hash_of(secret),
            tenant_id=tenant_named(session, clean_line(tenant, 200), timezone).id,
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    session.flush()
    return secret


def find(session: Session, secret: str, now: datetime, *, is_held: bool = False) -> Invitation:
    """The invitation of a secret; consumes nothing. `is_held`: one that waits for a yes to a replacement.

    Raises NotInvited.
    """
    row = session.execute(
        select(RegistrationInvite, Tenant.name)
        .join(Tenant, Tenant.id == RegistrationInvite.tenant_id)
        .where(RegistrationInvite.secret_hash == hash_of(secret[:LONGEST_SECRET]))
    ).first()
    if row is None:
        raise NotInvited("not_invited")
    found: RegistrationInvite = row.RegistrationInvite
    if found.expires_at <= now:
        raise NotInvited("invitation_expired")
    if (found.held is None) if is_held else (found.used_at is not None):
        raise NotInvited("invitation_used")
    return Invitation(found.id, found.tenant_id, row.name, found.expires_at, found.held)


def use_up(session: Session, invitation: Invitation, now: datetime) -> None:
    """Consume it; of two at once one wins. Raises NotInvited."""
    used = session.execute(
        update(RegistrationInvite)
        .where(
            RegistrationInvite.id == invitation.id,
            RegistrationInvite.used_at.is_(None),
            RegistrationInvite.expires_at > now,
        )
        .values(used_at=now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it; SQLAlchemy types the general one
        raise NotInvited("invitation_used")


def give_back(session: Session, invitation: Invitation) -> None:
    """The LMS took nothing, so the invitation may be used once more until it ends."""
    session.execute(
        update(RegistrationInvite)
        .where(RegistrationInvite.id == invitation.id, RegistrationInvite.registration_id.is_(None))
        .values(used_at=None)
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of a confirmed registration: its row, or None where the answer is held until somebody agrees."""

    registration_id: int | None
    client_id: str
    is_update: bool
    deployment_id: str | None
    scopes: tuple[str, ...] | None


def store(
    session: Session,
    invitation: Invitation,
    platform: PlatformConfiguration,
    answer: RegistrationAnswer,
    now: datetime,
    *,
    replaces: str,
    may_hold_demo: bool,
) -> Stored:
    """Store the LMS's answer: a new registration, or a new state of the one whose client id is `replaces`.

    Raises Unusable: the client id is connected for another school here, or switched off; a demo LMS outside a demo.
    """
    form = _form(invitation, platform, answer, may_hold_demo=may_hold_demo)
    if form.is_demo and not may_hold_demo:
        raise Unusable("demo_lms")
    found = _existing(session, form)
    _check_existing(found, invitation)
    invite_row = session.get_one(RegistrationInvite, invitation.id)
    if found is not None and found.client_id != replaces:
        invite_row.held = {"form": form.model_dump(mode="json"), "answer": asdict(answer)}
        session.flush()
        return Stored(None, answer.client_id, True, answer.deployment_id, answer.scopes)
    row = _write(session, invitation, form, answer, found, now)
    invite_row.registration_id = row.id
    session.flush()
    return Stored(row.id, row.client_id, found is not None, answer.deployment_id, answer.scopes)


@dataclass(frozen=True, slots=True)
class Held:
    """An answer that waits for a yes."""

    form: RegistrationForm
    answer: RegistrationAnswer


def read_held(found: dict[str, Any]) -> Held:
    """What `RegistrationInvite.held` holds. Checks names of zones, so it is called outside transactions."""
    said = found["answer"]
    scopes = None if said["scopes"] is None else tuple(said["scopes"])
    return Held(RegistrationForm(**found["form"]), RegistrationAnswer(said["client_id"], said["deployment_id"], scopes))


def replace(session: Session, invitation: Invitation, held: Held, now: datetime) -> Stored:
    """Store the answer that was held: the administrator has agreed. Raises NotInvited, Unusable."""
    row = session.get_one(RegistrationInvite, invitation.id)
    if row.held is None:
        raise NotInvited("invitation_used")
    found = _existing(session, held.form)
    _check_existing(found, invitation)
    written = _write(session, invitation, held.form, held.answer, found, now)
    row.held, row.registration_id = None, written.id
    session.flush()
    return Stored(written.id, written.client_id, True, held.answer.deployment_id, held.answer.scopes)


def _existing(session: Session, form: RegistrationForm) -> Registration | None:
    return session.scalar(
        select(Registration).where(Registration.issuer == form.issuer, Registration.client_id == form.client_id)
    )


def _check_existing(found: Registration | None, invitation: Invitation) -> None:
    """Raise Unusable where this invitation may not touch what is there."""
    if found is None:
        return
    if found.tenant_id != invitation.tenant_id:
        raise Unusable("other_school")
    if not found.is_active:
        raise Unusable("switched_off")


def _form(
    invitation: Invitation, platform: PlatformConfiguration, answer: RegistrationAnswer, *, may_hold_demo: bool
) -> RegistrationForm:
    # In a demo every LMS on this machine is one where anybody can sign in, whatever it says of itself.
    is_local = (urlsplit(platform.issuer).hostname or "") in LOOPBACK
    return RegistrationForm(
        issuer=platform.issuer,
        client_id=answer.client_id,
        auth_url=platform.auth_url,
        token_url=platform.token_url,
        jwks_url=platform.jwks_url,
        deployment_ids=(answer.deployment_id,) if answer.deployment_id else (),
        tenant=invitation.tenant,
        name=clean_line(platform.host, 200),
        family=platform.family,
        audience=platform.audience,
        is_demo=platform.family == DEMO_FAMILY or (is_local and may_hold_demo),
    )


def _write(
    session: Session,
    invitation: Invitation,
    form: RegistrationForm,
    answer: RegistrationAnswer,
    found: Registration | None,
    now: datetime,
) -> Registration:
    if found is None:
        row = register(session, form, now, tenant_id=invitation.tenant_id)
    else:
        # What the operator has set by hand (name, roles, origins, hosts) stays; the LMS's own words are taken over.
        row = found
        row.auth_url, row.token_url, row.jwks_url = form.auth_url, form.token_url, form.jwks_url
        row.family, row.audience = form.family, form.audience or row.audience
        row.frame_origins = list(dict.fromkeys([*row.frame_origins, *form.origins]))
        row.service_hosts = list(dict.fromkeys([*row.service_hosts, *form.hosts]))
        add_deployments(session, row, form.deployment_ids)
    row.scopes = list(answer.scopes or ())
    return row
