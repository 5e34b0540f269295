"""What is written in papers: quizzes, their versions and settings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from lti_tool.ledger import services as ledger
from lti_tool.ledger.copying import pin_uses
from lti_tool.ledger.models import Activity
from quizzes.marking.rules import criteria_of
from quizzes.papers.models import Quiz, QuizUse, QuizVersion
from quizzes.papers.rules import Item, Settings

KIND = "quiz"
DEFAULT = Settings()


def create(
    session: Session,
    *,
    context_id: int,
    title: str,
    now: datetime,
    author_id: int | None,
    items: Sequence[Item] = (),
    settings: Settings = DEFAULT,
    **fields: Any,
) -> Activity:
    """A draft activity with a quiz of these questions; flushed."""
    activity = ledger.create_activity(
        session,
        context_id=context_id,
        kind=KIND,
        title=title,
        now=now,
        criteria=criteria_of(settings.pass_percent),
        **fields,
    )
    quiz = Quiz(context_id=context_id, created_at=now)
    session.add(quiz)
    session.flush()
    version = _version(session, quiz.id, items, author_id, now)
    session.add(QuizUse(activity_id=activity.id, quiz_version_id=version.id, settings=settings.to_json()))
    _follow(activity, settings)
    session.flush()
    return activity


def copy(connection: Connection, context_id: int) -> None:
    """`Kind.copy`: a copied quiz pins the same version with the same rules; attempts stay where they were made."""
    pin_uses(connection, QuizUse, context_id)


def hold_items(session: Session, activity_id: int) -> None:
    """Let nobody else change the questions of a quiz until the transaction ends; to be called before they are read.

    A statement of its own: only the next one sees what somebody else has committed while this one waited.
    """
    session.execute(select(QuizUse.activity_id).where(QuizUse.activity_id == activity_id).with_for_update())


def set_items(
    session: Session, *, activity: Activity, items: Sequence[Item], author_id: int | None, now: datetime
) -> None:
    """Pin a new version with these questions. Attempts that run keep the paper they drew. Call `hold_items` before.

    A quiz of another course is left as it is: the copy gets one of its own, and the version is its first.
    """
    use = session.get_one(QuizUse, activity.id, with_for_update=True)
    quiz = session.scalars(
        select(Quiz).join(QuizVersion, QuizVersion.quiz_id == Quiz.id).where(QuizVersion.id == use.quiz_version_id)
    ).one()
    if quiz.context_id != activity.context_id:
        quiz = Quiz(context_id=activity.context_id, created_at=now)
        session.add(quiz)
        session.flush()
    use.quiz_version_id = _version(session, quiz.id, items, author_id, now).id
    session.flush()


def set_settings(session: Session, *, activity: Activity, settings: Settings) -> None:
    """Change the rules. The limit of attempts that run stays as it was when they began.

    Attempts that are handed in are compared with another pass mark or grading method by the worker.
    """
    use = session.get_one(QuizUse, activity.id)
    before = Settings.from_json(use.settings)
    use.settings = settings.to_json()
    if (before.pass_percent, before.grade_method) != (settings.pass_percent, settings.grade_method):
        ledger.criteria_changed(session, activity, criteria_of(settings.pass_percent))
    _follow(activity, settings)
    session.flush()


def _version(
    session: Session, quiz_id: int, items: Sequence[Item], author_id: int | None, now: datetime
) -> QuizVersion:
    last = session.scalar(select(func.max(QuizVersion.number)).where(QuizVersion.quiz_id == quiz_id))
    version = QuizVersion(
        quiz_id=quiz_id,
        number=(last or 0) + 1,
        items=[item.to_json() for item in items],
        author_id=author_id,
        created_at=now,
    )
    session.add(version)
    session.flush()
    return version


def _follow(activity: Activity, settings: Settings) -> None:
    """What lists show beside the title: the time it takes at most."""
    if settings.time_limit_seconds:
        activity.effort_minutes = max(1, round(settings.time_limit_seconds / 60))
