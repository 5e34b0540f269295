"""`dangke roster`: what it lists, exit codes; what a reading does is tested in tests/roster."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from lti_tool.cli import working
from lti_tool.core.clock import SystemClock
from lti_tool.core.jobs import Job
from lti_tool.identity.models import Context, Deployment, Enrolment
from lti_tool.lms.work import READ_ROSTER, roster_key
from lti_tool.roster.models import RosterSync, SyncState
from tests.cli.conftest import Dangke
from tests.cli.test_keys import register
from tests.cli.test_person import known, session_here

__all__ = ["known"]


@pytest.fixture
def listed(known: Dangke) -> int:
    """A course in use whose LMS has said where its list is, read three hours ago."""
    now = SystemClock().now()
    with session_here() as session:
        found = session.scalars(select(Context)).one()
        session.execute(update(Context).values(memberships_url="https://elsewhere.example/m", roster_asked_at=now))
        complete = now - timedelta(hours=3, minutes=1)
        session.add(
            RosterSync(
                context_id=found.id, state=SyncState.done, started_at=complete, complete_at=complete, listed=7
            )
        )  # fmt: skip
        return int(found.id)


def test_list_without_courses_is_empty(migrated: Dangke, tmp_path: Path) -> None:
    register(migrated, tmp_path)
    assert (migrated("roster", "list").code, migrated("roster", "list").out) == (0, "")
    assert migrated("roster", "read").code == 0


@pytest.mark.parametrize("what", ["list", "read"])
def test_unknown_registration_is_one_sentence(migrated: Dangke, what: str) -> None:
    ended = migrated("roster", what, "--registration", "9")
    assert (ended.code, "There is no registration 9." in ended.sentence) == (1, True)


def test_list_says_the_age_and_the_people(known: Dangke, listed: int) -> None:
    ended = known("roster", "list")
    assert ended.code == 0
    assert ended.out.split()[:7] == [str(listed), "LMS", "1", "3", "h", "7", "done"]


def test_course_without_a_list_is_one_sentence(known: Dangke, listed: int) -> None:
    ended = known("roster", "read", "--course", "999")
    assert (ended.code, "Course 999 has no list" in ended.sentence) == (1, True)


def test_list_that_cannot_be_read_ends_with_1_and_changes_nobody(known: Dangke, listed: int) -> None:
    with session_here() as session:
        before = session.execute(select(Enrolment.member_id, Enrolment.is_active)).all()
    ended = known("roster", "read", "--course", str(listed))
    assert (ended.code, "1 of 1 lists could not be read" in ended.sentence) == (1, True)
    assert f"course {listed}: not read (foreign)" in ended.out
    with session_here() as session:
        assert session.execute(select(Enrolment.member_id, Enrolment.is_active)).all() == before
    shown = known("roster", "list")
    assert (shown.code, "failed (foreign)" in shown.out) == (1, True)


def test_course_of_a_switched_off_deployment_is_not_asked(known: Dangke, listed: int) -> None:
    with session_here() as session:
        session.execute(update(Deployment).values(is_active=False))
    assert known("roster", "list").out == ""
    assert known("roster", "read", "--course", str(listed)).code == 1


def test_course_that_nobody_uses_is_read_only_by_its_number(known: Dangke, listed: int) -> None:
    with session_here() as session:
        session.execute(update(Context).values(roster_asked_at=SystemClock().now() - timedelta(days=30)))
    assert (known("roster", "read").code, known("roster", "read").out) == (0, "")


@pytest.fixture
def taken(listed: int) -> int:
    """The course's list is being read by a worker beside."""
    until = SystemClock().now() + timedelta(minutes=5)
    with session_here() as session:
        key = roster_key(listed)
        session.add(Job(name=READ_ROSTER, key=key, due_at=until, lease_until=until, takes=1, attempts=1))
        session.execute(update(RosterSync).values(state=SyncState.reading))
    return listed


def test_read_waits_for_the_worker_that_has_taken_the_list(
    known: Dangke, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worker_ends(_seconds: float) -> None:
        with session_here() as session:
            session.execute(update(RosterSync).values(state=SyncState.done, complete_at=SystemClock().now()))
            session.execute(delete(Job))

    monkeypatch.setattr("time.sleep", worker_ends)
    ended = known("roster", "read", "--course", str(taken))
    assert (ended.code, ended.out) == (0, f"course {taken}: 7 people, 0 new, 0 gone, 0 renamed\n")


def test_read_waits_no_longer_than_a_minute_for_a_worker_that_was_killed(
    known: Dangke, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[float] = []
    monkeypatch.setattr("time.sleep", passed.append)
    monkeypatch.setattr("time.monotonic", lambda: sum(passed))
    ended = known("roster", "read", "--course", str(taken))
    assert (ended.code, f"course {taken}: not read (not yet)" in ended.out) == (1, True)
    assert sum(passed) == working.PATIENCE_SECONDS
