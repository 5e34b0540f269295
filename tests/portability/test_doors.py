"""The doors of everyday: one's own page, the console, the teacher's button. Permissions with the persons of every test."""

import io
import re
import zipfile

import pytest
from flask import Flask
from sqlalchemy import select, update

from lti_tool.core.clock import FakeClock
from lti_tool.identity.models import AdminEvent, Enrolment, Member
from lti_tool.ledger.models import AuditEvent
from lti_tool.portability import erasing, queries
from lti_tool.portability.models import Erasure
from tests.admin.conftest import Operator, operator, visitor
from tests.school import Person, School
from tests.tenants.things import Things

__all__ = ["operator", "visitor"]


@pytest.fixture
def things(school: School) -> Things:
    """One of everything, by the instructor and the member of the first course."""
    return Things(school, school.instructor, school.member)


def wishes(school: School) -> list[tuple[int, bool]]:
    with school.database.reading() as session:
        return [(row.member_id, row.keeps_posts) for row in session.scalars(select(Erasure))]


def test_own_page_shows_what_is_there_and_gives_it_along(school: School, things: Things) -> None:
    page = things.learner_client.get("/data", headers={"Accept-Language": "zh-CN"}).text
    for part in ("你的信息", school.member.name, "测验作答", "学习时长"):
        assert part in page
    assert school.instructor.name not in page
    assert "/data" in things.learner_client.get("/privacy").text
    answer = things.learner_client.post_form("/data/archive", buffered=True)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "personal-data.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert "Words." in archive.read("data.json").decode()


def test_archives_are_made_a_few_times_only(things: Things) -> None:
    answers = [things.learner_client.post_form("/data/archive", buffered=True).status_code for _ in range(7)]
    assert answers == [200] * 6 + [429]


@pytest.mark.parametrize("who", ["member", "instructor", "other_course_member", "other_tenant_member"])
def test_everybody_sees_his_own_data_and_nobody_elses(school: School, things: Things, who: str) -> None:
    person: Person = getattr(school, who)
    client = school.client(person)
    page = client.get("/data").text
    assert person.name in page
    others = {school.member, school.instructor, school.other_course_member, school.other_tenant_member} - {person}
    assert not [each.name for each in others if each.name in page]
    # The LMS has sent the author there, in another session.
    assert client.get(f"/data/requests/{things['request']}").status_code == 404
    assert (
        client.post_form(f"/data/requests/{things['request']}/erase", {"typed": school.member.name}).status_code == 404
    )
    with school.database.reading() as session:
        assert not session.get_one(Member, school.member.member_id).is_erased


def test_without_a_session_there_is_nothing(school: School) -> None:
    assert school.client(None).get("/data").status_code == 404
    assert "/data" not in school.client(None).get("/privacy").text


def test_wish_to_be_erased_is_told_to_the_operator_and_can_be_taken_back(school: School, operator: Operator) -> None:
    client = school.client(school.member)
    assert client.post_form("/data/wish").status_code == 303
    assert client.post_form("/data/wish", {"posts": "keep"}).status_code == 303
    assert wishes(school) == [(school.member.member_id, True)]
    assert "申请注销" in client.get("/data", headers={"Accept-Language": "zh-CN"}).text
    assert school.member.name in operator.get("/admin/people").text
    assert client.post_form("/data/wish/withdraw").status_code == 303
    assert wishes(school) == []
    assert school.member.name not in operator.get("/admin/people").text


def test_operator_finds_looks_exports_and_erases(school: School, things: Things, operator: Operator) -> None:
    here = school.registration_id
    for words in (school.member.sub, school.member.name[1:]):
        assert school.member.name in operator.get(f"/admin/people?registration={here}&q={words}").text
    foreign = operator.get(f"/admin/people?registration={here}&q={school.other_tenant_member.name}").text
    assert f"/admin/people/{school.other_tenant_member.member_id}" not in foreign
    address = f"/admin/people/{school.member.member_id}"
    assert "Attempts at quizzes" in operator.get(address, headers={"Accept-Language": "en"}).text
    archive = operator.post(f"{address}/archive", data={"csrf_token": operator.csrf()}, headers={"Origin": "http://127.0.0.1"}, buffered=True)  # fmt: skip
    assert archive.mimetype == "application/zip"
    assert operator.send(f"{address}/erase", typed=school.member.name).status_code == 400
    assert operator.send(f"{address}/erase", typed=school.member.sub).status_code == 303
    assert operator.get(address).status_code == 404
    assert things.learner_client.get("/data").status_code == 404
    log = operator.get("/admin/log", headers={"Accept-Language": "en"}).text
    for words in ("looked at what is stored", "exported what is stored", "erased a person"):
        assert words in log
    for private in (school.member.name, f">{school.member.sub}<"):
        assert private not in log
    with school.database.reading() as session:
        told = [f"{row.subject} {row.detail}" for row in session.scalars(select(AdminEvent))]
    assert not [each for each in told if school.member.name in each]


