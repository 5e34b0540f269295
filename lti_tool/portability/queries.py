"""Reads: who a person is, what is stored on him, who wants to be erased, who is a test user."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select

from lti_tool.core.errors import NotFound
from lti_tool.identity.current import Asking
from lti_tool.identity.keeping import Keeper, Person, Sheet
from lti_tool.identity.models import Enrolment, Member, Registration
from lti_tool.launch.models import DataRequest
from lti_tool.portability.models import Erasure

MOST = 50
_PERSON = select(Member.id, Member.registration_id, Member.tenant_id, Member.sub, Member.name).where(
    Member.is_erased.is_(False)
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What one room keeps on one person now."""

    keeper: Keeper
    sheets: tuple[Sheet, ...]

    @property
    def rows(self) -> int:
        return sum(len(each.rows) for each in self.sheets)


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody who waits for the operator."""

    person: Person
    platform: str
    asked_at: datetime
    keeps_posts: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A launch to somebody's data that still holds."""

    id: int
    person: Person | None
    """None: nothing is stored on the person whom the LMS named, or not any more."""
    is_own: bool


def person(connection: Connection, member_id: int) -> Person:
    """Raises NotFound, also for somebody who was erased."""
    row = connection.execute(_PERSON.where(Member.id == member_id)).first()
    if row is None:
        raise NotFound
    return Person(*row)


def find(connection: Connection, registration_id: int, sub: str) -> Person | None:
    """By the number that the LMS gives; it is compared byte for byte."""
    row = connection.execute(_PERSON.where(Member.registration_id == registration_id, Member.sub == sub)).first()
    return None if row is None else Person(*row)


def search(connection: Connection, registration_id: int, words: str) -> list[Person]:
    """At most 50 persons of one registration whose number it is, or whose name has it in it."""
    meant = or_(Member.sub == words, Member.name.icontains(words, autoescape=True))
    rows = connection.execute(
        _PERSON.where(Member.registration_id == registration_id, meant).order_by(Member.name, Member.id).limit(MOST)
    )
    return [Person(*row) for row in rows]


def collect(connection: Connection, keepers: Sequence[Keeper], member_id: int, now: datetime) -> list[Kept]:
    """All that is stored on a member, by room. Who it is comes first, though that is erased last."""
    ordered = (*keepers[-1:], *keepers[:-1])
    return [Kept(keeper, tuple(keeper.export(connection, member_id, now))) for keeper in ordered]


def wishes(connection: Connection) -> list[Wish]:
    """Who waits, the longest first; at most 50."""
    rows = connection.execute(
        _PERSON.add_columns(Registration.name.label("platform"), Erasure.asked_at, Erasure.keeps_posts)
        .join(Erasure, Erasure.member_id == Member.id)
        .join(Registration, Registration.id == Member.registration_id)
        .where(Erasure.begun_at.is_(None))
        .order_by(Erasure.asked_at, Erasure.id)
        .limit(MOST)
    )
    return [Wish(Person(*row[:5]), row.platform, row.asked_at, row.keeps_posts) for row in rows]


def wish_of(connection: Connection, member_id: int) -> Row[datetime, bool] | None:
    """The wish of a member, as (asked_at, keeps_posts); None: he has none that waits."""
    waiting = (Erasure.member_id == member_id, Erasure.begun_at.is_(None))
    return connection.execute(select(Erasure.asked_at, Erasure.keeps_posts).where(*waiting)).first()


def on_their_way(connection: Connection) -> int:
    """How many erasures have begun and are not done."""
    begun = select(func.count()).select_from(Erasure).where(Erasure.begun_at.is_not(None))
    return connection.execute(begun).scalar_one()


def visit(connection: Connection, asking: Asking | None, request_id: int, now: datetime) -> Visit:
    """The launch to somebody's data that this session was opened for. Raises NotFound for every other session."""
    row = connection.execute(select(DataRequest).where(DataRequest.id == request_id)).first()
    is_theirs = (
        asking is not None
        and row is not None
        and (row.session_id, row.member_id) == (asking.session_id, asking.member_id)
        and row.expires_at > now
    )
    if row is None or not is_theirs:
        raise NotFound
    found = connection.execute(_PERSON.where(Member.id == row.subject_id)).first()
    return Visit(row.id, Person(*found) if found else None, is_own=row.subject_id == row.member_id)


def lms_test_users(
    connection: Connection, *, registration_id: int | None = None, context_id: int | None = None
) -> list[Person]:
    """The LMS's test users of a registration or a course (RO-14); only those who are nothing else anywhere.

    Of a course: only those who are in no other, since what they did there is another teacher's. At most 50.
    """
    own = Enrolment.member_id == Member.id
    elsewhere: ColumnElement[bool] = Enrolment.is_test.is_(False)
    statement = _PERSON.where(exists().where(own, Enrolment.is_test.is_(True)))
    if registration_id is not None:
        statement = statement.where(Member.registration_id == registration_id)
    if context_id is not None:
        statement = statement.where(exists().where(own, Enrolment.context_id == context_id))
        elsewhere = or_(elsewhere, Enrolment.context_id != context_id)
    statement = statement.where(~exists().where(and_(own, elsewhere))).order_by(Member.id).limit(MOST)
    return [Person(*row) for row in connection.execute(statement)]
