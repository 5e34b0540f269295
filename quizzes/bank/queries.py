"""Reads of the bank."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.questions.codec import from_json
from lti_tool.questions.model import Question as Pure
from quizzes.bank.models import Question, QuestionVersion


@dataclass(frozen=True, slots=True)
class Asked:
    """A version of a question as values."""

    version_id: int
    question_id: int
    question: Pure
    stem_html: str
    explanation_html: str


def asked(session: Session, version_ids: Collection[int]) -> dict[int, Asked]:
    """The versions with these ids. One statement."""
    if not version_ids:
        return {}
    rows = session.execute(
        select(
            QuestionVersion.id,
            QuestionVersion.question_id,
            QuestionVersion.body,
            QuestionVersion.stem_html,
            QuestionVersion.explanation_html,
        ).where(QuestionVersion.id.in_(set(version_ids)))
    ).all()
    return {
        row.id: Asked(row.id, row.question_id, from_json(row.body), row.stem_html, row.explanation_html) for row in rows
    }


def belongs_to(session: Session, version_id: int, context_id: int) -> bool:
    """Whether the version is of a question of this course."""
    owner = session.scalar(
        select(Question.context_id)
        .join(QuestionVersion, QuestionVersion.question_id == Question.id)
        .where(QuestionVersion.id == version_id)
    )
    return owner == context_id
