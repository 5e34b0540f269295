"""Launch → quiz → submit → record → drain → gradebook, read through the LMS's own interface."""

from collections.abc import Callable

import pytest

from tests.flows.campus import Campus
from tests.flows.visitor import Visitor

People = Callable[[str], Visitor]


@pytest.mark.shows("J-09", "J-10")
def test_best_of_two_attempts_stands_in_the_gradebook(campus: Campus, visitor: People) -> None:
    quiz, member = campus.activity("quiz"), visitor("member1")
    page = member.launch(campus.link("quiz"))
    assert (page.status, member.address) == (200, f"/quizzes/{quiz.id}")
    attempt = member.take(quiz.id, right=3)
    assert campus.grade("member1") is None
    campus.work()
    assert campus.grade("member1") == 60
    assert member.open(f"/attempts/{attempt}/result").status == 200
    campus.work(after=60)
    member.take(quiz.id, right=5)
    campus.work()
    assert campus.grade("member1") == 100
    third = member.send(f"/quizzes/{quiz.id}/attempts")
    assert third.status == 409
    cell = campus.lms.gradebook("course-1")[quiz.title, "member1"]
    assert (cell["activity_progress"], cell["grading_progress"]) == ("Completed", "FullyGraded")


def test_worse_second_attempt_changes_nothing(campus: Campus, visitor: People) -> None:
    quiz, member = campus.activity("quiz"), visitor("member1")
    member.launch(campus.link("quiz"))
    member.take(quiz.id, right=4)
    campus.work()
    member.take(quiz.id, right=1)
    campus.work(after=60)
    assert campus.grade("member1") == 80
    result = campus.result("member1")
    assert result is not None
    assert result.score == 80
