"""The pages about who is in a course and in which groups: for whom they exist, what they say, what they change."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from courses.outline import services as outline
from lti_tool.core.clock import FakeClock
from lti_tool.core.jobs import Job
from lti_tool.identity.models import Context, Enrolment, Group, GroupMember, Member
from lti_tool.identity.rules.groups import GroupSource
from lti_tool.ledger.models import Activity, AuditEvent, Override
from lti_tool.ledger.windows import window_of
from lti_tool.lms.work import READ_ROSTER
from lti_tool.roster.models import RosterSync, SyncState
from tests.school import Person, School


@pytest.fixture
def home(school: School) -> int:
    """The course home."""
    with school.database.writing() as session:
        return outline.ensure_home(session, school.context_id, school.now, "入门学习课").id


def members(school: School) -> str:
    return f"/courses/{school.context_id}/members"


def groups(school: School) -> str:
    return f"/courses/{school.context_id}/groups"


def page(school: School, address: str, person: Person | None = None) -> str:
    answer = school.client(person or school.instructor).get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def test_NR_14_list_of_members_does_not_exist_for_members(school: School, home: int) -> None:
    for address in (members(school), groups(school), f"/home/{home}/members"):
        for person in (school.instructor, school.assistant):
            assert school.client(person).get(address).status_code == 200
        for person in (school.member, *school.strangers):
            assert school.client(person).get(address).status_code == 404, (address, person.name)


def test_NR_14_members_can_ask_for_nothing(school: School) -> None:
    for person in (school.member, school.assistant, *school.strangers):
        assert school.client(person).post_form(members(school) + "/refresh").status_code == 404
    assert _jobs(school) == []


def test_NR_11_who_never_came_is_not_started(school: School, home: int) -> None:
    with school.database.writing() as session:
        session.execute(update(Enrolment).values(last_launch_at=None))
    found = page(school, members(school))
    assert school.member.name in found
    assert "未开始" in found
    assert "4 人未开始" in found


def _jobs(school: School) -> list[Job]:
    with school.database.reading() as session:
        return list(session.scalars(select(Job).where(Job.name == READ_ROSTER)))


def serve(school: School, **sync: Any) -> None:
    """The LMS has said where its list is; how far its reading is."""
    with school.database.writing() as session:
        session.execute(
            update(Context).where(Context.id == school.context_id).values(memberships_url="https://lms.example/m")
        )
        if sync:
            session.merge(RosterSync(context_id=school.context_id, started_at=school.now, **sync))


def test_roster_is_read_now_when_its_teacher_wants_it(school: School, clock: FakeClock) -> None:
    serve(school)
    client = school.client(school.instructor)
    assert "名单还没有读取过" in page(school, members(school))
    assert client.post_form(members(school) + "/refresh").status_code == 303
    assert client.post_form(members(school) + "/refresh").status_code == 303
    assert [job.key for job in _jobs(school)] == [f"context:{school.context_id}"]
    found = page(school, members(school))
    assert "马上开始读取名单" in found
    assert "立即读取名单" not in found, "it is asked for already"


def test_roster_that_the_lms_does_not_give_is_said(school: School) -> None:
    assert "平台不提供成员名单" in page(school, members(school))
    assert school.client(school.instructor).post_form(members(school) + "/refresh").status_code == 409


@pytest.mark.parametrize(
    ("sync", "said"),
    [
        (
            {"state": SyncState.done, "listed": 6, "came": 2, "gone": 1, "renamed": 3},
            ["新增 2 人", "退出 1 人", "改名 3 人"],
        ),
        ({"state": SyncState.done, "listed": 6}, ["没有变化", "名单上 6 人"]),
        ({"state": SyncState.done, "listed": 6, "nameless": 6}, ["平台不提供姓名"]),
        ({"state": SyncState.failed, "cause": "forbidden"}, ["平台没有给出成员名单", "名单没有因此改变"]),
        ({"state": SyncState.done, "listed": 6, "groups_cause": "silent"}, ["平台的小组没有读到"]),
    ],
)
def test_members_page_says_what_came_of_the_last_reading(school: School, sync: dict[str, Any], said: list[str]) -> None:
    serve(school, complete_at=school.now - timedelta(hours=3), **sync)
    found = page(school, members(school))
    for each in said:
        assert each in found
    assert "名单读取于" in found


def test_reading_on_its_way_is_said_with_its_pages(school: School) -> None:
    serve(school, state=SyncState.reading, pages=7)
    with school.database.writing() as session:
        until = school.now + timedelta(minutes=5)
        session.add(Job(name=READ_ROSTER, key=f"context:{school.context_id}", due_at=until, lease_until=until))
    found = page(school, members(school))
    assert "正在读取名单" in found
    assert "已读 7 页" in found


def test_members_are_narrowed_to_a_group(school: School) -> None:
    made = make(school)
    put(school, made, school.member)
    found = page(school, f"{members(school)}?group={made}")
    assert school.member.name in found
    assert school.member2.name not in found
    assert school.member2.name in page(school, f"{members(school)}?group=987654"), "an unknown group is everybody"


# Groups by hand


def make(school: School, name: str = "第一党小组") -> int:
    answer = school.client(school.instructor).post_form(groups(school), {"name": name})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return int(answer.headers["Location"].rpartition("/")[2])


def put(school: School, group: int, *people: Person) -> None:
    form = {"member_id": [str(each.member_id) for each in people]}
    answer = school.client(school.instructor).post_form(f"{groups(school)}/{group}/people", form)
    assert answer.status_code == 303, answer.get_data(as_text=True)


def inside(school: School, group: int) -> set[int]:
    with school.database.reading() as session:
        return set(session.scalars(select(GroupMember.member_id).where(GroupMember.group_id == group)))


def test_group_is_made_filled_renamed_and_removed_by_hand(school: School) -> None:
    client, made = school.client(school.instructor), make(school)
    address = f"{groups(school)}/{made}"
    put(school, made, school.member, school.member2)
    assert inside(school, made) == {school.member.member_id, school.member2.member_id}
    assert client.post_form(f"{address}/people/{school.member2.member_id}/out").status_code == 303
    assert inside(school, made) == {school.member.member_id}
    assert client.post_form(f"{address}/people/{school.member2.member_id}/out").status_code == 404
    assert client.post_form(f"{address}/name", {"name": " 宣传组 "}).status_code == 303
    assert "宣传组" in page(school, groups(school))
    assert client.post_form(f"{address}/remove").status_code == 303
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "第一党小组"])
def test_group_without_a_name_of_its_own_is_not_made(school: School, name: str) -> None:
    address, client = f"{groups(school)}/{make(school)}", school.client(school.instructor)
    other = make(school, "宣传组")
    said = "已经有同名的小组。请换一个名称。" if name.strip() else "请填写小组名称。"
    for refused in (
        client.post_form(groups(school), {"name": name}),
        client.post_form(f"{groups(school)}/{other}/name", {"name": name}),
    ):
        assert refused.status_code == 400
        field = re.findall(r'<input[^>]*name="name"[^>]*aria-invalid="true"[^>]*value="([^"]*)"', refused.text)
        assert field == [name], "it stays as it was typed"
        assert said in refused.text
    assert "第一党小组" in page(school, address)


def test_nobody_ticked_is_said_beside_the_list(school: School) -> None:
    refused = school.client(school.instructor).post_form(f"{groups(school)}/{make(school)}/people", {"member_id": []})
    assert refused.status_code == 400
    assert "请至少选择一个人。" in refused.text
    assert re.search(r'<input[^>]*name="member_id"[^>]*aria-invalid="true"', refused.text)


def test_people_of_another_course_cannot_be_put_in(school: School) -> None:
    made = make(school)
    put(school, made, school.other_course_member, school.other_tenant_member, school.instructor, school.member)
    assert inside(school, made) == {school.member.member_id}


def test_members_to_add_are_found_by_a_part_of_their_name(school: School) -> None:
    made = make(school)
    found = page(school, f"{groups(school)}/{made}?q={school.member.name[-1]}")
    assert school.member.name in found
    assert school.member2.name not in found
    assert "组外没有这个姓名的学员" in page(school, f"{groups(school)}/{made}?q=%25")


def of_lms(school: School, *, is_gone: bool = False) -> int:
    with school.database.writing() as session:
        found = Group(
            context_id=school.context_id, name="平台小组", source=GroupSource.service, external_id="g1", is_gone=is_gone
        )
        session.add(found)
        session.flush()
        session.add(GroupMember(group_id=found.id, member_id=school.member.member_id))
        return found.id


def test_group_of_the_lms_is_only_looked_at(school: School) -> None:
    group = of_lms(school)
    address, client = f"{groups(school)}/{group}", school.client(school.instructor)
    found = page(school, address)
    assert "这是平台上的小组" in found
    assert "添加组员" not in found
    for what, form in (
        ("name", {"name": "x"}),
        ("people", {"member_id": str(school.member2.member_id)}),
        (f"people/{school.member.member_id}/out", {}),
        ("remove", {}),
    ):
        assert client.post_form(f"{address}/{what}", form).status_code == 409, what
    assert inside(school, group) == {school.member.member_id}


def test_group_that_is_gone_in_the_lms_can_be_removed(school: School) -> None:
    group = of_lms(school, is_gone=True)
    assert "平台上已经没有" in page(school, groups(school))
    assert school.client(school.instructor).post_form(f"{groups(school)}/{group}/remove").status_code == 303
    assert "平台小组" not in page(school, groups(school))


# Exceptions


def give(school: School, group: int, activity: int, **form: str) -> int:
    asked = {"activity_id": str(activity)} | form
    return school.client(school.instructor).post_form(f"{groups(school)}/{group}/exceptions", asked).status_code


def window(school: School, activity: int, person: Person) -> Any:
    with school.database.reading() as session:
        return window_of(session, session.get_one(Activity, activity), person.member_id)


def test_exception_of_a_group_holds_for_those_in_it(school: School) -> None:
    quiz = school.activity("quiz", "小测").id
    made = make(school)
    put(school, made, school.member)
    assert give(school, made, quiz, closes_at="2027-01-01T08:00", minutes="15", attempts="2", reason="实习") == 303
    found = window(school, quiz, school.member)
    assert (found.extra_seconds, found.extra_attempts, found.closes.isoformat()) == (
        900, 2, "2027-01-01T00:00:00+00:00",
    )  # fmt: skip
    assert window(school, quiz, school.member2).extra_attempts == 0
    said = page(school, f"{groups(school)}/{made}")
    assert all(each in said for each in ("小测", "多 15 分钟", "多 2 次作答", "实习"))
    with school.database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "override_group")).one()
        assert (event.activity_id, event.reason, event.actor_id) == (quiz, "实习", school.instructor.member_id)


def test_of_several_groups_the_most_generous_counts_and_ones_own_before_both(school: School) -> None:
    quiz = school.activity("quiz", "小测").id
    for name, attempts, minutes in (("甲组", "3", "5"), ("乙组", "1", "20")):
        made = make(school, name)
        put(school, made, school.member, school.member2)
        assert give(school, made, quiz, attempts=attempts, minutes=minutes) == 303
    with school.database.writing() as session:
        session.add(Override(activity_id=quiz, member_id=school.member2.member_id, extra_attempts=0))
    found = window(school, quiz, school.member)
    assert (found.extra_attempts, found.extra_seconds) == (3, 1200)
    own = window(school, quiz, school.member2)
    assert (own.extra_attempts, own.extra_seconds) == (0, 1200), "what his own does not state, his groups do"


def test_exception_is_planned_anew_with_every_change_of_it_or_of_the_people(school: School) -> None:
    quiz = school.activity("quiz", "小测").id
    made, versions = make(school), list[int]()
    address, client = f"{groups(school)}/{made}", school.client(school.instructor)

    def noted() -> None:
        with school.database.reading() as session:
            versions.append(session.get_one(Activity, quiz).schedule_version)

    put(school, made, school.member2)
    noted()
    give(school, made, quiz, minutes="5")
    noted()
    put(school, made, school.member)
    noted()
    client.post_form(f"{address}/people/{school.member.member_id}/out")
    noted()
    client.post_form(f"{address}/exceptions/{quiz}/remove")
    noted()
    assert versions == [versions[0] + step for step in range(5)]
    assert client.post_form(f"{address}/exceptions/{quiz}/remove").status_code == 404


def test_removed_group_takes_its_exceptions_along(school: School) -> None:
    quiz = school.activity("quiz", "小测").id
    made = make(school)
    put(school, made, school.member)
    give(school, made, quiz, attempts="2")
    school.client(school.instructor).post_form(f"{groups(school)}/{made}/remove")
    assert window(school, quiz, school.member).extra_attempts == 0
    with school.database.reading() as session:
        assert session.scalars(select(Override)).all() == []
        assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all() == [
            "override_group",
            "remove_override",
        ]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "请至少填写一项"),
        ({"due_at": "tomorrow"}, "请填写日期和时间"),
        ({"minutes": "0"}, "1 到 600"),
        ({"attempts": "21"}, "1 到 20"),
        ({"attempts": "一"}, "1 到 20"),
        ({"due_at": "2027-01-02T08:00", "closes_at": "2027-01-01T08:00"}, "不能早于"),
        ({"activity_id": "987654", "minutes": "5"}, "请选择一项任务"),
    ],
)
def test_exception_that_cannot_be_is_told_and_kept_as_typed(school: School, form: dict[str, str], said: str) -> None:
    quiz = school.activity("quiz", "小测").id
    made = make(school)
    asked = {"activity_id": str(quiz), "reason": "实习期间"} | form
    answer = school.client(school.instructor).post_form(f"{groups(school)}/{made}/exceptions", asked)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert said in text
    assert "实习期间" in text
    assert window(school, quiz, school.member).extra_seconds == 0


def test_task_of_another_course_is_none(school: School) -> None:
    foreign = school.activity("quiz", "别处", context_id=school.other_context_id).id
    assert give(school, make(school), foreign, minutes="5") == 400
    with school.database.reading() as session:
        assert session.scalars(select(Member.id).join(GroupMember)).all() == []
        assert session.scalars(select(Override)).all() == []
