"""When the outline changes, parents' results follow: whoever has a result below is rolled up again, a few at a time.

A change of the outline only raises a number on the parent (`services.outline_changed`). The worker's sweep finds parents whose
number differs from the one that was last rolled up, takes their members in slices of 25, each in its own transaction,
and then notes the number. It may be killed at any instruction: what was done is done again and changes nothing.
"""

from datetime import datetime

from sqlalchemy import Connection, exists, select, update

from lti_tool.core.web import Runtime
from lti_tool.ledger.kinds import Sweep
from lti_tool.ledger.models import Activity, Result
from lti_tool.ledger.services import climb

SLICE = 25


def _is_due(connection: Connection, now: datetime) -> bool:  # noqa: ARG001 - a sweep's question has this shape
    return bool(connection.scalar(select(exists().where(Activity.outline_version != Activity.rolled_version))))


def _run(runtime: Runtime, now: datetime) -> int:
    """Roll up one parent for all its members. Returns how many members."""
    with runtime.database.reading_core() as connection:
        parent = connection.execute(
            select(Activity.id, Activity.outline_version)
            .where(Activity.outline_version != Activity.rolled_version)
            .order_by(Activity.id)
            .limit(1)
        ).first()
    if parent is None:
        return 0
    count, last = 0, 0
    while members := _members(runtime, parent.id, after=last):
        with runtime.database.writing_core() as connection:
            for member_id in members:
                climb(connection, parent.id, member_id, now)
        count, last = count + len(members), members[-1]
    with runtime.database.writing_core() as connection:
        connection.execute(
            update(Activity).where(Activity.id == parent.id).values(rolled_version=parent.outline_version)
        )
    return count


def _members(runtime: Runtime, parent_id: int, *, after: int) -> list[int]:
    """The next members with a result at or below the parent, by rising id."""
    with runtime.database.reading_core() as connection:
        rows = connection.execute(
            select(Result.member_id)
            .join(Activity, Activity.id == Result.activity_id)
            .where((Activity.id == parent_id) | (Activity.parent_id == parent_id), Result.member_id > after)
            .distinct()
            .order_by(Result.member_id)
            .limit(SLICE)
        )
        return list(rows.scalars())


ROLL_UP = Sweep("ledger.outline", due=_is_due, run=_run)
"""Parents whose outline has changed."""
