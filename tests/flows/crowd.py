"""Members who go on with their quiz and discussion whatever happens to the server, and remember what it acknowledged."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import requests

from tests.flows.visitor import RIGHT, WRONG, Browser, Visitor, number_in
from tests.lms_transport import Reply


@dataclass
class Traffic:
    """Requests on their way to the tool."""

    up: threading.Event = field(default_factory=threading.Event)
    given_up: threading.Event = field(default_factory=threading.Event)
    in_flight: int = 0
    unanswered: int = 0
    """How many connections ended after the request was sent and before an answer came."""
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def request(self) -> Iterator[None]:
        """Around one request."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def lost(self, error: requests.RequestException) -> None:
        """A request got no answer; one that found nobody listening was never in flight."""
        if "NewConnectionError" in repr(error):
            return
        with self._changed:
            self.unanswered += 1

    def wait_for_requests(self, count: int, *, within: float) -> bool:
        """Wait until so many are on their way; whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: self.in_flight >= count, timeout=within)

    def wait_for_silence(self, *, within: float) -> bool:
        """Wait until none is on its way."""
        with self._changed:
            return self._changed.wait_for(lambda: self.in_flight == 0, timeout=within)

    def _count(self, change: int) -> None:
        with self._changed:
            self.in_flight += change
            self._changed.notify_all()


@dataclass
class Regular:
    """A member with a script: an attempt, a thread, two replies, a second attempt. Repeats what was not answered."""

    visitor: Visitor
    traffic: Traffic
    quiz: int
    forum: int
    thread: int
    random: Random
    deadline: float
    answers: dict[tuple[int, int], Any] = field(default_factory=dict)
    """Acknowledged answers by (attempt, slot)."""
    handed_in: dict[int, int] = field(default_factory=dict)
    """Right answers of acknowledged attempts."""
    posts: list[str] = field(default_factory=list)
    """Acknowledged texts."""
    finished: bool = False
    failure: BaseException | None = None

    @property
    def best(self) -> int:
        """What the quiz must be worth in the end, of 100."""
        return max(self.handed_in.values()) * 20

    def run(self) -> None:
        """The whole script; in a thread of its own."""
        try:
            self._script()
            self.finished = True
        except BaseException as error:  # noqa: BLE001 - a thread has nobody to tell; the test reads it
            self.failure = error

    def _script(self) -> None:
        self._attempt()
        self._post(f"/forum/{self.forum}/new", f"/forum/{self.forum}", "thread", with_title=True)
        for number in (1, 2):
            self._post(f"/threads/{self.thread}/replies", f"/threads/{self.thread}", f"reply {number}")
        self._attempt()

    def _attempt(self, *, changes_mind: bool = True) -> None:
        begun = self._until_answered(lambda: self.visitor.send(f"/quizzes/{self.quiz}/attempts"))
        assert begun.status == 303, begun.text[:500]
        attempt, right = number_in(begun.headers["Location"]), self.random.randint(1, 5)
        for slot in RIGHT:
            # After a change of mind the last acknowledged answer counts.
            earned = RIGHT if slot <= right else WRONG
            for seq, book in enumerate((WRONG, earned) if changes_mind else (earned,), 1):
                self._answer(attempt, slot, book[slot], seq)
        done = self._until_answered(lambda: self.visitor.submit(attempt))
        assert done.status == 303, done.text[:500]
        assert done.headers["Location"].endswith(f"/attempts/{attempt}/result"), done.headers["Location"]
        self.handed_in[attempt] = right

    def _answer(self, attempt: int, slot: int, response: Any, seq: int) -> None:
        saved = self._until_answered(lambda: self.visitor.answer(attempt, slot, response, seq))
        assert saved.status == 200, saved.text[:500]
        self.answers[attempt, slot] = response

    def _post(self, path: str, page: str, words: str, *, with_title: bool = False) -> None:
        """Write something; before repeating it look whether it is there."""
        text = f"{words} of {self.visitor.person}"
        form = {"body": text} | ({"title": text} if with_title else {})
        while True:
            tried = self._once(lambda: self.visitor.send(path, **form))
            if tried is not None:
                assert tried.status == 303, tried.text[:500]
                break
            if text in self._until_answered(lambda: self.visitor.open(page)).text:
                break
        self.posts.append(text)

    def _until_answered(self, ask: Callable[[], Reply]) -> Reply:
        while True:
            answer = self._once(ask)
            if answer is not None:
                return answer

    def _once(self, ask: Callable[[], Reply]) -> Reply | None:
        """One try while the server is up: its answer, or None if there was none or nothing was saved (503)."""
        assert self.traffic.up.wait(max(self.deadline - time.monotonic(), 0)), "the server was away for too long"
        assert not self.traffic.given_up.is_set(), "the test has ended"
        browser = self.visitor.browser
        assert isinstance(browser, Browser)
        try:
            with self.traffic.request():
                answer = ask()
        except requests.RequestException as error:
            self.traffic.lost(error)
            # The next try shall not find a connection of the killed server.
            browser.hang_up()
            return None
        return None if answer.status == 503 else answer
