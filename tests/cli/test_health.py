"""What /metrics shows and the doctor says of an installation in use."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import event, insert, update

from lti_tool import worker
from lti_tool.cli.health import facts, judging
from lti_tool.cli.health.collector import GAUGES, FactsCollector
from lti_tool.core import jobs
from lti_tool.core.beats import Pulse
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.metrics import REGISTRY
from lti_tool.core.web import Runtime
from lti_tool.identity.models import Context, Registration
from lti_tool.launch.models import LaunchFailure
from lti_tool.ledger.models import ScorePost
from lti_tool.roster.models import RosterSync, SyncState
from tests import tool_key
from tests.cli.conftest import Dangke
from tests.conftest import START
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook
from tests.school import School

FOLDER = Path(__file__).parents[2] / "docs/operating"
Change = Callable[[School], None]


def shown(runtime: Runtime) -> dict[str, float]:
    """The samples of /metrics that come from the database."""
    registry = CollectorRegistry()
    registry.register(FactsCollector(runtime.settings, runtime.database, runtime.clock))
    lines = generate_latest(registry).decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


@pytest.fixture
def waiting(school: School, runtime: Runtime, clock: FakeClock) -> School:
    """A score that has been due for 90 seconds."""
    activity = school.activity("quiz")
    school.placement(activity)
    Recorder(school, clock)(activity.id, school.member, "5")
    clock.advance(timedelta(seconds=90))
    return school


def test_outbox_is_told_by_lms(waiting: School, runtime: Runtime, clock: FakeClock) -> None:
    tool_key.install(runtime)
    number = waiting.registration_id
    found = shown(runtime)
    assert found["dangke_up"] == 1
    assert found[f'dangke_outbox_depth{{registration="{number}"}}'] == 1
    assert found[f'dangke_outbox_oldest_seconds{{registration="{number}"}}'] == 90
    assert found[f'dangke_scores{{registration="{number}",state="waiting"}}'] == 1
    assert found[f'dangke_columns{{registration="{number}",state="ready"}}'] == 1
    worker.run_once(runtime, clock.now(), http=FakeGradebook())
    found = shown(runtime)
    assert found[f'dangke_outbox_depth{{registration="{number}"}}'] == 0
    assert found[f'dangke_scores{{registration="{number}",state="sent"}}'] == 1
    answers = REGISTRY.get_sample_value(
        "dangke_score_answers_total", {"registration": str(number), "answer": "accepted"}
    )
    assert answers is not None
    assert answers >= 1


def test_breaker_refusals_jobs_and_workers_are_told(school: School, runtime: Runtime, clock: FakeClock) -> None:
    now, number = clock.now(), school.registration_id
    pulse = Pulse()
    pulse.turn("drain", now - timedelta(seconds=40))
    with runtime.database.writing_core() as connection:
        connection.execute(
            update(Registration)
            .where(Registration.id == number)
            .values(breaker_failures=7, breaker_until=now + timedelta(seconds=30), clock_offset_ms=-4000)
        )
        row = {"at": now, "reason": "r", "reference": "A"}
        connection.execute(insert(LaunchFailure), [row | {"registration_id": each} for each in (number, number, None)])
        jobs.ask(connection, name="roster.read", key="1", due_at=now - timedelta(seconds=20))
        pulse.beat(connection, now)
    found = shown(runtime)
    for name, value in {
        f'dangke_breaker_failures{{registration="{number}"}}': 7,
        f'dangke_breaker_open_seconds{{registration="{number}"}}': 30,
        f'dangke_clock_offset_seconds{{registration="{number}"}}': -4,
        f'dangke_launch_refusals_last_hour{{registration="{number}"}}': 2,
        'dangke_launch_refusals_last_hour{registration=""}': 1,
        'dangke_jobs_due{job="roster.read"}': 1,
        'dangke_jobs_failing{job="roster.read"}': 0,
        'dangke_jobs_oldest_seconds{job="roster.read"}': 20,
        'dangke_workers{health="alive"}': 1,
        'dangke_worker_loop_age_seconds{loop="drain"}': 40,
    }.items():
        assert found[name] == value, name
    assert found["dangke_database_bytes"] > 10_000


def test_metrics_need_the_same_statements_for_few_and_for_many(waiting: School, runtime: Runtime) -> None:
    ran: list[str] = []

    def note(*arguments: Any) -> None:
        ran.append(arguments[2])

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    try:
        shown(runtime)
        few = len(ran)
        for number in range(5):
            activity = waiting.activity("quiz", title=str(number))
            item = waiting.placement(activity)
            member = waiting.new_member(f"N{number}")
            with runtime.database.writing_core() as connection:
                connection.execute(
                    insert(ScorePost).values(
                        line_item_id=item, member_id=member.member_id, state="waiting", due_at=waiting.now
                    )
                )
        ran.clear()
        shown(runtime)
        assert (few, len(ran)) == (few, few)
        assert few <= 8
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", note)


def test_database_that_cannot_be_read_is_told_and_no_number_is_made_up(runtime: Runtime, tmp_path: Path) -> None:
    runtime.database = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    found = shown(runtime)
    assert found == {"dangke_up": 0}


def rostered(school: School, age: timedelta | None, *, state: SyncState = SyncState.done) -> None:
    """A course in use whose list of members was read so long ago."""
    now = school.now
    with school.database.writing() as session:
        session.execute(
            update(Context)
            .where(Context.id == school.context_id)
            .values(memberships_url="https://lms.example/m", roster_asked_at=now)
        )
        complete = None if age is None else now - age
        session.add(RosterSync(context_id=school.context_id, state=state, started_at=now, complete_at=complete))


@pytest.mark.parametrize(
    ("age", "state", "samples"),
    [
        (timedelta(hours=5), SyncState.done, {"all": 1, "never": 0, "failed": 0}),
        (None, SyncState.failed, {"all": 1, "never": 1, "failed": 1}),
    ],
)
def test_rosters_are_told_by_lms(
    school: School, runtime: Runtime, age: timedelta | None, state: SyncState, samples: dict[str, int]
) -> None:
    rostered(school, age, state=state)
    found, number = shown(runtime), school.registration_id
    for name, value in samples.items():
        assert found[f'dangke_rosters{{registration="{number}",state="{name}"}}'] == value
    oldest = found.get(f'dangke_roster_oldest_seconds{{registration="{number}"}}')
    assert oldest == (None if age is None else age.total_seconds())


@pytest.mark.parametrize(
    ("age", "state", "words"),
    [
        (timedelta(days=2), SyncState.done, None),
        (timedelta(days=4), SyncState.done, "is 4 days old"),
        (timedelta(days=1), SyncState.failed, "1 of 1 lists of members could not be read"),
    ],
)
def test_doctor_says_an_old_or_refused_roster(
    school: School, runtime: Runtime, age: timedelta, state: SyncState, words: str | None
) -> None:
    rostered(school, age, state=state)
    found = [
        each for each in judging.judged(facts.read(runtime.database, school.now), {}) if "dangke roster" in each.words
    ]
    assert [each.state for each in found] == ([] if words is None else ["hint"])
    assert words is None or words in found[0].words


@pytest.mark.parametrize(
    ("after", "beats", "state", "words"),
    [
        (timedelta(0), True, "ok", "at work"),
        (timedelta(minutes=20), True, "bad", "minutes"),
        (timedelta(0), False, "bad", "none is at work"),
    ],
)
def test_doctor_judges_workers_and_scores(
    waiting: School, runtime: Runtime, clock: FakeClock, after: timedelta, beats: bool, state: str, words: str
) -> None:
    clock.advance(after)
    if beats:
        pulse = Pulse()
        pulse.turn("drain", clock.now())
        with runtime.database.writing_core() as connection:
            pulse.beat(connection, clock.now())
    found = list(judging.judged(facts.read(runtime.database, clock.now()), {}))
    assert [each for each in found if each.state == state and words in each.words], found


@pytest.mark.once
@pytest.mark.parametrize(("free", "state"), [(3 * 10**9, "ok"), (10**9, "hint"), (10**8, "bad")])
def test_doctor_judges_disks(free: int, state: str) -> None:
    nothing = facts.Facts(START, [], [], [], 0, 0)
    [found] = [each for each in judging.judged(nothing, {"uploads": (free, free)}) if "disk" in each.subject]
    assert found.state == state


def test_doctor_for_machines_and_its_exit_codes(migrated: Dangke, tmp_path: Path) -> None:
    fine = migrated("doctor", "--json", "--local")
    told = json.loads(fine.out)
    assert (fine.code, told["ok"]) == (0, True)
    assert {"settings", "database", "worker", "uploads"} <= {each["subject"] for each in told["checks"]}
    assert migrated("doctor", "--local", "--strict").code == 1, "no worker has run yet: a hint"
    assert migrated("seed").code == 0
    next((tmp_path / "data").glob("media/??/*")).unlink()
    ill = migrated("doctor", "--json", "--local")
    assert (ill.code, json.loads(ill.out)["ok"]) == (1, False)
    assert migrated("doctor", "--nonsense").code == 2


COUNTERS = {f"{each.name}_total" for each in REGISTRY.collect()}
EVERY = COUNTERS | GAUGES.keys()
NOT_ON_THE_DASHBOARD = {"dangke_registrations_total", "dangke_clock_offset_seconds"}
"""Rare events, and a number that only the doctor needs."""


def named(text: str) -> set[str]:
    return set(re.findall(r"\bdangke_[a-z_]+", text))


def anchors() -> set[str]:
    """The headings of docs/operating.md, as links name them."""
    headings = re.findall(r"^#+ +(.+)$", (FOLDER.parent / "operating.md").read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.once
def test_alerts_name_metrics_and_pages_that_there_are() -> None:
    alerts = (FOLDER / "alerts.yml").read_text("utf-8").split("- alert: ")[1:]
    for alert in alerts:
        keys = re.findall(r"^ +(\w+): ", alert, re.MULTILINE)
        assert keys == ["expr", "for", "labels", "annotations"], alert
        asked = named(alert.split("expr: ")[1].splitlines()[0])
        assert asked, alert
        assert asked <= EVERY, alert
        runbook = re.search(r'runbook: "docs/operating.md#([^"]+)"', alert)
        assert runbook is not None, alert
        assert runbook[1] in anchors()
    assert len(alerts) >= 8


@pytest.mark.once
def test_every_metric_is_on_the_dashboard_or_deliberately_not() -> None:
    dashboard = json.loads((FOLDER / "grafana.json").read_text("utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    on_it = named(" ".join(queries))
    assert on_it <= EVERY
    assert EVERY - on_it == NOT_ON_THE_DASHBOARD
