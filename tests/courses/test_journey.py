"""A member's way through the first course: home, lesson, completion, home again, and the duty to tell the LMS."""

from decimal import Decimal

from lti_tool.ledger.rules import PostState, ResultState
from tests.courses.conftest import Makers
from tests.school import School


def test_completing_a_lesson_shows_on_the_home_and_marks_the_score_when_all_is_read(
    school: School, make: Makers
) -> None:
    home = make.home()
    lesson = make.lesson(parent=home)
    column = school.placement(lesson)
    home_column = school.placement(home)
    client = school.client(school.member)

    page = client.get(f"/home/{home.id}").text
    assert "How to read a source" in page
    assert "未开始" in page

    page = client.get(f"/lessons/{lesson.id}").text
    assert "Some words." in page

    answer = client.post_json(f"/lessons/{lesson.id}/progress", {"seen": ["t1"]})
    assert answer.json is not None
    assert not answer.json["completed"]
    assert school.post(column, school.member) is None

    answer = client.post_form(f"/lessons/{lesson.id}/progress", {"upto": "t2"})
    assert answer.status_code == 303
    result = school.result(lesson.id, school.member)
    assert result is not None
    assert (result.state, result.score, result.criteria_met) == (ResultState.done, Decimal(100), [True])
    for item in (column, home_column):
        post = school.post(item, school.member)
        assert post is not None
        assert post.state is PostState.waiting

    page = client.get(f"/home/{home.id}").text
    assert "1/1" in page
    assert "已完成" in page
