"""Erasure: nothing is left of the person, nothing is touched of anybody else, whenever it is killed."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from courses.lessons.models import BlockState
from lti_tool.app import KEEPERS
from lti_tool.core import jobs
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.errors import NotFound
from lti_tool.core.web import Runtime
from lti_tool.identity import erased
from lti_tool.identity.keeping import Erasing, Person
from lti_tool.identity.models import BrowserSession, Enrolment, Grant, Member
from lti_tool.ledger.models import Entry, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.portability import erasing
from lti_tool.portability.models import Erasure
from lti_tool.worker import Worker
from tests.portability.planting import Rows, dump, plant, spoken, word, words_left, words_to_go
from tests.school import School


@pytest.fixture
def both(database: Database, clock: FakeClock) -> tuple[Person, Person]:
    """The person and his neighbour, with rows in every table."""
    people = plant(database)
    clock.advance(timedelta(days=30))  # Past the leases of the score posts that were planted.
    return people


def work(runtime: Runtime) -> None:
    """The jobs that are due, and nothing else that a worker does."""
    worker = Worker(runtime)
    try:
        while worker.work() is not None:
            pass
    finally:
        worker.close()


def carry_out(
    runtime: Runtime, clock: FakeClock, person: Person, *, keeps_posts: bool = False, leaves_trail: bool = True
) -> None:
    """From the first step to the last look."""
    erasing.start(runtime, person, keeps_posts=keeps_posts, leaves_trail=leaves_trail)
    work(runtime)
    clock.advance(erasing.LAST_LOOK)
    work(runtime)


def own(rows: Rows) -> Rows:
    """What is the neighbour's, and nobody's."""
    return {
        name: {key: row for key, row in table.items() if key[0] not in {1, "1"}}
        for name, table in rows.items()
        if name not in {"job", "erased_member", "erasure_key", "browser_session"}
    }


def test_ID_12_nothing_of_the_person_is_left_anywhere(
    runtime: Runtime, clock: FakeClock, both: tuple[Person, Person]
) -> None:
    person, neighbour = both
    before = dump(runtime.database)
    assert len(words_to_go(before)) > 20
    carry_out(runtime, clock, person)
    after = dump(runtime.database)
    assert words_to_go(after) == set()
    said = spoken(after)
    for own_word in (person.sub, person.name):
        assert not any(own_word in each for each in said), own_word
    assert after["erasure"].keys() == {(2,)}
    assert not after["job"]
    # Whoever stands beside him has lost nothing: the whole database is compared.
    assert set(words_left(after, 2)) == set(words_left(before, 2))
    for table, rows in own(before).items():
        assert own(after)[table] == rows, table
    with runtime.database.reading_core() as connection:
        assert erased.is_erased(connection, runtime.keys, person.registration_id, person.sub)
        assert not erased.is_erased(connection, runtime.keys, neighbour.registration_id, neighbour.sub)


@pytest.mark.once
def test_nothing_of_it_is_left_in_the_bytes_of_an_sqlite_file(
    runtime: Runtime, clock: FakeClock, both: tuple[Person, Person]
) -> None:
    person, _ = both
    file = Path(str(runtime.database.url.database))
    sought = sorted(each for each in map(planted_word, words_to_go(dump(runtime.database))) if in_bytes(file, each))
    assert len(sought) > 20
    carry_out(runtime, clock, person)
    assert [each for each in (*sought, person.name, person.sub) if in_bytes(file, each)] == []


def planted_word(name: str) -> str:
    table, _, column = name.partition(".")
    return word(table, column, 1)


def in_bytes(file: Path, sought: str) -> bool:
    """Whether the database or its write-ahead log holds these words anywhere, free space included."""
    files = (file, file.with_name(file.name + "-wal"))
    return any(sought.encode() in each.read_bytes() for each in files if each.exists())


def test_posts_stay_without_the_name_when_that_was_chosen(
    runtime: Runtime, clock: FakeClock, both: tuple[Person, Person]
) -> None:
    person, _ = both
    before = dump(runtime.database)
    carry_out(runtime, clock, person, keeps_posts=True)
    after = dump(runtime.database)
    for table in ("post", "thread"):
        assert after[table] == before[table]
    assert person.name not in spoken(after)


def test_the_nameless_trail_stays_for_the_counts_and_goes_with_a_test_user(
    runtime: Runtime, clock: FakeClock, both: tuple[Person, Person]
) -> None:
    person, neighbour = both
    before = dump(runtime.database)["entry"]
    carry_out(runtime, clock, person)
    assert dump(runtime.database)["entry"] == before
    carry_out(runtime, clock, neighbour, leaves_trail=False)
    with runtime.database.reading() as session:
        assert session.scalars(select(Entry.member_id)).all() == [person.member_id]


@pytest.mark.parametrize("slices", [0, 1, 4, 11])
def test_killed_after_any_slice_it_goes_on_to_the_same_end(
    runtime: Runtime, clock: FakeClock, both: tuple[Person, Person], slices: int
) -> None:
    person, _ = both
    erasing.start(runtime, person)
    left = iter(range(slices))
    assert erasing.go_on(runtime, person.member_id, lambda: next(left, None) is not None) == clock.now()
    # Another worker takes over, and looks once more in the end.
    work(runtime)
    clock.advance(erasing.LAST_LOOK)
    work(runtime)
    after = dump(runtime.database)
    assert words_to_go(after) == set()
    assert after["erasure"].keys() == {(2,)}
    assert erasing.go_on(runtime, person.member_id, lambda: True) is None
    with pytest.raises(NotFound):
        erasing.start(runtime, person)


def test_what_was_on_its_way_when_the_name_went_is_found_by_the_last_look(
    runtime: Runtime, clock: FakeClock, both: tuple[Person, Person]
) -> None:
    person, _ = both
    erasing.start(runtime, person)
    work(runtime)
    with runtime.database.writing_core() as connection:
        activity = connection.scalar(select(Entry.activity_id)) or 0
        values = {"activity_id": activity, "member_id": person.member_id, "block_key": "late"}
        connection.execute(insert(BlockState).values(**values, answer=["late words"]))
    for _look in range(2):
        clock.advance(erasing.LAST_LOOK)
        work(runtime)
    after = dump(runtime.database)
    assert not any("late words" in each for each in spoken(after))
    assert after["erasure"].keys() == {(2,)}


def test_no_slice_is_larger_than_five_hundred_rows(runtime: Runtime, clock: FakeClock, school: School) -> None:
    activity = school.activity()
    member = school.member.member_id
    with runtime.database.writing_core() as connection:
        connection.execute(
            insert(BlockState),
            [{"activity_id": activity.id, "member_id": member, "block_key": f"b{n}"} for n in range(1_101)],
        )
    lessons = next(each for each in KEEPERS if each.name == "lessons")
    sizes = []
    while True:
        with runtime.database.writing_core() as connection:
            sizes.append(lessons.erase(connection, Erasing(member, clock.now()), erasing.AT_ONCE))
        if not sizes[-1]:
            break
    assert sizes == [500, 500, 101, 0]


def test_sessions_end_at_once_and_nothing_more_is_sent(runtime: Runtime, school: School) -> None:
    activity = school.activity()
    column = school.placement(activity)
    client = school.client(school.member)
    with runtime.database.writing_core() as connection:
        connection.execute(
            insert(ScorePost).values(
                line_item_id=column, member_id=school.member.member_id, state=PostState.waiting, due_at=school.now
            )
        )
    erasing.start(runtime, person_of(school))
    assert client.get(f"/scores/{activity.id}").status_code == 404
    with runtime.database.reading() as session:
        assert session.scalars(select(ScorePost.state)).all() == [PostState.not_gradable]
        of_member = (select(func.count()).select_from(table) for table in (BrowserSession, Grant))
        assert [session.scalar(each) for each in of_member] == [0, 0]
        enrolment = session.scalars(select(Enrolment).where(Enrolment.member_id == school.member.member_id)).one()
        assert (enrolment.gradable, enrolment.is_active) == (False, False)


def test_a_post_that_is_being_sent_is_left_to_its_sender(runtime: Runtime, clock: FakeClock, school: School) -> None:
    column = school.placement(school.activity())
    with runtime.database.writing_core() as connection:
        connection.execute(
            insert(ScorePost).values(
                line_item_id=column,
                member_id=school.member.member_id,
                state=PostState.sending,
                due_at=clock.now() + timedelta(minutes=1),
                lease_until=clock.now() + timedelta(minutes=1),
            )
        )
    ledger = next(each for each in KEEPERS if each.name == "ledger")
    for wait, left in ((0, 1), (61, 0)):
        clock.advance(timedelta(seconds=wait))
        with runtime.database.writing_core() as connection:
            ledger.erase(connection, Erasing(school.member.member_id, clock.now()), erasing.AT_ONCE)
        with runtime.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(ScorePost)) == left


def test_no_mentors_grant_names_him_any_more(runtime: Runtime, school: School) -> None:
    school.client(school.assistant)
    with runtime.database.writing() as session:
        grant = session.scalars(select(Grant).where(Grant.member_id == school.assistant.member_id)).one()
        grant.role, grant.mentored = type(grant.role)("mentor"), ["4", "5"]
    erasing.start(runtime, person_of(school))
    with runtime.database.reading() as session:
        assert session.scalars(select(Grant.mentored)).all() == [["5"]]


def person_of(school: School) -> Person:
    """The member of the first course, as the erasure needs him."""
    with school.database.reading() as session:
        row = session.get_one(Member, school.member.member_id)
        return Person(row.id, row.registration_id, row.tenant_id, row.sub, row.name)


def test_the_job_of_an_erasure_is_one_whoever_asks_twice(runtime: Runtime, clock: FakeClock, school: School) -> None:
    erasing.start(runtime, person_of(school))
    with runtime.database.writing_core() as connection:
        jobs.ask(connection, name=erasing.JOB.name, key=f"member:{school.member.member_id}", due_at=clock.now())
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(jobs.Job)) == 1
        assert session.scalars(select(Erasure.member_id)).all() == [school.member.member_id]
