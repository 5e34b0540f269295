"""`kill -9` of process groups from outside, 20 times, at seeded moments, most of them between request and answer.

In the end the LMS's gradebook, read through the LMS's own interface, equals the results of the tool for every member,
and everything that was acknowledged is there.
"""

import os
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from forum.threads.models import Post
from lti_tool.core.database import Database
from lti_tool.identity.models import Member
from lti_tool.ledger.models import Activity, Result
from quizzes.attempts.models import Answer, Attempt
from tests.flows.campus import link_of
from tests.flows.crowd import Regular, Traffic
from tests.flows.holding import writers_held
from tests.flows.visitor import Browser, Visitor, number_in
from tests.flows.waiting import eventually
from tests.stack import Stack, running_stack

KILLS, REGULARS = 20, 24
LONGEST = 400.0
# Of the 20: while the LMS keeps a score waiting, while a member waits for an answer, and whenever.
MOMENTS = ["score"] * 6 + ["request"] * 9 + ["whenever"] * 5


@dataclass
class Ordeal:
    """A running stack, a crowd, and the one who kills."""

    stack: Stack
    random: Random
    traffic: Traffic = field(default_factory=Traffic)
    between: int = 0
    """Kills that hit something between request and answer."""
    waiting: list[Regular] = field(default_factory=list)
    started: list[tuple[Regular, threading.Thread]] = field(default_factory=list)

    def gather(self) -> None:
        """The members launch quiz and discussion; the teacher opens a thread for replies."""
        config, driver, deadline = self.stack.config, self.stack.driver, time.monotonic() + LONGEST
        driver.control("POST", "members", {"course": "course-1", "count": REGULARS})
        teacher = Visitor("teacher", driver, self.stack.tool_url)
        teacher.launch(link_of(config, "quiz"))
        quiz = number_in(teacher.address)
        teacher.launch(link_of(config, "forum"))
        forum = number_in(teacher.address)
        opened = teacher.send(f"/forum/{forum}/new", title="Welcome", body="Say hello here.")
        assert opened.status == 303, opened.text[:500]
        thread = number_in(opened.headers["Location"])

        def come(number: int) -> Regular:
            visitor = Visitor(f"m{number:06}", driver, self.stack.tool_url)
            assert visitor.launch(link_of(config, "forum")).status == 200
            assert visitor.launch(link_of(config, "quiz")).status == 200
            own = Random(self.random.random() + number)
            return Regular(visitor, self.traffic, quiz, forum, thread, own, deadline)

        with ThreadPoolExecutor(4) as pool:
            self.waiting = list(pool.map(come, range(1, REGULARS + 1)))
        self.traffic.up.set()

    def send_off(self, count: int) -> None:
        """So many more begin with their script."""
        for regular in self.waiting[:count]:
            thread = threading.Thread(target=regular.run, daemon=True)
            self.started.append((regular, thread))
            thread.start()
        del self.waiting[:count]

    def kill(self, moment: str, *, with_lms: bool) -> None:
        """Kill at such a moment, and start again."""
        unanswered, was_held = self.traffic.unanswered, False
        if moment == "score":
            was_held = self._kill_while_a_score_is_held()
        elif moment == "request":
            self._kill_while_a_request_is_held()
        else:
            threading.Event().wait(self.random.uniform(0, 0.8))
            self._strike()
        if with_lms:
            self.stack.lms.kill()
        assert self.traffic.wait_for_silence(within=20), "a request to a dead server did not end"
        self.between += was_held or self.traffic.unanswered > unanswered
        if with_lms:
            self.stack.lms.start()
        self.stack.tool.start()
        self.traffic.up.set()

    def _strike(self) -> None:
        self.stack.tool.kill()
        self.traffic.up.clear()

    def _kill_while_a_score_is_held(self) -> bool:
        """The LMS has taken a score and does not answer yet."""
        driver = self.stack.driver
        before = len(driver.score_log())
        driver.fault("scores", "pace", delay_ms=20_000)
        eventually(lambda: len(driver.score_log()) > before, within=30, what="a score on its way")
        threading.Event().wait(self.random.uniform(0, 0.3))
        self._strike()
        driver.behave()
        return True

    def _kill_while_a_request_is_held(self) -> None:
        """Members' requests wait inside the server; half of the time they are let go a few milliseconds before."""
        has_head_start = self.random.random() < 0.5
        with writers_held(self.stack.tool.environment["DANGKE_DATABASE_URL"]):
            self.traffic.wait_for_requests(1, within=10)
            threading.Event().wait(self.random.uniform(0.02, 0.3))
            if not has_head_start:
                self._strike()
        if has_head_start:
            threading.Event().wait(self.random.uniform(0, 0.02))
            self._strike()

    def finish(self) -> list[Regular]:
        """Wait until all scripts have ended."""
        self.send_off(len(self.waiting))
        for regular, thread in self.started:
            thread.join(max(regular.deadline - time.monotonic(), 0))
        regulars = [regular for regular, _ in self.started]
        for regular in regulars:
            if regular.failure is not None:
                raise regular.failure
        assert all(regular.finished for regular in regulars)
        return regulars


