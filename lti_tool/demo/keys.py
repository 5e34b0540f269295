"""The platform's signing keys: RSA 2048, kept in the database, published as a JWK set, replaced on demand."""

import sqlite3
import uuid
from datetime import datetime
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from lti_tool.demo.store import stamp

KEY_BITS = 2048


def active_key(connection: sqlite3.Connection) -> tuple[str, str]:
    """(kid, private PEM) of the key that signs now."""
    row = connection.execute(
        "SELECT kid, pem FROM signing_key WHERE is_active = 1 ORDER BY created_at DESC, rowid DESC LIMIT 1"
    ).fetchone()
    return str(row["kid"]), str(row["pem"])


def ensure_key(connection: sqlite3.Connection, now: datetime, pem: str | None = None) -> None:
    """Make the first key if there is none; `pem` is one that was made before."""
    if connection.execute("SELECT 1 FROM signing_key WHERE is_active = 1").fetchone() is None:
        add_key(connection, now, pem)


def add_key(connection: sqlite3.Connection, now: datetime, pem: str | None = None) -> str:
    """Add a key (a new one, without `pem`) that signs from now on, and return its kid."""
    kid = uuid.uuid4().hex
    connection.execute(
        "INSERT INTO signing_key (kid, pem, created_at, is_active) VALUES (?, ?, ?, 1)",
        (kid, pem or new_key(), stamp(now)),
    )
    return kid


def new_key() -> str:
    """The PEM of a new private RSA key."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def rotate(connection: sqlite3.Connection, now: datetime, *, keep_old: bool) -> str:
    """Sign with a new key from now on; `keep_old` says whether the former ones stay published."""
    if not keep_old:
        connection.execute("DELETE FROM signing_key")
    connection.execute("UPDATE signing_key SET is_active = 0")
    return add_key(connection, now)


def key_set(connection: sqlite3.Connection) -> dict[str, Any]:
    """The JWK set with the public half of every key."""
    rows = connection.execute("SELECT kid, pem FROM signing_key ORDER BY created_at").fetchall()
    return {"keys": [_public_jwk(str(row["kid"]), str(row["pem"])) for row in rows]}


def sign(connection: sqlite3.Connection, claims: dict[str, Any]) -> str:
    """The claims as a JWT, RS256, under the active key."""
    kid, pem = active_key(connection)
    return jwt.encode(claims, _private(pem), algorithm="RS256", headers={"kid": kid})


@lru_cache(maxsize=8)
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the stored signing key is not an RSA key")
    return key


def _public_jwk(kid: str, pem: str) -> dict[str, Any]:
    jwk: dict[str, Any] = RSAAlgorithm.to_jwk(_private(pem).public_key(), as_dict=True)
    return {"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "kid": kid, "alg": "RS256", "use": "sig"}
