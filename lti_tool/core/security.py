"""Security headers of every answer (WS-03, WS-04)."""

import os
from collections.abc import Iterable
from functools import lru_cache

from flask import Response, g

_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action {form_action}; frame-ancestors {frame_ancestors}; base-uri 'none'; object-src 'none'"
)
_NONCE = "{nonce}"
"""Stands in a policy that is put together for the next answers too; no origin holds a brace."""
_FIXED = tuple(
    (name.lower(), (name, value))
    for name, value in (
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    )
)


def request_id() -> str:
    """The reference id of this request, shown on error pages and in the log."""
    return _drawn()[0]


def csp_nonce() -> str:
    """The nonce of this answer's scripts; one per request."""
    return _drawn()[1]


def _drawn() -> tuple[str, str]:
    """(id, nonce)."""
    found: tuple[str, str] | None = g.get("drawn")
    if found is None:
        text = _twenty_bytes().hex()
        found = g.drawn = text[:8].upper(), text[8:]
    return found


_ahead: list[bytes] = []
os.register_at_fork(after_in_child=_ahead.clear)  # No two processes may say the same.


def _twenty_bytes() -> bytes:
    """Random bytes of the system's, drawn for some requests at once: a call costs as much as a small statement."""
    try:
        return _ahead.pop()
    except IndexError:
        drawn = os.urandom(20 * 100)
        _ahead.extend(drawn[place : place + 20] for place in range(20, len(drawn), 20))
        return drawn[:20]


def allow_frames(origins: Iterable[str]) -> None:
    """Let the pages of these origins frame this answer (from Registration.frame_origins)."""
    g.frame_origins = tuple(origin for origin in origins if origin)


def allow_form_to(origin: str) -> None:
    """Let forms of this answer post to one more origin (a deep link's return)."""
    g.form_origin = origin


def harden(response: Response, *, https: bool) -> Response:
    """Add the headers that every answer carries, its reference id among them.

    Pages are personal, so nothing is stored unless the view said so.
    """
    headers = response.headers
    present = {name.lower() for name, _ in headers}
    missing = [header for name, header in _FIXED if name not in present]
    missing.append(("X-Request-ID", request_id()))
    if "content-security-policy" not in present:
        missing.append(("Content-Security-Policy", _policy()))
    if https and "strict-transport-security" not in present:
        missing.append(("Strict-Transport-Security", "max-age=31536000"))
    headers.extend(missing)
    return response


def _policy() -> str:
    return _policy_of(g.get("frame_origins", ()), g.get("form_origin", "")).replace(_NONCE, csp_nonce())


@lru_cache(256)
def _policy_of(frame_origins: tuple[str, ...], form_origin: str) -> str:
    ancestors = " ".join(frame_origins) or "'none'"
    form_action = " ".join(filter(None, ["'self'", form_origin]))
    return _POLICY.format(nonce=_NONCE, frame_ancestors=ancestors, form_action=form_action)
