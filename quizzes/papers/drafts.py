"""Quizzes as drafts of a choice: thrown away if nobody has worked on them. Questions stay in the bank."""

from sqlalchemy import Connection, delete, exists, select

from quizzes.papers.models import Quiz, QuizUse, QuizVersion


def state(connection: Connection, activity_id: int) -> str:
    """`Kind.state`: other questions are another version."""
    row = connection.execute(
        select(QuizUse.quiz_version_id, QuizUse.settings).where(QuizUse.activity_id == activity_id).with_for_update()
    ).first()
    return f"{row.quiz_version_id} {sorted(row.settings.items())}" if row else ""


def discard(connection: Connection, activity_id: int) -> None:
    """`Kind.discard`: the use, and the quiz with its versions if no other activity uses one of them."""
    version_id = connection.scalar(
        delete(QuizUse).where(QuizUse.activity_id == activity_id).returning(QuizUse.quiz_version_id)
    )
    quiz_id = connection.scalar(select(QuizVersion.quiz_id).where(QuizVersion.id == version_id))
    versions = select(QuizVersion.id).where(QuizVersion.quiz_id == quiz_id)
    if connection.scalar(select(exists().where(QuizUse.quiz_version_id.in_(versions)))):
        return
    connection.execute(delete(QuizVersion).where(QuizVersion.quiz_id == quiz_id))
    connection.execute(delete(Quiz).where(Quiz.id == quiz_id))
