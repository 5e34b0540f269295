"""What of sessions and of the operator's console is kept for a while only."""

from datetime import timedelta

from sqlalchemy import exists, or_

from lti_tool.core.retention import Retention
from lti_tool.identity.models import AdminEvent, AdminLink, AdminSession, BrowserSession

CONSOLE_LASTS = timedelta(hours=8)
"""A console session that nobody has ended is over after that at the latest."""

RETENTION = (
    # Grants and begun choices go with their session.
    Retention(BrowserSession, lambda before: BrowserSession.expires_at < before, "keep_ended_hours"),
    Retention(AdminEvent, lambda before: AdminEvent.at < before, "keep_console_log_days"),
    # Sessions and links that the log still names stay as long as it does.
    Retention(
        AdminSession,
        lambda before: (
            or_(AdminSession.ended_at < before, AdminSession.created_at < before - CONSOLE_LASTS)
            & ~exists().where(AdminEvent.session_id == AdminSession.id)
        ),
        "keep_ended_hours",
    ),
    Retention(
        AdminLink,
        lambda before: (AdminLink.expires_at < before) & ~exists().where(AdminSession.link_id == AdminLink.id),
        "keep_ended_hours",
    ),
)
