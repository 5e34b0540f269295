"""The heartbeat: two statements, no row appended, authorised inside the first one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Integer, bindparam, column, text

from courses.progress.rules import DAILY_MS, ITEM_FACTOR, LONGEST_GAP_MS, UNKNOWN_EFFORT_MINUTES, milliseconds
from lti_tool.core.columns import UtcDateTime
from lti_tool.core.hot import Hot
from lti_tool.core.i18n.language import DEFAULT_ZONE, zone_named
from lti_tool.identity.actor import Carrier
from lti_tool.identity.sessions import IDLE

_GAP = "(:ms - learning_pointer.beat_ms)"
_USED = "(CASE WHEN learning_pointer.day = :day THEN learning_pointer.day_ms ELSE 0 END)"
_CREDIT = (
    f"(CASE WHEN {_GAP} > 0 AND {_GAP} <= {LONGEST_GAP_MS} AND {_USED} + {_GAP} <= {DAILY_MS} THEN {_GAP} ELSE 0 END)"
)

# The person's own dates beat the activity's, and the window of each of the LMS's links narrows them, as in
# ledger.windows; groups are asked in the slow way (`is_open`), because they are rare. Preview, guests and mentors never
# count.
_POINT_SQL = f"""
INSERT INTO learning_pointer (member_id, activity_id, beat_ms, gap_ms, credit_ms, day, day_ms)
SELECT s.member_id, a.id, :ms, 0, 0, :day, 0
FROM browser_session s
JOIN launch_grant g ON g.session_id = s.id AND g.member_id = s.member_id AND g.expires_at > :now
JOIN activity a ON a.context_id = g.context_id
LEFT JOIN override o ON o.activity_id = a.id AND o.member_id = s.member_id
WHERE s.token_hash = :token AND s.carrier = :carrier AND s.expires_at > :now AND s.seen_at > :idle
  AND (:member = 0 OR (s.id = :session AND s.member_id = :member))
  AND a.id = :activity AND a.kind = 'lesson' AND a.status = 'published'
  AND g.preview = :no AND g.role = 'member'
  AND (:is_open OR ((COALESCE(o.opens_at, a.opens_at) IS NULL OR COALESCE(o.opens_at, a.opens_at) <= :now)
    AND (COALESCE(o.closes_at, a.closes_at) IS NULL OR COALESCE(o.closes_at, a.closes_at) > :now)
    AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.activity_id = a.id AND p.context_id = a.context_id
      AND (p.lms_opens_at > :now OR p.lms_closes_at <= :now))))
ON CONFLICT (member_id) DO UPDATE SET
  activity_id = excluded.activity_id,
  gap_ms = CASE WHEN {_GAP} > 0 THEN {_GAP} ELSE 0 END,
  credit_ms = {_CREDIT},
  day = :day,
  day_ms = {_USED} + {_CREDIT},
  beat_ms = CASE WHEN {_GAP} > 0 THEN :ms ELSE learning_pointer.beat_ms END
RETURNING member_id, gap_ms, credit_ms
"""  # noqa: S608 - the inserted pieces are constants of this module
# With its columns named, what comes back is described once, not each time.
_POINT = Hot(
    text(_POINT_SQL)
    .bindparams(
        bindparam("now", type_=UtcDateTime),
        bindparam("idle", type_=UtcDateTime),
        bindparam("ms", type_=BigInteger),
        bindparam("day", type_=BigInteger),
    )
    .columns(column("member_id", BigInteger), column("gap_ms", BigInteger), column("credit_ms", BigInteger))
)

_CAP = f"(SELECT CASE WHEN effort_minutes > 0 THEN effort_minutes ELSE {UNKNOWN_EFFORT_MINUTES} END * {ITEM_FACTOR * 60_000} FROM activity WHERE id = :activity)"  # noqa: S608 - constants of this package
_SUM = "learning_time.credited_ms + :credit"

_ADD_SQL = f"""
INSERT INTO learning_time (activity_id, member_id, credited_ms, open_ms, last_at)
VALUES (:activity, :member, :credit, :open, :now)
ON CONFLICT (activity_id, member_id) DO UPDATE SET
  credited_ms = CASE
    WHEN {_SUM} <= {_CAP} THEN {_SUM}
    WHEN learning_time.credited_ms < {_CAP} THEN {_CAP}
    ELSE learning_time.credited_ms END,
  open_ms = learning_time.open_ms + :open,
  last_at = :now
RETURNING credited_ms, (SELECT min_seconds FROM lesson_use WHERE activity_id = :activity) AS min_seconds
"""  # noqa: S608 - the inserted pieces are constants of this module
_ADD = Hot(
    text(_ADD_SQL)
    .bindparams(bindparam("now", type_=UtcDateTime))
    .columns(column("credited_ms", BigInteger), column("min_seconds", Integer))
)


@dataclass(frozen=True, slots=True)
class Beat:
    """What a heartbeat did."""

    credited_ms: int
    """The item's total for this person now."""
    is_counting: bool
    """Whether the caps still let time be credited."""
    is_due: bool
    """Whether this beat reached the time that completion needs: the client asks for an evaluation then."""


def day_of(now: datetime) -> int:
    """The day that the daily cap counts, in the default zone."""
    return now.astimezone(zone_named(DEFAULT_ZONE)).toordinal()


def beat(
    connection: Connection,
    *,
    token_hash: str,
    carrier: Carrier,
    session_id: int,
    member_id: int,
    activity_id: int,
    claimed_open_ms: int,
    now: datetime,
    is_open: bool = False,
) -> Beat | None:
    """Credit the time since this person's last beat to `activity_id`; None if the session, grant or dates forbid it.

    Two statements, one if refused. `session_id` and `member_id` are what the CSRF token names (0: a bearer page, which
    has none). `is_open`: the dates have been found open in the slow way. Does not commit.
    """
    found = _POINT.all(
        connection,
        {
            "ms": milliseconds(now),
            "day": day_of(now),
            "token": token_hash,
            "carrier": carrier.value,
            "now": now,
            "idle": now - IDLE,
            "session": session_id,
            "member": member_id,
            "activity": activity_id,
            "no": False,
            "is_open": is_open,
        },
    )
    if not found:
        return None
    ((member, gap_ms, credit_ms),) = found
    ((credited_ms, min_seconds),) = _ADD.all(
        connection,
        {
            "activity": activity_id,
            "member": member,
            "credit": credit_ms,
            "open": min(max(0, claimed_open_ms), gap_ms),
            "now": now,
        },
    )
    target = (min_seconds or 0) * 1000
    return Beat(
        credited_ms=credited_ms,
        is_counting=credit_ms > 0 or gap_ms == 0 or gap_ms > LONGEST_GAP_MS,
        is_due=bool(target) and credited_ms - credit_ms < target <= credited_ms,
    )
