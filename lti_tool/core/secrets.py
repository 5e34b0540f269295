"""Keys for every purpose, derived from one secret by HKDF-SHA256 (RFC 5869); encryption at rest by AES-256-GCM.

`DANGKE_SECRET_PREVIOUS` stays readable during a rotation: new things are written with the new secret, old ones are
still decrypted with the old.
"""

import functools
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE, _TAG = 12, 16


class CannotDecrypt(Exception):
    """Neither the present nor the previous secret opens this; the secret was changed without a rotation."""


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=b"dangke", info=purpose.encode()).derive(secret.encode())


class Keys:
    """The keys of this installation."""

    def __init__(self, secret: str, previous: str | None = None) -> None:
        self._secret = secret
        self._previous = previous
        self.derive = functools.cache(self._derive_present)

    def _derive_present(self, purpose: str) -> bytes:
        """32 bytes for `purpose`; the same secret and purpose give the same key."""
        return _derive(self._secret, purpose)

    def encrypt(self, purpose: str, plain: bytes) -> bytes:
        """Encrypt for storage; the purpose is authenticated with it."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.derive(purpose)).encrypt(nonce, plain, purpose.encode())

    def decrypt(self, purpose: str, stored: bytes) -> bytes:
        """Decrypt what `encrypt` wrote, with the present or the previous secret.

        Raises CannotDecrypt.
        """
        for key in (self.derive(purpose), *([_derive(self._previous, purpose)] if self._previous else [])):
            plain = _opened(key, purpose, stored)
            if plain is not None:
                return plain
        raise CannotDecrypt(purpose)

    def is_current(self, purpose: str, stored: bytes) -> bool:
        """Whether the present secret opens this; if not, it must be encrypted anew before the previous one may go."""
        return _opened(self.derive(purpose), purpose, stored) is not None


def _opened(key: bytes, purpose: str, stored: bytes) -> bytes | None:
    if len(stored) < _NONCE + _TAG:
        return None
    try:
        return AESGCM(key).decrypt(stored[:_NONCE], stored[_NONCE:], purpose.encode())
    except InvalidTag:
        return None
