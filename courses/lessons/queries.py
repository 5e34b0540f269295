"""What the pages of a lesson read: its use and version, what a member did, the dates that hold for him."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, literal, select

from courses.lessons.models import BlockState, Lesson, LessonUse, LessonVersion
from courses.lessons.rules import Block, Reached, Wanted, blocks_of
from courses.progress.models import LearningTime
from lti_tool.core.errors import NotFound
from lti_tool.identity.models import Member
from lti_tool.ledger.models import Activity, Result


@dataclass(frozen=True, slots=True)
class Used:
    """A lesson as members of one course see it."""

    lesson_id: int
    version_id: int | None
    version: int
    """0: nothing published yet."""
    blocks: tuple[Block, ...]
    wanted: Wanted
    is_effort_estimated: bool


def used(connection: Connection, activity_id: int) -> Used:
    """The use of an activity with its version. One statement.

    Raises NotFound if the activity is no lesson.
    """
    row = connection.execute(
        select(
            LessonUse.lesson_id,
            LessonUse.lesson_version_id,
            LessonUse.needs_blocks,
            LessonUse.min_seconds,
            LessonUse.question_rule,
            LessonUse.is_effort_estimated,
            LessonVersion.number,
            LessonVersion.blocks,
        )
        .outerjoin(LessonVersion, LessonVersion.id == LessonUse.lesson_version_id)
        .where(LessonUse.activity_id == activity_id)
    ).first()
    if row is None:
        raise NotFound
    return Used(
        lesson_id=row.lesson_id,
        version_id=row.lesson_version_id,
        version=row.number or 0,
        blocks=blocks_of(row.blocks or []),
        wanted=Wanted(row.needs_blocks, row.min_seconds, row.question_rule.value),
        is_effort_estimated=row.is_effort_estimated,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a member answered in one block."""

    answer: Any
    is_correct: bool
    tries: int
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member has done in a lesson."""

    reached: Reached
    answers: Mapping[str, Answer]


def standing(connection: Connection, activity_id: int, member_id: int) -> Standing:
    """Blocks read, answers and credited time. Two statements."""
    rows = connection.execute(
        select(
            BlockState.block_key,
            BlockState.seen_at,
            BlockState.answer,
            BlockState.is_correct,
            BlockState.tries,
            BlockState.answered_at,
        ).where(BlockState.activity_id == activity_id, BlockState.member_id == member_id)
    ).all()
    time = connection.scalar(
        select(LearningTime.credited_ms).where(
            LearningTime.activity_id == activity_id, LearningTime.member_id == member_id
        )
    )
    answers = {
        row.block_key: Answer(row.answer, row.is_correct, row.tries, row.answered_at)
        for row in rows
        if row.answered_at is not None
    }
    return Standing(
        Reached(
            seen=frozenset(row.block_key for row in rows if row.seen_at is not None),
            seconds=(time or 0) // 1000,
            answered=frozenset(answers),
            correct=frozenset(key for key, each in answers.items() if each.is_correct),
        ),
        answers,
    )


FIRST = 1


class Pinned(NamedTuple):
    """What a copy pins, as the first version that it will be with the first edit; who wrote it belongs to the other course."""

    id: int
    number: int
    created_at: datetime
    author: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft of a lesson with its versions, for the editor."""

    lesson_id: int
    blocks: tuple[Block, ...]
    revision: int
    saved_at: datetime
    author: str
    is_changed: bool
    published_id: int | None
    versions: tuple[Any, ...]
    """Rows of (id, number, created_at, author), the newest first."""


def draft(connection: Connection, activity_id: int) -> Draft:
    """The draft behind an activity and its versions. Two statements.

    Of a copy that nobody has edited yet, the version it pins: what its authors write now does not reach the original, nor
    the other way round.

    Raises NotFound if the activity is no lesson.
    """
    row = connection.execute(
        select(
            Lesson.id,
            Lesson.draft,
            Lesson.draft_revision,
            Lesson.draft_saved_at,
            Lesson.is_changed,
            Member.name,
            LessonUse.lesson_version_id,
            LessonVersion.blocks,
            (Lesson.context_id == Activity.context_id).label("is_own"),
        )
        .join(LessonUse, LessonUse.lesson_id == Lesson.id)
        .join(Activity, Activity.id == LessonUse.activity_id)
        .outerjoin(LessonVersion, LessonVersion.id == LessonUse.lesson_version_id)
        .outerjoin(Member, Member.id == Lesson.draft_author_id)
        .where(LessonUse.activity_id == activity_id)
    ).first()
    if row is None:
        raise NotFound
    versions = connection.execute(
        select(LessonVersion.id, LessonVersion.number, LessonVersion.created_at, Member.name.label("author"))
        .outerjoin(Member, Member.id == LessonVersion.author_id)
        .where(LessonVersion.lesson_id == row.id if row.is_own else LessonVersion.id == row.lesson_version_id)
        .order_by(LessonVersion.number.desc())
        .limit(50)
    ).all()
    if not row.is_own:
        first = Pinned(row.lesson_version_id, FIRST, versions[0].created_at)
        return Draft(row.id, blocks_of(row.blocks), 0, first.created_at, "", False, first.id, (first,))
    return Draft(
        row.id,
        blocks_of(row.draft),
        row.draft_revision,
        row.draft_saved_at,
        row.name or "",
        row.is_changed,
        row.lesson_version_id,
        tuple(versions),
    )


def version(connection: Connection, activity_id: int, number: int) -> Any:
    """One version of the lesson behind an activity: (title, blocks, created_at). One statement. Raises NotFound."""
    row = connection.execute(
        select(LessonVersion.title, LessonVersion.blocks, LessonVersion.created_at)
        .join(LessonUse, LessonUse.lesson_id == LessonVersion.lesson_id)
        .join(Lesson, Lesson.id == LessonUse.lesson_id)
        .join(Activity, Activity.id == LessonUse.activity_id)
        .where(
            LessonUse.activity_id == activity_id,
            case(
                (Lesson.context_id == Activity.context_id, LessonVersion.number == number),
                else_=and_(LessonVersion.id == LessonUse.lesson_version_id, literal(number) == FIRST),
            ),
        )
    ).first()
    if row is None:
        raise NotFound
    return row


def neighbours(connection: Connection, activity: Activity) -> tuple[Any | None, Any | None]:
    """(the published activity before, the one after) in the same outline, as rows of (id, kind, title). One statement."""
    if activity.parent_id is None:
        return None, None
    rows = connection.execute(
        select(Activity.id, Activity.kind, Activity.title)
        .where(Activity.parent_id == activity.parent_id, Activity.status == "published")
        .order_by(Activity.position, Activity.id)
    ).all()
    place = next((index for index, row in enumerate(rows) if row.id == activity.id), None)
    if place is None:
        return None, None
    before = rows[place - 1] if place else None
    return before, rows[place + 1] if place + 1 < len(rows) else None


def result(connection: Connection, activity_id: int, member_id: int) -> Any | None:
    """(state, score, completed_at) of a member, or None. One statement."""
    return connection.execute(
        select(Result.state, Result.score, Result.completed_at, Result.criteria_met).where(
            Result.activity_id == activity_id, Result.member_id == member_id
        )
    ).first()
