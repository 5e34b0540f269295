"""Emptying the outbox: claim due scores, POST them at the same time, write down the answers, all overlapping.

One thread (the caller of `run`) owns the database: in one writing transaction it records the answers that have come and
claims the next scores, while the senders are busy with what they have. Each LMS has a lane of its own, so that one that
does not answer holds up nobody else.

What must fit into a lease of 30 s: at most 6 s until a sender takes the score up, a token (8 s), a request (8 s); what
follows it (the POST after a comment was read, a repetition with a new token, a look at the cell) is only begun within the
first 14 s.
"""

import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lti_tool.core.clock import Clock
from lti_tool.core.database import Database
from lti_tool.core.http import Limits
from lti_tool.core.logs import log
from lti_tool.lms.connector import Connector
from lti_tool.passback import outbox, rules
from lti_tool.passback.outbox import Claimed, Outcome, Target
from lti_tool.passback.rules import Answer, Reply
from lti_tool.passback.sending import Sender, Sent

LIMITS = Limits(connect_seconds=3.0, read_seconds=8.0, total_seconds=8.0)
"""For the HTTP client that the connector is given."""
START_WITHIN = timedelta(seconds=6)
PER_SENDER = 16
"""Scores claimed ahead for each sender of a lane: enough that none waits for the database."""
BATCH = 80
"""Answers recorded, and scores claimed, in one transaction at most."""
BESIDES = 50
"""Other scores that answers move in one transaction at most: those of a column that is gone, those that waited for the LMS to
answer again. An answer writes at most four rows, a claim one: so it is 500 with all of them."""
LINGER_SECONDS = 0.2
DISCOVER_SECONDS = 1.0


@dataclass(slots=True)
class _Lane:
    """The way to one LMS."""

    target: Target
    senders: ThreadPoolExecutor
    in_flight: int = 0
    has_more: bool = True
    failures: int = 0
    """In a row, counted by the senders, so that the rest of a batch is not thrown at a dead LMS."""
    quiet_until: datetime | None = None
    """The LMS has asked to be left alone until then; what is claimed already goes back."""
    width: int = 0
    """How many scores go at the same time: all senders, fewer after an LMS has said that it is too much."""


@dataclass(frozen=True, slots=True)
class _Done:
    lane: _Lane
    post: Claimed
    future: "Future[Sent]"


