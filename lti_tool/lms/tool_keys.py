"""The tool's own RSA keys: made once, kept encrypted, published as a JWK set (Security Framework 1.0, 6.2 and 6.4)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from lti_tool.core.columns import upsert
from lti_tool.core.database import Database
from lti_tool.core.secrets import Keys
from lti_tool.lms.models import KeyState, ToolKey

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
    values = _new_key(keys, now)
    with database.writing_core() as connection:
        statement = upsert(ToolKey, connection.dialect.name).values(state=KeyState.active, **values)
        connection.execute(statement.on_conflict_do_nothing())
        found = _active_kid(connection)
    if found is None:
        raise NoToolKey
    return found


def signing_key(connection: Connection | Session, keys: Keys) -> SigningKey:
    """The active key. One statement.

    Raises NoToolKey, and CannotDecrypt when the secret was changed without a rotation.
    """
    row = connection.execute(select(ToolKey.kid, ToolKey.private).where(ToolKey.state == KeyState.active)).first()
    if row is None:
        raise NoToolKey
    return SigningKey(row.kid, keys.decrypt(PURPOSE, row.private).decode())


def public_jwks(connection: Connection | Session) -> dict[str, list[dict[str, Any]]]:
    """The key set that we publish: every key's public members and nothing else (TO-18). One statement."""
    rows = connection.execute(select(ToolKey.public).order_by(ToolKey.id)).scalars()
    return {"keys": [{name: public[name] for name in _PUBLIC_MEMBERS} for public in rows]}


def _active_kid(connection: Connection) -> str | None:
    return connection.execute(select(ToolKey.kid).where(ToolKey.state == KeyState.active)).scalar()


def _new_key(keys: Keys, now: datetime) -> dict[str, Any]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    kid = secrets.token_urlsafe(12)
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
