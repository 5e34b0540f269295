"""Tables of the spine: activity, override, placement, line item, result, entry, score post, score event."""

import secrets
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, Points, UtcDateTime, text_enum
from lti_tool.ledger.rules import PostState, ResultState


class ActivityStatus(StrEnum):
    """A draft is seen by those who may author; an archived one by nobody but its results stay."""

    draft = "draft"
    published = "published"
    archived = "archived"


def _own_token(context: Any) -> str:
    """An activity that is no copy begins a line of its own."""
    return str(context.get_current_parameters()["token"])


def _new_stamp() -> int:
    """62 random bits of the system's: processes that were forked from one another must not draw the same."""
    return secrets.randbits(62)


class Activity(Base):
    """What can be learned and earned in one course. It does not know its content: the domain's row points down to it."""

    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint("maximum > 0", name="maximum"),
        UniqueConstraint("context_id", "origin_id"),
        Index("ix_activity_line", "context_id", "lineage", unique=True),
        Index("ix_activity_context_position", "context_id", "position"),
        Index(
            "ix_activity_to_roll_up",
            "id",
            sqlite_where=text("outline_version <> rolled_version"),
            postgresql_where=text("outline_version <> rolled_version"),
        ),
        Index(
            "ix_activity_to_evaluate",
            "id",
            sqlite_where=text("criteria_version <> evaluated_version"),
            postgresql_where=text("criteria_version <> evaluated_version"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    kind: Mapped[str] = mapped_column(String(24))
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(200), default="")
    """One short line the domain keeps up to date for lists ("20 questions"); plain text, may be empty."""
    maximum: Mapped[int] = mapped_column(default=100)
    """Points of the LMS column; a positive integer, constant once a column exists."""
    category: Mapped[str] = mapped_column(String(40), default="")
    status: Mapped[ActivityStatus] = mapped_column(text_enum(ActivityStatus), default=ActivityStatus.draft)
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_required: Mapped[bool] = mapped_column(Boolean, default=True)
    criteria: Mapped[list[list[Any]]] = mapped_column(Json, default=list)
    """[[code, target], ...]; Result.criteria_met has the same order."""
    effort_minutes: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    section: Mapped[str] = mapped_column(String(200), default="")
    """Heading under which the course home lists it."""
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"), index=True)
    origin_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    """The activity of another course that this is a copy of."""
    token: Mapped[str] = mapped_column(String(32), unique=True)
    """128 random bits, hex: what travels in the link's `custom`."""
    lineage: Mapped[str] = mapped_column(String(32), default=_own_token, server_default="")
    """The token of the first of its line: its own, or for a copy (of a copy ...) that of the original. A link keeps its
    token when its course is copied, so within a course the line says which activity is meant."""
    schedule_version: Mapped[int] = mapped_column(default=1)
    outline_version: Mapped[int] = mapped_column(default=1)
    """Rises when what is below it changes: published, archived, taken in, made optional."""
    rolled_version: Mapped[int] = mapped_column(default=1)
    """The outline version that all members' results below have been rolled up for."""
    criteria_version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Rises when what completes it, or what is worth how much, changes (ledger.evaluation)."""
    evaluated_version: Mapped[int] = mapped_column(default=1, server_default="1")
    """The criteria version that all members' results have been compared with."""
    stamp: Mapped[int] = mapped_column(BigInteger, default=_new_stamp, onupdate=_new_stamp, server_default="0")
    """Another number after every write to the row: (id, stamp) names its contents, in whatever process they were read."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Override(Base):
    """Other dates, time or attempts for one member or one group."""

    __tablename__ = "override"
    __table_args__ = (
        CheckConstraint("(member_id IS NULL) <> (group_id IS NULL)", name="one_target"),
        UniqueConstraint("activity_id", "member_id"),
        UniqueConstraint("activity_id", "group_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("member_group.id"))
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    extra_seconds: Mapped[int | None] = mapped_column()
    extra_percent: Mapped[int | None] = mapped_column()
    extra_attempts: Mapped[int | None] = mapped_column()
    reason: Mapped[str] = mapped_column(String(500), default="")


class Placement(Base):
    """A resource link of the LMS and the activity it shows; without one it shows nothing yet."""

    __tablename__ = "placement"
    __table_args__ = (
        UniqueConstraint("context_id", "resource_link_id"),
        Index("ix_placement_resource_link_id", "resource_link_id"),
        Index(
            "ix_placement_with_window",
            "context_id",
            sqlite_where=text("lms_opens_at IS NOT NULL OR lms_closes_at IS NOT NULL"),
            postgresql_where=text("lms_opens_at IS NOT NULL OR lms_closes_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    resource_link_id: Mapped[str] = mapped_column(String(255))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"), index=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    lineitems_url: Mapped[str | None] = mapped_column(String(1000))
    scopes: Mapped[list[str]] = mapped_column(Json, default=list)
    """AGS scopes of the last launch."""
    hint_token: Mapped[str | None] = mapped_column(String(32))
    """The activity token that the last launch carried; says nothing by itself, since teachers can type it."""
    link_history: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    """Ids of the links that this one was copied from, as the LMS says."""
    lms_opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lms_closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LineItemSource(StrEnum):
    """How we came to know the column; we change or delete only what we created."""

    claimed = "claimed"
    found = "found"
    created = "created"


class LineItemState(StrEnum):
    """`none` is normal: Moodle has no column until the teacher ticks a box."""

    none = "none"
    ready = "ready"
    gone = "gone"
    forbidden = "forbidden"


class LineItem(Base):
    """The LMS column of a placement (AGS 2.0). One per placement from its first binding on, also while it has no URL."""

    __tablename__ = "line_item"
    __table_args__ = (
        UniqueConstraint("placement_id"),
        CheckConstraint("state <> 'ready' OR url IS NOT NULL", name="ready_has_url"),
        Index("ix_line_item_read_due_at", "read_due_at"),
        Index("ix_line_item_orphan_due_at", "orphan_due_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    placement_id: Mapped[int] = mapped_column(ForeignKey("placement.id"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True)
    """Whose results stand in the column: what the link showed first, until a teacher says otherwise (relinking)."""
    url: Mapped[str | None] = mapped_column(String(1000))
    resource_id: Mapped[str] = mapped_column(String(64), default="")
    tag: Mapped[str] = mapped_column(String(50), default="")
    label: Mapped[str] = mapped_column(String(100), default="", server_default="")
    """The heading that we gave it; empty if we did not make it."""
    maximum: Mapped[int] = mapped_column(default=100)
    source: Mapped[LineItemSource | None] = mapped_column(text_enum(LineItemSource))
    state: Mapped[LineItemState] = mapped_column(text_enum(LineItemState), default=LineItemState.none)
    cause: Mapped[str] = mapped_column(String(64), default="")
    """Why there is none, as a code ("not_allowed", "gone", "no_scope"); empty while all is well."""
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its grades are read back next; NULL: not planned yet."""
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When they were last read back as a whole."""
    read_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """In a row."""
    read_cause: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Why they could not be read the last time, as a code; empty while all is well."""
    orphan_url: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    """A second column that we made, that nobody needs, and that is still to be deleted (AG-10); usually empty."""
    orphan_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When that is tried next."""


class Result(Base):
    """What a member reached in an activity. Completion once reached stays; progress and score follow."""

    __tablename__ = "result"
    __table_args__ = (
        UniqueConstraint("activity_id", "member_id"),
        CheckConstraint("progress >= 0 AND progress <= 10000000", name="progress"),
        # With what the course home shows of each: a page reads one member's results in one place (decision 25).
        Index("ix_result_member", "member_id", "activity_id", "completed_at", "score", "updated_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    progress: Mapped[Decimal] = mapped_column(Points, default=Decimal(0))
    """0 to 1."""
    score: Mapped[Decimal | None] = mapped_column(Points)
    """0 to the activity's maximum; NULL: nothing to send."""
    criteria_met: Mapped[list[bool]] = mapped_column(Json, default=list)
    state: Mapped[ResultState] = mapped_column(text_enum(ResultState), default=ResultState.doing)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempt_began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempt_ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The attempt that was handed in last, where there are attempts (AG-23)."""
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Entry(Base):
    """The append-only trail: facts, ids and numbers, no text and no name. One row per (context, source)."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("context_id", "source"),
        Index("ix_entry_member_at", "member_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    org_unit_id: Mapped[int | None] = mapped_column(ForeignKey("org_unit.id"))
    verb: Mapped[str] = mapped_column(String(24))
    category: Mapped[str] = mapped_column(String(40), default="")
    quantity: Mapped[Decimal] = mapped_column(Points, default=Decimal(1))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(80))
    """What it happened to, e.g. `attempt:17:submitted`; the same fact twice is one row."""


class ScorePost(Base):
    """What the LMS must still be told about one member in one column. Values are read from Result when it is sent."""

    __tablename__ = "score_post"
    __table_args__ = (
        UniqueConstraint("line_item_id", "member_id"),
        Index("ix_score_post_member", "member_id", "line_item_id", "state", "cause"),
        Index(
            "ix_score_post_due",
            "due_at",
            sqlite_where=text("state IN ('waiting', 'sending')"),
            postgresql_where=text("state IN ('waiting', 'sending')"),
        ),
        Index(
            "ix_score_post_differs",
            "line_item_id",
            sqlite_where=text("state = 'differs'"),
            postgresql_where=text("state = 'differs'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    line_item_id: Mapped[int] = mapped_column(ForeignKey("line_item.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    state: Mapped[PostState] = mapped_column(text_enum(PostState))
    revision: Mapped[int] = mapped_column(default=1)
    """Rises with every change of the result, so that an answer to an older value cannot mark a newer one as sent."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    cause: Mapped[str] = mapped_column(String(64), default="")
    send_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The timestamp last put into a score; written before the POST, strictly rising by whole seconds (AG-13)."""
    sent_score: Mapped[Decimal | None] = mapped_column(Points)
    sent_revision: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_score: Mapped[Decimal | None] = mapped_column(Points)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the score that was sent was first seen there."""
    read_score: Mapped[Decimal | None] = mapped_column(Points)
    """What the LMS showed at the last reading that differed, on the activity's scale; NULL: nothing, or it agreed."""
    resent_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    """The revision that was sent a second time, because a reading showed that it had not been taken; 0: none."""


class ScoreEvent(Base):
    """Append-only history of a ScorePost: what was tried, what the LMS answered and showed, what staff wanted."""

    __tablename__ = "score_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    score_post_id: Mapped[int] = mapped_column(ForeignKey("score_post.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[str] = mapped_column(String(24))
    status: Mapped[int | None] = mapped_column()
    score: Mapped[Decimal | None] = mapped_column(Points)
    cause: Mapped[str] = mapped_column(String(64), default="")
    act_id: Mapped[int | None] = mapped_column(ForeignKey("audit_event.id"))
    """By whose word and why, where a person did it."""


class AuditEvent(Base):
    """What staff did that changes somebody's chances or grades, with the reason they gave. Append-only."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"), index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(40))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")
