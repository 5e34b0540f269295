"""Tables of lessons: the lesson with its draft, its published versions, its use in a course, what members did in it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, UtcDateTime, text_enum


class Lesson(Base):
    """A lesson of one course, with the draft its authors work on. What members see is a version."""

    __tablename__ = "lesson"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"), index=True)
    draft: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    """Blocks as in LessonVersion.blocks; they may still be incomplete."""
    draft_revision: Mapped[int] = mapped_column(default=0)
    """Rises with every save, so that two editors notice each other."""
    draft_author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    draft_saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_changed: Mapped[bool] = mapped_column(Boolean, default=True)
    """Whether the draft differs from the last published version."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LessonVersion(Base):
    """A published state of a lesson; never changed afterwards."""

    __tablename__ = "lesson_version"
    __table_args__ = (UniqueConstraint("lesson_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"))
    number: Mapped[int] = mapped_column()
    title: Mapped[str] = mapped_column(String(200))
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """Blocks in order (rules.Block.to_json): key, kind, and the fields of the kind; text with source and html."""
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class QuestionRule(StrEnum):
    """What the questions in the text must be for completion."""

    none = "none"
    answered = "answered"
    correct = "correct"


class LessonUse(Base):
    """A lesson as an activity of a course: the version it pins and what completes it."""

    __tablename__ = "lesson_use"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"), index=True)
    lesson_version_id: Mapped[int | None] = mapped_column(ForeignKey("lesson_version.id"), index=True)
    """NULL: nothing has been published yet."""
    needs_blocks: Mapped[bool] = mapped_column(Boolean, default=True)
    min_seconds: Mapped[int] = mapped_column(default=0)
    """Credited learning time that completion needs; 0: none."""
    question_rule: Mapped[QuestionRule] = mapped_column(text_enum(QuestionRule), default=QuestionRule.none)
    is_effort_estimated: Mapped[bool] = mapped_column(Boolean, default=True)
    """Whether the estimated time follows the text; false once an author has typed one."""


class BlockState(Base):
    """What one member did with one block: read it, answered it. The key stays the same over versions."""

    __tablename__ = "block_state"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)
    block_key: Mapped[str] = mapped_column(String(16), primary_key=True)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[Any] = mapped_column(Json, nullable=True)
    is_correct: Mapped[bool] = mapped_column(Boolean, default=False)
    tries: Mapped[int] = mapped_column(default=0)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
