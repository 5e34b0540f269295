"""The id_token as a signed text: its form, header, times and audience (Security Framework 1.0, 5.1.2 and 5.1.3).

Stricter than RFC 7519 where it leaves room: one algorithm, no duplicate members, a key id is required.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lti_tool.launch.refused import Refused

ALGORITHM = "RS256"
LEEWAY = 60
OLDEST = 600
LONGEST_LIFE = 24 * 3600
_PART = re.compile(r"[A-Za-z0-9_-]+")
_STATE = re.compile(r"[A-Za-z0-9_-]{20,128}")


@dataclass(frozen=True, slots=True)
class Token:
    """A JWT in its parts; nothing in it is verified yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


def parse(compact: str) -> Token:
    """Take a compact JWS apart.

    Raises Refused("malformed") unless it has three base64url parts, the first two of them JSON objects in UTF-8
    without duplicate members.
    """
    parts = compact.split(".")
    # An unsigned token (alg "none") has an empty third part; it is refused for its algorithm.
    if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts[: 3 if parts[2] else 2]):
        raise Refused("malformed")
    header, claims, signature = (_decode(part) for part in parts)
    return Token(_object(header), _object(claims), f"{parts[0]}.{parts[1]}".encode(), signature)


def _decode(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise Refused("malformed") from None


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw.decode(), object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused("malformed") from None
    if not isinstance(found, dict):
        raise Refused("malformed")
    return found


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def key_id(header: dict[str, Any]) -> str:
    """The kid of the key that must verify the signature.

    Raises Refused for any algorithm but RS256, a type that is no JWT, critical extensions, or no kid. `jku`, `jwk`,
    `x5c` and `x5u` are ignored: keys come from the registered address only (TK-06).
    """
    if header.get("alg") != ALGORITHM:
        raise Refused("algorithm")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise Refused("token_type")
    if "crit" in header:
        raise Refused("algorithm")
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= 255:
        raise Refused("kid_missing")
    return kid


def check_times(claims: dict[str, Any], now: datetime) -> None:
    """Check exp, iat and nbf with 60 s of leeway.

    Raises Refused: missing (exp, iat), not a number, past, ahead, older than 10 minutes, valid for more than 24 hours.
    """
    moment = now.timestamp()
    exp, iat, nbf = _time(claims, "exp"), _time(claims, "iat"), _time(claims, "nbf")
    if exp is None or iat is None:
        raise Refused("time_missing")
    if exp + LEEWAY <= moment:
        raise Refused("expired")
    if iat > moment + LEEWAY or (nbf is not None and nbf > moment + LEEWAY):
        raise Refused("not_yet_valid")
    if iat < moment - OLDEST - LEEWAY or exp - iat > LONGEST_LIFE:
        raise Refused("too_old")


def _time(claims: dict[str, Any], name: str) -> int | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("time_malformed")
    try:
        return int(value)
    except (OverflowError, ValueError):
        raise Refused("time_malformed") from None


def sender(claims: dict[str, Any]) -> tuple[str, str]:
    """(issuer, client id) that the token is from and for.

    Raises Refused: iss or aud missing or of another type; several audiences without azp; azp that is not the audience.
    """
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise Refused("missing_claim")
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or not named or not all(isinstance(each, str) and each for each in named):
        raise Refused("missing_claim")
    party = claims.get("azp")
    if party is None:
        if len(named) > 1:
            raise Refused("azp")
        return issuer, str(named[0])
    if party not in named:
        raise Refused("azp")
    return issuer, str(party)


def nonce_of(claims: dict[str, Any]) -> str:
    """The nonce. Raises Refused("nonce_missing")."""
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not 0 < len(nonce) <= 255:
        raise Refused("nonce_missing")
    return nonce


def check_state(state: str | None) -> str:
    """The state as we make them. Raises Refused: missing, or nothing that we ever made."""
    if not state:
        raise Refused("state_missing")
    if not _STATE.fullmatch(state):
        raise Refused("state_unknown")
    return state
