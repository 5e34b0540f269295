"""Copying what can be learned from one course into another: outline and content, never what anybody did there.

Activities are copied as rows, with their dates taken off; what they use is pinned, by `Kind.copy`. Results, overrides,
links and columns stay where they are. The caller holds the row of the target course (a launch does, from its first
statement on), so that two cannot copy at the same moment; the unique keys (context, origin) and (context, lineage) hold
it besides.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from lti_tool.core.columns import Base, upsert
from lti_tool.identity.models import Context, ContextCopy
from lti_tool.ledger.kinds import Kind
from lti_tool.ledger.models import Activity, ActivityStatus, AuditEvent

_CARRIED = (
    Activity.kind,
    Activity.title,
    Activity.summary,
    Activity.maximum,
    Activity.category,
    Activity.is_required,
    Activity.criteria,
    Activity.effort_minutes,
    Activity.section,
    Activity.lineage,
)
"""What a copy takes over as it is."""


def copied_status(status: ActivityStatus, opens_at: datetime | None) -> ActivityStatus:
    """Of a copy: what had an opening date waits as a draft for a new one, since without it all would see it at once."""
    is_open = status is ActivityStatus.published and opens_at is None
    return ActivityStatus.published if is_open else ActivityStatus.draft


@dataclass(frozen=True, slots=True)
class Copying:
    """Copies into one course, begun by one member's launch or wish. Writes and flushes nothing else; never commits."""

    connection: Connection
    kinds: Mapping[str, Kind]
    context_id: int
    member_id: int
    now: datetime

    @property
    def roots(self) -> frozenset[str]:
        """The kinds that hold the course's other activities."""
        return frozenset(kind.name for kind in self.kinds.values() if kind.is_root)

    def home(self) -> int | None:
        """The activity that holds the course's others, if there is one. One statement."""
        return self.connection.scalar(
            select(func.min(Activity.id)).where(
                Activity.context_id == self.context_id,
                Activity.kind.in_(self.roots),
                Activity.status != ActivityStatus.archived,
            )
        )

    def once(self, sources: Sequence[int], course_title: str) -> int:
        """Copy the outline of the first source that has one, unless that was done before; returns how many activities.

        What is archived there stays there. What the course has already of the same line is left alone, and a course that
        has a home keeps it and takes the tasks in. A fixed number of statements, at most 3 rows per activity.
        """
        having = set(
            self.connection.scalars(select(Activity.context_id).where(Activity.context_id.in_(sources)).distinct())
        )
        nearest = next((each for each in sources if each in having), None)
        if nearest is None or self._was_copied(nearest):
            return 0
        whole = (Activity.context_id == nearest) & (Activity.status != ActivityStatus.archived)
        copied = self._copy(whole, self._home_title(nearest, course_title))
        self._write_down(nearest, copied, is_direct=True)
        return copied

    def late(self, sources: Sequence[int], lines: Sequence[str]) -> bool:
        """Copy the one activity of these lines that came to the nearest source after its outline was copied.

        Not if the course has had it, or if it is archived where it comes from: then a teacher decides.
        """
        if not lines or self._has_had(lines):
            return False
        rows = self.connection.execute(
            select(Activity.id, Activity.context_id, Activity.lineage, Activity.status).where(
                Activity.context_id.in_(sources), Activity.lineage.in_(lines)
            )
        ).all()
        nearest = min(rows, key=lambda row: (sources.index(row.context_id), lines.index(row.lineage)), default=None)
        if nearest is None or nearest.status is ActivityStatus.archived:
            return False
        return self.one(nearest.id, nearest.context_id) > 0

    def one(self, activity_id: int, source_id: int) -> int:
        """Copy one activity, also an archived one, which comes back as a draft; 0 if the course has its line."""
        copied = self._copy(Activity.id == activity_id, "")
        if copied:
            self._write_down(source_id, copied, is_direct=False)
        return copied

    def _copy(self, which: Any, home_title: str) -> int:
        home_id, roots = self.home(), self.roots
        last = self.connection.scalar(select(func.max(Activity.position)).where(Activity.context_id == self.context_id))
        there = aliased(Activity)
        rows = self.connection.execute(
            select(Activity.id, Activity.status, Activity.opens_at, *_CARRIED)
            .where(which, ~exists().where(there.context_id == self.context_id, there.lineage == Activity.lineage))
            .order_by(Activity.position, Activity.id)
        ).all()
        wanted = [row for row in rows if home_id is None or row.kind not in roots]
        if not wanted:
            return 0
        self.connection.execute(
            insert(Activity),
            [
                self._copied(row, place, home_title if row.kind in roots else "")
                for place, row in enumerate(wanted, (last or 0) + 1)
            ],
        )
        self._hang_up(home_id)
        for name in sorted({row.kind for row in wanted} & set(self.kinds)):
            self.kinds[name].copy(self.connection, self.context_id)
        return len(wanted)

    def _copied(self, row: Any, position: int, title: str) -> dict[str, Any]:
        return {column.key: getattr(row, column.key) for column in _CARRIED} | {
            "context_id": self.context_id,
            "title": title or row.title,
            "status": copied_status(row.status, row.opens_at),
            "position": position,
            "origin_id": row.id,
            "token": secrets.token_hex(16),
            "created_at": self.now,
        }

    def _hang_up(self, home_id: int | None) -> None:
        """Give the copies their parents: the copy of the source's, or the home that was there."""
        original, parent = aliased(Activity), aliased(Activity)
        copy_of_parent = (
            select(parent.id)
            .join(original, original.parent_id == parent.origin_id)
            .where(original.id == Activity.origin_id, parent.context_id == self.context_id)
            .scalar_subquery()
        )
        had_parent = exists().where(original.id == Activity.origin_id, original.parent_id.is_not(None))
        self.connection.execute(
            update(Activity)
            .where(
                Activity.context_id == self.context_id,
                Activity.origin_id.is_not(None),
                Activity.parent_id.is_(None),
                had_parent,
            )
            .values(parent_id=func.coalesce(copy_of_parent, home_id))
        )
        if home_id is not None:
            self.connection.execute(
                update(Activity).where(Activity.id == home_id).values(outline_version=Activity.outline_version + 1)
            )

    def _was_copied(self, source_id: int) -> bool:
        done = select(ContextCopy.context_id).where(
            ContextCopy.context_id == self.context_id, ContextCopy.source_id == source_id, ContextCopy.is_direct
        )
        return self.connection.execute(done).first() is not None

    def _has_had(self, lines: Sequence[str]) -> bool:
        """Whether the course has an activity of these lines, also an archived one."""
        there = select(Activity.id).where(Activity.context_id == self.context_id, Activity.lineage.in_(lines))
        return self.connection.execute(there.limit(1)).first() is not None

    def _home_title(self, source_id: int, course_title: str) -> str:
        """The new course's name if the source's home bears its course's; else '': the home keeps its own."""
        same = (
            select(Activity.id)
            .join(Context, Context.id == Activity.context_id)
            .where(Activity.context_id == source_id, Activity.kind.in_(self.roots), Activity.title == Context.title)
        )
        return course_title if self.connection.execute(same.limit(1)).first() is not None else ""

    def _write_down(self, source_id: int, copied: int, *, is_direct: bool) -> None:
        """That content has come from the source, and with it from the source's own sources; in both courses, who began it."""
        table = ContextCopy.__table__
        statement = upsert(table, self.connection.dialect.name)
        new = statement.excluded
        later = func.max if self.connection.dialect.name == "sqlite" else func.greatest
        on_conflict: dict[str, Any] = {
            "index_elements": ["context_id", "source_id"],
            "set_": {
                "is_direct": or_(table.c.is_direct, new.is_direct),
                "copied_at": later(table.c.copied_at, new.copied_at),
            },
        }
        further = self.connection.execute(
            select(table.c.source_id, table.c.copied_at).where(
                table.c.context_id == source_id, table.c.source_id != self.context_id
            )
        ).all()
        self.connection.execute(
            statement.on_conflict_do_update(**on_conflict),
            [
                {"context_id": self.context_id, "source_id": source, "is_direct": direct, "copied_at": moment}
                for source, direct, moment in (
                    (source_id, is_direct, self.now),
                    *((row.source_id, False, row.copied_at) for row in further),
                )
            ],
        )
        self.connection.execute(
            insert(AuditEvent),
            [
                {
                    "context_id": where,
                    "actor_id": self.member_id,
                    "at": self.now,
                    "action": action,
                    "reason": f"course {other}: {copied}",
                }
                for where, other, action in (
                    (self.context_id, source_id, "copied_from"),
                    (source_id, self.context_id, "copied_to"),
                )
            ],
        )


def pin_uses(connection: Connection, use: type[Base], context_id: int) -> None:
    """Give each copy in a course that has no row of `use` its origin's, keyed by `activity_id`. One statement."""
    table: Any = use.__table__
    carried = [column for column in table.c if column.name != "activity_id"]
    mine = table.alias("mine")
    uses = (
        select(Activity.id, *carried)
        .join(table, table.c.activity_id == Activity.origin_id)
        .where(Activity.context_id == context_id, ~exists().where(mine.c.activity_id == Activity.id))
    )
    connection.execute(insert(table).from_select(["activity_id", *(column.name for column in carried)], uses))
