"""Reads of papers: what a quiz activity uses."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.errors import NotFound
from quizzes.papers.models import QuizUse, QuizVersion
from quizzes.papers.rules import Item, Settings, items_of


@dataclass(frozen=True, slots=True)
class Use:
    """A quiz as one activity uses it."""

    quiz_id: int
    version_id: int
    items: tuple[Item, ...]
    settings: Settings


def use_of(session: Session, activity_id: int) -> Use:
    """The version and the settings of an activity. One statement. Raises NotFound if it is no quiz."""
    row = session.execute(
        select(QuizVersion.quiz_id, QuizVersion.id, QuizVersion.items, QuizUse.settings)
        .join(QuizUse, QuizUse.quiz_version_id == QuizVersion.id)
        .where(QuizUse.activity_id == activity_id)
    ).first()
    if row is None:
        raise NotFound
    return Use(row.quiz_id, row.id, items_of(row.items), Settings.from_json(row.settings))


def settings_of(session: Session, activity_id: int) -> Settings:
    """The settings of an activity. One statement. Raises NotFound if it is no quiz."""
    stored = session.scalar(select(QuizUse.settings).where(QuizUse.activity_id == activity_id))
    if stored is None:
        raise NotFound
    return Settings.from_json(stored)
