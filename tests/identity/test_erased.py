"""The marks of who was erased."""

import pytest
from sqlalchemy import select

from lti_tool.core.database import Database
from lti_tool.core.secrets import CannotDecrypt, Keys
from lti_tool.identity import erased
from lti_tool.identity.models import ErasedMember, ErasureKey, Member
from lti_tool.lms import key_life
from tests.school import School

FIRST, SECOND, THIRD = (f"secret number {number}, 0123456789 abcdefghij" for number in range(3))


@pytest.fixture
def keys() -> Keys:
    return Keys(FIRST)


def erase(database: Database, keys: Keys, registration_id: int, sub: str) -> None:
    """Only what the marks are about."""
    with database.writing_core() as connection:
        erased.remember(connection, keys, registration_id, sub)
        member_id = connection.scalar(
            select(Member.id).where(Member.registration_id == registration_id, Member.sub == sub)
        )
        if member_id is not None:
            erased.anonymise(connection, member_id)


def known(database: Database, keys: Keys, registration_id: int, *subs: str) -> frozenset[str]:
    with database.reading_core() as connection:
        return erased.erased_among(connection, keys, registration_id, subs)


def test_ID_12_erased_member_is_recognised_by_his_mark_and_nobody_else_is(
    database: Database, keys: Keys, school: School
) -> None:
    here = school.registration_id
    assert known(database, keys, here, "4", "5") == frozenset()
    erase(database, keys, here, "4")
    assert known(database, keys, here, "4", "5", "not here") == {"4"}
    assert known(database, keys, here) == frozenset()
    with database.reading_core() as connection:
        assert erased.is_erased(connection, keys, here, "4")
        assert not erased.is_erased(connection, keys, here, "5")
        other = connection.scalar(
            select(Member.registration_id).where(Member.id == school.other_tenant_member.member_id)
        )
    # The same `sub` of another registration is somebody else.
    assert known(database, keys, int(other or 0), "4") == frozenset()


def test_row_of_an_erased_member_names_nobody(database: Database, keys: Keys, school: School) -> None:
    erase(database, keys, school.registration_id, "4")
    erase(database, keys, school.registration_id, "5")
    with database.reading() as session:
        rows = [session.get_one(Member, each.member_id) for each in (school.member, school.member2)]
        assert [(row.name, row.is_erased, row.sub.startswith("erased:")) for row in rows] == [("", True, True)] * 2
        assert rows[0].sub != rows[1].sub
        marks = session.scalars(select(ErasedMember.mark)).all()
        key = session.scalars(select(ErasureKey.key)).one()
    assert len(set(marks)) == 2
    # Whoever has the rows and knows a `sub` needs the secret as well.
    assert key not in {mark.encode() for mark in marks}
    assert len(key) > 32


def test_who_comes_back_by_a_launch_is_erased_no_longer_and_can_be_erased_again(
    database: Database, keys: Keys, school: School
) -> None:
    here = school.registration_id
    erase(database, keys, here, "4")
    with database.writing() as session:
        tenant_id = session.get_one(Member, school.member.member_id).tenant_id
        session.add(Member(registration_id=here, tenant_id=tenant_id, sub="4", name="李小明", created_at=school.now))
    assert known(database, keys, here, "4") == frozenset()
    erase(database, keys, here, "4")
    assert known(database, keys, here, "4") == {"4"}


def test_marks_outlive_every_rotation_of_the_secret(database: Database, school: School) -> None:
    here = school.registration_id
    erase(database, Keys(FIRST), here, "4")
    for present, former in ((SECOND, FIRST), (THIRD, SECOND)):
        both = Keys(present, former)
        assert known(database, both, here, "4") == {"4"}
        with database.writing() as session:
            assert key_life.outdated(session, both) == [erased.PURPOSE]
            assert key_life.rewrap(session, both).keys == 1
            assert key_life.outdated(session, both) == []
            assert key_life.rewrap(session, both).keys == 0
        assert known(database, Keys(present), here, "4") == {"4"}


def test_nobody_is_named_when_no_secret_opens_the_marks(database: Database, keys: Keys, school: School) -> None:
    erase(database, keys, school.registration_id, "4")
    with pytest.raises(CannotDecrypt):
        known(database, Keys(SECOND), school.registration_id, "5")


def test_a_page_of_a_roster_at_a_time(database: Database, keys: Keys, school: School) -> None:
    erase(database, keys, school.registration_id, "4")
    subs = [str(number) for number in range(500)]
    assert known(database, keys, school.registration_id, *subs) == {"4"}
    with pytest.raises(ValueError, match="500"):
        known(database, keys, school.registration_id, *subs, "500")
