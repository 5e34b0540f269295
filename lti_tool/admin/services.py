"""Links into the console, its sessions, and the log of what operators do. Flushes, never commits."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from lti_tool.admin.rules import LINK_LIFE, is_session_alive
from lti_tool.core.text import clean_line
from lti_tool.identity.models import AdminEvent, AdminLink, AdminSession
from lti_tool.identity.sessions import hash_token

LONGEST_SECRET = 100


class NoLink(Exception):
    """No good link goes with this secret: unknown, used, or expired. Which of them is nobody's business."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who sits at the console."""

    session_id: int
    name: str
    token_hash: str
    seen_at: datetime


def make_link(session: Session, name: str, now: datetime) -> str:
    """Make a one-time link for an operator; returns its secret, which is kept nowhere but as a hash."""
    secret = secrets.token_urlsafe(32)
    called = clean_line(name, 100) or "operator"
    session.add(AdminLink(secret_hash=hash_token(secret), name=called, created_at=now, expires_at=now + LINK_LIFE))
    session.execute(insert(AdminEvent).values(name=called, at=now, action="link_made"))
    session.flush()
    return secret


def enter(session: Session, secret: str, now: datetime, *, former_token: str = "") -> str:
    """Use a link up: a new session, and the former one of this browser ends. Returns the cookie's token. Raises NoLink.

    Of two at once one wins.
    """
    used = session.execute(
        update(AdminLink)
        .where(
            AdminLink.secret_hash == hash_token(secret[:LONGEST_SECRET]),
            AdminLink.used_at.is_(None),
            AdminLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(AdminLink.id, AdminLink.name)
    ).first()
    if used is None:
        raise NoLink
    if former_token:
        session.execute(
            update(AdminSession)
            .where(AdminSession.token_hash == hash_token(former_token), AdminSession.ended_at.is_(None))
            .values(ended_at=now)
        )
    token = secrets.token_urlsafe(32)
    row = AdminSession(link_id=used.id, token_hash=hash_token(token), created_at=now, seen_at=now)
    session.add(row)
    session.flush()
    session.execute(insert(AdminEvent).values(session_id=row.id, name=used.name, at=now, action="entered"))
    return token


def find(session: Session, token_hash: str, now: datetime) -> Operator | None:
    """The operator whose browser carries this token, while his session is alive. One statement."""
    row = session.execute(
        select(AdminSession, AdminLink.name)
        .join(AdminLink, AdminLink.id == AdminSession.link_id)
        .where(AdminSession.token_hash == token_hash)
    ).first()
    if row is None:
        return None
    found: AdminSession = row.AdminSession
    if not is_session_alive(found.created_at, found.seen_at, found.ended_at, now):
        return None
    return Operator(found.id, row.name, token_hash, found.seen_at)


def touch(session: Session, operator: Operator, now: datetime) -> None:
    """Write down that the session is in use."""
    session.execute(update(AdminSession).where(AdminSession.id == operator.session_id).values(seen_at=now))


def leave(session: Session, operator: Operator, now: datetime) -> None:
    """End the session."""
    session.execute(update(AdminSession).where(AdminSession.id == operator.session_id).values(ended_at=now))
    note(session, operator, "left", now)


def note(session: Session, operator: Operator, action: str, now: datetime, subject: str = "", detail: str = "") -> None:
    """Write down what an operator did, in the transaction in which he does it. No secret, no token, no person."""
    _write_down(session, (operator.session_id, operator.name), action, now, subject, detail)


def note_command(
    session: Session, account: str, action: str, now: datetime, subject: str = "", detail: str = ""
) -> None:
    """Write down what a command did that an account of the machine has run. No secret, no token, no person."""
    _write_down(session, (None, account), action, now, subject, detail)


def registration_subject(registration_id: int, name: str, issuer: str, client_id: str) -> str:
    """How the log names a registration."""
    return f"{registration_id} {name} ({issuer}, {client_id})"


def _write_down(
    session: Session, who: tuple[int | None, str], action: str, now: datetime, subject: str, detail: str
) -> None:
    session.execute(
        insert(AdminEvent).values(
            session_id=who[0],
            name=clean_line(who[1], 100),
            at=now,
            action=action,
            subject=clean_line(subject, 300),
            detail=clean_line(detail, 1000),
        )
    )
