"""What is written in lessons: drafts, versions, settings; what members read and answer, and what follows from it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal, or_, select
from sqlalchemy.orm import Session

from courses.lessons import rules
from courses.lessons.copying import own_lesson
from courses.lessons.models import BlockState, Lesson, LessonUse, LessonVersion, QuestionRule
from courses.lessons.rules import Block, Wanted
from lti_tool.core.columns import upsert
from lti_tool.core.errors import Conflict, Invalid, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.actor import Actor, Can
from lti_tool.ledger import services as ledger
from lti_tool.ledger.availability import Phase
from lti_tool.ledger.models import Activity, ActivityStatus

GAPS = {
    rules.Gap.empty: _l("Part %(n)s is still empty.", n="{n}"),
    rules.Gap.no_file: _l("Part %(n)s has no file yet.", n="{n}"),
    rules.Gap.no_alt: _l("The image in part %(n)s needs a description.", n="{n}"),
}


def counts(actor: Actor) -> bool:
    """Whether what this person does in a lesson is written down: staff and previews leave no trace."""
    return actor.is_recorded and not actor.can(Can.follow)


def create(
    session: Session, *, context_id: int, title: str, now: datetime, parent_id: int | None = None, **fields: Any
) -> Activity:
    """A draft activity with an empty lesson that holds one empty text block; flushed."""
    activity = ledger.create_activity(
        session,
        context_id=context_id,
        kind="lesson",
        title=title,
        now=now,
        criteria=[["blocks", 0]],
        parent_id=parent_id,
        **fields,
    )
    lesson = Lesson(
        context_id=context_id,
        draft=[rules.new_block(rules.BlockKind.text).to_json()],
        draft_saved_at=now,
        created_at=now,
    )
    session.add(lesson)
    session.flush()
    session.add(LessonUse(activity_id=activity.id, lesson_id=lesson.id))
    session.flush()
    return activity


def _lesson(session: Session, activity_id: int, now: datetime) -> tuple[LessonUse, Lesson]:
    """The use and its lesson, which is this course's own from now on. Raises NotFound."""
    use = session.get(LessonUse, activity_id, with_for_update=True)
    if use is None:
        raise NotFound
    return use, own_lesson(session, use, now)


def save_draft(
    session: Session,
    *,
    activity_id: int,
    blocks: Sequence[Block],
    revision: int | None,
    actor: Actor,
    now: datetime,
) -> int:
    """Store the draft; returns its new revision.

    `revision` is the one the editor started from. Raises Conflict if somebody else saved since.
    """
    _, lesson = _lesson(session, activity_id, now)
    if revision is not None and revision != lesson.draft_revision:
        raise Conflict(
            _l("Somebody else has saved this lesson since you opened it."),
            action=_l("Your text is below. Open the editor in a new tab, compare, and save again."),
            code="DK-409-DRAFT",
        )
    stored = [block.to_json() for block in rules.keep_apart(blocks)[: rules.MOST_BLOCKS]]
    if stored != lesson.draft:
        lesson.is_changed = True
        lesson.draft = stored
    lesson.draft_revision += 1
    lesson.draft_author_id = actor.member_id
    lesson.draft_saved_at = now
    session.flush()
    return lesson.draft_revision


def publish(session: Session, *, activity: Activity, actor: Actor, now: datetime) -> int:
    """Make the draft a version that members see from now on; returns its number.

    Raises Invalid if a block is incomplete. An unchanged draft makes no new version. What members have read and
    answered stays with the keys of the blocks, and who has completed the lesson stays so.
    """
    use, lesson = _lesson(session, activity.id, now)
    blocks = rules.blocks_of(lesson.draft)
    faults = faults_of(blocks)
    if faults:
        raise Invalid(faults[0], code="DK-400-LESSON")
    latest = session.scalar(
        select(LessonVersion).where(LessonVersion.lesson_id == lesson.id).order_by(LessonVersion.number.desc()).limit(1)
    )
    published = [replace(block, fields=None).to_json() for block in blocks]
    is_other = latest is None or latest.blocks != published
    if latest is None or is_other or latest.title != activity.title:
        latest = LessonVersion(
            lesson_id=lesson.id,
            number=latest.number + 1 if latest else 1,
            title=activity.title,
            blocks=published,
            author_id=actor.member_id,
            created_at=now,
        )
        session.add(latest)
        session.flush()
    use.lesson_version_id = latest.id
    lesson.is_changed = False
    _follow(session, activity, use, blocks, is_other=is_other)
    if activity.status is ActivityStatus.draft:
        ledger.publish(session, activity)
    session.flush()
    return latest.number


