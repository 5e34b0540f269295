"""Browser sessions and their grants: opened by a launch, found again by a token of which we keep only the hash.

One browser shares one cookie jar over all courses and tabs of an LMS, so a session holds a grant per context. A launch
rotates the token, keeps the grants of the same member and replaces its own context's; another member's launch ends the
old session with all its grants (WS-05, ASVS 7.2.4).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, update

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

    At most 3 statements. The session of `former_token` is rotated if it belongs to the same member and still lives;
    the session of another member is deleted with its grants. Does not commit.
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
    """Rotate the former session of this member, or end it if it is another's or has run out."""
    row = connection.execute(
        update(BrowserSession)
        .where(
            BrowserSession.token_hash == hash_token(former),
            BrowserSession.member_id == member_id,
            BrowserSession.carrier == carrier,
            BrowserSession.expires_at > now,
            BrowserSession.seen_at > now - IDLE,
        )
        .values(token_hash=hash_token(token), seen_at=now, expires_at=now + LONGEST)
        .returning(BrowserSession.id)
    ).first()
    if row is not None:
        return int(row.id)
    connection.execute(delete(BrowserSession).where(BrowserSession.token_hash == hash_token(former)))
    return None


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
