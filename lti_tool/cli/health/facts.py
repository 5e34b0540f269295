"""The facts, read in a fixed number of statements whatever the number of members. No names: LMSs go by registration number."""

import os
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, case, func, select, text

from lti_tool.core import beats
from lti_tool.core.config import Settings
from lti_tool.core.database import Database
from lti_tool.core.jobs import Job
from lti_tool.identity.models import Context, Deployment, Registration
from lti_tool.launch.models import LaunchFailure
from lti_tool.ledger.joined import COLUMNS_TO_DEPLOYMENTS
from lti_tool.ledger.models import LineItem, Placement, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.roster.queries import Age, roster_age_by_registration

OPEN = (PostState.waiting, PostState.sending)
"""The states in which a score is still to be sent."""
TRIED_FOR_HOURS = 14
"""So many attempts that failed in a row take two to four hours by the growing pauses between them (TO-13)."""


@dataclass(slots=True)
class Lms:
    """One registration."""

    id: int
    is_active: bool
    breaker_failures: int
    breaker_until: datetime | None
    clock_offset_ms: int
    scores: dict[str, int] = field(default_factory=dict)
    """Score posts by state."""
    oldest_due: datetime | None = None
    """When the oldest score that is still to be sent was due."""
    failing: int = 0
    """Scores that have been tried for hours and are still to be sent; each attempt makes them due later again."""
    columns: dict[str, int] = field(default_factory=dict)
    refusals: int = 0
    """Refused logins and launches of the last hour."""
    rosters: Age | None = None
    """How old the lists of members of courses in use are; None: there is no such course with a list."""

    @property
    def depth(self) -> int:
        """Scores that are still to be sent."""
        return sum(self.scores.get(state, 0) for state in OPEN)

    def waited(self, now: datetime) -> float:
        """Seconds for which the oldest of them has been due."""
        return max((now - self.oldest_due).total_seconds(), 0.0) if self.oldest_due is not None else 0.0

    def pause(self, now: datetime) -> float:
        """Seconds for which nothing is sent there yet, because it did not answer."""
        return max((self.breaker_until - now).total_seconds(), 0.0) if self.breaker_until is not None else 0.0


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one kind."""

    name: str
    due: int
    failing: int
    """Those whose last run failed."""
    oldest_due: datetime | None
    cause: str
    """A code of one that failed."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it, at one moment."""

    at: datetime
    lmss: list[Lms]
    jobs: list[Jobs]
    workers: list[beats.Seen]
    database_bytes: int
    strangers: int
    """Refusals of the last hour that belong to no registration."""


def read(database: Database, now: datetime) -> Facts:
    """Seven statements, and on PostgreSQL one more for the size."""
    with database.reading_core() as connection:
        lmss = _registrations(connection)
        _add_scores(connection, lmss)
        _add_columns(connection, lmss)
        strangers = _add_refusals(connection, lmss, now)
        for age in roster_age_by_registration(connection, now):
            lmss[age.registration_id].rosters = age
        return Facts(
            now,
            list(lmss.values()),
            _jobs(connection, now),
            beats.seen(connection, now),
            size_of(database, connection),
            strangers,
        )


def size_of(database: Database, connection: Connection) -> int:
    """Bytes of the database on its disk, with its log."""
    if not database.is_sqlite:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    path = Path(database.url.database or "")
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def room(settings: Settings, database: Database) -> dict[str, tuple[int, int]]:
    """(free, total) bytes by place: `uploads`, and `database` where it is a file of ours."""
    places = {"uploads": settings.data_dir}
    if database.is_sqlite:
        places["database"] = Path(database.url.database or "").parent
    found = {}
    for name, path in places.items():
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir hides the reason of a refusal as well
            usage = shutil.disk_usage(path)
            found[name] = (usage.free, usage.total)
    return found


def _registrations(connection: Connection) -> dict[int, Lms]:
    rows = connection.execute(
        select(
            Registration.id,
            Registration.is_active,
            Registration.breaker_failures,
            Registration.breaker_until,
            Registration.clock_offset_ms,
        ).order_by(Registration.id)
    )
    return {row.id: Lms(*row) for row in rows}


def _of_registration(statement: Any, item: Any) -> Any:
    return (
        statement.join(LineItem, LineItem.id == item)
        .join(Placement, Placement.id == LineItem.placement_id)
        .join(Context, Context.id == Placement.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
    )


def _add_scores(connection: Connection, lmss: dict[int, Lms]) -> None:
    """Counted by column first: there are few columns, so the joins cost nothing."""
    is_open = case((ScorePost.state.in_(OPEN), ScorePost.due_at))
    is_failing = case((ScorePost.state.in_(OPEN) & (ScorePost.attempts >= TRIED_FOR_HOURS), 1), else_=0)
    by_column = (
        select(
            ScorePost.line_item_id,
            ScorePost.state,
            func.count().label("times"),
            func.min(is_open).label("oldest"),
            func.sum(is_failing).label("failing"),
        )
        .group_by(ScorePost.line_item_id, ScorePost.state)
        .subquery()
    )
    statement = select(
        Deployment.registration_id,
        by_column.c.state,
        func.sum(by_column.c.times),
        func.min(by_column.c.oldest),
        func.sum(by_column.c.failing),
    ).select_from(by_column)
    statement = _of_registration(statement, by_column.c.line_item_id)
    for number, state, times, oldest, failing in connection.execute(
        statement.group_by(Deployment.registration_id, by_column.c.state)
    ):
        lms = lmss[number]
        lms.scores[state.value] = int(times)
        lms.failing += int(failing)
        if oldest is not None:
            lms.oldest_due = min(oldest, lms.oldest_due or oldest)


def _add_columns(connection: Connection, lmss: dict[int, Lms]) -> None:
    rows = connection.execute(
        select(Deployment.registration_id, LineItem.state, func.count())
        .select_from(COLUMNS_TO_DEPLOYMENTS)
        .group_by(Deployment.registration_id, LineItem.state)
    )
    for number, state, times in rows:
        lmss[number].columns[state.value] = times


def _add_refusals(connection: Connection, lmss: dict[int, Lms], now: datetime) -> int:
    """Returns how many belong to no registration."""
    strangers = 0
    for number, times in connection.execute(
        select(LaunchFailure.registration_id, func.count())
        .where(LaunchFailure.at > now - timedelta(hours=1))
        .group_by(LaunchFailure.registration_id)
    ):
        if number is None:
            strangers = times
        else:
            lmss[number].refusals = times
    return strangers


def _jobs(connection: Connection, now: datetime) -> list[Jobs]:
    is_due = Job.due_at <= now
    rows = connection.execute(
        select(
            Job.name,
            func.sum(case((is_due, 1), else_=0)),
            func.sum(case((Job.cause != "", 1), else_=0)),
            func.min(case((is_due, Job.due_at))),
            func.max(Job.cause),
        )
        .group_by(Job.name)
        .order_by(Job.name)
    )
    return [Jobs(name, int(due), int(failing), oldest, cause) for name, due, failing, oldest, cause in rows]
