"""An LMS that refuses whatever the specifications let it refuse has no reason to refuse us anything.

What a lax tool is refused for, row by row: tests/demo/test_strictness.py.
"""

import re
from collections.abc import Callable

from tests.flows.campus import Campus
from tests.flows.linking import add_link
from tests.flows.visitor import Visitor

People = Callable[[str], Visitor]


def test_strict_lms_refuses_nothing_of_a_whole_journey(campus: Campus, visitor: People) -> None:
    """Launches, a token, a column that we look for and make, scores, a second score, a deep linking response."""
    quiz, link, teacher = campus.activity("quiz"), campus.link("quiz"), visitor("teacher")
    for person in ("member1", "member2"):
        member = visitor(person)
        assert member.launch(link).status == 200
        member.take(quiz.id, right=3)
    campus.work()
    campus.work(after=1)
    again = visitor("member1")
    again.launch(link)
    again.take(quiz.id, right=5)
    campus.work(after=60)
    assert (campus.grade("member1"), campus.grade("member2")) == (100, 60)
    assert add_link(campus, teacher, quiz.id).status == 200
    course = campus.lms.page("teacher", "/courses/course-1").text
    added = re.findall(r'data-link="([^"]+)"', course)[-1]
    member = visitor("member3")
    assert member.launch(added).status == 200
    assert member.address == f"/quizzes/{quiz.id}"
    assert [row["status"] for row in campus.lms.score_log()] == [200, 200, 200]
    assert campus.lms.refusals() == []


def test_column_that_we_make_is_made_by_the_letter(campus: Campus, visitor: People) -> None:
    """The links' own columns are deleted by the teacher: the launch names none, so we look for one and make it."""
    quiz, link = campus.activity("quiz"), campus.link("quiz")
    for cell in campus.lms.control("GET", "columns?course=course-1"):
        if cell["link"] == link:
            campus.lms.control("DELETE", f"columns/{cell['id']}")
    member = visitor("member1")
    member.launch(link)
    member.take(quiz.id, right=4)
    campus.work()
    campus.work(after=400)
    assert campus.grade("member1") == 80
    assert [one["made_by"] for one in campus.lms.control("GET", "columns?course=course-1") if one["link"] == link] == [
        "tool"
    ]
    assert campus.lms.refusals() == []
