"""Tables that say who is asking, from tenant to grants; and the operator: one-time links, console sessions, his log."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, UtcDateTime, text_enum
from lti_tool.identity.actor import Carrier, Role
from lti_tool.identity.rules.groups import GroupSource


class Tenant(Base):
    """A school: the wall that nothing crosses."""

    __tablename__ = "tenant"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(16), default="zh-CN")
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")


class Registration(Base):
    """One LMS that knows us under one client_id (LTI 1.3 Core 4.1.3: unique issuer + client_id)."""

    __tablename__ = "registration"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    issuer: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_url: Mapped[str] = mapped_column(String(1000))
    token_url: Mapped[str] = mapped_column(String(1000))
    jwks_url: Mapped[str] = mapped_column(String(1000))
    audience: Mapped[str | None] = mapped_column(String(1000))
    """The `aud` of token assertions where it is not the token URL (TO-02, TO-03)."""
    family: Mapped[str] = mapped_column(String(40), default="")
    """Product family code as the LMS sends it (moodle, canvas ...): chooses the quirks."""
    platform_guid: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """Which installation of the LMS launched last (tool_platform.guid, Core 5.4.2); a change is only logged (CT-11)."""
    frame_origins: Mapped[list[str]] = mapped_column(Json, default=list)
    service_hosts: Mapped[list[str]] = mapped_column(Json, default=list)
    role_overrides: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    trusts_history: Mapped[bool | None] = mapped_column(Boolean)
    """Whether what it says a course was copied from opens that course; NULL: as it is with its family (launch.rules.custom)."""
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    is_demo: Mapped[bool] = mapped_column(Boolean, default=False)
    clock_offset_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    """The LMS's clock minus ours, from the Date header of its last answer."""
    breaker_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """While it lies ahead, nothing is sent there: the LMS did not answer."""
    breaker_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    scopes: Mapped[list[str]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    """What the LMS granted at dynamic registration (DR-09); empty: it has not said."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Its first token. While it is NULL and nobody has launched, somebody must still switch it on in the LMS (DR-07)."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Deployment(Base):
    """One placement of a registration in an LMS; belongs to one tenant."""

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("registration_id", "deployment_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    deployment_id: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)


class Context(Base):
    """A course of the LMS (or, without the context claim, one resource link standing alone)."""

    __tablename__ = "context"
    __table_args__ = (UniqueConstraint("deployment_id", "context_key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"))
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    context_key: Mapped[str] = mapped_column(String(300))
    """`c:<context_id>`, or `l:<resource_link_id>` where the LMS sends no context."""
    title: Mapped[str] = mapped_column(String(200), default="")
    label: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(60), default="", server_default="")
    """What the LMS calls it: CourseSection, Group ... (Core A.1). Nothing depends on it."""
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    history: Mapped[list[str]] = mapped_column(Json, default=list)
    """Context ids this course was copied from, as the LMS says."""
    memberships_url: Mapped[str | None] = mapped_column(String(1000))
    """Where its roster is, as its last verified launch said it; from nowhere else: some LMSs give any course's (NRPS)."""
    groups_url: Mapped[str | None] = mapped_column(String(1000))
    """Where its groups are, likewise (Course Groups Service)."""
    group_sets_url: Mapped[str | None] = mapped_column(String(1000))
    """Where the sets are that its groups stand in, if the LMS has any."""
    roster_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a launch last asked for the roster to be read; so also about when somebody was here last."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContextCopy(Base):
    """A course's outline was copied from another course's: once, when the first launch said so.

    Content of the source that the copy pins names files of the source, so the copy may show those that were there then.
    """

    __tablename__ = "context_copy"

    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"), primary_key=True, autoincrement=False)
    source_id: Mapped[int] = mapped_column(ForeignKey("context.id"), primary_key=True, autoincrement=False, index=True)
    is_direct: Mapped[bool] = mapped_column(Boolean, default=True)
    """False: the source's own source, whose content came along."""
    copied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When content last came from there, also on the way through other courses."""


class OrgUnit(Base):
    """A node of a tenant's organisation; what a member belonged to is written into each Entry."""

    __tablename__ = "org_unit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("org_unit.id"))
    name: Mapped[str] = mapped_column(String(200))


class Member(Base):
    """A person as one registration knows him: unique registration + sub, compared byte for byte (ID-05, ID-07)."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("registration_id", "sub"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    org_unit_id: Mapped[int | None] = mapped_column(ForeignKey("org_unit.id"))
    sub: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(200))
    """Display name: `name`, else family + given name in Chinese order, else a pseudonym (ID-04); '' of an erased one."""
    is_erased: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Nobody any more: `sub` is random then. The row stays, because counts and threads point to it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ErasedMember(Base):
    """Somebody who was erased, so that no roster brings his name back. It leads to no other row, and names nobody."""

    __tablename__ = "erased_member"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), primary_key=True, autoincrement=False)
    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    """HMAC-SHA256 of registration and `sub`, hex (identity.erased)."""


class ErasureKey(Base):
    """The one key of all marks. Only it is encrypted anew when the secret changes, so marks outlive every rotation."""

    __tablename__ = "erasure_key"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    """Always 1."""
    key: Mapped[bytes] = mapped_column(LargeBinary)
    """32 random bytes, encrypted for the purpose "erased-member"."""


class EnrolmentSource(StrEnum):
    """How we know that somebody is in a course."""

    launch = "launch"
    roster = "roster"


class Enrolment(Base):
    """A member of a context with the role of the last launch or roster."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("context_id", "member_id"),
        Index("ix_enrolment_member", "member_id"),
        Index(
            "ix_enrolment_regrouped",
            "id",
            sqlite_where=text("is_regrouped"),
            postgresql_where=text("is_regrouped"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    role: Mapped[Role] = mapped_column(text_enum(Role))
    source: Mapped[EnrolmentSource] = mapped_column(text_enum(EnrolmentSource))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    gradable: Mapped[bool] = mapped_column(Boolean, default=True)
    """Whether scores may be sent for this person: members, not staff, not test users."""
    is_test: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether the last launch said that this is the LMS's test user (RO-14): such work can be taken away."""
    has_taught: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether this person is or ever was instructor here; stays when the role changes."""
    is_listed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether the last complete roster named this person; some LMSs let people in whom they do not list."""
    last_launch_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """NULL: never launched."""
    not_graded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the LMS said that this person gets no grades in this course; NULL again with the next launch."""
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When scores could be sent for this person again: back in the course, a member again, here after `not_graded_at`."""
    claimed_groups: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    """Groups that the last launch named: ids of the LMS with commas between them."""
    is_regrouped: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether the launch named others than before, which a sweep has still to write down (roster.groups)."""


class Group(Base):
    """A group of a context's members."""

    __tablename__ = "member_group"
    __table_args__ = (UniqueConstraint("context_id", "external_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    source: Mapped[GroupSource] = mapped_column(text_enum(GroupSource), default=GroupSource.hand, server_default="hand")
    external_id: Mapped[str | None] = mapped_column(String(255))
    """What the LMS calls it; NULL: made by hand."""
    set_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """Of the LMS's set of groups that it stands in; empty: of none."""
    is_gone: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether the LMS does not name it any more; it has nobody in it then, and stays for the exceptions it was given."""


class GroupMember(Base):
    """Who is in a group."""

    __tablename__ = "member_group_member"

    group_id: Mapped[int] = mapped_column(ForeignKey("member_group.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)


class BrowserSession(Base):
    """One browser (or one bearer page) of one member; the cookie holds a random token, the row only its hash."""

    __tablename__ = "browser_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    carrier: Mapped[Carrier] = mapped_column(text_enum(Carrier))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    locale: Mapped[str | None] = mapped_column(String(16))
    """The language this person chose by hand; NULL: as the LMS says."""
    scheme: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Written at most every 5 minutes; idle for 60 minutes ends the session (WS-05)."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """At most 12 hours after it began (WS-05)."""


class Grant(Base):
    """What one launch allows one browser session in one context; unique per session and context."""

    __tablename__ = "launch_grant"
    __table_args__ = (UniqueConstraint("session_id", "context_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("browser_session.id", ondelete="CASCADE"))
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    role: Mapped[Role] = mapped_column(text_enum(Role))
    resource_link_id: Mapped[str] = mapped_column(String(255), default="")
    return_url: Mapped[str] = mapped_column(String(2000), default="")
    locale: Mapped[str] = mapped_column(String(35), default="")
    document_target: Mapped[str] = mapped_column(String(16), default="")
    gradable: Mapped[bool] = mapped_column(Boolean, default=True)
    preview: Mapped[bool] = mapped_column(Boolean, default=False)
    own_role: Mapped[Role | None] = mapped_column(text_enum(Role, check="own_role"))
    """The role of the launch while its holder views the course as a member; NULL: `role` is it."""
    mentored: Mapped[list[str]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    """Whom a mentor may see (role_scope_mentor): `sub` of members of the registration, as the launch said them."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AdminLink(Base):
    """A one-time link into the operator's console, made on the server's command line. Opening it consumes nothing."""

    __tablename__ = "admin_link"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of what stands behind the # of the link."""
    name: Mapped[str] = mapped_column(String(100))
    """Whom it was made for; stands in the log beside what he does."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AdminSession(Base):
    """One browser in the operator's console. It has nothing to do with browser_session: neither gives a right of the other."""

    __tablename__ = "admin_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("admin_link.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AdminEvent(Base):
    """What an operator did, in the console or by making a link to it. Append-only."""

    __tablename__ = "admin_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("admin_session.id"), index=True)
    """NULL: on the command line."""
    name: Mapped[str] = mapped_column(String(100))
    """Of the operator, as the link says."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(300), default="")
    """What it was done to: a registration, a deployment, a key."""
    detail: Mapped[str] = mapped_column(String(1000), default="")
