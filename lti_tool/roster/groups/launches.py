"""Groups as each member's own launch names them (`group_ids`), where neither service nor list says more: a sweep.

A launch only writes down what was said; here it becomes groups, a few people at a time.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, exists, select, update

from lti_tool.core.i18n import gettext, speaking
from lti_tool.core.web import Runtime
from lti_tool.identity.models import Context, Enrolment, Group, GroupMember, Tenant
from lti_tool.identity.rules.groups import GroupSource
from lti_tool.ledger.kinds import Sweep
from lti_tool.ledger.models import Override
from lti_tool.roster.groups import merging, rules
from lti_tool.roster.groups.rules import Move, Named

A_ROUND: Final = 200


def _is_due(connection: Connection, now: datetime) -> bool:  # noqa: ARG001 - a sweep's question has this shape
    return connection.execute(select(Enrolment.id).where(Enrolment.is_regrouped).limit(1)).first() is not None


def _run(runtime: Runtime, now: datetime) -> int:  # noqa: ARG001 - a sweep's work has this shape
    """Write down the groups of the next people whose launches named others than before; how many people."""
    with runtime.database.reading_core() as connection:
        rows = waiting(connection)
    for row in rows:
        named = _named(row.claimed_groups, row.locale)
        with runtime.database.writing_core() as connection:
            write(connection, row, named)
    return len(rows)


def waiting(connection: Connection) -> list[Any]:
    """(id, context, member, claimed groups, locale of the school) of the next people. One statement."""
    return list(
        connection.execute(
            select(Enrolment.id, Enrolment.context_id, Enrolment.member_id, Enrolment.claimed_groups, Tenant.locale)
            .join(Context, Context.id == Enrolment.context_id)
            .join(Tenant, Tenant.id == Context.tenant_id)
            .where(Enrolment.is_regrouped)
            .order_by(Enrolment.id)
            .limit(A_ROUND)
        )
    )


def _named(claimed: str, locale: str) -> list[Named]:
    with speaking(locale):
        return [Named(each, gettext("Group %(id)s", id=each)) for each in rules.told_groups(claimed)]


def write(connection: Connection, row: Any, named: Sequence[Named]) -> None:
    """What one launch said becomes one person's groups; nothing if he has launched again since. At most eight statements."""
    taken = connection.execute(
        update(Enrolment)
        .where(Enrolment.id == row.id, Enrolment.claimed_groups == row.claimed_groups, Enrolment.is_regrouped)
        .values(is_regrouped=False)
    )
    sources = connection.scalars(
        select(Group.source).where(*merging.of_lms(row.context_id), Group.is_gone.is_(False)).distinct()
    ).all()
    if not taken.rowcount or not rules.may_speak(GroupSource.launch, sources):
        return
    merging.name(connection, row.context_id, named, GroupSource.launch)
    known = merging.known_groups(connection, row.context_id)
    are = merging.groups_of(connection, row.context_id, [row.member_id]).get(row.member_id, set())
    made = rules.move(are, [known[each.id] for each in named])
    merging.apply(connection, {row.member_id: made})
    _drop_empty(connection, made)


def _drop_empty(connection: Connection, made: Move) -> None:
    """Groups that nobody names any more, unless somebody gave them an exception. One statement."""
    if made.left:
        connection.execute(
            delete(Group).where(
                Group.id.in_(sorted(made.left)),
                ~exists().where(GroupMember.group_id == Group.id),
                ~exists().where(Override.group_id == Group.id),
            )
        )


SWEEP: Final = Sweep("roster.groups", due=_is_due, run=_run)
