"""A list that is all there comes into the course, slice by slice; who is not in it any more is hidden.

Each function that writes is one short transaction's work, of at most 500 rows, and says first that this reading is still the
one that counts (`services.Superseded` else).

People are taken in the order of a unique index, and what is asked of staging is found by it: PostgreSQL's statistics of a
table that fills and empties within minutes are always wrong, and a plan that trusts them compares everybody with everybody.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from lti_tool.core.columns import upsert
from lti_tool.core.secrets import Keys
from lti_tool.identity.erased import erased_among
from lti_tool.identity.models import Context, Enrolment, EnrolmentSource, Grant, Member
from lti_tool.ledger.services import requeue_members
from lti_tool.roster import queries, rules
from lti_tool.roster.models import RosterRow, RosterSync
from lti_tool.roster.rules import Listed, Place
from lti_tool.roster.services import Reading, hold

MERGED: Final = 100
"""People brought into the course in one transaction: members who hand in answers wait for it, some 10 ms."""

LOOKED_AT: Final = 1000
"""Enrolments that one statement compares with the list; it only reads."""

_row, _member, _enrolment = RosterRow.__table__.c, Member.__table__.c, Enrolment.__table__.c


def merge(connection: Connection, keys: Keys, reading: Reading, after: str, now: datetime) -> str | None:
    """Bring the next people of the list into the course, by `sub` from `after` on; the last one's, None when there are no more.

    About eight statements, fewer when nothing has changed.
    """
    hold(connection, reading)
    subs = connection.scalars(
        select(RosterRow.sub)
        .where(RosterRow.context_id == reading.course.id, RosterRow.sub > after)
        .order_by(RosterRow.sub)
        .limit(MERGED)
    ).all()
    if not subs:
        return None
    part = (_row.context_id == reading.course.id, _row.sub > after, _row.sub <= subs[-1])
    renamed = _merge_members(connection, keys, reading, part, now)
    came, gone = _merge_enrolments(connection, reading, part, now)
    _count(connection, reading, came=came, gone=gone, renamed=renamed)
    return subs[-1]


def _count(connection: Connection, reading: Reading, **counts: int) -> None:
    """Add to what this reading has changed. One statement, if there is anything."""
    if any(counts.values()):
        hold(connection, reading, **{name: getattr(RosterSync, name) + count for name, count in counts.items()})


def _merge_members(connection: Connection, keys: Keys, reading: Reading, part: Any, now: datetime) -> int:
    """New people, by registration and sub; and names where the list gives others. A pseudonym replaces nothing.

    Returns how many have another name now.
    """
    course = reading.course
    known = (_member.registration_id == course.registration_id) & (_member.sub == _row.sub)
    rows = connection.execute(
        select(_member.id, _row.sub, _row.name, _row.is_named)
        .select_from(RosterRow.__table__.outerjoin(Member.__table__, known))
        .where(*part, ((_member.id.is_(None)) & _row.is_active) | (_row.is_named & (_member.name != _row.name)))
        .order_by(_row.sub)
    ).all()
    unknown = [row.sub for row in rows if row.id is None]
    erased = erased_among(connection, keys, course.registration_id, unknown)
    new = [
        {
            "registration_id": course.registration_id,
            "sub": row.sub,
            "name": row.name,
            "created_at": now,
        }
        for row in rows
        if row.id is None and row.sub not in erased
    ]
    if new:
        # The course's school as it is now: it may have been moved while the list was read (launch.schools).
        school = connection.scalar(
            select(Context.tenant_id).where(Context.id == course.id).with_for_update(read=True, key_share=True)
        )
        new = [each | {"tenant_id": school} for each in new]
        statement = upsert(Member.__table__, connection.dialect.name)
        connection.execute(statement.on_conflict_do_nothing(index_elements=["registration_id", "sub"]), new)
    renamed = [{"of": row.id, "to": row.name} for row in rows if row.id is not None]
    if renamed:
        statement = update(Member).where(Member.id == bindparam("of")).values(name=bindparam("to"))
        connection.execute(statement, renamed)
    return len(renamed)


def _merge_enrolments(connection: Connection, reading: Reading, part: Any, now: datetime) -> tuple[int, int]:
    """Places in the course; what running sessions may do never rises, and falls at once (NR-10).

    Returns how many are here who were not, and how many are not who were.
    """
    course = reading.course
    rows = connection.execute(
        select(
            _member.id.label("member_id"),
            _row.role.label("told"),
            _row.gradable.label("is_gradable"),
            _row.is_active.label("is_here"),
            _enrolment.id,
            _enrolment.role,
            _enrolment.is_active,
            _enrolment.gradable,
            _enrolment.is_listed,
            _enrolment.has_taught,
            _enrolment.last_launch_at,
        )
        .select_from(
            RosterRow.__table__.join(
                Member.__table__,
                (_member.registration_id == course.registration_id) & (_member.sub == _row.sub),
            ).outerjoin(
                Enrolment.__table__,
                (_enrolment.context_id == course.id) & (_enrolment.member_id == _member.id),
            )
        )
        .where(*part)
        .order_by(_member.id)
    ).all()
    new, changed = list[dict[str, Any]](), list[dict[str, Any]]()
    returned, gone = list[int](), list[int]()
    told: dict[int, Any] = {}
    came = left = 0
    for row in rows:
        listed = Listed("", "", row.told, row.is_gradable, row.is_here)
        known = None if row.id is None else Place(*row[5:])
        place = rules.place_after(known, listed, reading.began)
        if place is None or place == known:
            continue
        values = {
            "role": place.role,
            "is_active": place.is_active,
            "gradable": place.gradable,
            "is_listed": place.is_listed,
            "has_taught": place.has_taught,
            "source": EnrolmentSource.roster,
        }
        came += place.is_active and not (known and known.is_active)
        left += bool(known and known.is_active) and not place.is_active
        if known is None:
            new.append({"context_id": course.id, "member_id": row.member_id, "last_launch_at": None, **values})
            continue
        changed.append({"of": row.id, **{f"new_{name}": value for name, value in values.items()}})
        if rules.has_come_back(known, place):
            returned.append(row.member_id)
        if not place.is_active:
            gone.append(row.member_id)
        elif place.role is not known.role:
            told[row.member_id] = place.role
    if new:
        statement = upsert(Enrolment.__table__, connection.dialect.name)
        connection.execute(statement.on_conflict_do_nothing(index_elements=["context_id", "member_id"]), new)
    if changed:
        connection.execute(_enrolment_change(), changed)
    _end_sessions(connection, course.id, gone)
    _lower_sessions(connection, course.id, told)
    if returned:
        connection.execute(
            update(Enrolment)
            .where(Enrolment.context_id == course.id, Enrolment.member_id.in_(returned))
            .values(not_graded_at=None, returned_at=now)
        )
        requeue_members(connection, context_id=course.id, member_ids=returned, now=now)
    return came, left


def _enrolment_change() -> Any:
    table = Enrolment.__table__
    names = ("role", "is_active", "gradable", "is_listed", "has_taught", "source")
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    return update(Enrolment).where(Enrolment.id == bindparam("of")).values(values)


def _end_sessions(connection: Connection, context_id: int, member_ids: Sequence[int]) -> None:
    """Who is no longer in the course has no right there at his next request. One statement, if there is anybody."""
    if member_ids:
        connection.execute(delete(Grant).where(Grant.context_id == context_id, Grant.member_id.in_(member_ids)))


def _lower_sessions(connection: Connection, context_id: int, told: dict[int, Any]) -> None:
    """Take from running sessions what a lower role does not allow. One statement, and one per session that is lowered."""
    if not told:
        return
    grants = connection.execute(
        select(Grant.id, Grant.member_id, Grant.role, Grant.own_role)
        .where(Grant.context_id == context_id, Grant.member_id.in_(list(told)))
        .order_by(Grant.id)
    ).all()
    for grant in grants:
        roles = rules.lowered(grant.role, grant.own_role, told[grant.member_id])
        if roles is not None:
            values: dict[str, Any] = {"role": roles[0], "own_role": roles[1]}
            if roles[1] is None:
                values["preview"] = False
            connection.execute(update(Grant).where(Grant.id == grant.id).values(**values))


def absent_after(
    connection: Connection, reading: Reading, after: int, most: int = LOOKED_AT
) -> tuple[list[int], int | None]:
    """Whom of the next people of the course a complete list does not name, by member from `after` on: their enrolments.

    And where to go on; None: there are no more. One statement.
    """
    context_id = reading.course.id
    some = (
        select(_enrolment.id, _enrolment.member_id)
        .where(*queries.absent(context_id, reading.began), _enrolment.member_id > after)
        .order_by(_enrolment.member_id)
        .limit(most)
        .subquery()
    )
    # Among what is selected, not in a condition, so that it stays a look-up of each and becomes no join.
    is_named = exists().where(_row.context_id == context_id, _row.sub == _member.sub)
    rows = connection.execute(
        select(some.c.id, some.c.member_id, is_named.label("is_named")).join(Member, Member.id == some.c.member_id)
    ).all()
    last = max((row.member_id for row in rows), default=None)
    return [row.id for row in rows if not row.is_named], last if len(rows) == most else None


def retire(connection: Connection, reading: Reading, enrolments: Sequence[int]) -> None:
    """Hide people whom a complete list does not name (NR-04), unless they have launched meanwhile. Nothing of theirs is deleted.

    Sessions end only of those whom the list named before: an LMS also lets people in whom it never lists. Five statements.
    """
    hold(connection, reading)
    context_id = reading.course.id
    rows = connection.execute(
        select(Enrolment.id, Enrolment.member_id, Enrolment.is_listed, Enrolment.is_active)
        .where(Enrolment.id.in_(enrolments), *queries.absent(context_id, reading.began))
        .order_by(Enrolment.member_id)
        .with_for_update()
    ).all()
    connection.execute(
        update(Enrolment).where(Enrolment.id.in_([row.id for row in rows])).values(is_active=False, is_listed=False)
    )
    _end_sessions(connection, context_id, [row.member_id for row in rows if row.is_listed])
    _count(connection, reading, gone=sum(row.is_active for row in rows))
