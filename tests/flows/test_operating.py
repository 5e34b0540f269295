"""Health, metrics and logs of real processes on a journey that has everything: launches, refusals, scores, errors."""

import json
import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.flows.campus import link_of
from tests.flows.visitor import Visitor, number_in
from tests.flows.waiting import eventually
from tests.stack import Stack, running_stack

NAMES = ("李小明", "小明", "王静", "张丽华", "member1@school.example")
SECRET_WORDS = "SECRETWORDS"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("operating") / "stack", DANGKE_LOG_LEVEL="DEBUG") as running:
        yield running


@pytest.fixture(scope="module")
def journey(stack: Stack) -> Stack:
    """Two members take the quiz, one writes; one launch is refused; a page is missing; a score waits."""
    for person, right in (("member1", 4), ("member2", 2)):
        visitor = Visitor(person, stack.driver, stack.tool_url)
        visitor.launch(link_of(stack.config, "quiz"))
        visitor.take(number_in(visitor.address), right=right)
        visitor.launch(link_of(stack.config, "forum"))
        visitor.send(f"{visitor.address}/new", title=SECRET_WORDS, body=SECRET_WORDS)
        visitor.open(f"{visitor.address}?q={SECRET_WORDS}")
        visitor.open("/quizzes/999999?name=李小明")
        visitor.send("/lti/launch", id_token=f"{SECRET_WORDS}.{SECRET_WORDS}.{SECRET_WORDS}", state=SECRET_WORDS)
        visitor.forge(link_of(stack.config, "quiz"), iss="https://other.example")
    eventually(lambda: len([e for e in stack.driver.score_log() if e["status"] == 200]) >= 2, within=30)
    stack.driver.fault("scores", "status", status=500)
    late = Visitor("member3", stack.driver, stack.tool_url)
    late.launch(link_of(stack.config, "quiz"))
    late.take(number_in(late.address))
    eventually(lambda: [e for e in stack.driver.score_log() if e["status"] == 500], within=20)
    return stack


def metrics(stack: Stack) -> dict[str, float]:
    """The samples of /metrics."""
    with urllib.request.urlopen(stack.metrics_url, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


@pytest.mark.shows("O-01")
def test_health_and_readiness(stack: Stack) -> None:
    for path in ("/healthz", "/readyz"):
        answer = requests.get(f"{stack.tool_url}{path}", timeout=10)
        assert (answer.status_code, answer.json()["ok"]) == (200, True)


@pytest.mark.shows("O-02")
def test_metrics_count_launches_failures_and_scores(journey: Stack) -> None:
    def seen() -> dict[str, float]:
        found = metrics(journey)
        return found if found.get('dangke_score_answers_total{answer="broken",registration="1"}', 0) >= 1 else {}

    found = eventually(seen, within=20)
    assert found['dangke_launches_total{message="LtiResourceLinkRequest",registration="1"}'] == 5
    failures = {name: value for name, value in found.items() if name.startswith("dangke_launch_failures_total")}
    assert sum(failures.values()) == 4
    assert all("reason=" in name for name in failures)
    assert found['dangke_score_answers_total{answer="accepted",registration="1"}'] >= 2
    assert found['dangke_outbox_depth{registration="1"}'] >= 1
    assert found['dangke_workers{health="alive"}'] == 1
    assert found['dangke_worker_loop_age_seconds{loop="drain"}'] < 60
    ready = requests.get(journey.metrics_url.replace("/metrics", "/readyz"), timeout=10)
    assert (ready.status_code, ready.json()) == (200, {"ok": True})


@pytest.mark.shows("O-02")
def test_metrics_are_not_on_the_port_of_the_browsers(stack: Stack) -> None:
    assert requests.get(f"{stack.tool_url}/metrics", timeout=10).status_code == 404
    assert stack.metrics_url.startswith("http://127.0.0.1:")


@pytest.mark.shows("O-03")
def test_logs_are_json_with_a_request_id_and_without_people(journey: Stack) -> None:
    text = journey.tool.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    other = [line for line in text.splitlines() if line.strip() and not line.startswith("{")]
    assert len(other) <= 1, other[:5]
    assert len(lines) > 50
    requested = [line for line in lines if line["event"] == "request"]
    assert all(re.fullmatch(r"[0-9A-F]{8}", line["request_id"]) for line in requested)
    plain = text + "".join(json.dumps(line, ensure_ascii=False) for line in lines)
    for word in (*NAMES, SECRET_WORDS, "member1", "member2", "eyJ", "?", "Bearer", "id_token=", "Traceback"):
        assert word not in plain, next(line for line in plain.splitlines() if word in line)[:300]


def test_error_page_names_a_reference_that_stands_in_the_log(journey: Stack) -> None:
    visitor = Visitor("member1", journey.driver, journey.tool_url)
    page = visitor.open("/quizzes/999999")
    reference = re.search(r"<code>([0-9A-F]{8})</code>", page.text)
    assert page.status == 404
    assert reference is not None
    assert reference[1] in journey.tool.log.read_text(encoding="utf-8")


@pytest.mark.shows("F-02")
def test_endless_body_is_cut_off_and_the_server_lives(stack: Stack) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(400):
            yield b"x" * 10_000

    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status = requests.post(f"{stack.tool_url}/lti/launch", data=endless(), headers=form, timeout=30).status_code
    except requests.ConnectionError:
        status = 413  # it hung up while we were still talking
    assert status in {400, 413}, "it reads no further than it must"
    assert requests.get(f"{stack.tool_url}/healthz", timeout=10).status_code == 200


@pytest.mark.parametrize("path", ["/lti/login", "/lti/launch", "/nowhere"])
def test_sender_of_too_much_reads_why(stack: Stack, path: str) -> None:
    """Three times the limit: the answer does not come before the sender is able to read it."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(5):
        answer = requests.post(f"{stack.tool_url}{path}", data=b"x" * 8_000_000, headers=form, timeout=30)
        assert answer.status_code == (404 if path == "/nowhere" else 413)
        assert "DK-4" in answer.text


def test_one_who_dies_is_started_again_and_sigterm_stops_all(tmp_path: Path) -> None:
    """A killed worker or web process comes back; after SIGTERM nobody is left of the group."""
    with running_stack(tmp_path / "stack", DANGKE_WEB_PROCESSES="1") as stack:
        assert stack.tool.process is not None
        group = stack.tool.process.pid
        for child in children(group):
            signal_to(child, signal.SIGKILL)
        eventually(lambda: len(children(group)) == 2, within=20, what="both children are back")
        eventually(stack.tool.answers, within=30)
        assert stack.tool.stop() == 0
        eventually(lambda: not members(group), within=10, what="an empty process group")


def children(parent: int) -> list[int]:
    """The direct children of a process."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(each) for each in path.read_text().split()] if path.exists() else []


def members(group: int) -> list[int]:
    """Processes of a process group that still run."""
    return _running(2, group)


def session_of(leader: int) -> list[int]:
    """Processes of a session, in whatever group, that still run."""
    return _running(3, leader)


def _running(field: int, value: int) -> list[int]:
    """Processes one of whose numbers in /proc/<id>/stat, counted from the state, is this."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[field]) == value and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def signal_to(process: int, number: signal.Signals) -> None:
    """Send a signal to a child of ours, if it still runs."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return
