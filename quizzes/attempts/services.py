"""What is written in attempts: begin, plan, close, reopen. Everything flushes and nothing commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.orm import Session

from lti_tool.core.columns import upsert
from lti_tool.core.errors import Conflict
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.actor import Actor, Can
from lti_tool.ledger import services as ledger
from lti_tool.ledger.availability import Window
from lti_tool.ledger.models import Activity
from lti_tool.ledger.windows import window_of
from lti_tool.questions.shuffling import attempt_seed, option_order, shuffled
from quizzes.attempts import queries, rules
from quizzes.attempts.models import Answer, Attempt
from quizzes.attempts.rules import AttemptState, ClosedBy, Step
from quizzes.attempts.standing import record_standing
from quizzes.bank.queries import Asked, asked
from quizzes.marking.paper import marked_paper, total
from quizzes.papers.queries import Use, settings_of
from quizzes.papers.rules import Item, draw, drawn_of


def counts(actor: Actor) -> bool:
    """Whether an attempt of this person is one of a member: staff and previews leave no trace."""
    return actor.is_recorded and not actor.can(Can.follow)


def begin(
    session: Session, *, actor: Actor, activity: Activity, use: Use, window: Window, key: bytes, now: datetime
) -> int:
    """Begin an attempt, or find the open one; returns its id. The caller has asked `rules.may_start`.

    `key`: the server's key for drawing. The paper is drawn from (quiz version, member, number) and stored.
    """
    is_preview = not counts(actor)
    if is_preview:
        _forget_previews(session, activity.id, actor.member_id)
    number = _next_number(session, activity.id, actor.member_id, is_preview)
    seed = attempt_seed(key, use.version_id, actor.member_id, number)
    questions = asked(session, [item.version for item in use.items])
    paper = _paper(use, questions, seed)
    limit = use.settings.time_limit_seconds
    ends_at = rules.end_of(now, rules.limit_for(limit, window), None if is_preview else window.closes)
    connection = session.connection()
    session.flush()
    made = connection.execute(
        upsert(Attempt, connection.dialect.name)
        .values(
            context_id=activity.context_id,
            activity_id=activity.id,
            member_id=actor.member_id,
            number=number,
            state=AttemptState.in_progress,
            is_preview=is_preview,
            limit_seconds=limit,
            extra_seconds=0,
            started_at=now,
            ends_at=ends_at,
            next_check_at=ends_at + rules.WORKER_WAITS if ends_at and not is_preview else None,
            schedule_version=activity.schedule_version,
            paper=paper,
            slots=len(paper),
            flags=[],
            maximum=sum((Decimal(each["points"]) for each in paper), Decimal(0)),
        )
        # Two tabs may press the button together: one attempt is open, and the second finds it.
        .on_conflict_do_nothing()
        .returning(Attempt.id)
    ).scalar_one_or_none()
    if made is None:
        return open_attempt_id(session, activity.id, actor.member_id, is_preview=is_preview) or _lost()
    if not is_preview:
        source = f"attempt:{made}:started"
        record_standing(session, activity, actor.member_id, now, verb="started", source=source)
    return int(made)


def _lost() -> int:
    raise Conflict


def _next_number(session: Session, activity_id: int, member_id: int, is_preview: bool) -> int:
    last = session.scalar(
        select(func.max(Attempt.number)).where(
            Attempt.activity_id == activity_id, Attempt.member_id == member_id, Attempt.is_preview.is_(is_preview)
        )
    )
    return (last or 0) + 1


def _forget_previews(session: Session, activity_id: int, member_id: int) -> None:
    """A preview leaves no trace: the former ones go when the next begins."""
    former = select(Attempt.id).where(
        Attempt.activity_id == activity_id,
        Attempt.member_id == member_id,
        Attempt.is_preview.is_(True),
        Attempt.state.not_in(queries.OPEN),
    )
    session.execute(delete(Answer).where(Answer.attempt_id.in_(former)))
    session.execute(delete(Attempt).where(Attempt.id.in_(former)))


def forget_previews(connection: Connection, context_id: int, member_id: int) -> None:
    """Take all previews of this person in this course away, running ones too. Two statements."""
    own = select(Attempt.id).where(
        Attempt.member_id == member_id, Attempt.context_id == context_id, Attempt.is_preview.is_(True)
    )
    connection.execute(delete(Answer).where(Answer.attempt_id.in_(own)))
    connection.execute(delete(Attempt).where(Attempt.id.in_(own)))


def _paper(use: Use, questions: Mapping[int, Asked], seed: bytes) -> list[dict[str, Any]]:
    def mix(items: Sequence[Item]) -> Sequence[Item]:
        return shuffled(items, attempt_seed(seed, "questions"))

    def order_of(item: Item, is_shuffled: bool) -> tuple[str, ...]:
        question = questions[item.version].question
        return option_order(question, attempt_seed(seed, "options", item.version) if is_shuffled else None)

    return [each.to_json() for each in draw(use.items, use.settings, mix=mix, order_of=order_of)]


def open_attempt_id(session: Session, activity_id: int, member_id: int, *, is_preview: bool) -> int | None:
    """The id of the open attempt, if there is one."""
    return session.scalar(
        select(Attempt.id).where(
            Attempt.activity_id == activity_id,
            Attempt.member_id == member_id,
            Attempt.is_preview.is_(is_preview),
            Attempt.state.in_(queries.OPEN),
        )
    )


def contact(session: Session, *, attempt: Attempt, activity: Activity, now: datetime) -> None:
    """Re-plan the attempt if the schedule has changed, then do what its time says. Repeating it changes nothing.

    The caller holds the row's lock.
    """
    if not attempt.state.is_open:
        return
    settings = settings_of(session, activity.id)
    plan(session, attempt, activity)
    step = rules.on_contact(attempt.state, queries.timing_of(attempt, settings), now)
    _apply(session, attempt, activity, step, now)


def plan(session: Session, attempt: Attempt, activity: Activity) -> datetime | None:
    """Set the end by the dates and concessions as they are now, and return it; the LMS's dates take no time away."""
    if attempt.schedule_version == activity.schedule_version:
        return attempt.ends_at
    attempt.ends_at = rules.replanned(
        attempt.ends_at, _end(session, attempt, activity, with_lms=False), _end(session, attempt, activity)
    )
    attempt.schedule_version = activity.schedule_version
    return attempt.ends_at


