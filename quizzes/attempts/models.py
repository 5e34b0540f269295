"""Tables of attempts: the attempt with its paper as drawn, and its answers."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, Points, UtcDateTime, text_enum
from quizzes.attempts.rules import AttemptState, ClosedBy

_PREVIEW = text("is_preview")
_OPEN = text("state IN ('in_progress', 'overdue')")
OPEN = text("attempt.state IN ('in_progress', 'overdue')")
"""Written out, not bound: only then do the engines see that the partial indexes hold."""


class Attempt(Base):
    """One member's attempt at one activity. At most one is open; the preview of an author stands apart."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("activity_id", "member_id", "is_preview", "number"),
        Index(
            "uq_attempt_open",
            "activity_id",
            "member_id",
            "is_preview",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_attempt_next_check", "next_check_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_attempt_open_activity", "activity_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_attempt_preview", "started_at", sqlite_where=_PREVIEW, postgresql_where=_PREVIEW),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    number: Mapped[int] = mapped_column()
    state: Mapped[AttemptState] = mapped_column(text_enum(AttemptState), default=AttemptState.in_progress)
    is_preview: Mapped[bool] = mapped_column(Boolean, default=False)
    limit_seconds: Mapped[int | None] = mapped_column()
    """The quiz's limit when the attempt began, without concessions: a later change does not touch running attempts."""
    extra_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    """Time that staff gave when they reopened this attempt."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the time is up for this person; NULL: no limit and no closing date."""
    next_check_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the worker looks at it next; NULL: never."""
    schedule_version: Mapped[int] = mapped_column()
    """Activity.schedule_version at the last planning."""
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[ClosedBy | None] = mapped_column(text_enum(ClosedBy))
    paper: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """The questions as drawn, in order (papers.rules.Drawn); what is shown, whatever happens to quiz and bank."""
    slots: Mapped[int] = mapped_column()
    """Number of questions; slots count from 1."""
    flags: Mapped[list[int]] = mapped_column(Json, default=list)
    maximum: Mapped[Decimal] = mapped_column(Points)
    """Sum of the points of the paper."""
    score: Mapped[Decimal | None] = mapped_column(Points)
    """Sum of the marks; NULL until finished."""


class Answer(Base):
    """The answer to one question of an attempt. `seq` rises with every change; a lower one never overwrites."""

    __tablename__ = "answer"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    response: Mapped[Any] = mapped_column(Json)
    """A bounded response (lti_tool.questions.responses); JSON null: blank."""
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
