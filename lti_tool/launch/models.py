"""Tables of the launch: login states, choices (deep linking requests and links that show nothing yet), failures."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, UtcDateTime


class LoginState(Base):
    """One begun login: used once, by the browser that began it, for the registration that it was begun for."""

    __tablename__ = "login_state"
    __table_args__ = (Index("ix_login_state_registration", "registration_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    nonce: Mapped[str] = mapped_column(String(64))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    browser_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the secret in this state's own cookie."""
    target_link_uri: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """The login's parameters while the cookie probe runs; empty when the browser had a cookie of ours already."""
    is_in_storage: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The browser's half is in the LMS's storage and not in a cookie (PS-01)."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeepLinkRequest(Base):
    """A choice somebody has to make: what a link shall show, or what goes back to the LMS by deep linking.

    Its id is random, so that nobody else's page can name it.
    """

    __tablename__ = "deep_link_request"

    id: Mapped[int] = mapped_column(
        BigId, primary_key=True, autoincrement=False, default=lambda: secrets.randbits(52) + 1
    )
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("browser_session.id", ondelete="CASCADE"), index=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"))
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placement.id"))
    """The link that shows nothing yet; NULL for deep linking."""
    line_item_url: Mapped[str | None] = mapped_column(String(1000))
    """The column that the launch claimed for that link; '' where the LMS says that it is gone."""
    scopes: Mapped[list[str]] = mapped_column(Json, default=list)
    return_url: Mapped[str] = mapped_column(String(2000), default="")
    """deep_link_return_url; empty for a link that shows nothing yet."""
    accept_types: Mapped[list[str]] = mapped_column(Json, default=list)
    targets: Mapped[list[str]] = mapped_column(Json, default=list)
    accepts_line_item: Mapped[bool] = mapped_column(default=True)
    accepts_multiple: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_auto_created: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the LMS makes the links at once (auto_create); else its form waits for the teacher."""
    picked: Mapped[list[int]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    """Activities that were ticked when the author went to create another one."""
    data: Mapped[str | None] = mapped_column(Text)
    """As JSON; goes back unchanged (DL-11)."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChoiceDraft(Base):
    """An activity that was made while choosing, and that no link shows yet.

    The row goes when the activity is chosen, when somebody has worked on it, or with the activity itself (launch.sweeps).
    """

    __tablename__ = "choice_draft"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True, autoincrement=False)
    choice_id: Mapped[int] = mapped_column(BigId, index=True)
    """The choice it was made for. No foreign key: a choice goes with its browser session, the draft stays."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what it was when it was made: while it is the same, nobody has worked on it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class DataRequest(Base):
    """Somebody whom the LMS sent to look at what is stored on one person (DataPrivacyLaunchRequest, ID-12).

    Its id is random, so that nobody else's page can name it; it goes with the browser session.
    """

    __tablename__ = "data_request"

    id: Mapped[int] = mapped_column(
        BigId, primary_key=True, autoincrement=False, default=lambda: secrets.randbits(52) + 1
    )
    session_id: Mapped[int] = mapped_column(ForeignKey("browser_session.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    """Who looks."""
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    """Whose data it is; NULL: nothing is stored on the person whom the LMS named."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LaunchFailure(Base):
    """A login or launch that was refused: reason and reference, nothing about a person."""

    __tablename__ = "launch_failure"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    reason: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(16))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"))


class RegistrationInvite(Base):
    """A one-time link with which an LMS's administrator may register that LMS for one school (DR-01).

    Opening the link consumes nothing; confirming does.
    """

    __tablename__ = "registration_invite"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of what stands behind the # of the link."""
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """An answer of the LMS that names a client id we know: kept until somebody says that it may replace it (DR-11)."""
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"))
    """What came of it."""
