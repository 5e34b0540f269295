"""What a command changes goes into the operator's log, in the transaction in which it is changed."""

import getpass
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.admin import services
from lti_tool.identity.models import Registration

NOBODY = "command line"
"""The account has no name (a container)."""


def account() -> str:
    """Who runs this command, as the machine calls him."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return NOBODY


def noted(session: Session, action: str, now: datetime, subject: str = "", detail: str = "") -> None:
    """Write down what this command does. No secret, no token, no person of a course."""
    services.note_command(session, account(), action, now, subject, detail)


def subject(found: Registration) -> str:
    """How the log names a registration; the console says it the same way."""
    return services.registration_subject(found.id, found.name, found.issuer, found.client_id)
