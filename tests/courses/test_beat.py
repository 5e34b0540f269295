"""The heartbeat: what it credits, to whom, and what it costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text

from courses.lessons.rules import Wanted
from courses.progress.models import LearningPointer, LearningTime
from lti_tool.identity.actor import Carrier, Role
from lti_tool.identity.models import Group, GroupMember
from lti_tool.ledger.models import Entry, Override
from tests.courses.conftest import Makers
from tests.school import School, SignedInClient


@contextmanager
def counted(school: School) -> Iterator[list[str]]:
    """The statements that run inside the block."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT")):
            seen.append(statement)

    event.listen(school.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(school.database.engine, "before_cursor_execute", note)


def wait(school: School, seconds: float) -> None:
    school.runtime.clock.advance(timedelta(seconds=seconds))  # type: ignore[attr-defined]  # a FakeClock


def beat(client: SignedInClient, activity_id: int, claimed: int = 15) -> dict[str, object]:
    answer = client.post_json(f"/lessons/{activity_id}/beat", {"open": claimed})
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return dict(answer.json)


def rows(school: School) -> tuple[int, int, int]:
    with school.database.reading_core() as connection:
        return tuple(  # type: ignore[return-value]  # three tables, three numbers
            connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (LearningPointer, LearningTime, Entry)
        )


@pytest.mark.shows("P-06")
def test_two_statements_and_no_row_appended(school: School, make: Makers) -> None:
    lesson = make.lesson()
    client = school.client(school.member)
    beat(client, lesson.id)
    before = rows(school)
    for _ in range(3):
        wait(school, 15)
        with counted(school) as seen:
            beat(client, lesson.id)
        assert len(seen) == 2
    assert rows(school) == before == (1, 1, 0)


@pytest.mark.shows("J-03")
def test_says_what_is_credited_and_that_the_time_is_reached(school: School, make: Makers) -> None:
    lesson = make.lesson(wanted=Wanted(blocks=False, seconds=30))
    client = school.client(school.member)
    told = [beat(client, lesson.id)]
    for _ in range(3):
        wait(school, 15)
        told.append(beat(client, lesson.id))
    assert [(each["credited"], each["due"]) for each in told] == [(0, False), (15, False), (30, True), (45, False)]
    answer = client.post_json(f"/lessons/{lesson.id}/progress", {"seen": []})
    assert answer.json is not None
    assert answer.json["completed"]


def test_time_is_not_counted_twice_when_two_lessons_are_open(school: School, make: Makers) -> None:
    one, two = make.lesson("One"), make.lesson("Two")
    client = school.client(school.member)
    beat(client, one.id)
    for _ in range(10):
        wait(school, 7)
        beat(client, two.id)
        wait(school, 8)
        beat(client, one.id)
    total = sum(int(str(beat(client, each.id)["credited"])) for each in (one, two))
    assert total == 150


@pytest.mark.parametrize("role", [Role.instructor, Role.assistant])
def test_staff_leave_no_trace(school: School, make: Makers, role: Role) -> None:
    lesson = make.lesson()
    person = school.instructor if role is Role.instructor else school.assistant
    told = beat(school.client(person), lesson.id)
    assert told == {"counting": False, "reason": "preview"}
    assert rows(school) == (0, 0, 0)


@pytest.mark.shows("H-09")
def test_preview_leaves_no_trace(school: School, make: Makers) -> None:
    lesson = make.lesson()
    client = school.client(school.member, preview=True)
    assert beat(client, lesson.id)["counting"] is False
    client.post_form(f"/lessons/{lesson.id}/progress", {"upto": ""})
    assert rows(school) == (0, 0, 0)
    assert school.result(lesson.id, school.member) is None


def test_strangers_and_ended_sessions_get_nothing(school: School, make: Makers) -> None:
    lesson = make.lesson()
    for person in school.strangers:
        assert school.client(person).post_json(f"/lessons/{lesson.id}/beat", {}).status_code == 404
    client = school.client(school.member)
    with school.database.writing_core() as connection:
        connection.execute(text("DELETE FROM browser_session"))
    assert client.post_json(f"/lessons/{lesson.id}/beat", {}).status_code == 404
    assert rows(school) == (0, 0, 0)


def test_page_of_a_former_member_is_told_so(school: School, make: Makers) -> None:
    lesson = make.lesson()
    former, present = school.client(school.member), school.client(school.member2)
    present.csrf = former.csrf
    answer = present.post_json(f"/lessons/{lesson.id}/beat", {})
    assert answer.status_code == 409
    assert rows(school) == (0, 0, 0)


def test_no_token_no_credit(school: School, make: Makers) -> None:
    lesson = make.lesson()
    client = school.client(school.member)
    client.csrf = ""
    assert client.post_json(f"/lessons/{lesson.id}/beat", {}).status_code == 403


@pytest.mark.shows("E-07")
def test_bearer_page_is_credited(school: School, make: Makers) -> None:
    lesson = make.lesson()
    client = school.client(school.member, carrier=Carrier.bearer)
    beat(client, lesson.id)
    wait(school, 15)
    assert beat(client, lesson.id)["credited"] == 15


@pytest.mark.parametrize("body", [[], "x", {"open": "x"}, {"open": -5}, {"open": 10**12}, {"open": 1.5}, None])
def test_strange_bodies_are_harmless(school: School, make: Makers, body: object) -> None:
    lesson = make.lesson()
    client = school.client(school.member)
    for _ in range(2):
        assert client.post_json(f"/lessons/{lesson.id}/beat", body).status_code == 200
        wait(school, 10)
    with school.database.reading() as session:
        found = session.query(LearningTime).one()
    assert (found.credited_ms, found.open_ms) == (10_000, 0)


def test_dates_of_person_and_group_decide(school: School, make: Makers) -> None:
    now = school.now
    lesson = make.lesson(closes_at=now - timedelta(hours=1))
    client = school.client(school.member)
    assert beat(client, lesson.id) == {"counting": False, "reason": "closed"}
    with school.database.writing() as session:
        group = Group(context_id=school.context_id, name="A")
        session.add(group)
        session.flush()
        session.add(GroupMember(group_id=group.id, member_id=school.member.member_id))
        session.add(Override(activity_id=lesson.id, group_id=group.id, closes_at=now + timedelta(hours=1)))
    assert beat(client, lesson.id)["counting"] is True
    with school.database.writing() as session:
        session.add(
            Override(activity_id=lesson.id, member_id=school.member.member_id, closes_at=now - timedelta(minutes=1))
        )
    assert beat(client, lesson.id)["counting"] is False
    assert beat(school.client(school.member2), lesson.id)["reason"] == "closed"


def test_beats_alone_keep_the_session_awake(school: School, make: Makers) -> None:
    """A video of 70 minutes: nothing but beats, and the session would be idle after 60."""
    lesson = make.lesson()
    client = school.client(school.member)
    for _ in range(140):
        beat(client, lesson.id)
        wait(school, 30)
    assert client.get(f"/lessons/{lesson.id}").status_code == 200
