"""The blueprint `admin`: nobody but an operator finds anything here, and what he does is written down."""

from dataclasses import dataclass, field
from datetime import datetime

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session

from lti_tool.admin import current, services
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.web import render, runtime
from lti_tool.identity import csrf
from lti_tool.launch.limits import Limit
from lti_tool.launch.rules.urls import client_address

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

ATTEMPTS_PER_MINUTE = 10
PLACES = (
    ("admin.registrations", _l("Connections")),
    ("admin.connect", _l("Connect an LMS")),
    ("admin.tenants", _l("Schools")),
    ("admin.people", _l("Persons")),
    ("admin.keys", _l("Keys")),
    ("admin.failures", _l("Refused launches")),
    ("admin.log", _l("Log")),
)
OPEN = frozenset({"admin.door", "admin.enter"})
"""What stands before the door."""


@dataclass(slots=True)
class Console:
    """What the console keeps in memory; one per application and process."""

    attempts: Limit = field(default_factory=lambda: Limit(ATTEMPTS_PER_MINUTE))
    """Attempts to enter, per address."""


def console() -> Console:
    """The console of this application."""
    found: Console | None = runtime().services.get("admin")
    if found is None:
        found = runtime().services.setdefault("admin", Console())
    return found


def address() -> str:
    """The address that this request comes from, behind our own proxies."""
    return client_address(
        request.remote_addr, request.headers.get("X-Forwarded-For"), runtime().settings.trusted_proxies
    )


@blueprint.after_request
def _stands_alone(response: Response) -> Response:
    """No window that opened the console, and none that it opens, holds on to it (WS-04); pages in frames need theirs."""
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


@blueprint.before_request
def _guard() -> None:
    if request.endpoint in OPEN:
        if request.method not in csrf.SAFE_METHODS:
            csrf.check_origin()
        return
    current.operator()
    if request.method not in csrf.SAFE_METHODS:
        current.protect()


def note(session: Session, action: str, now: datetime, subject: str = "", detail: str = "") -> None:
    """Write down what the operator of this request does, in the transaction in which he does it."""
    services.note(session, current.operator(), action, now, subject, detail)


def page(template: str, here: str, **context: object) -> str:
    """A page of the console, under the tab of the endpoint `here`."""
    places = [(str(label), url_for(endpoint), endpoint == here) for endpoint, label in PLACES]
    return render(f"admin/{template}", places=places, **context)
