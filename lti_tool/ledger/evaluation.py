"""When criteria change, the results that exist are compared with them, a few at a time (as decision 10 does for parents).

A change only raises a number on the activity (`services.criteria_changed`). The sweep of its kind finds activities whose
number differs from the one that was last evaluated, takes their members in slices of 25, each in its own transaction,
and then notes the number. It may be killed at any instruction: what was done is done again and changes nothing.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, exists, select, union, update
from sqlalchemy.orm import Session

from lti_tool.core.web import Runtime
from lti_tool.ledger.kinds import Sweep
from lti_tool.ledger.models import Activity, Result

SLICE = 25
"""Members per transaction: each may touch his result, the parents', their score posts and an entry."""

Members = Select[int]
"""A statement of member ids."""


def evaluation(
    kind: str,
    evaluate: Callable[[Session, Activity, int, datetime], None],
    *,
    traces: Callable[[int], tuple[Members, ...]] = lambda _activity_id: (),
) -> Sweep:
    """The sweep of one kind. `evaluate` compares one member (activity, member id) with the criteria as they are now.

    `traces`: members of an activity who may have done something in it, though they have no result yet.
    """
    differs = (Activity.kind == kind, Activity.criteria_version != Activity.evaluated_version)

    def is_due(connection: Connection, now: datetime) -> bool:  # noqa: ARG001 - a sweep's question has this shape
        return bool(connection.scalar(select(exists().where(*differs))))

    def run(runtime: Runtime, now: datetime) -> int:
        """Evaluate one activity for all its members. Returns how many members."""
        activity = _next(runtime, differs)
        if activity is None:
            return 0
        activity_id, version = activity
        count, last = 0, 0
        while members := _members(runtime, activity_id, traces(activity_id), after=last):
            with runtime.database.writing() as session:
                found = session.get_one(Activity, activity_id)
                for member_id in members:
                    evaluate(session, found, member_id, now)
            count, last = count + len(members), members[-1]
        with runtime.database.writing_core() as connection:
            connection.execute(update(Activity).where(Activity.id == activity_id).values(evaluated_version=version))
        return count

    return Sweep(f"ledger.evaluation.{kind}", due=is_due, run=run)


def _next(runtime: Runtime, differs: tuple[ColumnElement[bool], ...]) -> tuple[int, int] | None:
    with runtime.database.reading_core() as connection:
        row = connection.execute(
            select(Activity.id, Activity.criteria_version).where(*differs).order_by(Activity.id).limit(1)
        ).first()
    return None if row is None else (row.id, row.criteria_version)


def _members(runtime: Runtime, activity_id: int, traces: tuple[Members, ...], *, after: int) -> list[int]:
    """The next members with a result or another trace, by rising id."""
    results = select(Result.member_id).where(Result.activity_id == activity_id)
    found = union(results, *traces).subquery()
    with runtime.database.reading_core() as connection:
        rows = connection.execute(
            select(found.c.member_id).where(found.c.member_id > after).order_by(found.c.member_id).limit(SLICE)
        )
        return list(rows.scalars())
