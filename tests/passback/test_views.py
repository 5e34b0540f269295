"""The page on which those who follow see how far every score is."""

import re

import pytest
from sqlalchemy import update

from lti_tool.ledger.models import ScorePost
from lti_tool.ledger.rules import PostState
from lti_tool.passback.drain import Drain
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook
from tests.school import School


def test_refused_score_stands_first_with_cause_and_mending_action(
    school: School, reach: Recorder, drain: Drain, gradebook: FakeGradebook
) -> None:
    activity = school.activity("quiz", "Sources")
    school.placement(activity)
    gradebook.planned = [(200, {}, b"")]
    reach(activity.id, school.member2, "6")
    drain.run()
    gradebook.planned = [(400, {}, b"")]
    reach(activity.id, school.member, "71.5")
    drain.run()
    page = school.client(school.instructor).get(f"/scores/{activity.id}?show=all").text
    assert page.index("李小明") < page.index("张丽")
    assert "平台不给这名学员在本课程记成绩。请在平台上核对选课名单和角色，再重新发送。" in page
    assert "71.5" in page
    assert f"/scores/{activity.id}/send/{school.member.member_id}" in page
    assert f"/scores/{activity.id}/send/{school.member2.member_id}" not in page


def test_missing_column_says_what_to_do_in_the_lms(school: School, reach: Recorder) -> None:
    activity = school.activity("quiz", "Sources")
    school.placement(activity, column=False)
    reach(activity.id, school.member, "5")
    page = school.client(school.instructor).get(f"/scores/{activity.id}").text
    assert "平台上还没有这项任务的成绩列。" in page
    assert "请在平台的活动设置里允许成绩，再打开一次，成绩会全部补送。" in page


@pytest.mark.parametrize(
    ("state", "cause", "text"),
    [
        (PostState.refused, "not_graded", "请在平台上核对选课名单和角色，再重新发送。"),
        (PostState.waiting_for_column, "column_gone", "请在平台上重新保存这个活动并允许成绩，再打开一次"),
        (PostState.refused, "locked", "请在平台上解锁后重新发送；不处理则保留平台上的成绩。"),
        (PostState.waiting, "lms_error_again", "多半是该列或单元格已锁定。请在平台上解锁"),
        (PostState.refused, "course_closed", "请在平台上发布课程或延长课程日期，再重新发送。"),
        (
            PostState.differs,
            "teacher_overrode",
            "可以保留平台上的成绩；若以这里为准，请先在平台上撤销改动，再重新发送。",
        ),
        (PostState.refused, "newer_in_lms", "要以这里的成绩为准就重新发送，否则不用处理。"),
        (PostState.refused, "ahead_in_lms", "请在平台上删除该成绩（写入时时钟有误），再重新发送。"),
    ],
)
def test_cause_that_only_people_can_mend_says_what_to_do_on_both_pages(
    school: School, reach: Recorder, state: PostState, cause: str, text: str
) -> None:
    activity = school.activity("quiz", "Sources")
    school.placement(activity)
    reach(activity.id, school.member, "5")
    with school.database.writing() as session:
        session.execute(update(ScorePost).values(state=state, cause=cause))
    client = school.client(school.instructor)
    for address in (f"/scores/{activity.id}", f"/scores/{activity.id}/of/{school.member.member_id}"):
        assert text in client.get(address).text, address


def test_no_text_is_left_in_english_when_the_reader_is_chinese(school: School, reach: Recorder) -> None:
    activity = school.activity("quiz", "材料")
    school.placement(activity)
    reach(activity.id, school.member, "5")
    page = school.client(school.instructor).get(f"/scores/{activity.id}").text
    main = re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")])
    assert re.findall(r"[A-Za-z]{4,}", main.replace("first", "")) == []


def test_send_again_makes_a_refused_score_due(
    school: School, reach: Recorder, drain: Drain, gradebook: FakeGradebook
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    gradebook.planned = [(400, {}, b"")]
    reach(activity.id, school.member, "5")
    drain.run()
    client = school.client(school.instructor)
    answer = client.post_form(f"/scores/{activity.id}/send/{school.member.member_id}")
    assert answer.status_code == 303
    drain.run()
    post = school.post(column, school.member)
    assert post is not None
    assert (post.state, post.cause) == (PostState.sent, "")


def test_send_all_sends_what_was_refused_of_an_outline_and_its_tasks(
    school: School, reach: Recorder, drain: Drain, gradebook: FakeGradebook
) -> None:
    home = school.activity("outline")
    task = school.activity("quiz", parent_id=home.id)
    school.placement(task)
    gradebook.planned = [(200, {}, b""), (400, {}, b"")]
    reach(task.id, school.member, "5")
    drain.run()
    reach(task.id, school.member2, "5")
    drain.run()
    school.client(school.instructor).post_form(f"/scores/{home.id}/send")
    drain.run()
    assert [score["userId"] for score in gradebook.scores] == ["4", "5", "5"]


def test_only_who_follows_sees_the_page(school: School) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    for person in (school.instructor, school.assistant):
        assert school.client(person).get(f"/scores/{activity.id}").status_code == 200
    for stranger in (school.member, *school.strangers, None):
        assert school.client(stranger).get(f"/scores/{activity.id}").status_code == 404


def test_only_who_authors_sends_again(school: School) -> None:
    activity = school.activity("quiz")
    school.placement(activity)
    for person in (school.assistant, school.member, *school.strangers):
        client = school.client(person)
        for address in (f"/scores/{activity.id}/send", f"/scores/{activity.id}/send/{school.member.member_id}"):
            assert client.post_form(address).status_code == 404
