"""JWTs that a good platform never signs."""

import base64
import json
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def new_pem() -> str:
    """The private key of somebody else."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@cache
def sample_pem(owner: str) -> str:
    """The private key of `owner`, the same for the whole test run: primes are slow to find."""
    return new_pem()


def forge(claims: Any, header: dict[str, Any], pem: str) -> str:
    """A JWT in compact form: `header` without its None values, `claims` as JSON (bytes as they are).

    alg "none" signs nothing; HS256 and the like sign with the public key as their secret (the classic confusion);
    unknown names of algorithms get an RS256 signature under the false name.
    """
    shown = {name: value for name, value in header.items() if value is not None}
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    signed = f"{_b64(json.dumps(shown).encode())}.{_b64(payload)}"
    return f"{signed}.{_b64(_signature(signed.encode(), str(shown.get('alg')), pem))}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signature(signed: bytes, alg: str, pem: str) -> bytes:
    if alg == "none":
        return b""
    private = _private(pem)
    if alg.startswith("HS"):
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        hmac = jwt.get_algorithm_by_name(alg)
        # PyJWT refuses a PEM as a secret, which is the attack; the bytes go in as they are.
        return hmac.sign(signed, public)
    known = jwt.get_algorithm_by_name(alg if alg in ("RS256", "RS384", "RS512", "PS256") else "RS256")
    return known.sign(signed, private)


@cache
def _private(pem: str) -> rsa.RSAPrivateKey:
    """The key of a PEM; reading one costs ten times as much as signing."""
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    return private
