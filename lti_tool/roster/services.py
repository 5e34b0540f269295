"""Writing a roster down: how far a reading is, and its pages in staging until the list is complete (merging: then).

Each function is one short transaction's work, of at most 500 rows, and says first that this reading is still the one that
counts (`Superseded` else). Nothing of a list is seen before it is complete, so that one which breaks off changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, case, delete, func, select, update

from lti_tool.core.columns import upsert
from lti_tool.core.secrets import Keys
from lti_tool.identity.erased import erased_among
from lti_tool.roster.models import RosterRow, RosterSync, SyncState
from lti_tool.roster.queries import Course
from lti_tool.roster.rules import Cause, Listed

ROWS: Final = 200
"""Of one transaction."""
CLEARED: Final = 499
"""Rows of staging that one transaction takes away, beside the reading's own row."""


class Superseded(Exception):
    """Another reading of the same course has begun; this one leaves off."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of one course's list."""

    course: Course
    run: int
    began: datetime


def begin(connection: Connection, course: Course, now: datetime) -> Reading:
    """From now on this reading counts, and no other. What one that was killed has changed is counted with it. One statement."""
    statement = upsert(RosterSync, connection.dialect.name).values(
        context_id=course.id, state=SyncState.reading, started_at=now, run=1, pages=0, listed=0, failures=0
    )
    was_done = RosterSync.state == SyncState.done
    counts = {
        each.key: case((was_done, 0), else_=each) for each in (RosterSync.came, RosterSync.gone, RosterSync.renamed)
    }
    run = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["context_id"],
            set_={"run": RosterSync.run + 1, "state": SyncState.reading, "started_at": now, "pages": 0, **counts},
        ).returning(RosterSync.run)
    ).scalar_one()
    return Reading(course, int(run), now)


def hold(connection: Connection, reading: Reading, **values: Any) -> None:
    """This reading writes; others of the same course wait. Raises Superseded."""
    held = connection.execute(
        update(RosterSync)
        .where(RosterSync.context_id == reading.course.id, RosterSync.run == reading.run)
        .values(**(values or {"run": reading.run}))
    )
    if not held.rowcount:
        raise Superseded


def clear(connection: Connection, reading: Reading) -> bool:
    """Take what readings have left behind; whether there was anything. Two statements."""
    hold(connection, reading)
    old = select(RosterRow.id).where(RosterRow.context_id == reading.course.id).limit(CLEARED)
    return bool(connection.execute(delete(RosterRow).where(RosterRow.id.in_(old))).rowcount)


def stage(connection: Connection, keys: Keys, reading: Reading, people: Sequence[Listed], names: Sequence[str]) -> None:
    """Keep a page's people until the list is complete, under these names. Somebody who comes twice is as he came last.

    Who was erased stays so (ID-12). At most five statements and 500 people.
    """
    hold(connection, reading, pages=RosterSync.pages + 1)
    erased = erased_among(connection, keys, reading.course.registration_id, [each.sub for each in people])
    rows = {
        each.sub: {
            "context_id": reading.course.id,
            "sub": each.sub,
            "name": name,
            "is_named": bool(each.name),
            "role": each.role,
            "gradable": each.gradable,
            "is_active": each.is_active,
            "groups": None if each.groups is None else list(each.groups),
        }
        for each, name in zip(people, names, strict=True)
        if each.sub not in erased
    }
    if not rows:
        return
    statement = upsert(RosterRow.__table__, connection.dialect.name)
    kept = {name: statement.excluded[name] for name in ("name", "is_named", "role", "gradable", "is_active", "groups")}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["context_id", "sub"], set_=kept), list(rows.values())
    )


def merge_begins(connection: Connection, reading: Reading) -> tuple[int, int]:
    """The list is all there; how many people it has, and how many of them without a name. Two statements."""
    hold(connection, reading, state=SyncState.merging)
    nameless = func.coalesce(func.sum(case((RosterRow.is_named, 0), else_=1)), 0)
    row = connection.execute(select(func.count(), nameless).where(RosterRow.context_id == reading.course.id)).one()
    return int(row[0]), int(row[1])


def finish(
    connection: Connection,
    reading: Reading,
    *,
    counts: tuple[int, int] | None,
    differences_url: str | None,
    groups_cause: str,
) -> None:
    """The list is in the course. `counts` as of `merge_begins`; None: only what had changed was read. One statement."""
    values: dict[str, Any] = {
        "state": SyncState.done,
        "cause": "",
        "failures": 0,
        "complete_at": reading.began,
        "differences_url": differences_url,
        "groups_cause": groups_cause,
    }
    if counts is not None:
        values["listed"], values["nameless"] = counts
    hold(connection, reading, **values)


def fail(connection: Connection, reading: Reading, cause: Cause) -> int:
    """The list could not be read; nothing has changed. How often in a row. Two statements."""
    hold(connection, reading, state=SyncState.failed, cause=cause.value, failures=RosterSync.failures + 1)
    return int(
        connection.execute(select(RosterSync.failures).where(RosterSync.context_id == reading.course.id)).scalar_one()
    )
