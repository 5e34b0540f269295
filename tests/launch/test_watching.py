"""The four persons at the pages of mentors and of empty reviews: what is not yours does not exist."""

import pytest
from sqlalchemy import event, update

from lti_tool.identity.actor import Role
from lti_tool.identity.models import Grant
from tests.courses.conftest import Makers
from tests.school import Person, School, SignedInClient


def mentor_of(school: School, *subs: str) -> tuple[Person, SignedInClient]:
    """A mentor who has launched with these in his scope."""
    person = school.new_member("Mentor", Role.mentor)
    client = school.client(person)
    with school.database.writing() as session:
        session.execute(update(Grant).where(Grant.member_id == person.member_id).values(mentored=list(subs)))
    return person, client


def test_mentoring_is_for_mentors_of_the_course(school: School) -> None:
    page = f"/lti/courses/{school.context_id}/mentoring"
    _, client = mentor_of(school, school.member.sub)
    assert school.member.name in client.get(page).text
    for person in (school.member, school.instructor, school.assistant, *school.strangers, None):
        assert school.client(person).get(page).status_code == 404, person


def test_scope_means_the_registration_that_named_it(school: School) -> None:
    """The other school's member has the same `sub` at his LMS; so has nobody else of another course a place here."""
    assert school.other_tenant_member.sub == school.member.sub
    _, client = mentor_of(school, school.member.sub, school.other_course_member.sub, school.instructor.sub)
    page = client.get(f"/lti/courses/{school.context_id}/mentoring").text
    assert school.member.name in page
    for hidden in (school.other_tenant_member, school.other_course_member, school.instructor):
        assert hidden.name not in page


def test_empty_review_is_for_who_teaches_the_course(school: School) -> None:
    lesson = Makers(school).lesson()
    page = f"/lti/reviews/{lesson.id}?member={school.member.member_id}"
    for person in (school.instructor, school.assistant):
        answer = school.client(person).get(page)
        assert answer.status_code == 200
        assert f"/lessons/{lesson.id}/members/{school.member.member_id}" in answer.text
    for person in (school.member, school.member2, *school.strangers):
        assert school.client(person).get(page).status_code == 404, person
    assert school.client(None).get(page).status_code == 404
    teacher = school.client(school.instructor)
    for stranger in school.strangers:
        assert teacher.get(f"/lti/reviews/{lesson.id}?member={stranger.member_id}").status_code == 404


@pytest.mark.parametrize(("people", "tasks"), [(1, 1), (12, 20)])
def test_mentoring_takes_five_statements_whatever_the_size(school: School, people: int, tasks: int) -> None:
    made = [school.new_member(f"M{number}") for number in range(people)]
    makers = Makers(school)
    for number in range(tasks):
        makers.lesson(f"Lesson {number}")
    _, client = mentor_of(school, *(each.sub for each in made))
    page = f"/lti/courses/{school.context_id}/mentoring"
    client.get(page)
    seen: list[str] = []

    def count(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    engine = school.database.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        text = client.get(page).text
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert text.count("<h2>") == people
    assert len([each for each in seen if each.lstrip().upper().startswith("SELECT")]) == 5, seen
