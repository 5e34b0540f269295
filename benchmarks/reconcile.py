"""How long it takes to read a whole course's gradebook back: 2,000 members x 40 columns, in pages of 100, 50 ms for each answer.

Two readings are measured, each as one job of a worker, from the wish to its end. The first is the dearest there is: every score
has been sent and none was ever seen there, so that all 80,000 are compared and written down, and a teacher has typed another
grade over one in a hundred. The second is that of every other night: what was confirmed costs no write.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from benchmarks.data import COURSE, School, sub_of
from benchmarks.drain import HOME_COLUMN
from benchmarks.servers import lms_config
from lti_tool.core import jobs
from lti_tool.core.web import Runtime
from lti_tool.ledger.models import LineItem, ScoreEvent, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.passback.reconciler.jobs import READ, ask_for
from lti_tool.worker import Worker
from tests.lms_client import LmsDriver

ANSWER_SECONDS = 0.05
CONCURRENCY = 8
PAGE = 100
"""Results in one answer; the LMS's choice, so it stands in the column's address here."""
OVERTYPED_EVERY = 100


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Seconds of the two readings, and how many scores they compared."""

    first: float
    second: float
    scores: int


def reconciled(runtime: Runtime, driver: LmsDriver, school: School) -> Reconciled:
    """Read all columns of the course's tasks back twice. Raises AssertionError unless every score became what it must."""
    tasks = sorted(task for tasks in school.activities.values() for task in tasks)
    items = _columns(driver, runtime.settings.public_url, school, tasks)
    scores = {browser.member_id: _score(browser.member_id) for browser in school.browsers}
    with runtime.database.writing_core() as connection:
        _sent(connection, driver, items, scores, runtime.clock.now())
    _fill(driver, items, scores)
    driver.behave()
    driver.fault("results", "pace", delay_ms=ANSWER_SECONDS * 1000)
    runtime.settings = runtime.settings.model_copy(update={"drain_concurrency": CONCURRENCY})
    differ = len(items) * len([member for member in scores if _is_overtyped(member)])
    expected = {PostState.confirmed: len(items) * len(scores) - differ, PostState.differs: differ}
    seconds = []
    for _ in range(2):
        seconds.append(_read(runtime, list(items)))
        with runtime.database.reading_core() as connection:
            found = _states(connection, items)
        assert found == expected, found
    driver.behave()
    return Reconciled(seconds[0], seconds[1], len(items) * len(scores))


def _columns(driver: LmsDriver, tool_url: str, school: School, tasks: list[int]) -> dict[int, int]:
    """Our line item of each task and the LMS's column for it, which is made here."""
    links = {f"bench-{task}": f"{task}" for task in tasks}
    driver.control("POST", "seed", lms_config(tool_url, school.home_token, links))
    made = {row["link"]: int(row["id"]) for row in driver.control("GET", f"columns?course={COURSE}")}
    return {HOME_COLUMN + place: made[link] for place, link in enumerate(links, 1)}


def _sent(
    connection: Connection, driver: LmsDriver, items: dict[int, int], scores: dict[int, Decimal], now: datetime
) -> None:
    """Every score has been sent, and no reading has ever seen one."""
    ours = select(ScorePost.id).where(ScorePost.line_item_id.in_(items))
    connection.execute(delete(ScoreEvent).where(ScoreEvent.score_post_id.in_(ours)))
    connection.execute(delete(ScorePost).where(ScorePost.line_item_id.in_(items)))
    base = f"{driver.base_url}/lti/ags/{COURSE}/lineitems"
    for item, column in items.items():
        url = f"{base}/{column}/lineitem?limit={PAGE}"
        connection.execute(update(LineItem).where(LineItem.id == item).values(url=url))
        sent = {"line_item_id": item, "state": PostState.sent, "due_at": now, "send_at": now, "sent_at": now}
        rows = [
            sent | {"member_id": member, "sent_score": score, "sent_revision": 1} for member, score in scores.items()
        ]
        connection.execute(insert(ScorePost), rows)


def _fill(driver: LmsDriver, items: dict[int, int], scores: dict[int, Decimal]) -> None:
    there = {sub_of(member): 1.0 if _is_overtyped(member) else float(score) for member, score in scores.items()}
    for column in items.values():
        driver.control("POST", f"columns/{column}/scores", there)


def _read(runtime: Runtime, items: list[int]) -> float:
    worker = Worker(runtime)
    with runtime.database.writing_core() as connection:
        connection.execute(delete(jobs.Job))
    began = time.perf_counter()
    ask_for(runtime.database, LineItem.id.in_(items), runtime.clock.now())
    done = worker.work()
    seconds = time.perf_counter() - began
    worker.close()
    assert done == READ, done
    return seconds


def _states(connection: Connection, items: dict[int, int]) -> dict[Any, int]:
    rows = connection.execute(
        select(ScorePost.state, func.count()).where(ScorePost.line_item_id.in_(items)).group_by(ScorePost.state)
    )
    return {row[0]: row[1] for row in rows}


def _score(member: int) -> Decimal:
    return Decimal(120 + member * 37 % 80) / 2


def _is_overtyped(member: int) -> bool:
    return member % OVERTYPED_EVERY == 7