@contextmanager
def ordeal(folder: Path, seed: int) -> Iterator[Ordeal]:
    with running_stack(folder, DANGKE_WEB_PROCESSES="1", DANGKE_LOG_LEVEL="WARNING") as stack:
        found = Ordeal(stack, Random(seed))
        try:
            yield found
        finally:
            found.traffic.given_up.set()
            found.traffic.up.set()


@pytest.mark.slow
@pytest.mark.shows("F-13", "J-26")
def test_gradebook_is_right_after_twenty_kills(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED") or secrets.randbelow(2**32))
    print(f"seed of the kills: {seed}")
    with ordeal(tmp_path / "stack", seed) as trial:
        trial.gather()
        moments = trial.random.sample(MOMENTS, len(MOMENTS))
        print(f"moments: {' '.join(moments)}")
        trial.send_off(REGULARS - KILLS)
        for number, moment in enumerate(moments):
            trial.send_off(1)
            trial.kill(moment, with_lms=number % 5 == 4)
        regulars = trial.finish()
        print(f"{trial.between} of {KILLS} kills between request and answer, {trial.traffic.unanswered} unanswered")
        assert trial.between >= KILLS // 2
        assert_all_is_kept(trial.stack, regulars)
        count = eventually(lambda: agreed(trial.stack, regulars), within=75, every=0.5, what="an equal gradebook")
        assert count >= 2 * REGULARS
        assert_timestamps_rise(trial.stack)


def assert_all_is_kept(stack: Stack, regulars: list[Regular]) -> None:
    """Every acknowledged answer, attempt and post is in the database, and each once."""
    database = Database(stack.tool.environment["DANGKE_DATABASE_URL"])
    with database.reading() as session:
        answers = {(row.attempt_id, row.slot): row.response for row in session.scalars(select(Answer))}
        states = {row.id: row.state for row in session.execute(select(Attempt.id, Attempt.state))}
        counts = select(Post.source, func.count().label("times")).group_by(Post.source)
        posts = {row.source: row.times for row in session.execute(counts)}
    database.dispose()
    for regular in regulars:
        assert {key: answers.get(key) for key in regular.answers} == regular.answers
        assert {states[attempt] for attempt in regular.handed_in} == {"finished"}
        assert len(regular.handed_in) == 2
        assert {text: posts.get(text) for text in regular.posts} == dict.fromkeys(regular.posts, 1)


def agreed(stack: Stack, regulars: list[Regular]) -> int:
    """How many scores agree once the LMS shows what the tool has and the tool what members earned; until then 0."""
    database = Database(stack.tool.environment["DANGKE_DATABASE_URL"])
    statement = (
        select(Activity.title, Activity.kind, Member.sub, Result.score)
        .join(Result, Result.activity_id == Activity.id)
        .join(Member, Member.id == Result.member_id)
        .where(Activity.kind.in_(["quiz", "forum"]), Result.score.is_not(None))
    )
    with database.reading() as session:
        rows = session.execute(statement).all()
    database.dispose()
    ours = {(row.title, row.sub): float(row.score) for row in rows}
    earned = {row.sub: float(row.score) for row in rows if row.kind == "quiz"}
    assert earned == {regular.visitor.person: regular.best for regular in regulars}
    theirs = {cell: row["score"] for cell, row in stack.driver.gradebook().items() if row["score"] is not None}
    shown = {cell: score for cell, score in theirs.items() if cell[0] in {row.title for row in rows}}
    return len(ours) if shown == ours else 0


def assert_timestamps_rise(stack: Stack) -> None:
    """What reached the LMS for one cell rises by whole seconds, also across a kill."""
    last: dict[tuple[int, str], str] = {}
    for entry in stack.driver.score_log():
        cell = (entry["line_item_id"], entry["person_id"])
        assert entry["timestamp"] > last.get(cell, ""), entry
        assert entry["status"] == 200, entry
        last[cell] = entry["timestamp"]


@pytest.mark.slow
@pytest.mark.shows("J-25", "J-26")
def test_grade_arrives_after_the_lms_was_down_and_the_tool_was_killed(tmp_path: Path) -> None:
    with running_stack(tmp_path / "stack", DANGKE_WEB_PROCESSES="1", DANGKE_LOG_LEVEL="WARNING") as stack:
        member = Visitor("member1", stack.driver, stack.tool_url)
        member.launch(link_of(stack.config, "quiz"))
        quiz = number_in(member.address)
        stack.lms.kill()
        attempt = member.take(quiz, right=4)
        assert "成绩等待平台接收" in member.open(f"/attempts/{attempt}/result").text
        assert isinstance(member.browser, Browser)
        member.browser.hang_up()
        stack.tool.kill()
        stack.tool.start()
        assert "成绩等待平台接收" in member.open(f"/attempts/{attempt}/result").text
        stack.lms.start()
        # The breaker asks a dead LMS again after at most a minute.
        cells = eventually(stack.driver.gradebook, within=90, every=0.5, what="the grade")
        assert {(person, row["score"]) for (_, person), row in cells.items()} == {("member1", 80)}
        eventually(
            lambda: "成绩等待平台接收" not in member.open(f"/attempts/{attempt}/result").text,
            within=10,
            what="the page says that it has arrived",
        )
