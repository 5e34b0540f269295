"""Writes: the wish to be erased, and the first step of an erasure. Nothing commits here; docs/decisions/0021-erasure.md."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from lti_tool.core import jobs
from lti_tool.core.columns import upsert
from lti_tool.core.errors import NotFound
from lti_tool.core.secrets import Keys
from lti_tool.identity import erased
from lti_tool.identity.keeping import Keeper, Person
from lti_tool.identity.models import AdminEvent, Member
from lti_tool.portability.models import Erasure

JOB = "portability.erase"


def wish(connection: Connection, member_id: int, *, keeps_posts: bool, now: datetime) -> None:
    """A member wants to be erased: the operator reads it. Asked again, the newer choice counts, from the first day on."""
    statement = upsert(Erasure, connection.dialect.name).values(
        member_id=member_id, keeps_posts=keeps_posts, leaves_trail=True, asked_at=now
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id"], set_={"keeps_posts": keeps_posts}, where=Erasure.begun_at.is_(None)
        )
    )


def withdraw(connection: Connection, member_id: int) -> bool:
    """The wish is taken back, or declined; whether there was one that nobody has carried out yet."""
    waiting = (Erasure.member_id == member_id, Erasure.begun_at.is_(None))
    return bool(connection.execute(delete(Erasure).where(*waiting)).rowcount)


def begin(
    connection: Connection,
    keys: Keys,
    keepers: Iterable[Keeper],
    person: Person,
    now: datetime,
    *,
    keeps_posts: bool = False,
    leaves_trail: bool = True,
) -> None:
    """Take the name away, end what is on its way, and ask the worker for the rest. Raises NotFound: erased already.

    From here on nobody finds the way from the person to the rows, and a launch of the same `sub` is somebody new.
    A test user leaves no mark: no roster names him.
    """
    statement = select(Member.id).where(Member.id == person.member_id, Member.is_erased.is_(False))
    if connection.dialect.name != "sqlite":
        statement = statement.with_for_update()
    if connection.execute(statement).first() is None:
        raise NotFound
    for keeper in keepers:
        keeper.begin(connection, person, now)
    if leaves_trail:
        erased.remember(connection, keys, person.registration_id, person.sub)
    erased.anonymise(connection, person.member_id)
    chosen = {"keeps_posts": keeps_posts, "leaves_trail": leaves_trail, "begun_at": now}
    connection.execute(
        upsert(Erasure, connection.dialect.name)
        .values(member_id=person.member_id, asked_at=now, **chosen)
        .on_conflict_do_update(index_elements=["member_id"], set_=chosen)
    )
    key = f"member:{person.member_id}"
    jobs.ask(connection, name=JOB, key=key, due_at=now, payload={"member": person.member_id})


def note(connection: Connection, *, name: str, action: str, person: Person, now: datetime) -> None:
    """Write into the operator's log what was done from outside the console. Numbers only, no name of the person."""
    connection.execute(
        insert(AdminEvent).values(
            name=name[:100],
            at=now,
            action=action,
            subject=f"registration {person.registration_id}",
            detail=f"member {person.member_id}",
        )
    )