@dataclass(slots=True)
class Report:
    """What one run has done: answers by word, e.g. {"accepted": 3}."""

    answers: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many answers."""
        return sum(self.answers.values())


class Drain:
    """Sends what is due. One object per worker; `run` from one thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        connector: Connector,
        *,
        concurrency: int,
        chance: Callable[[], float] = random.random,
        observe: Callable[[int, str], None] = lambda *_: None,
        turn: Callable[[], None] = lambda: None,
    ) -> None:
        """`observe` is told each answer with the LMS's registration, `turn` that the loop comes round."""
        self._database, self._clock = database, clock
        self._sender = Sender(connector, clock)
        self._concurrency, self._chance, self._observe, self._turn = concurrency, chance, observe, turn
        self._lanes: dict[int, _Lane] = {}
        self._answers: queue.SimpleQueue[_Done] = queue.SimpleQueue()
        self._unrecorded: list[_Done] = []
        self._stop = threading.Event()
        self._discovered_at = float("-inf")

    def run(self, stop: threading.Event | None = None) -> Report:
        """Send until nothing is due and nothing is on the way. `stop`: claim nothing more, finish what is on the way.

        Raises Busy when the database cannot be written; the answers are kept for the next call.
        """
        self._stop = stop or threading.Event()
        self._discovered_at = float("-inf")
        report = Report()
        while True:
            self._turn()
            self._collect()
            for done in self._exchange():
                word = done.reply.answer.value
                report.answers[word] = report.answers.get(word, 0) + 1
            if not self._in_flight and not self._unrecorded and not self._may_claim():
                return report

    def close(self) -> None:
        """Let the senders go; call after `run` has returned."""
        for lane in self._lanes.values():
            lane.senders.shutdown(wait=True, cancel_futures=True)

    @property
    def _in_flight(self) -> int:
        return sum(lane.in_flight for lane in self._lanes.values())

    def _may_claim(self) -> bool:
        return not self._stop.is_set() and any(self._room(lane) for lane in self._lanes.values())

    def _room(self, lane: _Lane) -> int:
        """How many more scores the lane may claim now."""
        if not lane.has_more or lane.target.breaker.is_open(self._clock.now()):
            return 0
        if lane.target.breaker.is_probing:
            most = 1
        else:
            most = lane.width * PER_SENDER if lane.width == self._concurrency else lane.width
        free = most - lane.in_flight
        return free if free * 2 >= most else 0

    def _collect(self) -> None:
        """Wait until a good part of what is on the way has been answered, or a moment has passed."""
        until = time.monotonic() + LINGER_SECONDS
        enough = min(max(self._in_flight // 3, 1), BATCH)
        while self._in_flight and len(self._unrecorded) < BATCH:
            try:
                # What has come already is taken in any case; beyond `enough` nobody waits.
                left = 0.0 if len(self._unrecorded) >= enough else max(until - time.monotonic(), 0.0)
                done = self._answers.get(timeout=left) if left else self._answers.get_nowait()
            except queue.Empty:
                return
            done.lane.in_flight -= 1
            self._unrecorded.append(done)

    def _exchange(self) -> list[Outcome]:
        """One transaction: record what was answered, claim what comes next. Then hand it to the senders."""
        now = self._clock.now()
        self._discover(now)
        outcomes = [(done, self._judged(done, now)) for done in self._unrecorded]
        if not outcomes and not self._may_claim():
            return []
        health = self._health([(done, outcome) for done, outcome in outcomes], now)
        claims: list[tuple[_Lane, outbox.Claims]] = []
        with self._database.writing_core() as connection:
            if outcomes:
                outbox.record(connection, [outcome for _, outcome in outcomes], now, settled=BESIDES)
            for lane, breaker, offset in health:
                most = max(BESIDES // len(health), 1)
                outbox.set_breaker(connection, lane.target, breaker, offset, now, most=most)
            for lane, breaker, offset in health:
                lane.target = Target(lane.target.platform, breaker, offset)
            left = BATCH
            for lane in self._lanes.values():
                room = 0 if self._stop.is_set() else min(self._room(lane), left)
                if room:
                    claims.append((lane, outbox.claim(connection, lane.target, limit=room, now=now)))
                    left -= room
        self._unrecorded = []
        for lane, found in claims:
            lane.has_more = found.is_full
            lane.failures = 0
            for post in found.claimed:
                self._hand_over(lane, post)
        self._tell(outcomes)
        return [outcome for _, outcome in outcomes]

    def _discover(self, now: datetime) -> None:
        """Ask, at most once a second, which LMSs have scores due."""
        moment = time.monotonic()
        if self._stop.is_set() or moment - self._discovered_at < DISCOVER_SECONDS:
            return
        self._discovered_at = moment
        with self._database.reading_core() as connection:
            found = outbox.targets(connection, now)
        for target in found:
            lane = self._lanes.get(target.platform.id)
            if lane is None:
                senders = ThreadPoolExecutor(self._concurrency, thread_name_prefix=f"lms-{target.platform.id}")
                self._lanes[target.platform.id] = _Lane(target, senders, width=self._concurrency)
            else:
                lane.target, lane.has_more = target, True

    def _judged(self, done: _Done, now: datetime) -> Outcome:
        """What follows from an answer. A sender that failed in an unforeseen way counts as a broken LMS, and is logged."""
        error = done.future.exception()
        if error is not None:
            log.error("score_post_failed", score_post=done.post.id, kind=type(error).__name__)
            reply = Reply(Answer.broken)
        else:
            reply = done.future.result()[0]
        step = rules.after(reply, attempts=done.post.attempts, cause=done.post.cause, chance=self._chance())
        return Outcome(done.post, reply, step)

    def _health(
        self, outcomes: list[tuple[_Done, Outcome]], now: datetime
    ) -> list[tuple[_Lane, rules.Breaker, timedelta]]:
        """The lanes whose breaker or clock has changed by these answers."""
        changed = []
        for lane in self._lanes.values():
            ours = [(done, outcome) for done, outcome in outcomes if done.lane is lane]
            steps = [outcome.step for _, outcome in ours]
            breaker = rules.breaker_after(lane.target.breaker, steps, now)
            lane.width = rules.width_after(lane.width, steps, is_open=breaker.is_open(now), most=self._concurrency)
            offset = lane.target.offset
            for done, _ in ours:
                if done.future.exception() is None:
                    offset = _better(offset, done.future.result()[1])
            if breaker != lane.target.breaker or offset != lane.target.offset:
                changed.append((lane, breaker, offset))
        return changed

    def _tell(self, outcomes: list[tuple[_Done, Outcome]]) -> None:
        for done, outcome in outcomes:
            self._observe(done.lane.target.platform.id, outcome.reply.answer.value)
            if outcome.reply.answer not in {Answer.accepted, Answer.unsent}:
                log.warning(
                    "score_not_accepted",
                    score_post=outcome.post.id,
                    registration=done.lane.target.platform.id,
                    status=outcome.reply.status,
                    answer=outcome.reply.answer.value,
                    state=outcome.step.state.value,
                )

    def _hand_over(self, lane: _Lane, post: Claimed) -> None:
        lane.in_flight += 1
        future = lane.senders.submit(self._send, lane, post)
        future.add_done_callback(lambda done: self._answers.put(_Done(lane, post, done)))

    def _send(self, lane: _Lane, post: Claimed) -> Sent:
        """In a sender's thread: the answer, and the LMS's clock minus ours if it said so."""
        now = self._clock.now()
        is_quiet = lane.quiet_until is not None and now < lane.quiet_until
        is_late = now - post.claimed_at > START_WITHIN
        if self._stop.is_set() or is_late or is_quiet or lane.failures >= rules.BREAKER_AFTER:
            return Reply(Answer.unsent), None
        reply, offset = self._sender.send(lane.target, post)
        if reply.answer is not Answer.id_unread:  # that says nothing about the others
            lane.failures = lane.failures + 1 if reply.answer in rules.HOPELESS else 0
        if reply.answer is Answer.busy and reply.wait is not None:
            lane.quiet_until = self._clock.now() + reply.wait
        return reply, offset


def _better(known: timedelta, measured: timedelta | None) -> timedelta:
    """The clock's offset after a measurement; Date has whole seconds, so a difference below two is noise."""
    if measured is None or abs(measured - known) < timedelta(seconds=2):
        return known
    return measured
