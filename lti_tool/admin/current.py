"""Who sits at the console now: a cookie of its own, a CSRF token of its own, and 404 for everybody else.

An LTI session has no right here, and this cookie has none outside `/admin`.
"""

import hmac

from flask import Response, g, request
from werkzeug.wrappers import Response as Answer

from lti_tool.admin import rules, services
from lti_tool.admin.services import Operator
from lti_tool.core.database import Busy
from lti_tool.core.errors import Forbidden, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.logs import log
from lti_tool.core.web import runtime
from lti_tool.identity import csrf
from lti_tool.identity.sessions import hash_token

COOKIE = "__Host-dk-admin"


def carried() -> str:
    """The token in this request's cookie, or ''."""
    return request.cookies.get(COOKIE, "")[: services.LONGEST_SECRET]


def operator() -> Operator:
    """Who asks. Raises NotFound without a living session: then there is no console."""
    found: Operator | None = g.get("operator")
    if found is None:
        found = _load()
        if found is None:
            raise _nobody()
        g.operator = found
    return found


def _nobody() -> NotFound:
    """Whoever has no cookie reads what stands at every address that is not there."""
    if not carried():
        return NotFound()
    return NotFound(
        action=_l("If you run this server: the session of the console is over. Run `dangke admin-link` for a new link.")
    )


def _load() -> Operator | None:
    token = carried()
    if not token:
        return None
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        found = services.find(session, hash_token(token), now)
    if found is not None and rules.is_due_to_be_touched(found.seen_at, now):
        try:
            with runtime().database.writing() as session:
                services.touch(session, found, now)
        except Busy:
            # The next request says it again.
            log.warning("console_session_not_touched")
    return found


def csrf_token() -> str:
    """The token of this session's forms; empty without a session."""
    found: Operator | None = g.get("operator")
    return _token_of(found) if found else ""


def _token_of(found: Operator) -> str:
    return hmac.digest(runtime().keys.derive("admin-csrf"), found.token_hash.encode(), "sha256").hex()


def protect() -> None:
    """Check an unsafe request of an operator: our own page, and this session's token. Raises NotFound, Forbidden."""
    expected = _token_of(operator())
    csrf.check_origin()
    given = request.form.get(csrf.FIELD, "")
    if not given.isascii() or not hmac.compare_digest(given, expected):
        raise Forbidden(
            _l("This page is too old to be sent."),
            action=_l("Go back, reload the page and send again."),
            code="DK-403-CSRF",
        )


def set_cookie(response: Response | Answer, token: str) -> None:
    """Give the browser its token: Secure, HttpOnly, Strict, for this host only, gone when the browser closes."""
    response.set_cookie(COOKIE, token, secure=True, httponly=True, path="/", samesite="Strict")


def forget_cookie(response: Response | Answer) -> None:
    """Take it away."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
