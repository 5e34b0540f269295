"""Registering is the business of who has an invitation: a session of whoever gives nothing and takes nothing away."""

import pytest
from sqlalchemy import func, select

from lti_tool.identity.models import Registration
from lti_tool.launch.models import RegistrationInvite
from lti_tool.launch.services import inviting
from tests.school import ORIGIN, Person, School

PATHS = ("/lti/register", "/lti/register/confirm", "/lti/register/replace")
ASKED = {"openid_configuration": "https://lms.example/config", "registration_token": "t", "code": "C" * 43}


def counts(school: School) -> list[int | None]:
    with school.database.reading() as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in (Registration, RegistrationInvite)]


def persons(school: School) -> list[Person | None]:
    return [school.member, school.instructor, school.other_course_member, school.other_tenant_member, None]


@pytest.mark.parametrize("path", PATHS)
def test_DR_13_nobody_registers_without_an_invitation(school: School, path: str) -> None:
    before = counts(school)
    for person in persons(school):
        client = school.client(person)
        for answer in (
            client.post(path, data=ASKED, headers={"Origin": ORIGIN}),
            client.post_form(path, ASKED),
        ):
            assert answer.status_code == 403, person
            assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert counts(school) == before


def test_DR_13_the_open_page_is_the_same_for_everybody(school: School) -> None:
    address = "/lti/register?openid_configuration=https://lms.example/config&registration_token=t"
    pages = set()
    for person in persons(school):
        answer = school.client(person).get(address)
        assert answer.status_code == 200
        assert "frame-ancestors https://lms.example;" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        if person is not None:
            assert person.name not in answer.get_data(as_text=True)
        pages.add(answer.status_code)
    assert pages == {200}


@pytest.mark.parametrize("path", PATHS[1:])
def test_only_post_confirms(school: School, path: str) -> None:
    for person in persons(school):
        assert school.client(person).get(path).status_code == 405


def test_WS_02_another_site_cannot_send_the_forms_even_with_an_invitation(school: School) -> None:
    with school.database.writing() as session:
        code = inviting.invite(session, "first", school.now)
    for person in persons(school):
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            for path in PATHS:
                answer = school.client(person).post(path, data={**ASKED, "code": code}, headers=headers)
                assert answer.status_code == 403


def test_DR_11_other_schools_connections_are_not_shown(school: School) -> None:
    """The two schools' registrations have one issuer; each invitation shows those of its own school."""
    from lti_tool.launch import registrations

    with school.database.reading() as session:
        invited = session.get_one(Registration, school.registration_id)
        listed = registrations.shown(session, tenant_id=invited.tenant_id)
    assert [one.client_id for one in listed] == ["client-first"]
