"""A link of a copied course: where it comes from, and the copy of that course's outline, made once.

Only for links that show nothing yet, so an ordinary launch never comes here. Who may say that a course is a copy:

- the LMS, by the histories in the custom parameters; they count within one deployment only, because there the ids mean
  something (CT-05, CT-08), and not where we know that teachers type the parameters themselves (`rules.custom`);
- for an activity token, somebody who launches as instructor and is or was instructor where the activity comes from (CT-07).

A token alone proves nothing: teachers see it, and can type it into any link. Then nothing happens here at all, exactly as
if there were no such activity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, false, select

from lti_tool.identity.actor import Role
from lti_tool.identity.models import Context, Enrolment
from lti_tool.launch.rules.custom import is_history_trusted
from lti_tool.launch.services.landing.arrival import Arrival, Link
from lti_tool.launch.services.landing.links import bind
from lti_tool.ledger.copying import Copying
from lti_tool.ledger.kinds import Kind
from lti_tool.ledger.models import Activity, ActivityStatus, Placement


@dataclass(frozen=True, slots=True)
class Meant:
    """An activity of another course that a link may mean, by its line."""

    context_id: int
    lineage: str
    kind: str


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Courses that this one may copy from, the nearest first, and what of them the link may mean."""

    sources: tuple[int, ...]
    meant: tuple[Meant, ...]


def from_ancestors(
    connection: Connection,
    kinds: Mapping[str, Kind],
    arrival: Arrival,
    *,
    context_id: int,
    member_id: int,
    link: Link,
    now: datetime,
) -> Link:
    """The link with what it shows now. Copies the nearest ancestor's outline if that has not been done; binds the link.

    Unchanged if nothing says that the course is a copy, or nothing says what the link showed.
    """
    custom = arrival.claims.custom
    if not (custom.activity_token or custom.context_history or custom.link_history):
        return link
    ancestry = _ancestry(connection, arrival, context_id, member_id)
    if not ancestry.sources:
        return link
    copying = Copying(connection, kinds, context_id, member_id, now)
    copying.once(ancestry.sources, arrival.claims.context_title)
    activity_id = _find(copying, ancestry.meant)
    if activity_id is None and copying.late(ancestry.sources, [each.lineage for each in ancestry.meant]):
        activity_id = _find(copying, ancestry.meant)
    if activity_id is None:
        return link
    return bind(connection, link.id, activity_id) or link


def outline_from_history(
    connection: Connection,
    kinds: Mapping[str, Kind],
    arrival: Arrival,
    *,
    context_id: int,
    member_id: int,
    now: datetime,
) -> None:
    """The same without a link: who links from a copied course chooses among what was copied."""
    sources = _contexts(connection, arrival, context_id)
    if sources:
        Copying(connection, kinds, context_id, member_id, now).once(sources, arrival.claims.context_title)


def _ancestry(connection: Connection, arrival: Arrival, context_id: int, member_id: int) -> Ancestry:
    """Three statements at most."""
    meant = _links(connection, arrival, context_id)
    sources = dict.fromkeys([*_contexts(connection, arrival, context_id), *(each.context_id for each in meant)])
    named = _of_the_token(connection, arrival, context_id, member_id)
    if named is not None:
        # Of an older ancestor, too: its line says which activity of the nearest one is meant.
        meant.insert(0, named[0])
        if named[1]:
            sources.setdefault(named[0].context_id)
    return Ancestry(tuple(sources), tuple(meant))


def _contexts(connection: Connection, arrival: Arrival, context_id: int) -> list[int]:
    """The courses that the history names, in its order, as far as they have been launched from this deployment."""
    history = arrival.claims.custom.context_history
    if not history or not is_history_trusted(arrival.known.family, arrival.known.trusts_history):
        return []
    keys = [f"c:{each}" for each in history]
    rows = connection.execute(
        select(Context.context_key, Context.id).where(
            Context.deployment_id == arrival.deployment.id, Context.context_key.in_(keys), Context.id != context_id
        )
    ).all()
    found = {row.context_key: int(row.id) for row in rows}
    return [found[key] for key in keys if key in found]


def _links(connection: Connection, arrival: Arrival, context_id: int) -> list[Meant]:
    """What the links that this one was copied from show, in the history's order."""
    history = arrival.claims.custom.link_history
    if not history or not is_history_trusted(arrival.known.family, arrival.known.trusts_history):
        return []
    rows = connection.execute(
        select(Placement.resource_link_id, Placement.context_id, Activity.lineage, Activity.kind)
        .join(Context, Context.id == Placement.context_id)
        .join(Activity, Activity.id == Placement.activity_id)
        .where(
            Placement.resource_link_id.in_(history),
            Context.deployment_id == arrival.deployment.id,
            Context.id != context_id,
        )
    ).all()
    by_link: dict[str, list[Any]] = {}
    for row in rows:
        by_link.setdefault(row.resource_link_id, []).append(row)
    # The id of a link is unique within a deployment (LTI 1.3 Core 5.3.5); one that is not says nothing.
    return [Meant(*by_link[each][0][1:]) for each in history if len(by_link.get(each, ())) == 1]


def _of_the_token(
    connection: Connection, arrival: Arrival, context_id: int, member_id: int
) -> tuple[Meant, bool] | None:
    """The activity of another course of this tenant that the token names, and whether this instructor has taught there."""
    if arrival.claims.custom.activity_token is None:
        return None
    has_taught = exists().where(
        Enrolment.context_id == Activity.context_id, Enrolment.member_id == member_id, Enrolment.has_taught
    )
    here = Context.__table__.alias()
    may_say_so = has_taught if arrival.standing.role is Role.instructor else false()
    row = connection.execute(
        select(Activity.context_id, Activity.lineage, Activity.kind, may_say_so.label("may_say_so"))
        .join(Context, Context.id == Activity.context_id)
        .where(
            Activity.token == arrival.claims.custom.activity_token,
            Context.tenant_id == select(here.c.tenant_id).where(here.c.id == context_id).scalar_subquery(),
            Context.id != context_id,
        )
    ).first()
    return None if row is None else (Meant(*row[:3]), bool(row.may_say_so))


def _find(copying: Copying, meant: Sequence[Meant]) -> int | None:
    """The activity of this course that is of the same line; for a home, the home. Two statements at most."""
    if not meant:
        return None
    rows = copying.connection.execute(
        select(Activity.lineage, Activity.id).where(
            Activity.context_id == copying.context_id,
            Activity.lineage.in_([each.lineage for each in meant]),
            Activity.status != ActivityStatus.archived,
        )
    ).all()
    found = {row.lineage: int(row.id) for row in rows}
    for each in meant:
        if each.lineage in found:
            return found[each.lineage]
    return copying.home() if meant[0].kind in copying.roots else None
