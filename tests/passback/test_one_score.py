"""The way of one score as a page: step by step for those who follow, calm and his own alone for the member."""

import re
from datetime import timedelta

import pytest
from flask import url_for
from sqlalchemy import update

from lti_tool.core.clock import FakeClock
from lti_tool.ledger.models import Activity, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.passback import queries
from lti_tool.passback.drain import Drain
from tests.lti.copies.test_costs import counted
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook
from tests.school import Person, School


@pytest.fixture
def activity(school: School) -> Activity:
    return school.activity("quiz", "材料")


@pytest.fixture
def column(school: School, activity: Activity) -> int:
    return school.placement(activity)


def main(page: str) -> str:
    """The text of the page without markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")]))


@pytest.mark.usefixtures("column")
def test_history_says_each_step_with_its_cause_and_who_wanted_it(
    school: School, activity: Activity, reach: Recorder, drain: Drain, gradebook: FakeGradebook, clock: FakeClock
) -> None:
    gradebook.planned = [(503, {}, b""), (503, {}, b""), (400, {}, b"")]
    reach(activity.id, school.member, "71.5")
    for _ in range(3):
        drain.run()
        clock.advance(timedelta(minutes=5))
    client, member = school.client(school.instructor), school.member.member_id
    client.post_form(f"/scores/{activity.id}/send/{member}")
    drain.run()
    page = main(client.get(f"/scores/{activity.id}/of/{member}").text)
    steps = [
        "没有送达：71.5 分。平台暂时不可用。 连续 2 次 · HTTP 503",
        "被退回：71.5 分。平台不给这名学员在本课程记成绩。 HTTP 400",
        "王敏 让它重新发送。",
        "已发送：71.5 分，平台答复已接收。 HTTP 200",
    ]
    places = [page.index(step) for step in steps]
    assert places == sorted(places)
    assert "71.5 / 100" in page
    assert re.findall(r"[A-Za-z]{4,}", page.replace("HTTP", "").replace("first", "")) == []


@pytest.mark.usefixtures("column")
def test_page_of_scores_leads_to_each_score(school: School, activity: Activity, reach: Recorder) -> None:
    reach(activity.id, school.member, "5")
    page = school.client(school.instructor).get(f"/scores/{activity.id}").text
    assert f'href="/scores/{activity.id}/of/{school.member.member_id}"' in page


def test_score_that_has_nowhere_to_go_says_so(school: School, activity: Activity, reach: Recorder) -> None:
    address = f"/scores/{activity.id}/of/{school.member.member_id}"
    client = school.client(school.instructor)
    assert "还没有可以发送的成绩。" in client.get(address).text
    reach(activity.id, school.member, "5")
    assert "平台上没有链接指向这项任务" in client.get(address).text


@pytest.mark.usefixtures("column")
def test_only_who_follows_sees_one_score_and_only_of_this_course(school: School, activity: Activity) -> None:
    address = f"/scores/{activity.id}/of/{school.member.member_id}"
    for person in (school.instructor, school.assistant):
        assert school.client(person).get(address).status_code == 200
    for stranger in (school.member, school.member2, *school.strangers, None):
        assert school.client(stranger).get(address).status_code == 404
    for outsider in school.strangers:
        assert school.client(school.instructor).get(f"/scores/{activity.id}/of/{outsider.member_id}").status_code == 404


@pytest.mark.usefixtures("column")
def test_assistant_sees_the_way_and_no_buttons(school: School, activity: Activity, reach: Recorder) -> None:
    reach(activity.id, school.member, "5")
    page = school.client(school.assistant).get(f"/scores/{activity.id}/of/{school.member.member_id}").text
    assert "/send/" not in page
    assert "/keep/" not in page


@pytest.mark.usefixtures("column")
def test_own_scores_say_what_the_platform_was_told_and_no_detail_of_staff(
    school: School, activity: Activity, reach: Recorder, drain: Drain, gradebook: FakeGradebook, clock: FakeClock
) -> None:
    gradebook.planned = [(400, {}, b"")]
    reach(activity.id, school.member, "71.5")
    drain.run()
    member = school.client(school.member)
    page = main(member.get(f"/scores/{activity.id}/mine").text)
    assert "成绩未送达，老师正在处理" in page
    school.client(school.instructor).post_form(f"/scores/{activity.id}/send/{school.member.member_id}")
    drain.run()
    page = main(member.get(f"/scores/{activity.id}/mine").text)
    for text in ("71.5 / 100", "成绩已送达", "告知 71.5 分", "老师让它重新发送。", "已告知学校平台：71.5 分。"):
        assert text in page, text
    for text in ("退回", "HTTP", "王敏", "选课名单"):
        assert text not in page, text
    assert re.findall(r"[A-Za-z]{4,}", page.replace("First course", "")) == []


@pytest.mark.usefixtures("column")
def test_own_scores_are_ones_own_alone(school: School, activity: Activity, reach: Recorder, drain: Drain) -> None:
    for person, score in ((school.member, "71.5"), (school.member2, "64.25")):
        reach(activity.id, person, score)
    drain.run()
    address = f"/scores/{activity.id}/mine"
    page = school.client(school.member).get(address).text
    assert "71.5" in page
    assert "64.25" not in page
    assert school.member2.name not in page
    assert "71.5" not in school.client(school.instructor).get(address).text
    for stranger in (*school.strangers, None):
        assert school.client(stranger).get(address).status_code == 404


def test_own_scores_of_a_course_are_of_what_is_published(school: School, reach: Recorder) -> None:
    home = school.activity("outline", "Course")
    for title, status in (("Shown", "published"), ("Secret", "draft"), ("Old", "archived")):
        task = school.activity("quiz", title, parent_id=home.id, status=status)
        reach(task.id, school.member, "5")
    page = school.client(school.member).get(f"/scores/{home.id}/mine").text
    assert "Shown" in page
    assert "只保存在本课程里" in page
    assert "Secret" not in page
    assert "Old" not in page
    hidden = school.activity("quiz", "Draft", status="draft")
    assert school.client(school.member).get(f"/scores/{hidden.id}/mine").status_code == 404


@pytest.mark.parametrize(
    ("state", "cause", "text"),
    [
        (PostState.differs, "teacher_overrode", "学校平台上的成绩与这里不同，老师正在处理"),
        (PostState.kept, KEPT_THERE, "以学校平台的成绩为准"),
        (PostState.kept, "relinked", ""),
        (PostState.refused, "locked", "成绩未送达，老师正在处理"),
    ],
)
def test_member_reads_the_same_words_on_the_course_home_and_among_his_scores(
    school: School, reach: Recorder, state: PostState, cause: str, text: str
) -> None:
    home = school.activity("outline", "Course")
    task = school.activity("quiz", "Task", parent_id=home.id)
    column = school.placement(task)
    reach(task.id, school.member, "5")
    with school.database.writing() as session:
        session.execute(update(ScorePost).where(ScorePost.line_item_id == column).values(state=state, cause=cause))
    client = school.client(school.member)
    course, mine = client.get(f"/home/{home.id}").text, client.get(f"/scores/{home.id}/mine").text
    assert f'href="/scores/{home.id}/mine"' in course
    for page in (main(course), main(mine)):
        assert text in page
        if not text:
            assert "以学校平台的成绩为准" not in page


@pytest.mark.parametrize("count", [1, 30])
def test_scores_of_one_member_take_two_statements_and_the_last_steps(
    school: School, reach: Recorder, drain: Drain, count: int
) -> None:
    activities = [school.activity("quiz", f"Q{number}") for number in range(count)]
    for each in activities:
        school.placement(each)
        reach(each.id, school.member, "5")
    drain.run()
    ids = [each.id for each in activities]
    with counted(school.database) as seen, school.database.reading() as session:
        told = queries.told(session, ids, school.member.member_id)
    assert len(seen) == 2
    assert [[step.event for step in each.history] for each in told] == [["sent"]] * count


def test_long_history_shows_its_end(
    school: School, activity: Activity, column: int, reach: Recorder, drain: Drain, clock: FakeClock
) -> None:
    person: Person = school.member
    for number in range(queries.MOST_STEPS + 2):
        reach(activity.id, person, str(number))
        drain.run()
        clock.advance(timedelta(seconds=2))
    with school.database.reading() as session:
        (told,) = queries.told(session, [activity.id], person.member_id)
    assert told.is_cut
    assert len(told.history) == queries.MOST_STEPS
    assert told.history[-1].score == queries.MOST_STEPS + 1
    assert (
        "更早的记录没有列出。"
        in school.client(school.instructor).get(f"/scores/{activity.id}/of/{person.member_id}").text
    )


@pytest.mark.usefixtures("column")
def test_earlier_results_are_one_link_away_on_the_page_of_the_members_own_work(
    school: School, activity: Activity, reach: Recorder
) -> None:
    """They are the domain's: the ledger keeps what counts now, and what the LMS was told."""
    reach(activity.id, school.member, "5")
    client = school.client(school.instructor)
    found = re.search(
        r'<a href="([^"]+)">查看作答经过和以前的结果</a>',
        client.get(f"/scores/{activity.id}/of/{school.member.member_id}").text,
    )
    assert found is not None
    with school.app.test_request_context():
        kind = school.runtime.kinds[activity.kind]
        assert found.group(1) == url_for(kind.review, activity_id=activity.id, member_id=school.member.member_id)
    reach(activity.id, school.assistant, "5")
    for person in (school.assistant, school.member2):
        assert "以前的结果" not in client.get(f"/scores/{activity.id}/of/{person.member_id}").text, "no work to look at"
