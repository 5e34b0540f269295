"""Lessons of copied courses: a copy pins the version that it was copied at, and gets a lesson of its own with its first edit."""

from datetime import datetime

from sqlalchemy import Connection, exists, insert, select
from sqlalchemy.orm import Session

from courses.lessons.models import Lesson, LessonUse, LessonVersion
from lti_tool.ledger.copying import pin_uses
from lti_tool.ledger.models import Activity


def copy(connection: Connection, context_id: int) -> None:
    """`Kind.copy`: published lessons pin their version; of one never published the draft is copied, for it still changes."""
    _copy_drafts(connection, context_id)
    pin_uses(connection, LessonUse, context_id)


def _copy_drafts(connection: Connection, context_id: int) -> None:
    """Lessons and uses of the copies whose origin has no version. Three statements."""
    mine = LessonUse.__table__.alias("mine")
    rows = connection.execute(
        select(
            Activity.id,
            Activity.created_at,
            Lesson.draft,
            LessonUse.needs_blocks,
            LessonUse.min_seconds,
            LessonUse.question_rule,
            LessonUse.is_effort_estimated,
        )
        .join(LessonUse, LessonUse.activity_id == Activity.origin_id)
        .join(Lesson, Lesson.id == LessonUse.lesson_id)
        .where(
            Activity.context_id == context_id,
            LessonUse.lesson_version_id.is_(None),
            ~exists().where(mine.c.activity_id == Activity.id),
        )
    ).all()
    if not rows:
        return
    lessons = connection.execute(
        insert(Lesson).returning(Lesson.id, sort_by_parameter_order=True),
        [
            {
                "context_id": context_id,
                "draft": row.draft,
                "draft_saved_at": row.created_at,
                "created_at": row.created_at,
            }
            for row in rows
        ],
    ).scalars()
    connection.execute(
        insert(LessonUse),
        [
            {
                "activity_id": row.id,
                "lesson_id": lesson_id,
                "needs_blocks": row.needs_blocks,
                "min_seconds": row.min_seconds,
                "question_rule": row.question_rule,
                "is_effort_estimated": row.is_effort_estimated,
            }
            for row, lesson_id in zip(rows, lessons, strict=True)
        ],
    )


def own_lesson(session: Session, use: LessonUse, now: datetime) -> Lesson:
    """The lesson behind a use, to be changed; flushed. The caller holds the row of `use`.

    One of another course is left as it is: the pinned version becomes the first of a lesson of this course, and its blocks
    the draft.
    """
    lesson = session.get_one(Lesson, use.lesson_id, with_for_update=True)
    context_id = session.scalars(select(Activity.context_id).where(Activity.id == use.activity_id)).one()
    if lesson.context_id == context_id:
        return lesson
    pinned = session.get_one(LessonVersion, use.lesson_version_id)
    own = Lesson(
        context_id=context_id,
        draft=pinned.blocks,
        draft_revision=0,
        draft_saved_at=now,
        is_changed=False,
        created_at=now,
    )
    session.add(own)
    session.flush()
    first = LessonVersion(lesson_id=own.id, number=1, title=pinned.title, blocks=pinned.blocks, created_at=now)
    session.add(first)
    session.flush()
    use.lesson_id, use.lesson_version_id = own.id, first.id
    session.flush()
    return own
