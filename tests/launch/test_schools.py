"""Schools: made and renamed; a deployment goes to another one whole, or not at all, whatever is launched meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

import lti_tool.app  # noqa: F401 - all tables
from lti_tool.core.clock import FakeClock
from lti_tool.core.columns import Base
from lti_tool.core.database import Busy, Database
from lti_tool.core.errors import Conflict, NotFound
from lti_tool.identity.models import Context, ContextCopy, Deployment, Enrolment, Member, OrgUnit, Registration, Tenant
from lti_tool.launch import schools
from lti_tool.ledger.models import Entry
from lti_tool.media.models import File, MediaReference
from tests.lti.copying import Lms, Source


@pytest.fixture
def lms(database: Database, clock: FakeClock) -> Lms:
    """One LMS of the school `one`, with a second deployment beside the first; `one` has the course `a`."""
    found = Lms.registered(database, clock.now())
    found.launch(person="teacher", role="Instructor", course="a", link="l")
    found.launch(person="member", course="a", link="l")
    return found


@pytest.fixture
def other(database: Database, lms: Lms) -> int:
    """The school that a deployment shall go to."""
    with database.writing() as session:
        return schools.make(session, "other", "Asia/Urumqi").id


def move(lms: Lms, school_id: int) -> schools.Moved:
    with lms.database.writing() as session:
        return schools.move_deployment(session, lms.known.id, lms.deployment.id, school_id)


def upload(lms: Lms, course: str, sha256: str, by: str = "teacher", name: str = "a.png") -> None:
    """A file of the course's school, kept once, and the course's reference to it."""
    context_id = lms.context_id(course)
    with lms.database.writing() as session:
        tenant_id = session.get_one(Context, context_id).tenant_id
        kept = session.scalar(select(File).where(File.tenant_id == tenant_id, File.sha256 == sha256))
        if kept is None:
            member_id = session.scalars(select(Member.id).where(Member.sub == by)).one()
            kept = File(
                tenant_id=tenant_id, sha256=sha256, size=1, mime="image/png", width=None, height=None,
                uploaded_by=member_id, created_at=lms.now,
            )  # fmt: skip
            session.add(kept)
            session.flush()
        reference = f"{context_id}-{sha256[:8]}"
        session.add(
            MediaReference(reference=reference, context_id=context_id, file_id=kept.id, name=name, created_at=lms.now)
        )


def tenants(lms: Lms) -> dict[str, list[tuple[Any, int]]]:
    """(what, school) of all rows that know a school, by table."""
    columns: list[tuple[Any, Any]] = [
        (Registration.name, Registration.tenant_id), (Deployment.deployment_id, Deployment.tenant_id),
        (Context.context_key, Context.tenant_id), (Member.sub, Member.tenant_id), (File.sha256, File.tenant_id),
    ]  # fmt: skip
    with lms.database.reading() as session:
        return {
            what.class_.__tablename__: [
                (row[0], row[1]) for row in session.execute(select(what, of).order_by(what, of))
            ]
            for what, of in columns
        }


def test_every_table_that_knows_a_school_has_been_thought_of() -> None:
    """Whoever adds a `tenant_id` says in launch.schools whether it goes along with a deployment."""
    knowing = {table.name for table in Base.metadata.tables.values() if "tenant_id" in table.columns}
    assert knowing == {*schools.FOLLOWS, *schools.STAYS, *schools.BY_ITSELF}


def test_deployment_goes_with_its_courses_people_and_files(lms: Lms, other: int) -> None:
    upload(lms, "a", "f" * 64)
    moved = move(lms, other)
    assert moved == schools.Moved("1", "one", "other", courses=1, members=2, files=1)
    assert tenants(lms) == {
        "registration": [("one", other)], "deployment": [("1", other)], "context": [("c:a", other)],
        "member": [("member", other), ("teacher", other)], "media_file": [("f" * 64, other)],
    }  # fmt: skip


def test_launches_of_a_process_that_does_not_know_yet_land_at_the_new_school(lms: Lms, other: int) -> None:
    move(lms, other)
    assert lms.deployment.tenant_id != other
    lms.launch(person="new", course="b", link="l2", role="Instructor")
    found = tenants(lms)
    assert found["context"] == [("c:a", other), ("c:b", other)]
    assert ("new", other) in found["member"]
    context_id = lms.context_id("b")
    with lms.database.reading() as session:
        assert session.get_one(Context, context_id).timezone == "Asia/Urumqi"


def test_connection_stays_while_another_of_its_deployments_does(lms: Lms, other: int) -> None:
    second = lms.another_deployment("2")
    second.launch(person="elsewhere", course="a", link="l")
    move(lms, other)
    one = lms.deployment.tenant_id
    found = tenants(lms)
    assert (found["registration"], found["deployment"]) == ([("one", one)], [("1", other), ("2", one)])
    assert found["member"] == [("elsewhere", one), ("member", other), ("teacher", other)]
    move(second, other)
    assert tenants(lms)["registration"] == [("one", other)]
    assert move(lms, one).former == "other"


def test_bytes_that_the_new_school_has_already_are_kept_once(
    database: Database, clock: FakeClock, lms: Lms, other: int
) -> None:
    there = Lms.registered(database, clock.now(), name="two")
    there.launch(person="somebody", course="t", link="l", role="Instructor")
    upload(there, "t", "f" * 64, by="somebody")
    upload(lms, "a", "f" * 64)
    upload(lms, "a", "e" * 64)
    move(lms, there.deployment.tenant_id)
    assert tenants(lms)["media_file"] == [
        ("e" * 64, there.deployment.tenant_id),
        ("f" * 64, there.deployment.tenant_id),
    ]
    with database.reading() as session:
        shown = session.execute(
            select(MediaReference.context_id, File.tenant_id).join(File, File.id == MediaReference.file_id)
        ).all()
    assert len(shown) == 3
    assert {row.tenant_id for row in shown} == {there.deployment.tenant_id}


def copied(lms: Lms, second: Lms, *, is_back: bool = False) -> None:
    """The other deployment's course is a copy of this one's; or the other way round."""
    second.launch(person="elsewhere", course="b", link="l")
    pair = (second.context_id("b"), lms.context_id("a"))
    context_id, source_id = pair[::-1] if is_back else pair
    with lms.database.writing() as session:
        session.add(ContextCopy(context_id=context_id, source_id=source_id, copied_at=lms.now))


def copied_back(lms: Lms, second: Lms) -> None:
    copied(lms, second, is_back=True)


def member_of_both(lms: Lms, second: Lms) -> None:
    second.launch(person="member", course="b", link="l")


def place(lms: Lms) -> int:
    with lms.database.writing() as session:
        unit = OrgUnit(tenant_id=lms.deployment.tenant_id, name="first branch")
        session.add(unit)
        session.flush()
        return unit.id


def placed(lms: Lms, second: Lms) -> None:
    unit_id = place(lms)
    with lms.database.writing() as session:
        session.scalars(select(Member).where(Member.sub == "member")).one().org_unit_id = unit_id


def once_placed(lms: Lms, second: Lms) -> None:
    unit_id, context_id = place(lms), lms.context_id("a")
    with lms.database.writing() as session:
        member_id = session.scalars(select(Member.id).where(Member.sub == "member")).one()
        session.add(
            Entry(
                context_id=context_id,
                member_id=member_id,
                org_unit_id=unit_id,
                verb="completed",
                quantity=1,
                at=lms.now,
                source="x",
            )
        )


def shared_file(lms: Lms, second: Lms) -> None:
    second.launch(person="elsewhere", course="b", link="l")
    upload(lms, "a", "f" * 64)
    upload(second, "b", "f" * 64)


def file_of_somebody_who_stays(lms: Lms, second: Lms) -> None:
    second.launch(person="elsewhere", course="b", link="l")
    upload(lms, "a", "f" * 64, by="elsewhere")


@pytest.mark.parametrize(
    "tie", [copied, copied_back, member_of_both, placed, once_placed, shared_file, file_of_somebody_who_stays]
)
def test_what_would_lie_at_two_schools_is_refused_and_nothing_moves(lms: Lms, other: int, tie: Any) -> None:
    tie(lms, lms.another_deployment("2"))
    before = tenants(lms)
    with pytest.raises(Conflict):
        move(lms, other)
    assert tenants(lms) == before


def test_copies_within_the_deployment_go_along(lms: Lms, other: int) -> None:
    source = Source(lms, "source", "teacher")
    source.copy("copy")
    assert move(lms, other).courses == 3
    assert {school for _key, school in tenants(lms)["context"]} == {other}


def test_people_who_are_at_the_new_school_already_do_not_hold_it_back(lms: Lms, other: int) -> None:
    second = lms.another_deployment("2")
    move(second, other)
    second.launch(person="member", course="b", link="l")
    assert move(lms, other).members == 2
    assert {school for _sub, school in tenants(lms)["member"]} == {other}


def test_too_much_for_one_transaction_is_refused(lms: Lms, other: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schools, "MOST_ROWS", 3)  # A course and two people.
    assert move(lms, other).members == 2
    monkeypatch.setattr(schools, "MOST_ROWS", 2)
    before = tenants(lms)
    with pytest.raises(Conflict):
        move(lms, before["registration"][0][1] - 1)
    assert tenants(lms) == before


def test_only_to_another_school_that_is_there(lms: Lms, other: int) -> None:
    with pytest.raises(Conflict):
        move(lms, lms.deployment.tenant_id)
    with pytest.raises(NotFound):
        move(lms, 999)
    stranger = Lms(lms.database, lms.now, lms.known, lms.deployment)
    with pytest.raises(NotFound), lms.database.writing() as session:
        schools.move_deployment(session, stranger.known.id + 1, lms.deployment.id, other)


@pytest.fixture
def impatient(database: Database) -> Iterator[None]:
    """Transactions that wait for nobody."""
    with database.engine.connect() as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f'ALTER DATABASE "{name}" SET lock_timeout = 50'))
        connection.commit()
    database.engine.dispose()
    yield
    with database.engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" RESET lock_timeout'))
        connection.commit()


@pytest.mark.postgresql
def test_launches_wait_for_a_deployment_that_is_moved_and_it_for_them(lms: Lms, other: int, impatient: None) -> None:
    # Connections of their own: within one thread a second transaction is refused.
    with Session(lms.database.engine) as moving:
        schools.move_deployment(moving, lms.known.id, lms.deployment.id, other)
        with pytest.raises(Busy):
            lms.launch(person="late", course="late", link="l")
        moving.rollback()
    with lms.database.engine.connect() as launching:
        launching.execute(text("UPDATE login_state SET used_at = used_at"))  # As each launch begins.
        with pytest.raises(Busy):
            move(lms, other)
        launching.rollback()
    assert move(lms, other).courses == 1


def test_schools_are_made_and_renamed_and_no_two_have_one_name(lms: Lms, other: int) -> None:
    one = lms.deployment.tenant_id
    with lms.database.writing() as session:
        former, renamed = schools.rename(session, one, "  First\u202e school ")
        assert (former, renamed.name) == ("one", "First school")
        assert schools.rename(session, one, "First school")[0] == "First school"
    for name in ("other", "", " \x00 "):
        with lms.database.writing() as session, pytest.raises(schools.NameFault):
            schools.rename(session, one, name)
        with lms.database.writing() as session, pytest.raises(schools.NameFault):
            schools.make(session, name, "Asia/Shanghai")
    with lms.database.writing() as session, pytest.raises(NotFound):
        schools.rename(session, 999, "x")
    with lms.database.reading() as session:
        assert sorted(session.scalars(select(Tenant.name))) == ["First school", "other"]


def test_enrolments_name_people_of_the_courses_own_school(lms: Lms, other: int) -> None:
    lms.another_deployment("2").launch(person="elsewhere", course="b", link="l")
    move(lms, other)
    with lms.database.reading() as session:
        rows = session.execute(
            select(Context.tenant_id, Member.tenant_id)
            .join(Enrolment, Enrolment.context_id == Context.id)
            .join(Member, Member.id == Enrolment.member_id)
        ).all()
    assert len(rows) == 3
    assert all(course == person for course, person in rows)
