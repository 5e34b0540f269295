"""An LMS that fails a fifth of the time, and `kill -9` of web, worker, LMS and database while members hand attempts in.

`Chaos` brings everything up; `trial` runs it to the end and returns what the witnesses say. The suite runs a short form
(test_chaos.py), `make soak` the long one.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from lti_tool.core.database import Busy, Database
from lti_tool.identity.models import Member
from lti_tool.ledger.models import LineItem, LineItemState, Result, ScorePost
from lti_tool.ledger.rules import PostState
from tests.flows.campus import link_of
from tests.flows.crowd import Regular, Traffic
from tests.flows.reckoning import Cell, Repeat, differences, falls, repeats, torn
from tests.flows.visitor import Visitor, number_in
from tests.flows.waiting import eventually
from tests.postgres import Cluster, create_database, running_cluster
from tests.processes import Server, free_port
from tests.stack import DANGKE, Stack, run_dangke, running_stack

SCORE_FAULTS: tuple[tuple[str, Mapping[str, Any], float], ...] = (
    ("status", {"status": 500}, 2.5),
    ("status", {"status": 502}, 1),
    ("status", {"status": 503}, 2),
    ("status", {"status": 429}, 2),
    ("status", {"status": 429, "headers": {"Retry-After": "2"}}, 1),
    ("status", {"status": 409}, 0.5),
    ("html", {}, 1),
    ("nothing", {"seconds": 10}, 1),
    ("close", {}, 2),
    ("lie", {"status": 500}, 2),
    ("lie", {"status": 503}, 1),
    ("drop", {}, 2),
    ("cut", {}, 1),
    ("lose", {}, 1),
    ("status", {"status": 400}, 0.5),
    ("status", {"status": 401}, 0.5),
    ("status", {"status": 403}, 0.4),
    ("status", {"status": 404}, 0.2),
    ("status", {"status": 422}, 0.4),
    ("status", {"status": 423}, 0.3),
    ("lie", {"status": 400}, 0.3),
)
"""Percent of all scores, between a fifth and a quarter in all. What an LMS refuses for good (400, 403, 422, 423) and a token that it
refuses again and again (401) wait for a person or for a quarter of an hour by design; a column that is gone (404) waits for
the next launch of its link. Both come: a teacher opens the links then, and sends again in the end what was refused."""
OTHER_FAULTS: tuple[tuple[str, Mapping[str, Any], float], ...] = (
    ("status", {"status": 500}, 5),
    ("status", {"status": 503}, 5),
    ("html", {}, 2),
    ("close", {}, 4),
    ("drop", {}, 2),
    ("cut", {}, 2),
)
"""Of token requests and of results that are read."""
ON_THE_WAY = (PostState.waiting, PostState.sending, PostState.waiting_for_column)
WAITS_FOR_PEOPLE = ("token_refused",)
SETTLING = 240.0
LOOKS_EVERY = 2.0
"""Seconds between two looks of the teacher."""
SITTERS = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """How much; `is_faulty` False: a well-behaved LMS."""

    submissions: int
    kills: int
    seed: int
    is_faulty: bool = True


@dataclass(slots=True)
class Outcome:
    """What was done and what the witnesses say."""

    plan: Plan
    engine: str
    kills: Counter[str]
    submissions: int = 0
    scores: int = 0
    failed: int = 0
    """Scores that the LMS did not take, or took and did not say so."""
    cells: int = 0
    repeated: list[Repeat] = field(default_factory=list)
    before: int = 0
    """Cells that differed before the teacher and the reconciler came."""
    different: dict[Cell, tuple[float | None, float | None]] = field(default_factory=dict)
    not_earned: dict[str, tuple[float | None, float]] = field(default_factory=dict)
    """Members whose quiz is worth something else in the tool than what they were told: (result, earned)."""
    fallen: list[tuple[Cell, list[float]]] = field(default_factory=list)
    torn: list[Mapping[str, Any]] = field(default_factory=list)
    """What came without a score though nobody was killed while it was sent."""

    @property
    def unexcused(self) -> list[Repeat]:
        return [repeat for repeat in self.repeated if not repeat.why]

    @property
    def is_right(self) -> bool:
        """Whether nothing is lost, wrong, or sent twice without a reason."""
        return not (self.different or self.not_earned or self.fallen or self.torn or self.unexcused)

    def __str__(self) -> str:
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items())) or "none"
        why = ", ".join(
            f"{name} {count}" for name, count in Counter(each.why or "NO REASON" for each in self.repeated).items()
        )
        return (
            f"chaos: {self.engine}, seed {self.plan.seed}: {self.kills.total()} kills ({kills}); {self.submissions} submissions;"
            f" {self.scores} scores sent, {self.failed} failed; {len(self.repeated)} repeats ({why or 'none'});"
            f" {self.cells} cells, {self.before} differed before the teacher and the reconciler came, {len(self.different)} after;"
            f" not as earned: {len(self.not_earned)}; fallen: {len(self.fallen)};"
            f" torn without a reason: {len(self.torn)}"
        )


@dataclass
class Sitter(Regular):
    """A member with two attempts, each handed in as soon as there is a ticket for it."""

    tickets: threading.Semaphore = field(default_factory=threading.Semaphore)

    def _script(self) -> None:
        for _ in range(2):
            assert self.tickets.acquire(timeout=max(self.deadline - time.monotonic(), 0)), "no ticket"
            self._attempt(changes_mind=False)


@dataclass
class Chaos:
    """Everything that runs, and the one who kills."""

    plan: Plan
    stack: Stack
    worker: Server
    cluster: Cluster | None
    random: Random = field(init=False)
    traffic: Traffic = field(default_factory=Traffic)
    sitters: list[Sitter] = field(default_factory=list)
    tickets: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    killed: Counter[str] = field(default_factory=Counter)
    moments: list[datetime] = field(default_factory=list)
    """Kills after which a score may come twice: all but those of the web."""

    def __post_init__(self) -> None:
        self.random = Random(self.plan.seed)

    def gather(self) -> None:
        """Members launch the quiz from a well-behaved LMS."""
        driver, count = self.stack.driver, self.plan.submissions // 2
        driver.control("POST", "members", {"course": "course-1", "count": count})
        deadline = time.monotonic() + 120 + count + self.plan.kills * 15

        def come(number: int) -> Sitter:
            visitor = Visitor(f"m{number:06}", driver, self.stack.tool_url)
            for kind in ("outline", "quiz"):
                assert visitor.launch(link_of(self.stack.config, kind)).status == 200
            own = Random(f"{self.plan.seed} {number}")
            quiz = number_in(visitor.address)
            return Sitter(visitor, self.traffic, quiz, 0, 0, own, deadline, tickets=self.tickets)

        with ThreadPoolExecutor(4) as pool:
            self.sitters = list(pool.map(come, range(1, count + 1)))
        self.traffic.up.set()

    def misbehave(self) -> None:
        """A fifth of what comes in goes wrong; planned anew each time the LMS was started."""
        if not self.plan.is_faulty:
            return
        for endpoint, faults in (("scores", SCORE_FAULTS), ("token", OTHER_FAULTS), ("results", OTHER_FAULTS)):
            left = 100.0
            for kind, plan, percent in faults:
                # Each is drawn from what the ones before it have left, so that the shares are of all requests.
                share, left = percent / left * 100, left - percent
                seed = self.random.randrange(2**31)
                self.stack.driver.fault(endpoint, kind, percent=share, seed=seed, **plan)

    def submit_and_kill(self) -> None:
        """Hand out tickets for submissions, a share for each kill, until both are used up."""
        total = len(self.sitters) * 2
        with ThreadPoolExecutor(SITTERS) as pool:
            for sitter in self.sitters:
                pool.submit(sitter.run)
            try:
                for victim in self.victims():
                    self.tickets.release(total // (self.plan.kills + 1))
                    self.kill(victim)
            except BaseException:
                self.traffic.given_up.set()
                raise
            finally:
                self.tickets.release(total)
        for sitter in self.sitters:
            if sitter.failure is not None:
                raise sitter.failure

    def victims(self) -> list[str]:
        """Whom each kill hits: all alike, in an order of the seed."""
        names = ["worker", "web", "lms", *(["database"] if self.cluster else [])]
        chosen = [names[number % len(names)] for number in range(self.plan.kills)]
        self.random.shuffle(chosen)
        return chosen

    def kill(self, victim: str) -> None:
        """`kill -9` at a random moment, and up again."""
        threading.Event().wait(self.random.uniform(0.05, 0.8))
        self.killed[victim] += 1
        if victim in {"web", "database"}:
            self.traffic.up.clear()
        if victim != "web":
            self.moments.append(datetime.now(UTC))
        if victim == "database" and self.cluster is not None:
            self.cluster.crash()
            self.cluster.start()
        else:
            server = {"web": self.stack.tool, "worker": self.worker, "lms": self.stack.lms}[victim]
            server.kill()
            server.start()
        if victim == "lms":
            self.misbehave()
        self.traffic.up.set()

    @contextlib.contextmanager
    def teacher_about(self, database: Database) -> Iterator[None]:
        """A teacher opens the links where a column is said to be gone; what the LMS names in a launch is a column again."""
        is_over = threading.Event()
        gone = select(func.count()).where(LineItem.state == LineItemState.gone)

        def visit() -> None:
            while not is_over.wait(LOOKS_EVERY):
                # The LMS, the tool or the database may just be down: then the next visit it is.
                with contextlib.suppress(Exception):
                    with database.reading_core() as connection:
                        is_gone = bool(connection.scalar(gone))
                    for kind in ("outline", "quiz") if is_gone else ():
                        self.teacher().launch(link_of(self.stack.config, kind))

        thread = threading.Thread(target=visit)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def teacher(self) -> Visitor:
        return Visitor("teacher", self.stack.driver, self.stack.tool_url)

    def send_again(self, database: Database) -> None:
        """What the teacher does about refusals once their cause is gone: all refused ones, and each that would wait longer."""
        teacher = self.teacher()
        assert teacher.launch(link_of(self.stack.config, "outline")).status == 200
        home = number_in(teacher.address)
        assert teacher.send(f"/scores/{home}/send", what="refused").status == 303
        stuck = (
            select(LineItem.activity_id, ScorePost.member_id)
            .join(LineItem, LineItem.id == ScorePost.line_item_id)
            .where(ScorePost.state == PostState.waiting, ScorePost.cause.in_(WAITS_FOR_PEOPLE))
        )
        with database.reading_core() as connection:
            rows = connection.execute(stuck).all()
        for activity_id, member_id in rows:
            assert teacher.send(f"/scores/{activity_id}/send/{member_id}").status == 303

    def settle(self, database: Database) -> None:
        """Wait until nothing is on its way to the LMS, but for what waits for people."""
        under_way = (
            select(ScorePost.state, ScorePost.cause, LineItem.state.label("column"), func.count().label("posts"))
            .join(LineItem, LineItem.id == ScorePost.line_item_id)
            .where(ScorePost.state.in_(ON_THE_WAY), ScorePost.cause.not_in(WAITS_FOR_PEOPLE))
            .group_by(ScorePost.state, ScorePost.cause, LineItem.state)
        )

        def left() -> list[Any]:
            try:
                with database.reading_core() as connection:
                    return [tuple(row) for row in connection.execute(under_way)]
            except Busy as busy:  # a connection from before the database was killed
                return [busy]

        try:
            eventually(lambda: not left(), within=SETTLING, every=0.5, what="an empty outbox")
        except AssertionError:
            raise AssertionError(f"the outbox is not empty: {left()}") from None

    def reconcile(self, database: Database) -> None:
        """One run of the reconciler over all columns: `dangke reconcile`, or the worker where that could not read yet.

        The LMS is still left alone for a moment after its last failures: columns that fall into it are read afterwards,
        and no run counts before each of them was.
        """
        asked = datetime.now(UTC)
        run_dangke(dict(self.worker.environment), "reconcile")
        unread = select(func.count()).where(
            LineItem.state == LineItemState.ready,
            LineItem.url.is_not(None),
            LineItem.read_at.is_(None) | (LineItem.read_at < asked),
        )

        def is_read() -> bool:
            with database.reading_core() as connection:
                return not connection.scalar(unread)

        eventually(is_read, within=120, every=0.5, what="a reading of all columns")

    def ours(self, database: Database) -> dict[Cell, float]:
        """The tool's results, by the cell that they belong to."""
        statement = (
            select(LineItem.url, Member.sub, Result.score)
            .join(Result, Result.activity_id == LineItem.activity_id)
            .join(Member, Member.id == Result.member_id)
            .where(LineItem.url.is_not(None), Result.score.is_not(None))
        )
        with database.reading_core() as connection:
            return {(number_in(row.url), row.sub): float(row.score) for row in connection.execute(statement)}

    def theirs(self) -> dict[Cell, float]:
        """The gradebook through the LMS's own interface."""
        rows = self.stack.driver.gradebook().values()
        return {(row["line_item"], row["user"]): float(row["score"]) for row in rows if row["score"] is not None}

    def reckon(self, outcome: Outcome, database: Database) -> None:
        ours, log = self.ours(database), self.stack.driver.score_log()
        title = next(
            row["line_item"]
            for (_, _), row in self.stack.driver.gradebook().items()
            if row["link"] == link_of(self.stack.config, "quiz")
        )
        earned = {sitter.visitor.person: float(sitter.best) for sitter in self.sitters}
        outcome.submissions = sum(len(sitter.handed_in) for sitter in self.sitters)
        outcome.not_earned = {
            person: (ours.get((title, person)), best)
            for person, best in earned.items()
            if ours.get((title, person)) != best
        }
        outcome.different, outcome.cells = differences(ours, self.theirs()), len(ours)
        outcome.scores = len(log)
        outcome.failed = sum(bool(entry["reason"]) for entry in log)
        outcome.repeated, outcome.fallen = repeats(log, self.moments), falls(log)
        outcome.torn = torn(log, self.moments)


