"""The course home: what it says, to whom, and what it costs."""

import gzip
import re
import secrets
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from courses.lessons.rules import Wanted
from courses.outline import queries, services
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Enrolment, EnrolmentSource, Member
from lti_tool.ledger import services as ledger
from lti_tool.ledger.models import Activity, ActivityStatus, Result
from lti_tool.ledger.rules import KEPT_THERE, PostState, ResultState
from tests.courses.conftest import Makers
from tests.courses.test_beat import counted, wait
from tests.school import School


def fill(school: School, home: Activity, tasks: int, people: int) -> None:
    """A course of this size; three of its members have a result in every task."""
    with school.database.writing() as session:
        activities = [
            Activity(
                context_id=home.context_id,
                kind="lesson",
                title=f"第 {number + 1} 讲　怎样阅读原始材料",
                criteria=[["blocks", 6], ["seconds", 600]],
                parent_id=home.id,
                position=number + 2,
                section=f"第 {number // 10 + 1} 单元",
                effort_minutes=10 + number % 7,
                due_at=school.now + timedelta(days=number - 20),
                status=ActivityStatus.published,
                token=secrets.token_hex(16),
                created_at=school.now,
            )
            for number in range(tasks)
        ]
        tenant_id = session.get_one(Member, school.member.member_id).tenant_id
        members = [
            Member(
                registration_id=school.registration_id,
                tenant_id=tenant_id,
                sub=f"n{number}",
                name=f"N{number}",
                created_at=school.now,
            )
            for number in range(people - 1)
        ]
        session.add_all([*activities, *members])
        session.flush()
        session.add_all(
            Enrolment(context_id=home.context_id, member_id=each.id, role=Role.member, source=EnrolmentSource.launch)
            for each in members
        )
        session.flush()
        results = [
            {
                "activity_id": activity.id,
                "member_id": member_id,
                "progress": place % 2,
                "score": 100 if place % 2 else None,
                "criteria_met": [True, bool(place % 2)],
                "state": ResultState.done if place % 2 else ResultState.doing,
                "started_at": school.now,
                "updated_at": school.now,
                "completed_at": school.now if place % 2 else None,
            }
            for place, activity in enumerate(activities)
            for member_id in (school.member.member_id, *(each.id for each in members[:2]))
        ]
        session.execute(insert(Result), results)


@pytest.mark.shows("P-11")
@pytest.mark.parametrize("size", [5, 500])
def test_one_statement_for_members_whatever_the_size(school: School, make: Makers, size: int) -> None:
    home = make.home()
    fill(school, home, size, size)
    client = school.client(school.member)
    client.get(f"/home/{home.id}")
    with counted(school) as seen:
        assert client.get(f"/home/{home.id}").status_code == 200
    assert len(seen) == 1


@pytest.mark.parametrize("tasks", [5, 100])
def test_constant_statements_for_staff_whatever_the_size(school: School, make: Makers, tasks: int) -> None:
    home = make.home()
    fill(school, home, tasks, 10)
    client = school.client(school.instructor)
    for path, statements in ((f"/home/{home.id}", 6), (f"/home/{home.id}/members", 7)):
        client.get(path)
        with counted(school) as seen:
            assert client.get(path).status_code == 200
        assert len(seen) == statements, path


@pytest.mark.shows("P-12")
def test_page_of_forty_tasks_is_small(school: School, make: Makers) -> None:
    home = make.home()
    fill(school, home, 40, 2)
    page = school.client(school.member).get(f"/home/{home.id}")
    assert len(gzip.compress(page.data, 6)) <= 20_000


@pytest.mark.shows("J-01")
def test_states_of_tasks_are_said_in_words(school: School, make: Makers) -> None:
    home, now = make.home(), school.now
    make.lesson("Open", parent=home)
    make.lesson("Soon", parent=home, due_at=now + timedelta(days=3))
    make.lesson("Late", parent=home, due_at=now - timedelta(days=4), closes_at=now + timedelta(days=9))
    make.lesson("Not open", parent=home, opens_at=now + timedelta(days=11))
    make.lesson("Closed", parent=home, closes_at=now - timedelta(days=1))
    make.lesson("Voluntary", parent=home, is_required=False)
    make.lesson("Draft", parent=home, is_published=False)
    page = school.client(school.member).get(f"/home/{home.id}").text
    for text in ("未开始", "还剩 3 天", "逾期 4 天", "前可补做", "开放", "已关闭", "选修", "0/5", "其中 1 项已逾期"):
        assert text in page, text
    assert ">Not open</a>" not in page
    assert "Draft" not in page


def test_criterion_is_green_in_the_next_answer(school: School, make: Makers) -> None:
    home = make.home()
    lesson = make.lesson(parent=home, wanted=Wanted(seconds=600))
    client = school.client(school.member)
    assert "完成条件 0/2" in client.get(f"/home/{home.id}").text
    client.post_form(f"/lessons/{lesson.id}/progress", {"upto": ""})
    page = client.get(f"/home/{home.id}").text
    assert "完成条件 1/2" in page
    assert re.search(r'<li class="is-met">.*?看完全部 2 个小节', page)
    assert "上次学到" in page


