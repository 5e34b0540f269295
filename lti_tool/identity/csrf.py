"""Cross-site request forgery: SameSite=None gives no protection, so every unsafe request carries a token (WS-02).

The token is `<session row>.<member>.<HMAC>`: bound to the session row and the member. It survives the rotation of the
session's token by the next launch, and dies when another member launches. Hot paths verify the HMAC without the
database and let their own SQL join the session row.
"""

import hmac

from flask import g, request
from markupsafe import Markup, escape

from lti_tool.core.errors import Forbidden, SessionChanged, SessionEnded
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import CSRF_FIELD, runtime
from lti_tool.identity import current
from lti_tool.identity.actor import Carrier

FIELD = CSRF_FIELD
HEADER = "X-CSRF-Token"
_IN_ENVIRON = "HTTP_" + HEADER.upper().replace("-", "_")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def issue(session_id: int, member_id: int) -> str:
    """The token of a session row and member."""
    body = f"{session_id}.{member_id}"
    return f"{body}.{_mac(body)}"


def _mac(body: str) -> str:
    return hmac.digest(runtime().keys.derive("csrf"), body.encode(), "sha256").hex()[:40]


def token() -> str:
    """The token for the pages of this request; empty without a session."""
    found: current.Asking | None = g.get("asking")
    if found is None:
        return ""
    known: tuple[current.Asking, str] | None = g.get("csrf_issued")
    if known is None or known[0] is not found:
        known = g.csrf_issued = (found, issue(found.session_id, found.member_id))
    return known[1]


def csrf_field() -> Markup:
    """The same as a hidden field."""
    return field_of(token())


def field_of(value: str) -> Markup:
    """The hidden field of every form that changes something."""
    return Markup(f'<input type="hidden" name="{FIELD}" value="{escape(value)}">')  # noqa: S704 - escaped here


def claimed() -> tuple[int, int]:
    """(session id, member id) that this request's token names, verified by HMAC only.

    Raises Forbidden. The caller's SQL must still join the session row by token hash.
    """
    found: tuple[int, int] | None = g.get("csrf_claimed")
    if found is None:
        found = g.csrf_claimed = _claimed()
    return found


def _claimed() -> tuple[int, int]:
    carried = request.environ.get(_IN_ENVIRON) or request.form.get(FIELD) or ""
    body, _, mac = carried.rpartition(".")
    session_id, _, member_id = body.partition(".")
    if not (
        session_id.isdecimal()
        and member_id.isdecimal()
        and len(body) < 50
        and mac.isascii()
        and hmac.compare_digest(mac, _mac(body))
    ):
        raise Forbidden(
            _l("This page is too old to be sent."),
            action=_l("Go back, reload the page and send again."),
            code="DK-403-CSRF",
        )
    return int(session_id), int(member_id)


def check_origin() -> None:
    """Refuse unsafe requests that other sites start (Sec-Fetch-Site and Origin). Raises Forbidden."""
    environ = request.environ
    site, origin = environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN")
    if site not in {None, "same-origin", "none"} or (
        origin not in {None, "null"} and origin != runtime().settings.public_url
    ):
        raise Forbidden(code="DK-403-ORIGIN")
    if origin == "null" and site != "same-origin":
        raise Forbidden(code="DK-403-ORIGIN")


def protect(hot: bool) -> None:
    """Check one unsafe request before its view runs.

    Raises Forbidden (foreign origin, no token) SessionEnded (the session is over), or
    SessionChanged (token of a former session or member). `hot` views check the session row in their own statement.
    """
    check_origin()
    carried = current.token()
    if carried is not None and carried[1] is Carrier.bearer:
        return  # No browser adds this header by itself, so the request cannot have been forged from another site.
    session_id, member_id = claimed()
    if hot:
        return
    with runtime().database.reading_core() as connection:
        found = current.asking(connection)
    if found is None:
        raise SessionEnded
    if (found.session_id, found.member_id) != (session_id, member_id):
        raise SessionChanged
