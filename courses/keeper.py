"""What lessons keep on persons: what was read and answered, the learning time, who wrote which lesson."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from courses.lessons.models import BlockState, Lesson, LessonUse, LessonVersion
from courses.progress.models import LearningPointer, LearningTime
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.keeping import Erasing, Fate, Keeper, Sheet, Stored, change_some, delete_some, in_turn, sheet
from lti_tool.identity.models import Context
from lti_tool.ledger.models import Activity

STORED = (
    Stored(
        "block_state",
        ("block_key", "seen_at", "answer", "is_correct", "tries", "answered_at"),
        _l("Which parts of lessons you have read, and your answers to the questions in them."),
        Fate.deleted,
    ),
    Stored(
        "learning_time",
        ("credited_ms", "open_ms", "last_at"),
        _l("The learning time you were credited in each lesson."),
        Fate.deleted,
    ),
    Stored(
        "learning_pointer",
        ("beat_ms", "gap_ms", "credit_ms", "day", "day_ms"),
        _l("When and where the clock of your learning time last ran."),
        Fate.deleted,
    ),
    Stored(
        "lesson",
        ("draft", "draft_saved_at"),
        _l("If you teach: that you wrote a lesson, and when. The lesson is the course's, and stays."),
        Fate.nameless,
    ),
    Stored(
        "lesson_version",
        ("title", "blocks", "created_at"),
        _l("If you teach: that you published a lesson, and when. The lesson is the course's, and stays."),
        Fate.nameless,
    ),
)


def export(connection: Connection, member_id: int, _now: datetime) -> Iterator[Sheet]:
    """Parts read, answers, times; lessons written, by title."""
    course, activity = Context.title.label("course"), Activity.title.label("activity")
    yield sheet(
        connection,
        "lesson_parts",
        _l("What you have read and answered in lessons"),
        select(
            course, activity, BlockState.block_key, BlockState.seen_at, BlockState.answer, BlockState.is_correct,
            BlockState.tries, BlockState.answered_at,
        )
        .select_from(BlockState)
        .join(Activity, Activity.id == BlockState.activity_id)
        .join(Context, Context.id == Activity.context_id)
        .where(BlockState.member_id == member_id)
        .order_by(BlockState.activity_id, BlockState.block_key),
    )  # fmt: skip
    yield sheet(
        connection,
        "learning_time",
        _l("Learning time"),
        select(course, activity, LearningTime.credited_ms, LearningTime.open_ms, LearningTime.last_at)
        .select_from(LearningTime)
        .join(Activity, Activity.id == LearningTime.activity_id)
        .join(Context, Context.id == Activity.context_id)
        .where(LearningTime.member_id == member_id)
        .order_by(LearningTime.activity_id),
    )
    yield sheet(
        connection,
        "learning_clock",
        _l("Where the clock last ran"),
        select(activity, LearningPointer.beat_ms, LearningPointer.gap_ms, LearningPointer.credit_ms,
               LearningPointer.day, LearningPointer.day_ms)
        .select_from(LearningPointer)
        .join(Activity, Activity.id == LearningPointer.activity_id)
        .where(LearningPointer.member_id == member_id),
    )  # fmt: skip
    yield sheet(
        connection,
        "lessons_written",
        _l("Lessons that you published"),
        select(course, LessonVersion.title, LessonVersion.number, LessonVersion.created_at)
        .select_from(LessonVersion)
        .join(Lesson, Lesson.id == LessonVersion.lesson_id)
        .join(Context, Context.id == Lesson.context_id)
        .where(LessonVersion.author_id == member_id)
        .order_by(LessonVersion.id),
    )
    yield sheet(
        connection,
        "lesson_drafts",
        _l("Drafts of lessons that you saved last"),
        select(course, activity, Lesson.draft_saved_at)
        .select_from(Lesson)
        .join(LessonUse, LessonUse.lesson_id == Lesson.id)
        .join(Activity, Activity.id == LessonUse.activity_id)
        .join(Context, Context.id == Activity.context_id)
        .where(Lesson.draft_author_id == member_id)
        .order_by(Lesson.id),
    )


def erase(connection: Connection, erasing: Erasing, limit: int) -> int:
    """What somebody did goes; what he wrote for the course loses his name."""
    whose = erasing.member_id
    return in_turn(
        lambda most: delete_some(connection, BlockState, BlockState.member_id == whose, limit=most),
        lambda most: delete_some(connection, LearningTime, LearningTime.member_id == whose, limit=most),
        lambda most: delete_some(connection, LearningPointer, LearningPointer.member_id == whose, limit=most),
        lambda most: change_some(connection, Lesson, Lesson.draft_author_id == whose, limit=most, draft_author_id=None),
        lambda most: change_some(
            connection, LessonVersion, LessonVersion.author_id == whose, limit=most, author_id=None
        ),
        limit=limit,
    )


KEEPER = Keeper("lessons", _l("Lessons"), STORED, export, erase)