def faults_of(blocks: Sequence[Block]) -> list[Any]:
    """One sentence for each block that members may not see yet; lazy texts."""
    found: list[Any] = []
    for number, block in enumerate(blocks, 1):
        gap = rules.gap_of(block)
        if gap is not None:
            found.append(_l(GAPS[gap].msgid, n=number))
    return found or ([] if blocks else [_l("The lesson has no part yet.")])


def _follow(
    session: Session, activity: Activity, use: LessonUse, blocks: Sequence[Block], *, is_other: bool = False
) -> None:
    """Bring what lists show into line with the blocks: criteria, estimated time.

    If the criteria have changed, or the blocks that they are about (`is_other`), the worker compares with them what
    members have read and answered already.
    """
    wanted = Wanted(use.needs_blocks, use.min_seconds, use.question_rule.value)
    criteria = rules.criteria_of(wanted, blocks)
    if is_other or criteria != activity.criteria:
        ledger.criteria_changed(session, activity, criteria)
    if use.is_effort_estimated:
        activity.effort_minutes = rules.estimated_minutes(blocks)


def set_criteria(
    session: Session, *, activity: Activity, wanted: Wanted, effort_minutes: int | None, blocks: Sequence[Block]
) -> None:
    """Change what completes the lesson. `effort_minutes` None: estimate it. `blocks`: those of the published version."""
    use = session.get_one(LessonUse, activity.id)
    use.needs_blocks = wanted.blocks
    use.min_seconds = wanted.seconds
    use.question_rule = QuestionRule(wanted.question)
    use.is_effort_estimated = effort_minutes is None
    if effort_minutes is not None:
        activity.effort_minutes = effort_minutes
    _follow(session, activity, use, blocks)
    session.flush()


def restore(session: Session, *, activity_id: int, number: int, actor: Actor, now: datetime) -> None:
    """Put a version into the draft. Members see it only once it is published.

    Raises NotFound if there is no such version.
    """
    _, lesson = _lesson(session, activity_id, now)
    version = session.scalar(
        select(LessonVersion).where(LessonVersion.lesson_id == lesson.id, LessonVersion.number == number)
    )
    if version is None:
        raise NotFound
    save_draft(
        session,
        activity_id=activity_id,
        blocks=rules.blocks_of(version.blocks),
        revision=None,
        actor=actor,
        now=now,
    )


def mark_seen(
    connection: Connection, *, activity_id: int, member_id: int, keys: Collection[str], now: datetime
) -> None:
    """Write down which blocks a member has read; what was read before stays as it was. One statement."""
    if not keys:
        return
    statement = upsert(BlockState, connection.dialect.name).values(
        [
            {
                "activity_id": activity_id,
                "member_id": member_id,
                "block_key": key,
                "seen_at": now,
                "is_correct": False,
                "tries": 0,
            }
            for key in sorted(keys)
        ]
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["activity_id", "member_id", "block_key"],
            set_={"seen_at": func.coalesce(BlockState.seen_at, statement.excluded.seen_at)},
        )
    )


def answer(
    connection: Connection,
    *,
    activity_id: int,
    member_id: int,
    key: str,
    response: Any,
    is_correct: bool,
    now: datetime,
) -> None:
    """Write down an answer. A question once answered correctly stays correct. One statement."""
    values = {"answer": response, "answered_at": now, "seen_at": now}
    statement = upsert(BlockState, connection.dialect.name).values(
        activity_id=activity_id, member_id=member_id, block_key=key, is_correct=is_correct, tries=1, **values
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["activity_id", "member_id", "block_key"],
            set_={
                "answer": statement.excluded.answer,
                "answered_at": now,
                "seen_at": func.coalesce(BlockState.seen_at, literal(now, BlockState.seen_at.type)),
                "is_correct": or_(BlockState.is_correct, statement.excluded.is_correct),
                "tries": BlockState.tries + 1,
            },
        )
    )


def require_open(phase: Phase) -> None:
    """Raises Conflict if the dates do not let this count (cut-off is read only)."""
    if phase is Phase.before:
        raise Conflict(_l("This lesson is not open yet."), action=_l("Come back once it is."), code="DK-409-BEFORE")
    if phase is Phase.closed:
        raise Conflict(
            _l("This lesson is closed: nothing counts any more."),
            action=_l("You can still read it."),
            code="DK-409-CLOSED",
        )
