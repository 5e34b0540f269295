"""The public keys of tools, fetched from their JWKS URL, kept, and fetched again when a kid is unknown."""

import json
import threading
from collections.abc import Callable
from typing import Any

import jwt

Fetch = Callable[[str], bytes]


class UnknownKey(LookupError):
    """The tool publishes no usable RSA key with this kid."""


class UnreadableKeySet(UnknownKey):
    """The key set cannot be fetched or read."""


class ToolKeys:
    """The key sets of all tools."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], jwt.PyJWK] = {}

    def find(self, jwks_url: str, kid: str) -> jwt.PyJWK:
        """The key of a tool by its kid. Raises UnknownKey."""
        with self._lock:
            if (jwks_url, kid) not in self._known:
                self._known |= {(jwks_url, key.key_id): key for key in self._read(jwks_url) if key.key_id}
            try:
                return self._known[jwks_url, kid]
            except KeyError:
                raise UnknownKey(f"no key {kid} at {jwks_url}") from None

    def forget(self) -> None:
        """Fetch every key set anew when it is needed next."""
        with self._lock:
            self._known.clear()

    def _read(self, jwks_url: str) -> list[jwt.PyJWK]:
        try:
            published: dict[str, Any] = json.loads(self._fetch(jwks_url))
            return jwt.PyJWKSet.from_dict(published).keys
        except (OSError, ValueError, jwt.PyJWTError) as error:
            raise UnreadableKeySet(f"the key set at {jwks_url} cannot be read: {error}") from error
