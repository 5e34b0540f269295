"""The tool behind the proxy and under the units that docs/operating has: what is written there works."""

import configparser
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests

from quizzes.seed import TITLE
from tests import caddy, nginx
from tests.flows.campus import link_of
from tests.flows.visitor import RIGHT, Visitor, number_in
from tests.flows.waiting import eventually
from tests.lms_client import LmsDriver
from tests.processes import Server, free_port
from tests.stack import DANGKE, running_stack

FOLDER = Path(__file__).parents[2] / "docs/operating"
UNITS = sorted(FOLDER.glob("*.service"))


Front = Callable[[Path, int, list[int]], AbstractContextManager[Server]]
FRONTS: dict[str, Front] = {
    "caddy": caddy.in_front,
    "nginx": lambda folder, port, nodes: nginx.in_front(folder, port, nodes, tls=True),
}


@pytest.mark.once
@pytest.mark.slow
def test_samples_of_proxies_serve_the_tool_by_tls(tmp_path: Path) -> None:
    port = free_port()
    with running_stack(
        tmp_path / "stack", command="web", DANGKE_WEB_PROCESSES="1", DANGKE_TRUSTED_PROXIES="1",
        DANGKE_PUBLIC_URL=f"https://127.0.0.1:{port}",
    ) as stack:  # fmt: skip
        nodes = [int(stack.tool.environment["DANGKE_PORT"])]
        for name, in_front in FRONTS.items():
            with in_front(tmp_path / name, port, nodes):
                look_through(name, f"https://127.0.0.1:{port}", tmp_path / name / "tool.crt")


