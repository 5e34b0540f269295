"""Jobs: what the worker shall do once, or every so often, outside any request. Rows are the truth, nothing is ever unpickled.

`ask` lays a row down in the caller's transaction; it is unique by (name, key), so asking twice is one job. A worker takes a
row that is due by lease, calls what the kind's record names, and says when it comes again, or deletes it. A worker that was
killed loses its lease, and another takes the row up again: whatever a job does must be right when it is done twice.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Index, String, UniqueConstraint, case, delete, literal, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, UtcDateTime, upsert

FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=10), timedelta(hours=1)


class Job(Base):
    """Something to be done at `due_at`."""

    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("name", "key"), Index("ix_job_due_at", "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    """Of its kind, such as `roster.read`."""
    key: Mapped[str] = mapped_column(String(80), default="")
    """What it is done to, as ids: `context:17`."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    takes: Mapped[int] = mapped_column(default=0, server_default="0")
    """Rises each time a worker takes it: the proof of who has it now."""
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    """Since it last ended well, with the one on its way."""
    asked: Mapped[int] = mapped_column(default=1, server_default="1")
    """Rises with every wish for it, so that a run on its way does not swallow one that came too late for it."""
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    cause: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Why it failed the last time, as a code; empty if it did not."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that this worker has, until its lease ends."""

    id: int
    name: str
    key: str
    payload: Mapping[str, Any]
    takes: int
    attempts: int
    asked: int


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job. Rooms export theirs, `app` hands them down, and the worker calls them.

    `run` gets the worker's tools (`lms.work.Work`) and the job, opens its own transactions, and returns when to come again;
    None: it is done, or, with `every`, comes again after that. Whatever it raises is logged and tried again later.
    """

    name: str
    run: Callable[[Any, Taken], datetime | None]
    lease: timedelta = timedelta(minutes=5)
    """How long one worker may take before another takes over, unless it renews (`renew`)."""
    every: timedelta | None = None
    """Such a job is there from the first start of a worker on, with the empty key."""


def ask(
    connection: Connection, *, name: str, due_at: datetime, key: str = "", payload: Mapping[str, Any] | None = None
) -> None:
    """Let it be done at `due_at`, or earlier if that was asked for already. One statement in the caller's transaction.

    `payload` replaces the one that is there; None keeps it.
    """
    statement = upsert(Job, connection.dialect.name).values(
        name=name, key=key, due_at=due_at, takes=0, attempts=0, asked=1, payload=dict(payload or {}), cause=""
    )
    changes: dict[str, Any] = {
        "due_at": case((Job.due_at < statement.excluded.due_at, Job.due_at), else_=statement.excluded.due_at),
        "asked": Job.asked + 1,
        "attempts": 0,
    }
    if payload is not None:
        changes["payload"] = statement.excluded.payload
    connection.execute(statement.on_conflict_do_update(index_elements=["name", "key"], set_=changes))


def ensure(connection: Connection, kinds: Collection[JobKind], now: datetime) -> None:
    """Lay down the rows of those that come again and again; what is there already stays as it is."""
    for kind in kinds:
        if kind.every is not None:
            connection.execute(
                upsert(Job, connection.dialect.name)
                .values(name=kind.name, key="", due_at=now, takes=0, attempts=0, asked=1, payload={}, cause="")
                .on_conflict_do_nothing(index_elements=["name", "key"])
            )


def _is_due(names: Collection[str], now: datetime) -> tuple[Any, ...]:
    return (Job.due_at <= now, Job.name.in_(names), or_(Job.lease_until.is_(None), Job.lease_until <= now))


def is_due(connection: Connection, names: Collection[str], now: datetime) -> bool:
    """Whether there is anything to take."""
    return connection.execute(select(Job.id).where(*_is_due(names, now)).limit(1)).first() is not None


def is_taken(connection: Connection, names: Collection[str], now: datetime) -> bool:
    """Whether a worker has any of them now."""
    return (
        connection.execute(select(Job.id).where(Job.name.in_(names), Job.lease_until > now).limit(1)).first()
        is not None
    )


def take(connection: Connection, kinds: Mapping[str, JobKind], now: datetime) -> Taken | None:
    """Take the job that has been due longest; None if there is none. Needs a writing transaction; two statements."""
    statement = select(Job).where(*_is_due(kinds.keys(), now)).order_by(Job.due_at, Job.id).limit(1)
    if connection.dialect.name != "sqlite":
        statement = statement.with_for_update(skip_locked=True)
    row = connection.execute(statement).first()
    if row is None:
        return None
    until = now + kinds[row.name].lease
    connection.execute(
        update(Job)
        .where(Job.id == row.id)
        # Due again when the lease ends: so a wish that comes meanwhile keeps its own moment.
        .values(takes=row.takes + 1, attempts=row.attempts + 1, lease_until=until, due_at=until)
    )
    return Taken(row.id, row.name, row.key, row.payload, row.takes + 1, row.attempts + 1, row.asked)


def _ours(taken: Taken) -> tuple[Any, ...]:
    return (Job.id == taken.id, Job.takes == taken.takes)


def renew(connection: Connection, taken: Taken, until: datetime) -> bool:
    """Keep it longer; False: another worker has it by now, and this one has to stop."""
    later = case((Job.asked != taken.asked, Job.due_at), else_=literal(until, Job.due_at.type))
    values = {"lease_until": until, "due_at": later}
    return bool(connection.execute(update(Job).where(*_ours(taken)).values(values)).rowcount)


def proceed(connection: Connection, taken: Taken, payload: Mapping[str, Any]) -> bool:
    """Write down how far it is, in the transaction that has just done that part: who takes it up again goes on there.

    False: another worker has it by now, or somebody has asked anew. Then the part is to be undone, and this run ends.
    """
    done = connection.execute(update(Job).where(*_ours(taken), Job.asked == taken.asked).values(payload=dict(payload)))
    return bool(done.rowcount)


def finish(connection: Connection, taken: Taken, *, again_at: datetime | None) -> None:
    """It ended well. Without `again_at` it goes, unless somebody has asked for it anew since it was taken."""
    if again_at is None:
        connection.execute(delete(Job).where(*_ours(taken), Job.asked == taken.asked))
    due_at = case((Job.asked != taken.asked, Job.due_at), else_=literal(again_at, Job.due_at.type))
    connection.execute(update(Job).where(*_ours(taken)).values(due_at=due_at, lease_until=None, attempts=0, cause=""))


def put_off(connection: Connection, taken: Taken, *, cause: str, now: datetime, chance: float) -> None:
    """It failed: it is tried again, later each time. `cause`: a code, no text of anybody's."""
    connection.execute(
        update(Job)
        .where(*_ours(taken))
        .values(due_at=now + backoff(taken.attempts, chance), lease_until=None, cause=cause[:64])
    )


def backoff(attempts: int, chance: float) -> timedelta:
    """How long to wait after the `attempts`-th failure in a row; `chance` 0 to 1 spreads it over the upper half."""
    longest: timedelta = min(FIRST_DELAY * (1 << min(max(attempts - 1, 0), 20)), LONGEST_DELAY)
    return longest * (0.5 + chance / 2)
