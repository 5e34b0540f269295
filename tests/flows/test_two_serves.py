"""Two `dangke serve` on one database: both answer, both drain, each score is sent once, nothing is lost."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from quizzes.seed import TITLE
from tests.flows.campus import link_of
from tests.flows.visitor import RIGHT, Visitor, number_in
from tests.flows.waiting import eventually
from tests.lms_client import LmsDriver
from tests.processes import Server, free_port
from tests.stack import DANGKE, Stack, running_stack

MEMBERS = 16


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with running_stack(tmp_path / "stack", DANGKE_WEB_PROCESSES="1", DANGKE_LOG_LEVEL="INFO") as running:
        yield running


@pytest.fixture
def second(stack: Stack) -> Iterator[Server]:
    """The same installation once more, behind the same public address."""
    port = free_port()
    environment = {**stack.tool.environment, "DANGKE_PORT": str(port), "DANGKE_METRICS_PORT": str(free_port())}
    url = f"http://127.0.0.1:{port}"
    server = Server(
        "second dangke serve", [DANGKE, "serve"], environment, f"{url}/healthz", stack.folder / "second.log"
    )
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
@pytest.mark.shows("F-14")
def test_two_serves_on_one_database_send_each_score_once(stack: Stack, second: Server) -> None:
    driver, link = stack.driver, link_of(stack.config, "quiz")
    driver.control("POST", "members", {"course": "course-1", "count": MEMBERS})
    driver.fault("scores", "pace", delay_ms=300)  # long enough for the other worker to want the same rows
    sides = [stack.tool_url, second.health.removesuffix("/healthz")]

    def sit(number: int) -> float:
        """Launch at one, begin at the other, answer at both in turn, hand in at the first."""
        visitor = Visitor(f"m{number:06}", driver, stack.tool_url, via=sides[number % 2])
        visitor.launch(link)
        quiz, right = number_in(visitor.address), number % 5 + 1
        visitor.via = sides[(number + 1) % 2]
        attempt = visitor.begin(quiz)
        for slot in RIGHT:
            visitor.via = sides[slot % 2]
            assert visitor.answer(attempt, slot, RIGHT[slot] if slot <= right else None).status == 200
        visitor.via = sides[number % 2]
        assert visitor.submit(attempt).status == 303
        return right * 20.0

    together, without_first, without_second = range(1, 13), range(13, 15), range(15, 17)
    earned: dict[str, float] = {}

    def take_turns(numbers: range) -> None:
        with ThreadPoolExecutor(6) as pool:
            scores = list(pool.map(sit, numbers))
        earned.update({f"m{number:06}": score for number, score in zip(numbers, scores, strict=True)})
        eventually(lambda: shown(driver) == earned, within=40, what="an equal gradebook")

    take_turns(together)
    stack.tool.stop()
    sides[0] = sides[1]
    take_turns(without_first)
    stack.tool.start()
    second.stop()
    sides[:] = [stack.tool_url] * 2
    take_turns(without_second)
    log = driver.score_log()
    times = Counter(entry["person_id"] for entry in log if entry["line_item_id"] in columns(driver))
    assert times == dict.fromkeys(earned, 1)
    assert {entry["status"] for entry in log} == {200}


def shown(driver: LmsDriver) -> dict[str, float]:
    """Scores of the quiz by person, as the LMS has them."""
    cells = driver.gradebook("course-1")
    return {person: row["score"] for (column, person), row in cells.items() if column == TITLE}


def columns(driver: LmsDriver) -> set[int]:
    """The ids of the quiz's column."""
    return {row["line_item"] for (column, _), row in driver.gradebook("course-1").items() if column == TITLE}
