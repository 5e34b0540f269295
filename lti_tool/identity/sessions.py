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
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, null, select, update

from lti_tool.core.columns import left_open, upsert
from lti_tool.core.hot import Hot
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
    mentored: tuple[str, ...] = ()
    """`sub` of those whom a mentor may see."""


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
    token, session_id = open_bare_session(
        connection, member_id=grant.member_id, carrier=carrier, now=now, former_token=former_token
    )
    _lay_down(connection, session_id, grant, now)
    return token, session_id


def open_bare_session(
    connection: Connection, *, member_id: int, carrier: Carrier, now: datetime, former_token: str | None = None
) -> tuple[str, int]:
    """The same without a grant: for who was sent here to no course. At most 2 statements."""
    token = secrets.token_urlsafe(32)
    session_id = _rotated(connection, former_token, token, member_id, carrier, now) if former_token else None
    if session_id is None:
        opened = _opening(connection.dialect.name).all(
            connection,
            {
                "token_hash": hash_token(token),
                "carrier": carrier,
                "member_id": member_id,
                "created_at": now,
                "seen_at": now,
                "expires_at": now + LONGEST,
            },
        )
        session_id = int(opened[0][0])
    return token, session_id


# Statements are built once: building one costs more than running it.
@cache
def _opening(dialect: str) -> Hot:
    table = BrowserSession.__table__
    names = ("token_hash", "carrier", "member_id", "created_at", "seen_at", "expires_at")
    return Hot(upsert(table, dialect).values(left_open(table, *names)).returning(table.c.id))


@cache
def _rotation() -> Hot:
    member: Any = bindparam("the_member")
    moment = bindparam("the_moment", type_=BrowserSession.seen_at.type)
    same = BrowserSession.member_id == member
    return Hot(
        update(BrowserSession)
        .where(
            BrowserSession.token_hash == bindparam("the_former"),
            BrowserSession.carrier == bindparam("the_carrier", type_=BrowserSession.carrier.type),
            BrowserSession.expires_at > moment,
            BrowserSession.seen_at > bindparam("the_idle", type_=BrowserSession.seen_at.type),
        )
        .values(
            token_hash=bindparam("the_token"),
            member_id=member,
            # What was created now belongs to somebody else than before: an UPDATE cannot return the old values.
            created_at=case((same, BrowserSession.created_at), else_=moment),
            locale=case((same, BrowserSession.locale), else_=null()),
            scheme=case((same, BrowserSession.scheme), else_=null()),
            seen_at=moment,
            expires_at=bindparam("the_end", type_=BrowserSession.expires_at.type),
        )
        .returning(BrowserSession.id, BrowserSession.created_at)
    )


def _rotated(
    connection: Connection, former: str, token: str, member_id: int, carrier: Carrier, now: datetime
) -> int | None:
    """Give the former session a new token and this member; another member's grants go. None if it has run out."""
    rows = _rotation().all(
        connection,
        {
            "the_former": hash_token(former),
            "the_carrier": carrier,
            "the_member": member_id,
            "the_moment": now,
            "the_idle": now - IDLE,
            "the_end": now + LONGEST,
            "the_token": hash_token(token),
        },
    )
    if not rows:
        return None
    session_id, created_at = rows[0]
    if created_at == now:
        connection.execute(delete(Grant).where(Grant.session_id == session_id, Grant.member_id != member_id))
    return int(session_id)


@cache
def _laying_down(dialect: str) -> Hot:
    table, key = Grant.__table__, ("session_id", "context_id")
    statement = upsert(table, dialect).values(left_open(table, *key, *_GRANT_VALUES))
    kept = {name: statement.excluded[name] for name in _GRANT_VALUES}
    return Hot(statement.on_conflict_do_update(index_elements=key, set_=kept).returning(table.c.id))


_GRANT_VALUES = (
    "member_id", "role", "resource_link_id", "return_url", "locale", "document_target", "gradable", "preview",
    "own_role", "mentored", "expires_at",
)  # fmt: skip


def _lay_down(connection: Connection, session_id: int, grant: NewGrant, now: datetime) -> None:
    _laying_down(connection.dialect.name).all(
        connection,
        {
            "session_id": session_id,
            "context_id": grant.context_id,
            "member_id": grant.member_id,
            "role": grant.role,
            "resource_link_id": grant.resource_link_id,
            "return_url": grant.return_url,
            "locale": grant.locale,
            "document_target": grant.document_target,
            "gradable": grant.gradable,
            "preview": grant.preview,
            "own_role": None,
            "mentored": list(grant.mentored),
            "expires_at": now + LONGEST,
        },
    )


def close_session(connection: Connection, token: str) -> None:
    """Log out: end the session of this token with its grants."""
    connection.execute(delete(BrowserSession).where(BrowserSession.token_hash == hash_token(token)))


def prune_sessions(connection: Connection, now: datetime, *, at_once: int = 500) -> None:
    """Take sessions away that have run out, with their grants; at most `at_once`."""
    expired = select(BrowserSession.id).where(BrowserSession.expires_at <= now).limit(at_once)
    connection.execute(delete(BrowserSession).where(BrowserSession.id.in_(expired)))
