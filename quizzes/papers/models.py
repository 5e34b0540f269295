"""Tables of papers: the quiz, its versions, and its use as an activity of a course."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, UtcDateTime


class Quiz(Base):
    """A quiz of one course. Its questions stand in its versions."""

    __tablename__ = "quiz"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class QuizVersion(Base):
    """The ordered questions of a quiz at one time; never changed afterwards, because attempts were drawn from it."""

    __tablename__ = "quiz_version"
    __table_args__ = (UniqueConstraint("quiz_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    quiz_id: Mapped[int] = mapped_column(ForeignKey("quiz.id"))
    number: Mapped[int] = mapped_column()
    items: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """[{"version": id of a QuestionVersion, "points": "2"}, ...] in order (papers.rules.Item)."""
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class QuizUse(Base):
    """A quiz as an activity of a course: the version it pins and the rules that hold there."""

    __tablename__ = "quiz_use"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    quiz_version_id: Mapped[int] = mapped_column(ForeignKey("quiz_version.id"), index=True)
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """papers.rules.Settings as JSON."""
