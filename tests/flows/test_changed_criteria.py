"""A teacher lowers what is wanted: whoever meets it now is completed, and the LMS's gradebook hears of it."""

from collections.abc import Callable

from lti_tool.ledger.rules import ResultState
from tests.flows.campus import Campus
from tests.flows.visitor import Visitor

People = Callable[[str], Visitor]


def test_lowered_pass_mark_completes_the_quiz_and_raises_the_course_s_grade(campus: Campus, visitor: People) -> None:
    quiz, member, teacher = campus.activity("quiz"), visitor("member1"), visitor("teacher")
    member.launch(campus.link("outline"))
    member.launch(campus.link("quiz"))
    member.take(quiz.id, right=2)
    campus.work()
    campus.work(after=10)
    before = campus.result("member1")
    assert before is not None
    assert (before.state, campus.grade("member1"), campus.grade("member1", "outline")) == (ResultState.doing, 40, None)
    teacher.launch(campus.link("quiz"))
    fields = {"title": quiz.title, "attempts": "2", "is_required": "1", "pass": "40"}
    saved = teacher.send(f"/quizzes/{quiz.id}/settings", **fields)
    assert saved.status == 303
    campus.work()
    after = campus.result("member1")
    assert after is not None
    assert after.state is ResultState.done
    campus.work(after=10)
    grade = campus.grade("member1", "outline")
    assert grade is not None
    assert grade > 0
    assert campus.lms.gradebook("course-1")[quiz.title, "member1"]["score"] == 40


def test_lesson_that_wants_less_sends_the_grade_of_whoever_has_read_enough(campus: Campus, visitor: People) -> None:
    lesson, member, teacher = campus.activity("lesson"), visitor("member1"), visitor("teacher")
    member.launch(campus.link("lesson"))
    member.send_json(f"/lessons/{lesson.id}/progress", {"seen": []})
    member.send(f"/lessons/{lesson.id}/progress", upto="")
    campus.work(after=60)
    assert campus.grade("member1", "lesson") is None
    teacher.launch(campus.link("lesson"))
    saved = teacher.send(
        f"/lessons/{lesson.id}/settings", title=lesson.title, needs_blocks="1", minutes="", question_rule="none"
    )
    assert saved.status == 303
    campus.work()
    campus.work(after=10)
    cell = campus.lms.gradebook("course-1")[lesson.title, "member1"]
    assert (cell["score"], cell["activity_progress"]) == (lesson.maximum, "Completed")