def trial(plan: Plan, folder: Path, *, on_postgresql: bool) -> Outcome:
    """The whole of it; raises AssertionError when something did not come to an end."""
    with _running(plan, folder, on_postgresql=on_postgresql) as chaos:
        outcome = Outcome(plan, "postgresql" if on_postgresql else "sqlite", chaos.killed)
        chaos.gather()
        chaos.misbehave()
        database = Database(chaos.stack.tool.environment["DANGKE_DATABASE_URL"])
        try:
            with chaos.teacher_about(database):
                chaos.submit_and_kill()
                chaos.settle(database)  # while the LMS still fails
            chaos.stack.driver.behave()
            outcome.before = len(differences(chaos.ours(database), chaos.theirs()))
            if plan.is_faulty:
                chaos.send_again(database)
                chaos.settle(database)
            chaos.reconcile(database)
            chaos.settle(database)
            chaos.reckon(outcome, database)
        finally:
            database.dispose()
        return outcome


@contextlib.contextmanager
def _running(plan: Plan, folder: Path, *, on_postgresql: bool) -> Iterator[Chaos]:
    with contextlib.ExitStack() as opened:
        settings = {"DANGKE_WEB_PROCESSES": "1", "DANGKE_LOG_LEVEL": "WARNING"}
        cluster = opened.enter_context(running_cluster()) if on_postgresql else None
        if cluster is not None:
            settings["DANGKE_DATABASE_URL"] = create_database(cluster.url, "chaos")
        stack = opened.enter_context(running_stack(folder, command="web", **settings))
        metrics = free_port()
        own = {**stack.tool.environment, "DANGKE_PORT": str(free_port()), "DANGKE_METRICS_PORT": str(metrics)}
        health = f"http://127.0.0.1:{metrics}/readyz"
        worker = Server("dangke worker", [DANGKE, "worker"], own, health, folder / "worker.log")
        opened.callback(worker.stop)
        worker.start()
        chaos = Chaos(plan, stack, worker, cluster)
        try:
            yield chaos
        finally:
            chaos.traffic.given_up.set()
            chaos.traffic.up.set()
