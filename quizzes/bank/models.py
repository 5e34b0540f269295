"""Tables of the bank: a question of one course and its versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, UtcDateTime, text_enum
from lti_tool.questions.model import QuestionKind


class Question(Base):
    """A question of one course. What is asked stands in its versions."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class QuestionVersion(Base):
    """A state of a question; never changed afterwards, because papers point to it."""

    __tablename__ = "question_version"
    __table_args__ = (UniqueConstraint("question_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    number: Mapped[int] = mapped_column()
    kind: Mapped[QuestionKind] = mapped_column(text_enum(QuestionKind))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    """The pure question (lti_tool.questions.codec)."""
    stem_html: Mapped[str] = mapped_column()
    """The stem as rendered when it was saved; safe HTML with its gaps still in it."""
    explanation_html: Mapped[str] = mapped_column(default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