@pytest.mark.parametrize(
    ("state", "cause", "text"),
    [
        (PostState.waiting, "", "等待平台接收"),
        (PostState.confirmed, "", "已送达学校平台"),
        (PostState.refused, "", "未送达，老师正在处理"),
        (PostState.differs, "", "学校平台上的成绩与这里不同，老师正在处理"),
        (PostState.kept, KEPT_THERE, "以学校平台的成绩为准"),
    ],
)
def test_way_of_a_grade_is_shown_and_members_never_read_refused(
    school: School, make: Makers, state: PostState, cause: str, text: str
) -> None:
    home = make.home()
    lesson = make.lesson(parent=home)
    column = school.placement(lesson)
    client = school.client(school.member)
    client.post_form(f"/lessons/{lesson.id}/progress", {"upto": ""})
    post = school.post(column, school.member)
    assert post is not None
    with school.database.writing() as session:
        merged = session.merge(post)
        merged.state, merged.cause = state, cause
    page = client.get(f"/home/{home.id}").text
    assert text in page
    assert "退回" not in page


def test_of_two_columns_the_one_that_is_less_far_is_shown(school: School, make: Makers) -> None:
    home = make.home()
    lesson = make.lesson(parent=home)
    early = school.placement(lesson, resource_link_id="a")
    school.placement(lesson, resource_link_id="b", column=False)
    client = school.client(school.member)
    client.post_form(f"/lessons/{lesson.id}/progress", {"upto": ""})
    post = school.post(early, school.member)
    assert post is not None
    with school.database.writing() as session:
        session.merge(post).state = PostState.confirmed
    page = client.get(f"/home/{home.id}").text
    assert "成绩已存好，老师允许后送出" in page
    assert "已送达学校平台" not in page


def test_other_members_results_do_not_show(school: School, make: Makers) -> None:
    home = make.home()
    lesson = make.lesson(parent=home)
    school.client(school.member2).post_form(f"/lessons/{lesson.id}/progress", {"upto": ""})
    assert "0/1" in school.client(school.member).get(f"/home/{home.id}").text


def test_hostile_titles_are_text(school: School, make: Makers) -> None:
    home = make.home("<script>alert(1)</script>")
    make.lesson("<img src=x onerror=alert(1)>", parent=home, section="<b>x</b>")
    for person in (school.member, school.instructor):
        page = school.client(person).get(f"/home/{home.id}").text
        assert "<img src=x" not in page
        assert "<b>x</b>" not in page
        assert "<script>alert" not in page


@pytest.mark.shows("J-20")
def test_staff_see_counts_and_archived_tasks(school: School, make: Makers) -> None:
    home = make.home()
    lesson = make.lesson("One", parent=home)
    make.lesson("Two", parent=home, is_published=False)
    school.client(school.member).post_form(f"/lessons/{lesson.id}/progress", {"upto": ""})
    author = school.client(school.instructor)
    page = author.get(f"/home/{home.id}").text
    assert "1/2 已完成" in page
    assert "平均 100 分" in page
    assert "草稿" in page

    refused = author.post_form(f"/home/{home.id}/tasks/{lesson.id}/archive")
    assert refused.status_code == 400
    assert 'name="reason" required aria-invalid="true"' in refused.text
    assert author.post_form(f"/home/{home.id}/tasks/{lesson.id}/archive", {"reason": "old"}).status_code == 303
    assert "One" not in school.client(school.member).get(f"/home/{home.id}").text
    assert "已归档" in author.get(f"/home/{home.id}").text
    result = school.result(lesson.id, school.member)
    assert result is not None
    assert result.score == 100
    assert author.post_form(f"/home/{home.id}/tasks/{lesson.id}/restore").status_code == 303
    assert "One" in school.client(school.member).get(f"/home/{home.id}").text


def test_assistant_sees_progress_but_no_tools(school: School, make: Makers) -> None:
    home = make.home()
    lesson = make.lesson("One", parent=home)
    client = school.client(school.assistant)
    page = client.get(f"/home/{home.id}").text
    assert "One" in page
    assert "上移" not in page
    assert "新建任务" not in page
    assert client.post_form(f"/home/{home.id}/tasks/{lesson.id}/up").status_code == 404


def test_tasks_move_by_buttons_within_their_heading(school: School, make: Makers) -> None:
    home = make.home()
    one, two, three = (make.lesson(name, parent=home, section="A") for name in ("One", "Two", "Three"))
    make.lesson("Other", parent=home, section="B")
    author = school.client(school.instructor)

    def order() -> list[str]:
        page = author.get(f"/home/{home.id}").text
        return re.findall(r'task__title"><a href="[^"]+">(\w+)</a>', page)

    author.post_form(f"/home/{home.id}/tasks/{three.id}/up")
    assert order() == ["One", "Three", "Two", "Other"]
    author.post_form(f"/home/{home.id}/tasks/{one.id}/up")
    author.post_form(f"/home/{home.id}/tasks/{two.id}/down")
    assert order() == ["One", "Three", "Two", "Other"]