def test_declined_wish_leaves_the_list_and_the_person(school: School, operator: Operator) -> None:
    school.client(school.member).post_form("/data/wish")
    assert operator.send(f"/admin/people/{school.member.member_id}/decline").status_code == 303
    assert operator.send(f"/admin/people/{school.member.member_id}/decline").status_code == 404
    assert wishes(school) == []
    assert school.client(school.member).get("/data").status_code == 200


def test_discussion_reads_on_after_an_erasure(school: School, things: Things, operator: Operator) -> None:
    thread = f"/threads/{things['thread']}"
    school.client(school.member2).post_form(f"{thread}/replies", {"body": "I agree with you."})
    operator.send(f"/admin/people/{school.member.member_id}/erase", typed=school.member.sub)
    erasing.go_on(school.runtime, school.member.member_id, lambda: True)
    for path in (thread, f"/forum/{things['forum']}"):
        page = things.author_client.get(path, headers={"Accept-Language": "zh-CN"}).text
        assert "已注销" in page
        assert school.member.name not in page
        assert "Words." not in page
    page = things.author_client.get(thread).text
    assert "I agree with you." in page
    assert school.member2.name in page
    answered = school.client(school.member2).post_form(f"{thread}/replies", {"body": "Still here."})
    assert answered.status_code == 303


@pytest.fixture
def tester(school: School) -> Person:
    """The LMS's test user, in the first course."""
    person = school.new_member("Test Student")
    with school.database.writing() as session:
        session.execute(
            update(Enrolment).where(Enrolment.member_id == person.member_id).values(is_test=True, gradable=False)
        )
    return person


def test_RO_14_teacher_removes_what_test_users_did(
    app: Flask, school: School, things: Things, tester: Person, clock: FakeClock
) -> None:
    address = f"/data/courses/{school.context_id}/test-users"
    client = things.author_client
    members = client.get(f"/home/{things['home']}/members", headers={"Accept-Language": "en"}).text
    assert address in members
    page = client.get(address).text
    assert tester.name in page
    assert school.member.name not in page
    for stranger in (school.member, school.assistant, *school.strangers):
        assert school.client(stranger).post_form(address).status_code == 404
    assert client.post_form(address).status_code == 303
    assert tester.name not in client.get(address).text
    assert client.post_form(address).status_code == 303
    with school.database.reading() as session:
        assert session.get_one(Member, tester.member_id).is_erased
        assert not session.get_one(Member, school.member.member_id).is_erased
        assert session.scalars(select(AuditEvent.action)).all() == ["remove_test_users"]


def test_RO_14_test_user_of_two_courses_is_the_operators(school: School, tester: Person, operator: Operator) -> None:
    with school.database.writing() as session:
        row = session.scalars(select(Enrolment).where(Enrolment.member_id == tester.member_id)).one()
        session.add(
            Enrolment(
                context_id=school.other_context_id, member_id=tester.member_id, role=row.role, source=row.source,
                is_test=True, gradable=False,
            )
        )  # fmt: skip
    with school.database.reading_core() as connection:
        assert queries.lms_test_users(connection, context_id=school.context_id) == []
        assert len(queries.lms_test_users(connection, registration_id=school.registration_id)) == 1
    address = f"/admin/registrations/{school.registration_id}/test-users"
    assert re.search("first", operator.get(f"/admin/people?registration={school.registration_id}").text)
    assert operator.send(address, typed="no").status_code == 400
    assert operator.send(address, typed="first").status_code == 303
    with school.database.reading() as session:
        assert session.get_one(Member, tester.member_id).is_erased


def test_somebody_who_was_a_test_user_once_and_is_a_member_is_none(school: School, tester: Person) -> None:
    with school.database.writing() as session:
        session.execute(update(Enrolment).where(Enrolment.member_id == tester.member_id).values(is_test=False))
    with school.database.reading_core() as connection:
        assert queries.lms_test_users(connection, registration_id=school.registration_id) == []