def look_through(name: str, url: str, certificate: Path) -> None:
    """What a browser sees of the tool behind this proxy."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(certificate)
    page = session.get(f"{url}/privacy", timeout=10)
    large = session.post(f"{url}/lti/login", data=b"x" * 2_000_000, timeout=10)
    metrics = session.get(f"{url}/metrics", timeout=10)
    assert page.status_code == 200, name
    assert "max-age" in page.headers["Strict-Transport-Security"], f"{name}: the tool knows that browsers come by https"
    assert "X-Frame-Options" not in page.headers, name
    assert (large.status_code, metrics.status_code) == (413, 404), f"{name} is above the tool's own limit"
    assert "DK-413" in large.text, name


@pytest.mark.once
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_sample_units_are_well_formed_and_start_what_there_is(unit: Path, tmp_path: Path) -> None:
    """With the program where this test has it, and as nobody in particular."""
    text = re.sub(r"^User=.*\n", "", unit.read_text("utf-8"), flags=re.MULTILINE).replace(
        "/opt/dangke/bin/dangke", DANGKE
    )
    placed = tmp_path / unit.name
    placed.write_text(text)
    program = shutil.which("systemd-analyze")
    if program:
        done = subprocess.run([program, "verify", "--man=no", str(placed)], capture_output=True, text=True, check=False)
        ours = [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
        assert ours == []
    parsed = configparser.ConfigParser(interpolation=None, strict=False)
    parsed.optionxform = str  # type: ignore[method-assign,assignment]  # names as they are written
    parsed.read_string(text)
    start = parsed["Service"]["ExecStart"]
    command = re.search(re.escape(DANGKE) + r" (\w+)", start)
    assert command is not None
    assert subprocess.run([DANGKE, command[1], "--help"], capture_output=True, check=False).returncode == 0
    assert parsed["Service"]["EnvironmentFile"] == "/etc/dangke.env"


@pytest.mark.once
@pytest.mark.parametrize("timer", sorted(FOLDER.glob("*.timer")), ids=lambda path: path.stem)
def test_sample_timers_start_a_unit_that_there_is_every_night(timer: Path) -> None:
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[method-assign,assignment]  # names as they are written
    parsed.read_string(timer.read_text("utf-8"))
    unit = parsed["Timer"].get("Unit", f"{timer.stem}.service")
    assert unit in {path.name for path in UNITS}
    assert re.fullmatch(r"\*-\*-\* 0[0-5]:[0-5]\d", parsed["Timer"]["OnCalendar"]), "a time of the night"
    assert parsed["Timer"]["Persistent"] == "true", "a night that the machine slept through is made up for"
    assert parsed["Install"]["WantedBy"] == "timers.target"


def node(name: str, command: str, environment: dict[str, str], folder: Path) -> Server:
    """One more process of the same installation."""
    port, metrics = free_port(), free_port()
    own = {**environment, "DANGKE_PORT": str(port), "DANGKE_METRICS_PORT": str(metrics)}
    health = f"http://127.0.0.1:{port}/readyz" if command == "web" else f"http://127.0.0.1:{metrics}/readyz"
    return Server(name, [DANGKE, command], own, health, folder / f"{name}.log")


@pytest.mark.slow
@pytest.mark.postgresql
def test_two_web_and_two_workers_behind_nginx_lose_nothing_when_one_of_each_is_killed(tmp_path: Path) -> None:
    port = free_port()
    settings = {"DANGKE_WEB_PROCESSES": "1", "DANGKE_LOG_LEVEL": "WARNING", "DANGKE_TRUSTED_PROXIES": "1"}
    with running_stack(
        tmp_path / "stack", command="web", DANGKE_PUBLIC_URL=f"http://127.0.0.1:{port}", **settings
    ) as stack:
        environment = dict(stack.tool.environment)
        webs = [stack.tool, node("web-2", "web", environment, stack.folder)]
        workers = [node(f"worker-{number}", "worker", environment, stack.folder) for number in (1, 2)]
        addresses = [f"http://127.0.0.1:{web.environment['DANGKE_PORT']}" for web in webs]
        public = f"http://127.0.0.1:{port}"
        try:
            for server in (webs[1], *workers):
                server.start()
            ports = [int(web.environment["DANGKE_PORT"]) for web in webs]
            with nginx.in_front(tmp_path / "nginx", port, ports):
                driver, link = stack.driver, link_of(stack.config, "quiz")
                driver.control("POST", "members", {"course": "course-1", "count": 8})
                visitors = [Visitor(f"m{number:06}", driver, public) for number in range(1, 9)]
                attempts: dict[str, tuple[int, int]] = {}
                for number, visitor in enumerate(visitors):
                    # Launched on one node, begun on the other: sessions belong to the installation.
                    visitor.via = addresses[number % 2]
                    visitor.launch(link)
                    quiz = number_in(visitor.address)
                    visitor.via = addresses[(number + 1) % 2]
                    attempts[visitor.person] = (quiz, visitor.begin(quiz))
                    visitor.via = ""
                early, late = visitors[:4], visitors[4:]
                finish(early, attempts)
                wanted = {visitor.person: 100.0 for visitor in early}
                eventually(lambda: shown(driver) == wanted, within=60, what="the first grades")

                webs[0].kill()
                workers[0].kill()
                finish(late, attempts)
                wanted |= {visitor.person: 100.0 for visitor in late}
                eventually(lambda: shown(driver) == wanted, within=60, what="all grades")
                column = next(
                    row["line_item"] for (name, _), row in driver.gradebook("course-1").items() if name == TITLE
                )
                log = [entry for entry in driver.score_log() if entry["line_item_id"] == column]
                assert sorted(entry["person_id"] for entry in log) == sorted(wanted), "each of them once"
        finally:
            for server in (webs[1], *workers):
                server.stop()


def finish(visitors: list[Visitor], attempts: dict[str, tuple[int, int]]) -> None:
    """Answer everything, by whichever node takes it, and hand in."""
    for visitor in visitors:
        _quiz, attempt = attempts[visitor.person]
        for slot, response in RIGHT.items():
            assert visitor.answer(attempt, slot, response).status == 200
        assert visitor.submit(attempt).status == 303


def shown(driver: LmsDriver) -> dict[str, float]:
    """Scores of the quiz by person, as the LMS has them."""
    cells = driver.gradebook("course-1")
    return {person: row["score"] for (column, person), row in cells.items() if column == TITLE}
