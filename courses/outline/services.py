"""The outline of a course: its home, the order of its tasks, what stands outside it and is to be taken in."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select, update
from sqlalchemy.orm import Session, aliased

from courses.outline import rules
from lti_tool.core.errors import NotFound
from lti_tool.identity.models import Context
from lti_tool.ledger import services as ledger
from lti_tool.ledger.models import Activity, ActivityStatus

KIND = "outline"


def home_of(session: Session, context_id: int) -> Activity | None:
    """The course home of a context, if it has one."""
    return session.scalar(
        select(Activity)
        .where(Activity.context_id == context_id, Activity.kind == KIND, Activity.status != ActivityStatus.archived)
        .order_by(Activity.id)
        .limit(1)
    )


def ensure_home(session: Session, context_id: int, now: datetime, title: str) -> Activity:
    """The published course home of a context, made if there is none, with all other activities under it; flushed."""
    # Two staff members may open the first link at the same moment: the row of the course makes one wait for the other.
    session.execute(select(Context.id).where(Context.id == context_id).with_for_update())
    home = home_of(session, context_id)
    if home is None:
        home = ledger.create_activity(session, context_id=context_id, kind=KIND, title=title, now=now, criteria=[])
    if home.status is ActivityStatus.draft:
        ledger.publish(session, home)
    adopt(session, home)
    return home


def adopt(session: Session, home: Activity) -> int:
    """Put the activities of the course that stand outside under its home; returns how many."""
    session.flush()
    done: Any = session.execute(
        update(Activity)
        .where(
            Activity.context_id == home.context_id,
            Activity.parent_id.is_(None),
            Activity.kind != KIND,
        )
        .values(parent_id=home.id)
    )
    if done.rowcount:
        ledger.outline_changed(session, home.id)
    return int(done.rowcount)


_other = aliased(Activity)
_HAS_HOME = exists().where(
    _other.context_id == Activity.context_id, _other.kind == KIND, _other.status == ActivityStatus.published
)
_OUTSIDE = select(Activity.context_id).where(Activity.parent_id.is_(None), Activity.kind != KIND, _HAS_HOME).limit(1)


def context_to_adopt(connection: Connection) -> int | None:
    """A course that has a home and activities outside it, such as those made by a link of their own."""
    return connection.scalar(_OUTSIDE)


def child(session: Session, home: Activity, activity_id: int) -> Activity:
    """A task of this home. Raises NotFound for any other activity."""
    found = session.get(Activity, activity_id)
    if found is None or found.parent_id != home.id:
        raise NotFound
    return found


def move(session: Session, *, home: Activity, activity_id: int, is_up: bool) -> None:
    """Move a task one place among those under the same heading. Writes only the positions that change."""
    tasks = session.execute(
        select(Activity.id, Activity.section, Activity.position, Activity.status)
        .where(Activity.parent_id == home.id)
        .order_by(Activity.position, Activity.id)
    ).all()
    # Archived tasks stand in a section of their own: a step past them would seem to do nothing.
    headings = {row.id: "\0" if row.status is ActivityStatus.archived else row.section for row in tasks}
    order = rules.moved([row.id for row in tasks], activity_id, headings, is_up=is_up)
    stood = {row.id: row.position for row in tasks}
    places = sorted(stood.values())
    if len(set(places)) < len(places):
        places = list(range(places[0], places[0] + len(places)))
    for place, each in zip(places, order, strict=True):
        if stood[each] != place:
            session.execute(update(Activity).where(Activity.id == each).values(position=place))