def _end(session: Session, attempt: Attempt, activity: Activity, *, with_lms: bool = True) -> datetime | None:
    window = window_of(session, activity, attempt.member_id, with_lms=with_lms)
    limit = rules.limit_for(attempt.limit_seconds, window)
    closes = None if attempt.is_preview else window.closes
    return rules.end_of(attempt.started_at, None if limit is None else limit + attempt.extra_seconds, closes)


def submit(
    session: Session,
    *,
    attempt: Attempt,
    activity: Activity,
    given: Mapping[int, tuple[int, Any]],
    is_finishing: bool,
    now: datetime,
) -> bool:
    """A page was sent: save its answers if they are in time, and close the attempt if it is to be closed.

    `given`: by slot (seq, response). Returns whether the answers were taken. The caller holds the row's lock.
    """
    settings = settings_of(session, activity.id)
    if attempt.state.is_open:
        plan(session, attempt, activity)
    done = rules.on_submission(attempt.state, queries.timing_of(attempt, settings), now, is_finishing=is_finishing)
    if done.takes_answers:
        save_answers(session, attempt, given, now)
    _apply(session, attempt, activity, done.step, now)
    return done.takes_answers


def save_answers(session: Session, attempt: Attempt, given: Mapping[int, tuple[int, Any]], now: datetime) -> None:
    """Save answers by slot: (seq, response). A lower or equal seq changes nothing."""
    rows = [
        {"attempt_id": attempt.id, "slot": slot, "seq": seq, "response": response, "saved_at": now}
        for slot, (seq, response) in sorted(given.items())
        if 1 <= slot <= attempt.slots
    ]
    if not rows:
        return
    connection = session.connection()
    statement = upsert(Answer, connection.dialect.name).values(rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["attempt_id", "slot"],
            set_={
                "seq": statement.excluded.seq,
                "response": statement.excluded.response,
                "saved_at": statement.excluded.saved_at,
            },
            where=statement.excluded.seq > Answer.seq,
        )
    )


