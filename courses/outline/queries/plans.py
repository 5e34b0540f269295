"""What an outline is for everybody, read once per process and version.

Every write to an activity gives it another stamp (ledger.models). A page reads the stamps together with what its member has
reached; where they are those of a plan in memory, titles, dates and criteria need neither be read nor taken apart again.
Processes need not tell each other anything: the stamps are in the database, and a plan is used only for the ones it was
read with.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, String, bindparam, cast, or_, select

from lti_tool.core.columns import BigId
from lti_tool.ledger.models import Activity, ActivityStatus

MOST_ROWS = 8192
"""Activities in memory, over all plans: at about 1 KB each."""

_activity = Activity.__table__
_HOME = bindparam("home", type_=BigId)
_ROWS = (
    select(
        _activity.c.stamp,
        _activity.c.id,
        _activity.c.context_id,
        _activity.c.kind,
        _activity.c.title,
        _activity.c.summary,
        _activity.c.status,
        _activity.c.is_required,
        _activity.c.effort_minutes,
        _activity.c.section,
        cast(_activity.c.criteria, String),
        _activity.c.opens_at,
        _activity.c.due_at,
        _activity.c.closes_at,
    )
    .where(or_(_activity.c.id == _HOME, _activity.c.parent_id == _HOME))
    .order_by(_activity.c.position, _activity.c.id)
)


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """What an activity is for everybody."""

    id: int
    context_id: int
    kind: str
    title: str
    summary: str
    status: ActivityStatus
    is_required: bool
    effort_minutes: int
    section: str
    criteria: str
    """JSON as stored: a key of a cache."""
    opens: datetime | None
    due: datetime | None
    closes: datetime | None


@dataclass(frozen=True, slots=True)
class Plan:
    """An outline as it was when its activities had these stamps."""

    stamps: Mapping[int, int]
    """By activity, the home and those that are not published among them."""
    home: Fixed | None
    """None: there is no such outline."""
    tasks: tuple[Fixed, ...]
    """The published ones, in order."""
    packed: str = ""
    """The stamps as the page's statement packed them, if it did: the same text is the same stamps, and is not taken apart."""


class Plans:
    """The plans that were used last, by the id of the home."""

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most_rows, self._rows = most_rows, 0
        self._known: OrderedDict[int, Plan] = OrderedDict()
        self._asked_for: set[int] = set()
        self._lock = threading.Lock()

    def of(self, connection: Connection, home_id: int, stamps: Mapping[int, int] | str) -> Plan:
        """The plan for these stamps (by activity, or as packed pairs of them), from memory or by one statement.

        A statement may find later stamps than `stamps` (on PostgreSQL, between two statements): the plan is then the later one.
        """
        known = self._known.get(home_id)
        if known is not None and (known.packed == stamps or known.stamps == _by_activity(stamps)):
            # No lock, which every page of every thread would wait for; who makes room looks at this mark.
            self._asked_for.add(home_id)
            return known
        found = _read(connection, home_id)
        if isinstance(stamps, str) and found.stamps == _by_activity(stamps):
            found = replace(found, packed=stamps)
        with self._lock:
            self._forget(home_id)
            if found.home is not None:
                self._known[home_id] = found
                self._rows += len(found.stamps)
                self._make_room()
        return found

    def _make_room(self) -> None:
        """Forget the oldest ones; what was asked for since the last time goes to the end of the row once."""
        while self._rows > self._most_rows:
            oldest = next(iter(self._known))
            if oldest in self._asked_for:
                self._asked_for.discard(oldest)
                self._known.move_to_end(oldest)
            else:
                self._forget(oldest)

    def _forget(self, home_id: int) -> None:
        self._asked_for.discard(home_id)
        if (former := self._known.pop(home_id, None)) is not None:
            self._rows -= len(former.stamps)

    def __len__(self) -> int:
        """How many activities are in memory."""
        return self._rows

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._known.clear()
            self._asked_for.clear()
            self._rows = 0


def _by_activity(stamps: Mapping[int, int] | str) -> Mapping[int, int]:
    return dict(json.loads(stamps)) if isinstance(stamps, str) else stamps


def _read(connection: Connection, home_id: int) -> Plan:
    stamps: dict[int, int] = {}
    home, tasks = None, []
    for stamp, *columns in connection.execute(_ROWS, {"home": home_id}):
        fixed = Fixed(*columns)
        stamps[fixed.id] = stamp
        if fixed.id == home_id:
            home = fixed if fixed.kind == "outline" else None
        elif fixed.status is ActivityStatus.published:
            tasks.append(fixed)
    return Plan(stamps, home, tuple(tasks))


PLANS = Plans()
"""Of this process."""
