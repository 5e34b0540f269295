"""The tool's own RSA keys: made once, kept encrypted, published as a JWK set (Security Framework 1.0, 6.2 and 6.4)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import ColumnElement, Connection, and_, or_, select
from sqlalchemy.orm import Session

from lti_tool.core.columns import upsert
from lti_tool.core.database import Database
from lti_tool.core.secrets import Keys
from lti_tool.identity.models import Registration
from lti_tool.lms.models import KeyPin, ToolKey
from lti_tool.lms.rules import KeyState

PURPOSE = "tool-key"
BITS = 2048
_PUBLIC_MEMBERS = ("kty", "n", "e", "kid", "alg", "use")


class NoToolKey(RuntimeError):
    """The database holds no active key: `ensure_key` has never run (`dangke migrate` does it)."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What signs our assertions and deep linking responses: RS256 with this `kid` in the header."""

    kid: str
    pem: str = field(repr=False)


def ensure_key(database: Database, keys: Keys, now: datetime) -> str:
    """Make the first key if there is no active one; returns the active key's kid.

    Opens its own transactions. Safe to call in several processes at once: one key wins.
    """
    with database.reading_core() as connection:
        kid = _active_kid(connection)
    if kid is not None:
        return kid
    values = new_key(keys, now)
    with database.writing_core() as connection:
        statement = upsert(ToolKey, connection.dialect.name).values(state=KeyState.active, **values)
        connection.execute(statement.on_conflict_do_nothing())
        found = _active_kid(connection)
    if found is None:
        raise NoToolKey
    return found


def signing_key(connection: Connection | Session, keys: Keys, registration_id: int | None = None) -> SigningKey:
    """The key that signs for a registration: the one it is pinned to, else the active one. One statement.

    Raises NoToolKey, and CannotDecrypt when the secret was changed without a rotation.
    """
    return _signing_key(connection, keys, KeyPin.registration_id == registration_id)


def signing_key_of(connection: Connection | Session, keys: Keys, issuer: str, client_id: str) -> SigningKey:
    """The same for a registration by its names."""
    named = select(Registration.id).where(Registration.issuer == issuer, Registration.client_id == client_id)
    return _signing_key(connection, keys, KeyPin.registration_id == named.scalar_subquery())


def _signing_key(connection: Connection | Session, keys: Keys, is_theirs: ColumnElement[bool]) -> SigningKey:
    row = connection.execute(
        select(ToolKey.kid, ToolKey.private)
        .outerjoin(KeyPin, and_(KeyPin.key_id == ToolKey.id, is_theirs))
        .where(or_(ToolKey.state == KeyState.active, KeyPin.key_id.is_not(None)))
        .order_by(KeyPin.key_id.is_(None))
        .limit(1)
    ).first()
    if row is None:
        raise NoToolKey
    return SigningKey(row.kid, keys.decrypt(PURPOSE, row.private).decode())


def public_jwks(connection: Connection | Session) -> dict[str, list[dict[str, Any]]]:
    """The key set that we publish: announced, active and retired keys, public members only (TO-16, TO-18). One statement."""
    rows = connection.execute(
        select(ToolKey.public).where(ToolKey.state != KeyState.destroyed).order_by(ToolKey.id)
    ).scalars()
    return {"keys": [{name: public[name] for name in _PUBLIC_MEMBERS} for public in rows]}


def _active_kid(connection: Connection) -> str | None:
    return connection.execute(select(ToolKey.kid).where(ToolKey.state == KeyState.active)).scalar()


def new_key(keys: Keys, now: datetime) -> dict[str, Any]:
    """The columns of a new key but its state. Slow (primes): call it outside transactions."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    kid = secrets.token_hex(12)  # no dash at its start: people type it after a command
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {
        "kid": kid,
        "private": keys.encrypt(PURPOSE, pem),
        "public": {"kty": public["kty"], "n": public["n"], "e": public["e"], "kid": kid, "alg": "RS256", "use": "sig"},
        "created_at": now,
        "changed_at": now,
    }
