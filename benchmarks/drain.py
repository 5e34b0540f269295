"""How fast the outbox empties: 2,000 scores to an LMS that takes 50 ms for each, as a share of concurrency / 50 ms.

The LMS may also refuse some: half of the bad answers are 429 without Retry-After, half are 500. Then successes are counted, up
to the moment at which nothing is due; what was refused last comes seconds later, when nobody waits for it.
"""

import time
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from benchmarks.data import School
from lti_tool.core.web import Runtime
from lti_tool.ledger.models import ScoreEvent, ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.worker import Worker
from tests.lms_client import LmsDriver

ANSWER_SECONDS = 0.05
HOME_COLUMN = 1
BAD_PERCENT = 5.0


def queue(connection: Connection, school: School, now: datetime) -> None:
    """Let every member's score of the course home wait, due now."""
    ours = select(ScorePost.id).where(ScorePost.line_item_id == HOME_COLUMN)
    connection.execute(delete(ScoreEvent).where(ScoreEvent.score_post_id.in_(ours)))
    connection.execute(delete(ScorePost).where(ScorePost.line_item_id == HOME_COLUMN))
    waiting = {"line_item_id": HOME_COLUMN, "state": PostState.waiting, "due_at": now}
    connection.execute(insert(ScorePost), [waiting | {"member_id": browser.member_id} for browser in school.browsers])


def drained(runtime: Runtime, driver: LmsDriver, school: School, *, concurrency: int, is_faulty: bool = False) -> float:
    """Scores per second, from the first look at the outbox to the last answer written down.

    Raises AssertionError unless each score that was taken stands in the LMS's gradebook and as sent in ours, and, from an LMS
    that is not faulty, all were.
    """
    driver.control("DELETE", "gradebook")
    driver.behave()
    driver.fault("scores", "pace", delay_ms=ANSWER_SECONDS * 1000)
    if is_faulty:
        driver.fault("scores", "status", status=429, percent=BAD_PERCENT / 2, seed=concurrency)
        driver.fault("scores", "status", status=500, percent=BAD_PERCENT / 2, seed=concurrency + 1)
    with runtime.database.writing_core() as connection:
        queue(connection, school, runtime.clock.now())
    runtime.settings = runtime.settings.model_copy(update={"drain_concurrency": concurrency})
    worker = Worker(runtime)
    began = time.perf_counter()
    report, _ = worker.send()
    seconds = time.perf_counter() - began
    worker.close()
    driver.behave()
    accepted = report.answers.get("accepted", 0)
    if is_faulty:
        assert report.answers.keys() <= {"accepted", "busy", "broken", "unsent"}, report.answers
        assert {"busy", "broken"} <= report.answers.keys(), report.answers
        assert accepted >= len(school.browsers) * 0.8, report.answers
    else:
        assert report.answers == {"accepted": len(school.browsers)}, report.answers
    with runtime.database.reading_core() as connection:
        sent = connection.scalar(
            select(func.count()).where(ScorePost.line_item_id == HOME_COLUMN, ScorePost.state == PostState.sent)
        )
    assert sent == accepted == len(driver.gradebook()), (sent, accepted, len(driver.gradebook()))
    return accepted / seconds
