"""Security headers of every answer (WS-03, WS-04)."""

import os
from collections.abc import Iterable

from flask import Response, g

_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action {form_action}; frame-ancestors {frame_ancestors}; base-uri 'none'; object-src 'none'"
)
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


def csp_nonce() -> str:
    """The nonce of this answer's scripts; one per request."""
    if "csp_nonce" not in g:
        g.csp_nonce = os.urandom(16).hex()
    nonce: str = g.csp_nonce
    return nonce


def allow_frames(origins: Iterable[str]) -> None:
    """Let the pages of these origins frame this answer (from Registration.frame_origins)."""
    g.frame_origins = tuple(origin for origin in origins if origin)


def allow_form_to(origin: str) -> None:
    """Let forms of this answer post to one more origin (a deep link's return)."""
    g.form_origin = origin


def harden(response: Response, *, https: bool) -> Response:
    """Add the headers that every answer carries. Pages are personal, so nothing is stored unless the view said so."""
    headers = response.headers
    present = {name.lower() for name, _ in headers}
    missing = [header for name, header in _FIXED if name not in present]
    if "content-security-policy" not in present:
        missing.append(("Content-Security-Policy", _policy()))
    if https and "strict-transport-security" not in present:
        missing.append(("Strict-Transport-Security", "max-age=31536000"))
    headers.extend(missing)
    return response


def _policy() -> str:
    ancestors = " ".join(g.get("frame_origins", ())) or "'none'"
    form_action = " ".join(filter(None, ["'self'", g.get("form_origin", "")]))
    return _POLICY.format(nonce=csp_nonce(), frame_ancestors=ancestors, form_action=form_action)
