"""The LMS is down, slow or unwilling, the column appears late: the grade arrives in the end, and members are told."""

from collections.abc import Callable

import pytest

from lti_tool.ledger.rules import PostState
from tests.flows.campus import Campus
from tests.flows.visitor import Visitor

People = Callable[[str], Visitor]


def test_nobody_launches_into_nothing(campus: Campus, visitor: People) -> None:
    """An LMS that is down holds up no page of somebody who is in already."""
    member, quiz = visitor("member1"), campus.activity("quiz")
    member.launch(campus.link("quiz"))
    campus.lms.fault("*", "close")
    member.take(quiz.id)
    assert member.open(f"/quizzes/{quiz.id}").status == 200


@pytest.mark.shows("J-25")
@pytest.mark.parametrize("kind", ["close", "nothing", "status"])
def test_lms_is_down_while_a_member_submits(campus: Campus, visitor: People, kind: str) -> None:
    member, quiz = visitor("member1"), campus.activity("quiz")
    member.launch(campus.link("quiz"))
    campus.lms.fault("services", kind, status=503, seconds=0.2)
    attempt = member.take(quiz.id, right=4)
    told = member.open(f"/attempts/{attempt}/result").text
    campus.work()
    assert campus.grade("member1") is None
    still = member.open(f"/attempts/{attempt}/result").text
    for page in (told, still):
        assert 'class="state state--wait"' in page
        assert "成绩等待平台接收" in page
    campus.lms.behave()
    campus.work(after=120)
    assert campus.grade("member1") == 80
    assert member.open(f"/attempts/{attempt}/result").text != still, "the page says that it has arrived"


@pytest.mark.shows("J-27")
def test_column_that_appears_late_gets_all_earlier_results(campus: Campus, visitor: People) -> None:
    quiz, link = campus.activity("quiz"), campus.link("quiz")
    campus.lms.allow_grades(link, allowed=False)
    members = {name: visitor(name) for name in ("member1", "member2", "member3")}
    for right, member in enumerate(members.values(), 2):
        member.launch(link)
        member.take(quiz.id, right=right)
    campus.work()
    campus.work(after=600)
    assert {campus.grade(name) for name in members} == {None}
    assert {post.state for post in campus.posts().values()} == {PostState.waiting_for_column}
    campus.lms.allow_grades(link, allowed=True)
    visitor("teacher").launch(link)
    campus.work()
    assert [campus.grade(name) for name in members] == [40, 60, 80]


@pytest.mark.shows("J-27")
def test_column_that_appears_late_is_found_without_a_launch(campus: Campus, visitor: People) -> None:
    quiz, link, member = campus.activity("quiz"), campus.link("quiz"), visitor("member1")
    campus.lms.allow_grades(link, allowed=False)
    member.launch(link)
    member.take(quiz.id)
    campus.work()
    campus.lms.allow_grades(link, allowed=True)
    for _ in range(3):
        campus.work(after=400)
    assert campus.grade("member1") == 100


def test_two_links_to_one_quiz_both_get_the_grade(campus: Campus, visitor: People) -> None:
    quiz, member = campus.activity("quiz"), visitor("member1")
    first = next(link for link in campus.config["courses"][0]["links"] if "-quiz" in link["resource_link_id"])
    campus.config["courses"][0]["links"].append({**first, "resource_link_id": "second", "title": "Second link"})
    campus.lms.control("POST", "seed", campus.config)
    member.launch(first["resource_link_id"])
    member.take(quiz.id, right=3)
    campus.work()
    assert campus.grade("member1") == 60
    assert member.launch("second").status == 200
    assert member.address == f"/quizzes/{quiz.id}"
    campus.work()
    cells = {(column, who): row["score"] for (column, who), row in campus.lms.gradebook("course-1").items()}
    assert cells == {(quiz.title, "member1"): 60, ("Second link", "member1"): 60}
    member.take(quiz.id, right=5)
    campus.work(after=10)
    assert {row["score"] for row in campus.lms.gradebook("course-1").values()} == {100}


