"""The LMS's groups come into a course, after its members: names, who is in them, and which there are no more.

Each function is one short transaction's work, of at most 500 rows, and says first that this reading is still the one that
counts (`services.Superseded` else).
"""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, delete, exists, select, update
from sqlalchemy.sql.elements import ColumnElement

from lti_tool.core.columns import upsert
from lti_tool.identity.models import Group, GroupMember, Member
from lti_tool.identity.rules.groups import GroupSource
from lti_tool.ledger.models import Override
from lti_tool.ledger.services import groups_changed
from lti_tool.roster.groups import rules
from lti_tool.roster.groups.rules import Move, Named
from lti_tool.roster.models import RosterRow
from lti_tool.roster.services import ROWS, Reading, hold

MOVES: Final = 400
"""Of people between groups in one transaction."""

_group, _place = Group.__table__.c, GroupMember.__table__.c


def of_lms(context_id: int) -> tuple[ColumnElement[bool], ...]:
    """Conditions on groups: the LMS's of a course."""
    return Group.context_id == context_id, Group.external_id.is_not(None)


def name(connection: Connection, context_id: int, groups: Sequence[Named], source: GroupSource) -> None:
    """Let these groups be there, under these names and their sets'. The service's names count; an id's own words replace none. One statement."""
    if not groups:
        return
    statement = upsert(Group.__table__, connection.dialect.name)
    kept = {"source": statement.excluded.source, "is_gone": False}
    if source is GroupSource.service:
        kept["name"] = statement.excluded.name
        if all(each.set_name is not None for each in groups):
            kept["set_name"] = statement.excluded.set_name
    connection.execute(
        statement.on_conflict_do_update(index_elements=["context_id", "external_id"], set_=kept),
        [
            {
                "context_id": context_id,
                "name": each.name,
                "set_name": each.set_name or "",
                "source": source,
                "external_id": each.id,
                "is_gone": False,
            }
            for each in sorted(groups, key=lambda each: each.id)
        ],
    )


def name_read(connection: Connection, reading: Reading, groups: Sequence[Named], source: GroupSource) -> None:
    """The same, for groups that were read: at most 500. Two statements."""
    hold(connection, reading)
    name(connection, reading.course.id, groups, source)


def told_after(connection: Connection, context_id: int, after: str) -> list[tuple[str, list[str] | None]]:
    """(sub, groups) of the next people of a list that is all there, by `sub` from `after` on. One statement."""
    rows = connection.execute(
        select(RosterRow.sub, RosterRow.groups)
        .where(RosterRow.context_id == context_id, RosterRow.sub > after)
        .order_by(RosterRow.sub)
        .limit(ROWS)
    )
    return [(row.sub, row.groups) for row in rows]


def place(connection: Connection, reading: Reading, people: Sequence[tuple[str, list[str] | None]]) -> str:
    """Put people into the groups that the list names, and out of all others of the LMS; the last one's `sub` that was done.

    What would be too much for one transaction is left for the next. A group that is not one of this course's is nobody's
    (CG-02). About seven statements, fewer when nothing has changed.
    """
    hold(connection, reading)
    course = reading.course
    subs = [sub for sub, _ in people]
    rows = connection.execute(
        select(Member.sub, Member.id).where(Member.registration_id == course.registration_id, Member.sub.in_(subs))
    )
    members = {row.sub: row.id for row in rows}
    known = known_groups(connection, course.id)
    are = groups_of(connection, course.id, members.values())
    moves = dict[int, Move]()
    done, count = people[-1][0], 0
    for sub, told in people:
        member = members.get(sub)
        if member is None:
            continue
        found = None if told is None else [known[each] for each in told if each in known]
        made = rules.move(are.get(member, ()), found)
        count += len(made.touched)
        if count > MOVES and moves:
            break
        moves[member], done = made, sub
    else:
        done = people[-1][0]
    apply(connection, moves)
    return done


def known_groups(connection: Connection, context_id: int) -> dict[str, int]:
    """The LMS's groups of a course that there are: what it calls them, and ours. One statement."""
    rows = connection.execute(select(Group.external_id, Group.id).where(*of_lms(context_id), Group.is_gone.is_(False)))
    return {str(row.external_id): row.id for row in rows}


def groups_of(connection: Connection, context_id: int, member_ids: Collection[int]) -> dict[int, set[int]]:
    """The LMS's groups of a course that these people are in. One statement."""
    rows = connection.execute(
        select(_place.member_id, _place.group_id)
        .join(Group, Group.id == _place.group_id)
        .where(*of_lms(context_id), _place.member_id.in_(list(member_ids)))
    )
    found = dict[int, set[int]]()
    for row in rows:
        found.setdefault(row.member_id, set()).add(row.group_id)
    return found


def apply(connection: Connection, moves: dict[int, Move]) -> None:
    """Write down who has joined and left; what gives these groups exceptions is planned anew."""
    joined = [
        {"group_id": group, "member_id": member} for member in sorted(moves) for group in sorted(moves[member].joined)
    ]
    left = [(group, member) for member in sorted(moves) for group in sorted(moves[member].left)]
    for group in sorted({group for group, _ in left}):
        who = [member for each, member in left if each == group]
        connection.execute(delete(GroupMember).where(_place.group_id == group, _place.member_id.in_(who)))
    if joined:
        statement = upsert(GroupMember.__table__, connection.dialect.name)
        connection.execute(statement.on_conflict_do_nothing(), joined)
    groups_changed(connection, frozenset[int]().union(*(each.touched for each in moves.values())))


def vanish(connection: Connection, reading: Reading, named: Collection[str]) -> bool:
    """Empty the next group of the LMS that it does not name any more; whether there was one.

    It is deleted, unless somebody gave it an exception: then it stays, and says that it is gone. Six statements.
    """
    hold(connection, reading)
    has_exception = exists().where(Override.group_id == Group.id)
    rows = connection.execute(
        select(Group.id, Group.external_id, Group.is_gone)
        .where(*of_lms(reading.course.id), Group.is_gone.is_(False))
        .order_by(Group.id)
    )
    found = next((row.id for row in rows if row.external_id not in named), None)
    if found is None:
        return False
    connection.execute(select(Group.id).where(Group.id == found).with_for_update())
    some = select(_place.member_id).where(_place.group_id == found).limit(MOVES)
    connection.execute(delete(GroupMember).where(_place.group_id == found, _place.member_id.in_(some)))
    groups_changed(connection, [found])
    if connection.execute(select(_place.member_id).where(_place.group_id == found).limit(1)).first() is None:
        connection.execute(delete(Group).where(Group.id == found, ~has_exception))
        connection.execute(update(Group).where(Group.id == found).values(is_gone=True))
    return True
