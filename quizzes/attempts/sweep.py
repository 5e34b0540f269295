"""The worker's part: closes attempts whose time is up, re-plans those whose schedule has changed.

Each attempt has a short transaction of its own, so that nobody's autosave waits long and a killed worker loses nothing.
Two workers may meet on one attempt: the second finds it done.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, exists, or_, select, text

from lti_tool.core.errors import Unavailable
from lti_tool.core.logs import log
from lti_tool.core.web import Runtime
from lti_tool.identity.sessions import LONGEST
from lti_tool.ledger.kinds import Sweep
from lti_tool.ledger.models import Activity
from quizzes.attempts import services
from quizzes.attempts.models import OPEN, Answer, Attempt

MOST = 500
"""Attempts per run; the next run goes on."""

_CHANGED = exists().where(Activity.id == Attempt.activity_id, Activity.schedule_version != Attempt.schedule_version)


def due(connection: Connection, now: datetime) -> bool:
    """Whether any attempt waits: two questions to partial indexes of the open ones."""
    timed = select(Attempt.id).where(OPEN, Attempt.next_check_at <= now).limit(1)
    if connection.execute(timed).first() is not None:
        return True
    return connection.execute(select(Attempt.id).where(OPEN, _CHANGED).limit(1)).first() is not None


def run(runtime: Runtime, now: datetime) -> int:
    """Do what the time says to every attempt that waits, at most 500; returns how many were done."""
    with runtime.database.reading_core() as connection:
        waiting = connection.scalars(
            select(Attempt.id)
            .where(OPEN, or_(Attempt.next_check_at <= now, _CHANGED))
            .order_by(Attempt.next_check_at, Attempt.id)
            .limit(MOST)
        ).all()
    return sum(_is_done(runtime, attempt_id, now) for attempt_id in waiting)


def _is_done(runtime: Runtime, attempt_id: int, now: datetime) -> bool:
    """Look at one attempt; one that cannot be closed is logged, tried again next time, and holds up no other."""
    try:
        _look_at(runtime, attempt_id, now)
    except Unavailable:
        raise  # The database: the next would fare no better.
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one attempt, the others' time is up too
        log.error("attempt_failed", attempt=attempt_id, kind=type(error).__name__)
        return False
    return True


def _look_at(runtime: Runtime, attempt_id: int, now: datetime) -> None:
    with runtime.database.writing() as session:
        attempt = session.scalar(select(Attempt).where(Attempt.id == attempt_id).with_for_update(skip_locked=True))
        if attempt is None:
            return  # Another worker, or its member, is at it right now.
        activity = session.get_one(Activity, attempt.activity_id)
        services.contact(session, attempt=attempt, activity=activity, now=now)


SWEEP = Sweep(name="quizzes.attempts", due=due, run=run)

_PREVIEW = text("attempt.is_preview")
"""Written out, not bound, for the partial index."""


def is_old_preview(connection: Connection, now: datetime) -> bool:
    """Whether a preview is older than any session: whoever began it closed the window and never ended it."""
    old = select(Attempt.id).where(_PREVIEW, Attempt.started_at <= now - LONGEST).limit(1)
    return connection.execute(old).first() is not None


def forget_old_previews(runtime: Runtime, now: datetime) -> int:
    """Take them away, at most 500; returns how many."""
    with runtime.database.writing_core() as connection:
        old = connection.scalars(
            select(Attempt.id).where(_PREVIEW, Attempt.started_at <= now - LONGEST).order_by(Attempt.id).limit(MOST)
        ).all()
        connection.execute(delete(Answer).where(Answer.attempt_id.in_(old)))
        connection.execute(delete(Attempt).where(Attempt.id.in_(old)))
    return len(old)


PREVIEWS = Sweep(name="quizzes.previews", due=is_old_preview, run=forget_old_previews)
