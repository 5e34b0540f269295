"""Access tokens for an LMS's services: asked for with a signed assertion, kept for all processes.

OAuth 2.0 client credentials with private_key_jwt (Security Framework 1.0, 4.1). A token is kept under its registration
and its exact scopes, encrypted, in memory and in the database (TO-06).
"""

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
from sqlalchemy import select, update

from lti_tool.core.clock import Clock
from lti_tool.core.columns import upsert
from lti_tool.core.database import Database
from lti_tool.core.http import Http
from lti_tool.core.logs import log
from lti_tool.core.secrets import CannotDecrypt, Keys
from lti_tool.identity.models import Registration
from lti_tool.lms.errors import KeysUnread, ScopeMissing, TokenRefused, TokenUnavailable
from lti_tool.lms.models import AccessToken
from lti_tool.lms.platform import Platform
from lti_tool.lms.tool_keys import SigningKey, signing_key

PURPOSE = "access-token"
BACKDATED = timedelta(seconds=30)
"""Against a clock of ours that is fast (TO-17); Moodle has no leeway."""
LIFETIME = timedelta(seconds=240)
MARGIN = timedelta(seconds=60)
UNTOLD_USE = timedelta(seconds=60)
"""How long a token is used whose lifetime is not told: the stricter reading of TO-07."""
LONGEST_LIFETIME = timedelta(hours=12)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REFUSALS = frozenset({400, 401, 403})


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and what it is good for."""

    text: str = field(repr=False)
    scopes: frozenset[str]
    fetched_at: datetime
    expires_at: datetime
    """A minute before it really ends."""

    def is_fresh(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.expires_at > now


class Tokens:
    """Tokens of all registrations. Safe with threads: one asks, the others wait for its answer."""

    def __init__(self, database: Database, keys: Keys, http: Http, clock: Clock) -> None:
        self._database, self._keys, self._http, self._clock = database, keys, http, clock
        self._known: dict[tuple[int, str], Token] = {}
        self._locks: dict[tuple[int, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, platform: Platform, scopes: Sequence[str], *, instead_of: Token | None = None) -> Token:
        """A token with these scopes; `instead_of` one that was refused, a new one.

        Raises TokenRefused, TokenUnavailable, ScopeMissing (none of the scopes is given), HttpError. Must not be called
        inside a transaction.
        """
        wanted = " ".join(sorted(set(scopes)))
        key = (platform.id, wanted)
        found = self._good(self._known.get(key), instead_of)
        if found is not None:
            return _checked(found, scopes)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            found = self._good(self._known.get(key), instead_of)
            found = found or self._good(self._stored(platform.id, wanted), instead_of)
            if found is None:
                found = self._fetch(platform, wanted)
                self._store(platform.id, wanted, found)
            self._known[key] = found
        return _checked(found, scopes)

    def _good(self, token: Token | None, instead_of: Token | None) -> Token | None:
        if token is None or not token.is_fresh(self._clock.now()):
            return None
        return token if instead_of is None or token.text != instead_of.text else None

    def _stored(self, registration_id: int, scopes: str) -> Token | None:
        statement = select(
            AccessToken.token, AccessToken.granted, AccessToken.fetched_at, AccessToken.expires_at
        ).where(AccessToken.registration_id == registration_id, AccessToken.scopes == scopes)
        with self._database.reading_core() as connection:
            row = connection.execute(statement).first()
        if row is None:
            return None
        try:
            text = self._keys.decrypt(PURPOSE, row.token).decode()
        except CannotDecrypt:
            return None
        return Token(text, frozenset(row.granted.split()), row.fetched_at, row.expires_at)

    def _store(self, registration_id: int, scopes: str, token: Token) -> None:
        values = {
            "granted": " ".join(sorted(token.scopes))[:1000],
            "token": self._keys.encrypt(PURPOSE, token.text.encode()),
            "fetched_at": token.fetched_at,
            "expires_at": token.expires_at,
        }
        with self._database.writing_core() as connection:
            statement = upsert(AccessToken, connection.dialect.name).values(
                registration_id=registration_id, scopes=scopes, **values
            )
            connection.execute(
                statement.on_conflict_do_update(index_elements=["registration_id", "scopes"], set_=values)
            )
            # Whoever gives us a token has switched the registration on (DR-07).
            connection.execute(
                update(Registration)
                .where(Registration.id == registration_id, Registration.confirmed_at.is_(None))
                .values(confirmed_at=token.fetched_at)
            )

    def _fetch(self, platform: Platform, scopes: str) -> Token:
        with self._database.reading_core() as connection:
            key = signing_key(connection, self._keys, platform.id)
        now = self._clock.now()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion(platform, key, now),
            "scope": scopes,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = self._http.post(platform.token_url, urlencode(form).encode(), headers)
        if answer.status in REFUSALS:
            log.warning("token_refused", registration=platform.id, status=answer.status)
            if b"invalid_scope" in answer.body[:2000]:
                raise ScopeMissing
            raise TokenRefused
        if answer.status == 404:
            log.warning("keys_unread", registration=platform.id)
            raise KeysUnread
        if not answer.is_success:
            raise TokenUnavailable(str(answer.status))
        try:
            return read_token(answer.json(), scopes, now)
        except ValueError:
            raise TokenUnavailable("unreadable") from None


def _checked(token: Token, scopes: Sequence[str]) -> Token:
    if not token.scopes & set(scopes):
        raise ScopeMissing
    return token


def assertion(platform: Platform, key: SigningKey, now: datetime) -> str:
    """The signed client assertion (TO-01): RS256, `kid`, iss = sub = client_id, fresh jti, at most 300 s from iat."""
    claims = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.audience,
        "iat": int((now - BACKDATED).timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, key.pem, algorithm="RS256", headers={"kid": key.kid})


def read_token(body: Any, asked: str, now: datetime) -> Token:
    """A token answer (RFC 6749, 5.1), tolerant of what real LMSs send (TO-07, TO-08). Raises ValueError."""
    body = body if isinstance(body, dict) else {}
    text, kind = body.get("access_token"), body.get("token_type", "Bearer")
    if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable():
        raise ValueError("no access token")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise ValueError("no bearer token")
    granted = body.get("scope")
    scopes = granted.split() if isinstance(granted, str) and granted.strip() else asked.split()
    return Token(text, frozenset(scopes), now, now + _usable(body.get("expires_in")))


def _usable(expires_in: Any) -> timedelta:
    """How long a token is used: a minute less than it lives; a life that is not told, short or odd gives a minute at most."""
    if expires_in is None:
        return UNTOLD_USE
    try:
        seconds = float(expires_in)
    except (TypeError, ValueError):
        seconds = 0.0
    seconds = min(seconds, LONGEST_LIFETIME.total_seconds()) if seconds > 0 else 0.0
    life = timedelta(seconds=seconds)
    return life - MARGIN if life > MARGIN * 2 else max(life / 2, timedelta(seconds=1))
