"""Lessons as drafts of a choice: shown once they are chosen, thrown away if nobody has worked on them."""

from datetime import datetime

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.orm import Session

from courses.lessons import services
from courses.lessons.models import Lesson, LessonUse, LessonVersion
from lti_tool.identity.actor import Actor
from lti_tool.ledger.models import Activity


def publish(session: Session, activity: Activity, actor: Actor, now: datetime) -> None:
    """`Kind.publish`: the draft becomes the version that members see. Raises Invalid if a part of it is incomplete."""
    services.publish(session, activity=activity, actor=actor, now=now)


def state(connection: Connection, activity_id: int) -> str:
    """`Kind.state`: the draft's revision rises with each save, and the use says what completes the lesson."""
    row = connection.execute(
        select(
            LessonUse.lesson_id,
            LessonUse.lesson_version_id,
            LessonUse.needs_blocks,
            LessonUse.min_seconds,
            LessonUse.question_rule,
            LessonUse.is_effort_estimated,
            Lesson.draft_revision,
        )
        .join(Lesson, Lesson.id == LessonUse.lesson_id)
        .where(LessonUse.activity_id == activity_id)
        .with_for_update()
    ).first()
    return repr(tuple(row)) if row else ""


def discard(connection: Connection, activity_id: int) -> None:
    """`Kind.discard`: the use, and the lesson with its versions if no other activity uses it."""
    lesson_id = connection.scalar(
        delete(LessonUse).where(LessonUse.activity_id == activity_id).returning(LessonUse.lesson_id)
    )
    is_used = exists().where(LessonUse.lesson_id == lesson_id)
    connection.execute(delete(LessonVersion).where(LessonVersion.lesson_id == lesson_id, ~is_used))
    connection.execute(delete(Lesson).where(Lesson.id == lesson_id, ~is_used))