def _apply(session: Session, attempt: Attempt, activity: Activity, step: Step, now: datetime) -> None:
    if not attempt.state.is_open:
        return
    attempt.state = step.state
    attempt.next_check_at = step.next_check_at
    attempt.closed_by = step.closed_by
    if step.state.is_open:
        session.flush()
        return
    by_time = step.closed_by is ClosedBy.time and attempt.ends_at is not None
    attempt.finished_at = min(now, attempt.ends_at) if by_time and attempt.ends_at else now
    if step.state is AttemptState.finished:
        paper = drawn_of(attempt.paper)
        questions = asked(session, [each.version for each in paper])
        attempt.score = total(marked_paper(paper, questions, queries.responses(session, attempt.id)))
    session.flush()
    if attempt.is_preview:
        return
    verb = "submitted" if step.state is AttemptState.finished else "abandoned"
    source = f"attempt:{attempt.id}:{verb}"
    record_standing(session, activity, attempt.member_id, now, verb=verb, source=source)


def give_attempt(
    session: Session, *, activity: Activity, member_id: int, actor: Actor, reason: str, now: datetime
) -> None:
    """One more attempt for a member, with a reason."""
    window = window_of(session, activity, member_id)
    ledger.set_override(
        session,
        activity_id=activity.id,
        member_id=member_id,
        actor=actor,
        reason=reason,
        now=now,
        extra_attempts=window.extra_attempts + 1,
    )


def reopen(
    session: Session,
    *,
    attempt: Attempt,
    activity: Activity,
    minutes: int,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    """Let a member go on with a closed attempt for `minutes` more, with a reason. The caller holds the row's lock.

    Its answers stay; the grade stays as it is until it is handed in again. Raises Conflict if it is open already, if
    another attempt is, or if the LMS's own window is over, which we cannot move.
    """
    if attempt.state.is_open or attempt.is_preview:
        raise Conflict
    if open_attempt_id(session, activity.id, attempt.member_id, is_preview=False) is not None:
        raise Conflict(
            _l("This member has another attempt running."), action=_l("Reopen it when that one is handed in.")
        )
    window = window_of(session, activity, attempt.member_id, with_lms=False)
    end = now + timedelta(minutes=minutes)
    dates: dict[str, Any] = {"closes_at": end} if window.closes is not None and window.closes < end else {}
    # The override row is where the reason stands, and its change makes every planning look again.
    ledger.set_override(
        session, activity_id=activity.id, member_id=attempt.member_id, actor=actor, reason=reason, now=now, **dates
    )
    session.refresh(activity)
    window = window_of(session, activity, attempt.member_id)
    if window.closes is not None and window.closes <= now:
        raise Conflict(
            _l("Your LMS closed this quiz at the date that is set there; it cannot be opened again from here."),
            action=_l("Move the date in the LMS, open the quiz from there once, and reopen the attempt then."),
        )
    limit = rules.limit_for(attempt.limit_seconds, window)
    if limit is not None:
        attempt.extra_seconds = int((end - attempt.started_at).total_seconds()) - limit
    attempt.state = AttemptState.in_progress
    attempt.score = attempt.finished_at = attempt.closed_by = attempt.ends_at = None
    attempt.schedule_version = 0
    ends_at = plan(session, attempt, activity)
    attempt.next_check_at = ends_at + rules.WORKER_WAITS if ends_at else None
    session.flush()
