"""The LMS's own dates of a link, in the custom parameters of its launches."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lti_tool.core.clock import FakeClock
from lti_tool.core.logs import log
from lti_tool.identity.models import Context
from lti_tool.launch.services.landing import dates as landing
from lti_tool.ledger.models import Activity, LineItem, Placement
from lti_tool.ledger.windows import window_of
from quizzes.attempts import sweep
from tests.lti.test_launch import counted
from tests.lti.world import ORIGIN, World, csrf_of
from tests.quizzes.conftest import Quizzes

OPENS, CLOSES = datetime(2026, 12, 1, 0, tzinfo=UTC), datetime(2026, 12, 8, 10, tzinfo=UTC)
CUSTOM = {
    "available_from": "2026-11-30T08:00:00+08:00",
    "submission_from": "2026-12-01T08:00:00+08:00",
    "Submission_Until": "2026-12-08T10:00:00Z",
    "available_until": "2026-12-31T23:59:59.999Z",
}


def stored(world: World, link: str = "link-a") -> tuple[datetime | None, datetime | None]:
    with world.runtime.database.reading() as session:
        placement = session.scalars(select(Placement).where(Placement.resource_link_id == link)).one()
    return placement.lms_opens_at, placement.lms_closes_at


def version(world: World, activity: Activity) -> int:
    with world.runtime.database.reading() as session:
        return session.get_one(Activity, activity.id).schedule_version


def test_CP_02_dates_of_the_lms_narrow_the_window_and_attempts_plan_again(world: World, browser: FlaskClient) -> None:
    activity = world.bound(closes_at=datetime(2026, 12, 20, tzinfo=UTC))
    before = version(world, activity)
    world.forge(browser, custom=CUSTOM)
    assert stored(world) == (OPENS, CLOSES)
    assert version(world, activity) == before + 1
    with world.runtime.database.reading() as session:
        window = window_of(session, session.get_one(Activity, activity.id), 0)
    assert (window.opens, window.closes) == (OPENS, CLOSES)
    world.forge(world.browser(), person="member2", custom=CUSTOM)
    assert version(world, activity) == before + 1


def test_CP_02_dates_of_a_link_that_shows_nothing_yet_hold_once_it_is_bound(world: World, browser: FlaskClient) -> None:
    world.forge(browser, custom=CUSTOM)
    assert stored(world) == (OPENS, CLOSES)
    activity = world.bound()
    with world.runtime.database.reading() as session:
        assert window_of(session, session.get_one(Activity, activity.id), 0).closes == CLOSES
    assert version(world, activity) == 2


@pytest.fixture
def quiz(world: World) -> tuple[Activity, Quizzes]:
    """A real quiz behind link-a that closes on 20 December by our own date; and what makes quizzes."""
    probe = world.bound()
    course: Any = SimpleNamespace(runtime=world.runtime, now=world.runtime.clock.now(), context_id=probe.context_id)
    made = Quizzes(course)
    found = made.quiz(closes_at=datetime(2026, 12, 20, tzinfo=UTC))
    with world.runtime.database.writing() as session:
        for table in (LineItem, Placement):
            session.execute(update(table).values(activity_id=found.id))
    return found, made


@pytest.mark.parametrize(
    ("until", "zone", "shown"),
    [
        ("2026-11-21T20:00:00+08:00", "Asia/Shanghai", "20:00"),
        ("2026-11-21T12:00:00Z", "Asia/Urumqi", "18:00"),
        ("2027-01-08T10:00:00Z", "Asia/Shanghai", "12月20日"),
    ],
)
def test_CP_02_stricter_end_is_shown_in_the_zone_of_the_course(
    world: World, browser: FlaskClient, quiz: tuple[Activity, Quizzes], until: str, zone: str, shown: str
) -> None:
    with world.runtime.database.writing() as session:
        session.execute(update(Context).values(timezone=zone))
    landed = world.forge(browser, custom={"submission_until": until})
    page = browser.get(landed.headers["Location"], base_url=ORIGIN)
    assert page.status_code == 200
    assert shown in page.get_data(as_text=True)


def test_CP_04_running_attempt_keeps_its_end_when_the_lms_moves_it_up_and_gains_when_it_is_put_off(
    world: World, browser: FlaskClient, quiz: tuple[Activity, Quizzes]
) -> None:
    _, quizzes = quiz
    until = world.runtime.clock.now() + timedelta(hours=2)

    def opened(person: FlaskClient, end: datetime, sub: str = "member1") -> str:
        answer = world.forge(person, person=sub, custom={"submission_until": end.isoformat()})
        sweep.run(world.runtime, world.runtime.clock.now())
        return answer.headers["Location"]

    page = opened(browser, until)
    form = {"csrf_token": csrf_of(browser.get(page, base_url=ORIGIN))}
    begun = browser.post(f"{page}/attempts", data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    number = int(begun.headers["Location"].rsplit("/", 1)[-1])
    assert quizzes.attempt(number).ends_at == until
    opened(world.browser(), until - timedelta(hours=1), "member2")
    assert quizzes.attempt(number).ends_at == until
    opened(world.browser(), until + timedelta(hours=3), "member2")
    assert quizzes.attempt(number).ends_at == until + timedelta(hours=3)


@pytest.mark.parametrize(
    "value",
    [
        "$ResourceLink.submission.endDateTime",
        "",
        "null",
        "0",
        "2026-12-08T10:00:00",
        "2026-12-08",
        "2026-13-45T00:00:00Z",
        "1796724000",
        "0001-01-01T00:00:00+14:00",
        "9" * 5000,
        1796724000,
        None,
        ["2026-12-08T10:00:00Z"],
    ],
)
def test_CP_03_what_is_no_date_is_ignored_and_logged_once(
    value: Any, world: World, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = list[dict[str, Any]]()
    monkeypatch.setattr(landing, "_told", set())
    monkeypatch.setattr(log, "info", lambda event, **fields: lines.append({"event": event, **fields}))
    activity = world.bound()
    before = version(world, activity)
    for person in ("member1", "member2"):
        answer = world.forge(world.browser(), person=person, custom={"submission_until": value, "activity": 5})
        assert answer.headers["Location"].endswith(f"/probe/{activity.id}")
    assert stored(world) == (None, None)
    assert version(world, activity) == before
    told = [each for each in lines if each["event"] == "custom_unresolved"]
    assert [each["names"] for each in told] == [["submission_until"]]


def test_CP_04_dates_are_read_again_at_each_launch(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    before = version(world, activity)
    world.forge(browser, custom=CUSTOM)
    world.forge(browser, custom={**CUSTOM, "Submission_Until": "2026-12-09T10:00:00Z"})
    assert stored(world) == (OPENS, CLOSES.replace(day=9))
    assert version(world, activity) == before + 2
    world.forge(browser, custom={"other": "1"})
    assert stored(world) == (OPENS, CLOSES.replace(day=9))
    unset = {name: f"$ResourceLink.{name}" for name in CUSTOM}
    world.forge(browser, custom=unset)
    assert stored(world) == (None, None)
    assert version(world, activity) == before + 3


def test_launch_with_known_dates_takes_at_most_nine_statements(world: World, browser: FlaskClient) -> None:
    world.bound()
    world.forge(browser, custom=CUSTOM)
    clock = world.runtime.clock
    assert isinstance(clock, FakeClock)
    clock.advance(timedelta(seconds=1))  # the launch before asked for the roster, and its moment has passed
    claims_ready = world.begin(browser, "member1", "link-a")
    claims = world.claims(claims_ready.nonce, "member1", "link-a", custom=CUSTOM)
    token = world.lms.sign(claims)
    with counted(world) as statements:
        assert world.post(browser, claims_ready.state, token).status_code == 303
    assert len(statements) <= 9
