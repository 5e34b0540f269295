"""The same thing from two tabs, two devices or two people at the same moment happens once, and nobody sees an error page."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from lti_tool.core.columns import Base
from lti_tool.identity.models import Context, Enrolment, Member
from lti_tool.ledger.models import Entry, LineItem, Placement, ScorePost
from lti_tool.worker import run_once
from quizzes.attempts.models import Attempt
from tests.flows.campus import Campus
from tests.flows.visitor import RIGHT, Visitor, number_in

People = Callable[[str], Visitor]
T = TypeVar("T")
TABS = 6


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Do all of these at the same moment, each in a thread; their results in this order."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        gate.wait(10)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result(60) for each in [pool.submit(run, call) for call in calls]]


def tabs(visitor: People, person: str, link: str) -> Sequence[Visitor]:
    """The same person on several devices."""
    found = [visitor(person) for _ in range(TABS)]
    for each in found:
        assert each.launch(link).status == 200
    return found


def count(campus: Campus, table: type[Base]) -> int:
    with campus.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_first_launches_at_once_make_one_of_everything(campus: Campus, visitor: People) -> None:
    link, people = campus.link("quiz"), [visitor("member1") for _ in range(TABS)]
    contexts, members = count(campus, Context), count(campus, Member)
    landed = at_once(*[lambda each=each: each.launch(link).status for each in people])
    assert landed == [200] * TABS
    assert [count(campus, table) for table in (Enrolment, Placement, LineItem)] == [1, 1, 1]
    assert count(campus, Context) == contexts
    assert count(campus, Member) == members + 1


@pytest.mark.shows("F-05", "H-07")
def test_attempt_begun_in_several_tabs_at_once_is_one(campus: Campus, visitor: People) -> None:
    quiz = campus.activity("quiz")
    open_tabs = tabs(visitor, "member1", campus.link("quiz"))
    begun = at_once(*[lambda each=each: each.send(f"/quizzes/{quiz.id}/attempts") for each in open_tabs])
    assert [answer.status for answer in begun] == [303] * TABS
    assert len({number_in(answer.headers["Location"]) for answer in begun}) == 1
    assert count(campus, Attempt) == 1


@pytest.mark.shows("F-05")
def test_handing_in_from_several_tabs_at_once_counts_once(campus: Campus, visitor: People) -> None:
    quiz = campus.activity("quiz")
    open_tabs = tabs(visitor, "member1", campus.link("quiz"))
    attempt = open_tabs[0].begin(quiz.id)
    for slot, response in RIGHT.items():
        assert open_tabs[0].answer(attempt, slot, response).status == 200
    late = [lambda each=each: each.answer(attempt, 1, "b", seq=1) for each in open_tabs[:3]]
    done = at_once(*[lambda each=each: each.submit(attempt) for each in open_tabs[3:]], *late)
    assert [answer.status for answer in done[:3]] == [303] * 3
    assert {answer.status for answer in done[3:]} <= {200, 409}
    campus.work()
    assert campus.grade("member1") == 100, "an older answer from another tab changes nothing"
    with campus.runtime.database.reading() as session:
        verbs = session.scalars(select(Entry.verb).where(Entry.activity_id == quiz.id)).all()
    assert list(verbs).count("submitted") == 1
    assert count(campus, ScorePost) == 1


@pytest.mark.shows("F-05", "J-11")
def test_member_and_worker_hand_in_at_the_same_moment(campus: Campus, visitor: People) -> None:
    quiz, member = campus.activity("quiz"), visitor("member1")
    member.launch(campus.link("quiz"))
    attempt = member.begin(quiz.id)
    for slot, response in RIGHT.items():
        member.answer(attempt, slot, response)
    campus.clock.advance(timedelta(minutes=10, seconds=70))
    now = campus.clock.now()
    answers = at_once(
        lambda: member.submit(attempt).status,
        lambda: len(run_once(campus.runtime, now).failed),
        lambda: len(run_once(campus.runtime, now).failed),
    )
    assert answers == [303, 0, 0]
    campus.work(after=60)
    assert campus.grade("member1") == 100
    accepted = [entry for entry in campus.lms.score_log() if entry["status"] == 200]
    assert len(accepted) == 1
    assert "时间到，已自动交卷" in member.open(f"/attempts/{attempt}/result").text


def test_two_members_at_once_do_not_wait_for_each_other_in_vain(campus: Campus, visitor: People) -> None:
    quiz = campus.activity("quiz")
    people = [visitor(name) for name in ("member1", "member2", "member3", "member4")]
    for each in people:
        each.launch(campus.link("quiz"))
    at_once(*[lambda each=each, right=right: each.take(quiz.id, right=right) for right, each in enumerate(people, 1)])
    campus.work()
    assert [campus.grade(each.person) for each in people] == [20, 40, 60, 80]
