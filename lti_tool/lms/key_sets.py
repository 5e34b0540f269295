"""Key sets of LMSs: fetched from the registered address, kept in memory, good for signatures only (Security 1.0, 6.3).

One set per registration and address. It is fetched again when it is an hour old, and once more, at most once a minute,
when a token names a key that is not in it. While the LMS does not answer, the last good set serves for 24 hours.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from jwt.utils import base64url_decode

from lti_tool.core.http import HttpError, Response

FRESH = timedelta(hours=1)
LONGEST = timedelta(hours=24)
AGAIN = timedelta(minutes=1)
PAUSE = timedelta(seconds=5)
"""After a failure, while there is no good set."""
SMALLEST_BITS, LARGEST_BITS = 2048, 8192
MOST_KEYS = 100

KeySet = dict[str, RSAPublicKey]


class NoKeySet(Exception):
    """The LMS's key set could not be had, and there is no good one of the last 24 hours; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class _Kept:
    keys: KeySet = field(default_factory=dict)
    fetched_at: datetime | None = None
    failed_at: datetime | None = None
    asked_again_at: datetime | None = None
    reason: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_younger(self, than: timedelta, now: datetime) -> bool:
        return self.fetched_at is not None and now - self.fetched_at < than


class KeySets:
    """The key sets of all registrations, in this process. Safe with threads."""

    def __init__(self, get: Callable[[str], Response]) -> None:
        """`get` fetches a URL (core.http.Http.get)."""
        self._get = get
        self._sets: dict[tuple[int, str], _Kept] = {}

    def find(self, registration_id: int, url: str, kid: str, now: datetime) -> RSAPublicKey | None:
        """The key named `kid`, or None if the LMS has none of that name. Raises NoKeySet."""
        kept = self._sets.setdefault((registration_id, url), _Kept())
        if kept.is_younger(FRESH, now) and kid in kept.keys:
            return kept.keys[kid]
        with kept.lock:
            self._refresh(kept, url, kid, now)
            if not kept.is_younger(LONGEST, now):
                raise NoKeySet(kept.reason)
            return kept.keys.get(kid)

    def _refresh(self, kept: _Kept, url: str, kid: str, now: datetime) -> None:
        if kept.is_younger(FRESH, now):
            if kid in kept.keys or not _is_over(kept.asked_again_at, now):
                return
            kept.asked_again_at = now
        elif not _is_over(kept.failed_at, now) and kept.is_younger(LONGEST, now):
            return  # It failed less than a minute ago, and the last good set is there.
        elif kept.failed_at is not None and now - kept.failed_at < PAUSE:
            return  # Those who waited for this failure do not all ask again, one after the other: that would hold up
            # every thread of the process, and so the launches from all other LMSs.
        try:
            kept.keys = parse_key_set(self._fetch(url))
        except NoKeySet as failure:
            kept.failed_at, kept.reason = now, failure.reason
        else:
            kept.fetched_at, kept.failed_at = now, None

    def _fetch(self, url: str) -> Any:
        try:
            response = self._get(url)
            if response.status != 200:
                raise NoKeySet(f"status_{response.status}")
            return response.json()
        except HttpError as error:
            raise NoKeySet(str(error)[:60]) from error
        except ValueError as error:
            raise NoKeySet("not_json") from error


def _is_over(moment: datetime | None, now: datetime) -> bool:
    return moment is None or now - moment >= AGAIN


def parse_key_set(document: Any) -> KeySet:
    """The RSA signature keys of a JWK set by kid; every other entry is ignored (TK-07). Raises NoKeySet: no key set."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise NoKeySet("no_keys")
    found: KeySet = {}
    for jwk in keys[:MOST_KEYS]:
        key = _key(jwk) if isinstance(jwk, dict) else None
        if key is not None:
            found.setdefault(jwk["kid"], key)
    return found


def _key(jwk: dict[str, Any]) -> RSAPublicKey | None:
    kid = jwk.get("kid")
    if jwk.get("kty") != "RSA" or not isinstance(kid, str) or not kid:
        return None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
        return None
    try:
        modulus, exponent = (int.from_bytes(base64url_decode(str(jwk[name])), "big") for name in ("n", "e"))
        if not SMALLEST_BITS <= modulus.bit_length() <= LARGEST_BITS:
            return None
        return RSAPublicNumbers(exponent, modulus).public_key()
    except (KeyError, ValueError, TypeError):
        return None
