"""The sample lesson: complete, bilingual, and it can be completed."""

import pytest

from courses import seed
from courses.outline import services as outline
from lti_tool.ledger.rules import ResultState
from tests.courses.conftest import Makers
from tests.courses.test_beat import beat, wait
from tests.school import School


@pytest.mark.shows("J-02")
def test_sample_lesson_can_be_read_watched_answered_and_completed(school: School, make: Makers) -> None:
    home = make.home()
    sample = seed.prepare(school.runtime)
    with school.database.writing() as session:
        lesson = sample(session, context_id=school.context_id, now=school.now, parent_id=home.id)
    client = school.client(school.member)
    page = client.get(f"/lessons/{lesson.id}").text
    for text in (
        "怎样阅读原始材料",
        "How to read a source",
        "<table>",
        'alt="一封旧信',
        "<video",
        'kind="captions"',
        "思考题",
    ):
        assert text in page, text
    for address in {part.split('"')[0] for part in page.split('src="')[1:] if part.startswith("/media/")}:
        with client.get(address, headers={"Range": "bytes=0-9"}) as answer:
            assert answer.status_code == 206
    for _ in range(6):
        beat(client, lesson.id)
        wait(school, 15)
    client.post_form(f"/lessons/{lesson.id}/progress", {"upto": ""})
    assert client.post_form(f"/lessons/{lesson.id}/answer/question1", {"answer": "b"}).status_code == 303
    result = school.result(lesson.id, school.member)
    assert result is not None
    assert (result.state, result.criteria_met) == (ResultState.done, [True, True, True])
    page = client.get(f"/lessons/{lesson.id}").text
    assert "答对了" in page
    assert "Salutation and signature" in page


@pytest.mark.shows("N-05")
def test_sample_is_in_every_course_it_is_put_into(school: School, make: Makers) -> None:
    make.home()
    sample = seed.prepare(school.runtime)
    homes = {}
    for context_id in (school.context_id, school.other_context_id):
        with school.database.writing() as session:
            homes[context_id] = outline.ensure_home(session, context_id, school.now, "Course").id
            sample(session, context_id=context_id, now=school.now, parent_id=homes[context_id])
    page = school.client(school.other_course_member).get(f"/home/{homes[school.other_context_id]}").text
    assert "怎样阅读原始材料" in page