def test_settings_of_a_task_are_kept(school: School, make: Makers) -> None:
    home = make.home()
    lesson = make.lesson("One", parent=home)
    author = school.client(school.instructor)
    path = f"/home/{home.id}/tasks/{lesson.id}"
    assert author.get(path).status_code == 200
    assert author.post_form(path, {"title": "", "section": "kept"}).status_code == 400
    fields = {"title": "New", "section": "Unit 1", "due_at": "2026-11-27T18:00"}
    assert author.post_form(path, fields).status_code == 303
    page = school.client(school.member).get(f"/home/{home.id}").text
    assert "New" in page
    assert "Unit 1" in page
    assert "11月27日" in page
    assert "选修" in page


def test_home_is_one_per_course_and_takes_in_what_stands_outside(school: School, make: Makers) -> None:
    outside = school.activity("lesson", "Outside")
    home = make.home()
    assert make.home().id == home.id
    late = school.activity("lesson", "Later")
    sweep = next(each for each in school.runtime.sweeps if each.name == "outline.adopt")
    with school.database.reading_core() as connection:
        assert sweep.due(connection, school.now)
    assert sweep.run(school.runtime, school.now) == 1
    with school.database.reading_core() as connection:
        assert not sweep.due(connection, school.now)
    with school.database.reading() as session:
        parents = {session.get_one(Activity, each.id).parent_id for each in (outside, late)}
    assert parents == {home.id}


@pytest.mark.shows("J-14")
def test_members_progress_says_states_in_words(school: School, make: Makers) -> None:
    home = make.home()
    done = make.lesson("Done", parent=home)
    make.lesson("Late", parent=home, due_at=school.now - timedelta(days=2))
    begun = make.lesson("Begun", parent=home)
    client = school.client(school.member)
    client.post_form(f"/lessons/{done.id}/progress", {"upto": ""})
    client.post_json(f"/lessons/{begun.id}/progress", {"seen": ["t1"]})
    wait(school, 60)
    page = school.client(school.instructor).get(f"/home/{home.id}/members").text
    for text in ("李小明", "张丽", "已完成", "逾期", "进行中，50%", "1/3", "今天 10:00"):
        assert text in page, text
    assert f'href="/lessons/{done.id}/members/{school.member.member_id}"' in page
    detail = school.client(school.instructor).get(f"/lessons/{done.id}/members/{school.member.member_id}")
    assert detail.status_code == 200
    assert "李小明" in detail.text


def test_view_as_member_shows_the_members_page(school: School, make: Makers) -> None:
    home = make.home()
    make.lesson("One", parent=home)
    page = school.client(school.instructor, preview=True).get(f"/home/{home.id}").text
    assert "新建任务" not in page
    assert "0/1" in page


def test_child_of_another_home_is_not_touched(school: School, make: Makers) -> None:
    home = make.home()
    with school.database.writing() as session:
        other = services.ensure_home(session, school.other_context_id, school.now, "Other")
        foreign = ledger.create_activity(
            session,
            context_id=school.other_context_id,
            kind="lesson",
            title="Foreign",
            now=school.now,
            criteria=[],
            parent_id=other.id,
        )
    author = school.client(school.instructor)
    for action in ("up", "down", "restore"):
        assert author.post_form(f"/home/{home.id}/tasks/{foreign.id}/{action}").status_code == 404


def test_member_of_a_lesson_that_stands_under_no_home(school: School, make: Makers) -> None:
    lesson = make.lesson()
    page = school.client(school.instructor).get(f"/lessons/{lesson.id}/members/{school.member.member_id}")
    assert page.status_code == 200


def test_endless_number_of_a_page_of_members_is_no_fault_of_ours(school: School, make: Makers) -> None:
    home = make.home()
    page = school.client(school.instructor).get(f"/home/{home.id}/members", query_string={"after": "9" * 5000})
    assert page.status_code == 200


def test_RO_14_test_user_stands_in_no_number(school: School, make: Makers) -> None:
    """Shown to who teaches, with a tag; counted nowhere."""
    home = make.home()
    lesson = make.lesson(parent=home)
    person = school.new_member("Test")
    with school.database.writing() as session:
        session.execute(update(Enrolment).where(Enrolment.member_id == person.member_id).values(gradable=False))
    school.client(person).post_json(f"/lessons/{lesson.id}/progress", {"seen": ["t1", "t2"]})
    with school.database.reading_core() as connection:
        assert queries.members(connection, school.context_id) == 2
        assert queries.tallies(connection, home.id, school.context_id) == {}
    grid = school.client(school.instructor).get(f"/home/{home.id}/members").text
    assert re.search(r'Test <span class="tag tag--line">测试用户</span>', grid)
    assert grid.count("测试用户") == 1
