"""The disk runs full in the middle of a quiz: what was acknowledged stays, what was not is said, and the course goes on."""

import contextlib
import json
from collections.abc import Callable

from sqlalchemy import select

from lti_tool.core.database import Full
from lti_tool.worker import run_once
from quizzes.attempts.models import Answer
from tests.flows.campus import Campus
from tests.flows.visitor import RIGHT, Visitor, number_in
from tests.full_disk import no_room
from tests.lms_transport import Reply

MEMBERS, MOST = 12, 200


def test_nothing_acknowledged_is_lost_when_the_disk_is_full(campus: Campus, visitor: Callable[[str], Visitor]) -> None:
    campus.lms.control("POST", "members", {"course": "course-1", "count": MEMBERS})
    quiz, waiting = campus.activity("quiz").id, visitor("member2")
    waiting.launch(campus.link("quiz"))
    waiting.take(quiz, right=2)
    writer = visitor("member1")
    writer.launch(campus.link("forum"))
    forum = number_in(writer.address)
    members = {}
    saved: dict[tuple[int, int], object] = {}
    for number in range(1, MEMBERS + 1):
        member = visitor(f"m{number:06}")
        member.launch(campus.link("quiz"))
        attempt = member.begin(quiz)
        members[attempt] = member
        assert member.answer(attempt, 1, RIGHT[1]).status == 200
        saved[attempt, 1] = RIGHT[1]

    with no_room(campus.runtime.database):
        refused = until_refused(lambda: writer.send(f"/forum/{forum}/new", title="A", body="word " * 1500))
        assert_says_so(refused)
        assert "word word" in refused.text, "what was typed is given back"
        unsaved = []
        for attempt, member in members.items():
            text = [f"{attempt} " + "x" * 170, "y" * 170]
            reply = member.send_json(f"/attempts/{attempt}/answers", {"slot": 4, "seq": 1, "response": text})
            if reply.status == 200:
                saved[attempt, 4] = text
            else:
                assert (reply.status, json.loads(reply.text)["error"]) == (507, "DK-507")
                unsaved.append(attempt)
        assert unsaved, "the disk was never full"
        assert waiting.open(f"/quizzes/{quiz}").status == 200, "what is there can still be read"
        assert stored(campus, members) == saved
        with contextlib.suppress(Full):  # the worker's loop logs it, and comes again
            run_once(campus.runtime, campus.clock.now())

    for attempt in unsaved:
        assert members[attempt].answer(attempt, 4, RIGHT[4]).status == 200
        assert members[attempt].submit(attempt).status == 303
    campus.work(after=120)
    assert campus.grade("member2") == 40
    assert {campus.grade(members[attempt].person) for attempt in unsaved} == {40}


def until_refused(send: Callable[[], Reply]) -> Reply:
    """Sends until the little room that is left in the file is used up; the first refusal."""
    for _ in range(MOST):
        reply = send()
        if reply.status != 303:
            return reply
    raise AssertionError("the disk was never full")


def assert_says_so(page: Reply) -> None:
    assert page.status == 507
    assert "存储空间已满" in page.text
    assert "DK-507" in page.text


def stored(campus: Campus, attempts: object) -> dict[tuple[int, int], object]:
    """The answers in these attempts, as they stand in the database."""
    with campus.runtime.database.reading() as session:
        rows = session.execute(select(Answer.attempt_id, Answer.slot, Answer.response)).all()
    assert isinstance(attempts, dict)
    return {(row.attempt_id, row.slot): row.response for row in rows if row.attempt_id in attempts}
