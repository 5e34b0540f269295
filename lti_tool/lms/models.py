"""Tables of how we speak to LMSs: our own keys, the access tokens that we were given, hosts on private addresses."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, UtcDateTime, text_enum
from lti_tool.lms.rules import KeyState


class ToolKey(Base):
    """An RSA key of the tool. Exactly one is active; the private half is encrypted."""

    __tablename__ = "tool_key"
    __table_args__ = (
        Index(
            "uq_tool_key_active",
            "state",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[KeyState] = mapped_column(text_enum(KeyState))
    private: Mapped[bytes] = mapped_column(LargeBinary)
    """PKCS8 PEM, encrypted for the purpose "tool-key"; empty once the key is destroyed."""
    public: Mapped[dict[str, Any]] = mapped_column(Json)
    """The public JWK as it stands in /lti/jwks."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it got its present state."""


class KeyPin(Base):
    """A registration whose LMS keeps our public key by value (Moodle's "RSA key"): it is signed for with this key only."""

    __tablename__ = "key_pin"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("tool_key.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AllowedHost(Base):
    """The name of an LMS that may lead to private addresses. Written by the command line only, never by a form."""

    __tablename__ = "allowed_host"

    host: Mapped[str] = mapped_column(String(253), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccessToken(Base):
    """A service token of one registration for one set of scopes, shared by all processes (TO-06)."""

    __tablename__ = "access_token"
    __table_args__ = (UniqueConstraint("registration_id", "scopes"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    scopes: Mapped[str] = mapped_column(String(1000))
    """The scopes that were asked for, sorted, with spaces between."""
    granted: Mapped[str] = mapped_column(String(1000))
    """The scopes that the LMS gave; fewer than asked is normal (TO-05)."""
    token: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted for the purpose "access-token"."""
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Already less the minute in which it is not used any more."""