STATUSES = [
    pytest.param(404, marks=pytest.mark.shows("F-08")),
    pytest.param(409, marks=pytest.mark.shows("F-09")),
    pytest.param(429, marks=pytest.mark.shows("F-10")),
    pytest.param(500, marks=pytest.mark.shows("F-11")),
]


@pytest.mark.parametrize("status", STATUSES)
def test_answer_that_passes_is_made_good(campus: Campus, visitor: People, status: int) -> None:
    """Once such an answer, then as usual: the grade arrives without anybody's help, a 404 with the next launch."""
    quiz, link, member = campus.activity("quiz"), campus.link("quiz"), visitor("member1")
    member.launch(link)
    headers = {"Retry-After": "7"} if status == 429 else {}
    campus.lms.fault("scores", "status", status=status, times=1, headers=headers)
    attempt = member.take(quiz.id)
    campus.work()
    assert campus.grade("member1") is None
    assert member.open(f"/attempts/{attempt}/result").status == 200
    if status == 404:
        member.launch(link)
    campus.work(after=60)
    campus.work(after=60)
    assert campus.grade("member1") == 100
    log = [entry["status"] for entry in campus.lms.score_log()]
    assert log == [status, 200]


@pytest.mark.shows("F-12")
@pytest.mark.parametrize("kind", ["nothing", "close"])
def test_no_answer_is_made_good(campus: Campus, visitor: People, kind: str) -> None:
    quiz, member = campus.activity("quiz"), visitor("member1")
    member.launch(campus.link("quiz"))
    campus.lms.fault("scores", kind, times=1, seconds=0.2)
    member.take(quiz.id)
    campus.work()
    assert campus.grade("member1") is None
    campus.work(after=60)
    assert campus.grade("member1") == 100


def test_score_that_was_taken_but_answered_with_an_error_is_not_lost_or_doubled(
    campus: Campus, visitor: People
) -> None:
    quiz, member = campus.activity("quiz"), visitor("member1")
    member.launch(campus.link("quiz"))
    campus.lms.fault("scores", "lie", times=1, status=500)
    member.take(quiz.id, right=2)
    campus.work()
    campus.work(after=60)
    assert campus.grade("member1") == 40
    post = campus.posts()[campus.link("quiz"), "member1"]
    assert (post.state, post.cause) == (PostState.sent, "")


def test_conflict_that_stays_is_shown_to_the_instructor(campus: Campus, visitor: People) -> None:
    """Somebody else writes newer scores: tried once more, then refused, said, and sent again by a button."""
    quiz, member, teacher = campus.activity("quiz"), visitor("member1"), visitor("teacher")
    member.launch(campus.link("quiz"))
    campus.lms.fault("scores", "status", status=409)
    member.take(quiz.id)
    for _ in range(4):
        campus.work(after=30)
    assert campus.posts()[campus.link("quiz"), "member1"].state is PostState.refused
    teacher.launch(campus.link("quiz"))
    page = teacher.open(f"/scores/{quiz.id}")
    assert page.status == 200
    assert "李小明" in page.text
    assert len(campus.lms.score_log()) == 2, "an LMS that refuses is not asked forever"


def test_member_who_was_removed_over_there_does_not_hold_up_others(campus: Campus, visitor: People) -> None:
    quiz, link = campus.activity("quiz"), campus.link("quiz")
    gone, other = visitor("member1"), visitor("member2")
    for member in (gone, other):
        member.launch(link)
    campus.lms.control("POST", "enrolment", {"course": "course-1", "person": "member1", "role": "Learner",
                                             "status": "Inactive"})  # fmt: skip
    for member in (gone, other):
        member.take(quiz.id)
    campus.work()
    campus.work(after=60)
    assert (campus.grade("member1"), campus.grade("member2")) == (None, 100)
    assert campus.posts()[link, "member1"].state is PostState.refused


def test_tool_key_set_that_the_lms_cannot_read_holds_scores_back_only(campus: Campus, visitor: People) -> None:
    quiz, member = campus.activity("quiz"), visitor("member1")
    member.launch(campus.link("quiz"))
    campus.lms.fault("token", "status", status=400, times=2)
    member.take(quiz.id)
    campus.work()
    assert campus.grade("member1") is None
    for _ in range(4):
        campus.work(after=1200)
    assert campus.grade("member1") == 100
