"""What is kept for a while goes when its time is over, and nothing else; docs/retention.md says the same."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from courses.progress.models import LearningPointer
from lti_tool import worker
from lti_tool.app import METADATA, RETENTION
from lti_tool.core.clock import FakeClock
from lti_tool.core.retention import NAME, SLICE, clear
from lti_tool.core.web import Runtime
from lti_tool.identity.models import AdminEvent, AdminLink, AdminSession, BrowserSession, Grant
from lti_tool.launch.models import DeepLinkRequest, LaunchFailure, LoginState, RegistrationInvite
from lti_tool.ledger.models import ScoreEvent
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook
from tests.school import School

PAGE = Path(__file__).parents[2] / "docs/retention.md"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rows(runtime: Runtime, table: type[Any]) -> int:
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def add(runtime: Runtime, table: type[Any], *values: dict[str, Any]) -> None:
    with runtime.database.writing_core() as connection:
        connection.execute(insert(table), list(values))


def work(runtime: Runtime) -> None:
    """The retention job, as the worker does it."""
    made = worker.Worker(runtime, FakeGradebook())
    made.ensure_jobs()
    made.close()
    done = worker.run_once(runtime, runtime.clock.now(), http=FakeGradebook())
    assert NAME in done.jobs


@pytest.fixture
def filled(school: School) -> Runtime:
    """A session with a choice, a login, an invitation and a refusal of now."""
    runtime, now = school.runtime, school.now
    school.client(school.instructor)
    add(runtime, LoginState, {"state_hash": "s", "nonce": "n", "registration_id": school.registration_id,
                              "browser_hash": "b", "target_link_uri": "", "parameters": {}, "created_at": now,
                              "expires_at": now + timedelta(minutes=10)})  # fmt: skip
    add(runtime, RegistrationInvite, {"secret_hash": "i", "tenant_id": 1, "created_at": now,
                                      "expires_at": now + timedelta(minutes=10)})  # fmt: skip
    add(runtime, LaunchFailure, {"at": now, "reason": "r", "reference": "A"})
    with runtime.database.writing() as session:
        found = session.scalars(select(BrowserSession)).one()
        session.add(
            DeepLinkRequest(
                context_id=school.context_id, member_id=school.instructor.member_id, session_id=found.id,
                deployment_id=school.deployment_id, created_at=now, expires_at=now + timedelta(minutes=30),
            )
        )  # fmt: skip
    return runtime


def test_each_goes_after_its_own_time(filled: Runtime, clock: FakeClock) -> None:
    def left() -> dict[str, int]:
        tables = (LoginState, RegistrationInvite, DeepLinkRequest, BrowserSession, Grant, LaunchFailure)
        return {table.__tablename__: rows(filled, table) for table in tables if rows(filled, table)}

    work(filled)
    assert len(left()) == 6
    clock.advance(timedelta(minutes=71))  # ended 61 minutes ago
    work(filled)
    assert set(left()) == {"deep_link_request", "browser_session", "launch_grant", "launch_failure"}
    clock.advance(timedelta(minutes=20))
    work(filled)
    assert set(left()) == {"browser_session", "launch_grant", "launch_failure"}
    clock.advance(13 * HOUR)
    work(filled)
    assert set(left()) == {"launch_failure"}
    clock.advance(30 * DAY)
    work(filled)
    assert left() == {}


def test_settings_say_how_long(filled: Runtime, clock: FakeClock) -> None:
    filled.settings = filled.settings.model_copy(update={"keep_ended_hours": 3, "keep_failures_days": 1})
    clock.advance(3 * HOUR)
    work(filled)
    assert rows(filled, LoginState) == 1
    clock.advance(DAY)
    work(filled)
    assert (rows(filled, LoginState), rows(filled, LaunchFailure)) == (0, 0)


def test_console_sessions_stay_while_the_log_names_them(school: School, runtime: Runtime, clock: FakeClock) -> None:
    now = clock.now()
    for number in (1, 2):
        add(
            runtime,
            AdminLink,
            {"id": number, "secret_hash": str(number), "name": "a", "created_at": now, "expires_at": now},
        )
        add(runtime, AdminSession, {"id": number, "link_id": number, "token_hash": str(number), "created_at": now,
                                    "seen_at": now})  # fmt: skip
    add(runtime, AdminEvent, {"session_id": 1, "name": "a", "at": now, "action": "x", "subject": "", "detail": ""})
    clock.advance(DAY)
    work(runtime)
    assert (rows(runtime, AdminLink), rows(runtime, AdminSession), rows(runtime, AdminEvent)) == (1, 1, 1)
    runtime.settings = runtime.settings.model_copy(update={"keep_console_log_days": 1})
    clock.advance(DAY)
    work(runtime)
    assert (rows(runtime, AdminLink), rows(runtime, AdminSession), rows(runtime, AdminEvent)) == (0, 0, 0)


def test_last_sign_of_life_goes_and_the_history_of_a_score_keeps_its_end(
    school: School, runtime: Runtime, clock: FakeClock
) -> None:
    activity = school.activity("quiz")
    item = school.placement(activity)
    Recorder(school, clock)(activity.id, school.member, "5")
    post = school.post(item, school.member)
    assert post is not None
    events = [{"score_post_id": post.id, "at": clock.now() - age * DAY, "event": "retry"} for age in (900, 800, 0)]
    add(runtime, ScoreEvent, *events)
    beat = int((clock.now() - 8 * DAY).timestamp() * 1000)
    add(runtime, LearningPointer, {"member_id": school.member.member_id, "activity_id": activity.id, "beat_ms": beat})
    [scores] = [rule for rule in RETENTION if rule.table is ScoreEvent]
    assert scores.kept(runtime.settings) is None, "for good, unless somebody says otherwise"
    clear(scores, runtime, clock.now() - 850 * DAY)
    assert rows(runtime, ScoreEvent) == 2
    clear(scores, runtime, clock.now() + DAY)
    assert rows(runtime, ScoreEvent) == 1
    work(runtime)
    assert rows(runtime, LearningPointer) == 0


def test_many_go_in_slices(runtime: Runtime, clock: FakeClock) -> None:
    add(runtime, LaunchFailure, *({"at": clock.now(), "reason": "r", "reference": "A"} for _ in range(2 * SLICE + 1)))
    [rule] = [rule for rule in RETENTION if rule.table is LaunchFailure]
    assert clear(rule, runtime, clock.now()), "those of this very moment are not older"
    assert rows(runtime, LaunchFailure) == 2 * SLICE + 1
    assert not clear(rule, runtime, clock.now() + DAY, is_stopped=lambda: True), "the worker is told to stop"
    assert rows(runtime, LaunchFailure) == SLICE + 1
    assert clear(rule, runtime, clock.now() + DAY)
    assert rows(runtime, LaunchFailure) == 0


@pytest.mark.once
def test_page_has_every_table_and_says_what_the_job_does() -> None:
    lines = re.findall(r"^\| (`[^|]*) \| [^|]* \| ([^|]*) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    named = {name: kept for names, kept in lines for name in re.findall(r"`(\w+)`", names)}
    assert named.keys() == METADATA.tables.keys()
    promised = {name: set(re.findall(r"DANGKE_\w+", kept)) for name, kept in named.items()}
    done: dict[str, set[str]] = {name: set() for name in named}
    for rule in RETENTION:
        done[rule.table.__tablename__] |= {f"DANGKE_{rule.setting.upper()}"} if rule.setting else set()
    assert promised == done


def test_privacy_page_names_the_periods_of_this_installation(app: Flask, runtime: Runtime) -> None:
    runtime.settings = runtime.settings.model_copy(update={"keep_ended_hours": 5, "keep_failures_days": 77})
    page = app.test_client().get("/privacy", headers={"Accept-Language": "en"}).text
    assert re.search(r"\b5\b.*\b77\b", page, re.DOTALL)
