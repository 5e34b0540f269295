"""Browser sessions and their grants: opened by a launch, found again by a token of which we keep only the hash.

One browser shares one cookie jar over all courses and tabs of an LMS, so a session holds a grant per context. A launch
rotates the token, keeps the grants of the same member and replaces its own context's; another member's launch takes the
row over without any of the grants, and the pages of the former member are refused, because CSRF tokens name the member
(WS-05, ASVS 7.2.4).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, literal, null, select, update

from lti_tool.core.columns import upsert
from lti_tool.identity.actor import Carrier, Role
from lti_tool.identity.models import BrowserSession, Grant

IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class NewGrant:
    """What a verified launch allows."""

    context_id: int
    member_id: int
    role: Role
    resource_link_id: str = ""
    return_url: str = ""
    locale: str = ""
    document_target: str = ""
    gradable: bool = True
    preview: bool = False


def hash_token(token: str) -> str:
    """The form in which a token is stored: SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    connection: Connection,
    *,
    grant: NewGrant,
    carrier: Carrier,
    now: datetime,
    former_token: str | None = None,
) -> tuple[str, int]:
    """Open or rotate the session of this browser and lay down the grant; returns (token, session id).

    At most 3 statements. The row of `former_token`, if it still lives, is taken over with a new token: by the same
    member with the grants he has, by another one without them and without the choices made by hand. Does not commit.
    """
    token = secrets.token_urlsafe(32)
    session_id = _rotated(connection, former_token, token, grant.member_id, carrier, now) if former_token else None
    if session_id is None:
        session_id = connection.execute(
            upsert(BrowserSession, connection.dialect.name)
            .values(
                token_hash=hash_token(token),
                carrier=carrier,
                member_id=grant.member_id,
                created_at=now,
                seen_at=now,
                expires_at=now + LONGEST,
            )
            .returning(BrowserSession.id)
        ).scalar_one()
    _lay_down(connection, session_id, grant, now)
    return token, session_id


def _rotated(
    connection: Connection, former: str, token: str, member_id: int, carrier: Carrier, now: datetime
) -> int | None:
    """Give the former session a new token and this member; another member's grants go. None if it has run out."""
    same = BrowserSession.member_id == member_id
    row = connection.execute(
        update(BrowserSession)
        .where(
            BrowserSession.token_hash == hash_token(former),
            BrowserSession.carrier == carrier,
            BrowserSession.expires_at > now,
            BrowserSession.seen_at > now - IDLE,
        )
        .values(
            token_hash=hash_token(token),
            member_id=member_id,
            # What was created now belongs to somebody else than before: an UPDATE cannot return the old values.
            created_at=case((same, BrowserSession.created_at), else_=literal(now, BrowserSession.created_at.type)),
            locale=case((same, BrowserSession.locale), else_=null()),
            scheme=case((same, BrowserSession.scheme), else_=null()),
            seen_at=now,
            expires_at=now + LONGEST,
        )
        .returning(BrowserSession.id, BrowserSession.created_at)
    ).first()
    if row is None:
        return None
    if row.created_at == now:
        connection.execute(delete(Grant).where(Grant.session_id == row.id, Grant.member_id != member_id))
    return int(row.id)


def _lay_down(connection: Connection, session_id: int, grant: NewGrant, now: datetime) -> None:
    values = {
        "member_id": grant.member_id,
        "role": grant.role,
        "resource_link_id": grant.resource_link_id,
        "return_url": grant.return_url,
        "locale": grant.locale,
        "document_target": grant.document_target,
        "gradable": grant.gradable,
        "preview": grant.preview,
        "expires_at": now + LONGEST,
    }
    connection.execute(
        upsert(Grant, connection.dialect.name)
        .values(session_id=session_id, context_id=grant.context_id, **values)
        .on_conflict_do_update(index_elements=["session_id", "context_id"], set_=values)
    )


def close_session(connection: Connection, token: str) -> None:
    """Log out: end the session of this token with its grants."""
    connection.execute(delete(BrowserSession).where(BrowserSession.token_hash == hash_token(token)))


def prune_sessions(connection: Connection, now: datetime, *, at_once: int = 500) -> None:
    """Take sessions away that have run out, with their grants; at most `at_once`."""
    expired = select(BrowserSession.id).where(BrowserSession.expires_at <= now).limit(at_once)
    connection.execute(delete(BrowserSession).where(BrowserSession.id.in_(expired)))
