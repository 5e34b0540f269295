"""Security headers of every answer (WS-03, WS-04)."""

import secrets
from collections.abc import Iterable

from flask import Response, g

_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action {form_action}; frame-ancestors {frame_ancestors}; base-uri 'none'; object-src 'none'"
)


def csp_nonce() -> str:
    """The nonce of this answer's scripts; one per request."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
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
    ancestors = " ".join(g.get("frame_origins", ())) or "'none'"
    form_action = " ".join(filter(None, ["'self'", g.get("form_origin", "")]))
    headers.setdefault(
        "Content-Security-Policy",
        _POLICY.format(nonce=csp_nonce(), frame_ancestors=ancestors, form_action=form_action),
    )
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
