"""The browser's half of a login: one `__Host-` Partitioned cookie per state, so that tabs do not disturb each other.

Its value is `<seconds>.<secret>`; the row keeps only the secret's hash. It lives 10 minutes; of more than 20 the oldest go.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response

PREFIX = "__Host-dk-s-"
OURS = "__Host-dk"
SECONDS = 600
MOST = 20
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class NewLogin:
    """The secrets of one login; only hashes of state and browser secret are stored."""

    state: str
    nonce: str
    secret: str


def new_login() -> NewLogin:
    """Fresh secrets of 256 bits each."""
    return NewLogin(*(secrets.token_urlsafe(32) for _ in range(3)))


def hash_of(value: str) -> str:
    """How states and browser secrets are stored: SHA-256, hex."""
    return hashlib.sha256(value.encode()).hexdigest()


def cookie_name(state: str) -> str:
    """The name of a state's cookie; it does not give the state away."""
    return PREFIX + hash_of(state)[:20]


def keeps_cookies(cookies: Mapping[str, str]) -> bool:
    """Whether the browser has sent any cookie of ours, so that it keeps them in this place."""
    return any(name.startswith(OURS) for name in cookies)


def secret_of(cookies: Mapping[str, str], state: str) -> str:
    """The secret that the browser holds for this state; '' without one."""
    return cookies.get(cookie_name(state), "")[:_LONGEST].partition(".")[2]


def remember(response: Response, cookies: Mapping[str, str], login: NewLogin, now: datetime) -> None:
    """Give the browser its half of the login, and take the oldest halves away if it has too many."""
    ours = sorted((name for name in cookies if name.startswith(PREFIX)), key=lambda name: _begun(cookies[name]))
    for name in ours[: max(0, len(ours) - MOST + 1)]:
        forget(response, name)
    response.set_cookie(
        cookie_name(login.state),
        f"{int(now.timestamp())}.{login.secret}",
        max_age=SECONDS,
        secure=True,
        httponly=True,
        path="/",
        samesite="None",
        partitioned=True,
    )


def forget(response: Response, name: str) -> None:
    """Take one cookie of ours away."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="None", partitioned=True)


def _begun(value: str) -> int:
    begun = value.partition(".")[0]
    return int(begun) if begun.isdecimal() and len(begun) < 12 else 0
