"""The worker hands in, re-plans, and is safe to run twice."""

from datetime import timedelta
from decimal import Decimal

import pytest

from lti_tool.core.clock import FakeClock
from lti_tool.ledger import services as ledger
from lti_tool.ledger.models import Activity, Override
from quizzes.attempts import sweep
from quizzes.attempts.models import Attempt
from quizzes.attempts.rules import AttemptState, ClosedBy, OnExpiry
from quizzes.papers.rules import Settings
from tests.quizzes.conftest import SINGLE, Quizzes
from tests.school import Person, School

TIMED = Settings(time_limit_seconds=600, shuffle_options=False)


def swept(school: School) -> int:
    with school.database.reading_core() as connection:
        if not sweep.due(connection, school.now):
            return 0
    return sweep.run(school.runtime, school.now)


def extend(school: School, activity: Activity, person: Person, **values: int) -> None:
    with school.database.writing() as session:
        session.add(Override(activity_id=activity.id, member_id=person.member_id, reason="", **values))
        ledger.schedule_changed(session, activity.id)


def test_worker_hands_in_when_the_browser_is_closed(quizzes: Quizzes, school: School, clock: FakeClock) -> None:
    activity = quizzes.quiz(SINGLE, settings=TIMED)
    column = school.placement(activity)
    sitting = quizzes.begin(activity, school.member)
    sitting.answer(1, "a")
    clock.advance(timedelta(minutes=10, seconds=4))
    assert swept(school) == 0
    clock.advance(timedelta(seconds=1))
    assert swept(school) == 1
    assert swept(school) == 0
    attempt = quizzes.attempt(sitting.attempt_id)
    assert (attempt.state, attempt.closed_by, attempt.score) == (AttemptState.finished, ClosedBy.time, Decimal(2))
    assert attempt.finished_at == attempt.ends_at
    assert school.post(column, school.member) is not None
    for url in (f"/quizzes/{activity.id}", f"{sitting.url}/result"):
        assert "时间到，已自动交卷" in sitting.client.get(url).get_data(as_text=True)


def test_sweep_twice_at_the_same_moment_records_once(quizzes: Quizzes, school: School, clock: FakeClock) -> None:
    activity = quizzes.quiz(SINGLE, settings=TIMED)
    quizzes.begin(activity, school.member)
    clock.advance(timedelta(hours=1))
    assert sweep.run(school.runtime, school.now) == 1
    result = school.result(activity.id, school.member)
    sweep.run(school.runtime, school.now)
    again = school.result(activity.id, school.member)
    assert result is not None
    assert again is not None
    assert (result.score, result.updated_at) == (again.score, again.updated_at)


def test_changed_closing_date_replans_running_attempts(quizzes: Quizzes, school: School, clock: FakeClock) -> None:
    activity = quizzes.quiz(SINGLE, settings=TIMED)
    sitting = quizzes.begin(activity, school.member)
    quizzes.change(activity, closes_at=school.now + timedelta(minutes=2))
    assert swept(school) == 1
    assert quizzes.attempt(sitting.attempt_id).ends_at == school.now + timedelta(minutes=2)
    assert swept(school) == 0
    clock.advance(timedelta(minutes=3))
    assert swept(school) == 1
    assert quizzes.attempt(sitting.attempt_id).state is AttemptState.finished


def test_extra_time_given_while_it_runs_counts(quizzes: Quizzes, school: School, clock: FakeClock) -> None:
    activity = quizzes.quiz(SINGLE, settings=TIMED)
    sitting = quizzes.begin(activity, school.member)
    extend(school, activity, school.member, extra_percent=50)
    clock.advance(timedelta(minutes=12))
    assert swept(school) == 1
    attempt = quizzes.attempt(sitting.attempt_id)
    assert attempt.state is AttemptState.in_progress
    assert attempt.ends_at == attempt.started_at + timedelta(minutes=15)
    assert sitting.answer(1, "a").status_code == 200


def test_changed_limit_leaves_running_attempts_alone(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE, settings=TIMED)
    sitting = quizzes.begin(activity, school.member)
    instructor = school.client(school.instructor)
    fields = {"title": "Check", "time_limit": "1", "closes": "2026-12-01T00:00"}
    assert instructor.post_form(f"/quizzes/{activity.id}/settings", fields).status_code == 303
    swept(school)
    attempt = quizzes.attempt(sitting.attempt_id)
    assert attempt.ends_at == attempt.started_at + timedelta(minutes=10)


def test_time_of_grace_lets_only_hand_in_and_then_abandons(quizzes: Quizzes, school: School, clock: FakeClock) -> None:
    settings = Settings(time_limit_seconds=600, on_expiry=OnExpiry.grace, grace_seconds=3600)
    activity = quizzes.quiz(SINGLE, settings=settings)
    first, second = quizzes.begin(activity, school.member), quizzes.begin(activity, school.member2)
    first.answer(1, "a")
    clock.advance(timedelta(minutes=12))
    assert swept(school) == 2
    assert first.answer(1, "b").status_code == 409
    assert first.client.get(first.url).headers["Location"].endswith("/submit")
    assert first.client.get(f"{first.url}/submit").status_code == 200
    assert first.submit(shown="1", q1="b").status_code == 303
    assert quizzes.attempt(first.attempt_id).score == 2
    clock.advance(timedelta(hours=1))
    assert swept(school) == 1
    assert quizzes.attempt(second.attempt_id).state is AttemptState.abandoned
    result = school.result(activity.id, school.member2)
    assert result is not None
    assert result.score is None
    assert school.client(school.member2).get(f"{second.url}/result").status_code == 200


def test_preview_is_never_swept(quizzes: Quizzes, school: School, clock: FakeClock) -> None:
    quizzes.begin(quizzes.quiz(SINGLE, settings=TIMED), school.instructor)
    clock.advance(timedelta(hours=5))
    assert swept(school) == 0


def test_five_hundred_at_most_in_one_run(
    quizzes: Quizzes, school: School, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity = quizzes.quiz(SINGLE, settings=TIMED)
    for person in (school.member, school.member2, school.new_member("third")):
        quizzes.begin(activity, person)
    clock.advance(timedelta(hours=1))
    monkeypatch.setattr(sweep, "MOST", 2)
    assert [swept(school), swept(school), swept(school)] == [2, 1, 0]


def test_attempt_that_cannot_be_marked_holds_up_no_other(quizzes: Quizzes, school: School, clock: FakeClock) -> None:
    activity = quizzes.quiz(SINGLE, settings=TIMED)
    spoiled = quizzes.begin(activity, school.member)
    clock.advance(timedelta(seconds=1))
    sound = quizzes.begin(activity, school.member2)
    with school.database.writing() as session:
        session.get_one(Attempt, spoiled.attempt_id).paper = [{"version": 0, "points": "1", "order": [], "rule": ""}]
    clock.advance(timedelta(hours=1))
    assert swept(school) == 1
    assert quizzes.attempt(sound.attempt_id).state is AttemptState.finished
    assert quizzes.attempt(spoiled.attempt_id).state is AttemptState.in_progress
    assert swept(school) == 0
