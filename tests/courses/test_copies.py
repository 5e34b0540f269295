"""Lessons of a copied course: the version of the moment, a lesson of its own with the first edit, nothing in between."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from courses.lessons import queries, services
from courses.lessons.models import BlockState, Lesson, LessonUse, LessonVersion
from lti_tool.core.clock import FakeClock
from lti_tool.ledger.models import Activity, ActivityStatus, Result
from tests.courses.conftest import QUESTION, TEXTS, Makers, actor_of
from tests.courses.test_editor import draft, form
from tests.media import samples
from tests.school import ORIGIN, Person, School, SignedInClient


@pytest.fixture
def teacher(school: School) -> SignedInClient:
    """The teacher of the copy."""
    return school.client(school.other_course_instructor)


@pytest.fixture
def member(school: School) -> SignedInClient:
    """A member of the copy."""
    return school.client(school.other_course_member)


def rewrite(school: School, lesson: Activity, person: Person, words: str) -> None:
    """Change the first block and publish."""
    client = school.client(person)
    revision = draft(school, lesson).revision
    answer = client.post_form(f"/lessons/{lesson.id}/edit", form(lesson.title, revision, t1=words))
    assert answer.status_code == 303, answer.text
    assert client.post_form(f"/lessons/{lesson.id}/publish").status_code == 303


def lesson_of(school: School, activity: Activity) -> Lesson:
    with school.database.reading() as session:
        use = session.get_one(LessonUse, activity.id)
        found: Lesson = session.get_one(Lesson, use.lesson_id)
    return found


def test_copy_shows_the_published_version_and_members_begin_anew(
    school: School, make: Makers, member: SignedInClient
) -> None:
    lesson = make.lesson(blocks=(*TEXTS, QUESTION))
    school.client(school.member).get(f"/lessons/{lesson.id}")
    copied = school.copy(lesson)
    page = member.get(f"/lessons/{copied.id}")
    assert page.status_code == 200
    assert "Some words." in page.text
    assert member.get(f"/lessons/{lesson.id}").status_code == 404
    assert school.client(school.member).get(f"/lessons/{copied.id}").status_code == 404
    with school.database.reading() as session:
        for table in (Result, BlockState):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert lesson_of(school, copied).id == lesson_of(school, lesson).id


def test_editing_the_source_never_changes_the_copy(
    school: School, make: Makers, teacher: SignedInClient, member: SignedInClient
) -> None:
    lesson = make.lesson()
    copied = school.copy(lesson)
    rewrite(school, lesson, school.instructor, "WORDS OF THE SOURCE")
    assert "WORDS OF THE SOURCE" in school.client(school.member).get(f"/lessons/{lesson.id}").text
    assert "WORDS OF THE SOURCE" not in member.get(f"/lessons/{copied.id}").text
    editor = teacher.get(f"/lessons/{copied.id}/edit").text
    assert "WORDS OF THE SOURCE" not in editor
    assert "Some words." in editor
    # Neither its versions nor who wrote them are the copy's to see.
    assert "王敏" not in editor
    assert teacher.get(f"/lessons/{copied.id}/versions/2").status_code == 404
    assert "Some words." in teacher.get(f"/lessons/{copied.id}/versions/1").text


def test_first_edit_of_the_copy_forks_and_leaves_the_source_alone(
    school: School, make: Makers, member: SignedInClient
) -> None:
    lesson = make.lesson()
    copied = school.copy(lesson)
    before = lesson_of(school, lesson)
    rewrite(school, copied, school.other_course_instructor, "WORDS OF THE COPY")
    own = lesson_of(school, copied)
    assert own.id != before.id
    assert own.context_id == school.other_context_id
    after = lesson_of(school, lesson)
    assert (after.draft, after.draft_revision, after.is_changed) == (before.draft, before.draft_revision, False)
    assert "WORDS OF THE COPY" in member.get(f"/lessons/{copied.id}").text
    assert "WORDS OF THE COPY" not in school.client(school.member).get(f"/lessons/{lesson.id}").text
    with school.database.reading() as session:
        versions = session.execute(
            select(LessonVersion.lesson_id, LessonVersion.number).order_by(LessonVersion.id)
        ).all()
    assert [tuple(row) for row in versions] == [(before.id, 1), (own.id, 1), (own.id, 2)]


def test_copy_goes_back_to_what_was_copied(school: School, make: Makers, teacher: SignedInClient) -> None:
    lesson = make.lesson()
    copied = school.copy(lesson)
    assert teacher.post_form(f"/lessons/{copied.id}/versions/1/restore").status_code == 303
    rewrite(school, copied, school.other_course_instructor, "WORDS OF THE COPY")
    assert teacher.post_form(f"/lessons/{copied.id}/versions/1/restore").status_code == 303
    assert "Some words." in teacher.get(f"/lessons/{copied.id}/edit").text


def test_draft_that_was_never_published_is_copied_at_once(
    school: School, make: Makers, teacher: SignedInClient, member: SignedInClient
) -> None:
    lesson = make.lesson(is_published=False)
    copied = school.copy(lesson)
    assert copied.status is ActivityStatus.draft
    assert lesson_of(school, copied).id != lesson_of(school, lesson).id
    client = school.client(school.instructor)
    changed = form("Title", draft(school, lesson).revision, t1="WORDS OF THE SOURCE")
    assert client.post_form(f"/lessons/{lesson.id}/edit", changed).status_code == 303
    assert "WORDS OF THE SOURCE" not in teacher.get(f"/lessons/{copied.id}/edit").text
    assert member.get(f"/lessons/{copied.id}").status_code == 404
    assert teacher.post_form(f"/lessons/{copied.id}/publish").status_code == 303
    assert "Some words." in member.get(f"/lessons/{copied.id}").text


def test_unpublished_changes_of_the_source_do_not_travel(school: School, make: Makers, teacher: SignedInClient) -> None:
    lesson = make.lesson()
    changed = form("Title", draft(school, lesson).revision, t1="NOT YET")
    school.client(school.instructor).post_form(f"/lessons/{lesson.id}/edit", changed)
    copied = school.copy(lesson)
    assert "NOT YET" not in teacher.get(f"/lessons/{copied.id}/edit").text


def test_two_who_edit_the_copy_at_once_notice_each_other(school: School, make: Makers, teacher: SignedInClient) -> None:
    copied = school.copy(make.lesson())
    opened = draft(school, copied).revision
    assert teacher.post_form(f"/lessons/{copied.id}/edit", form("Title", opened, t1="first")).status_code == 303
    assert teacher.post_form(f"/lessons/{copied.id}/edit", form("Title", opened, t1="second")).status_code == 409


def test_copy_of_a_copy_is_cut_loose_from_both(school: School, make: Makers) -> None:
    lesson = make.lesson()
    copied = school.copy(lesson)
    rewrite(school, copied, school.other_course_instructor, "WORDS OF THE COPY")
    with school.database.reading_core() as connection:
        of_source, of_copy = (queries.used(connection, each.id) for each in (lesson, copied))
    assert of_source.version_id != of_copy.version_id


def test_criteria_of_the_copy_are_its_own(school: School, make: Makers) -> None:
    lesson = make.lesson()
    copied = school.copy(lesson)
    author = actor_of(school, school.other_course_instructor)
    with school.database.writing() as session:
        activity = session.get_one(Activity, copied.id)
        used = queries.used(session.connection(), copied.id)
        services.set_criteria(session, activity=activity, wanted=used.wanted, effort_minutes=99, blocks=used.blocks)
        assert author.context_id == activity.context_id
    with school.database.reading() as session:
        assert session.get_one(Activity, lesson.id).effort_minutes != 99
        assert session.get_one(LessonUse, lesson.id).is_effort_estimated


# Files


def upload(school: School, person: Person) -> str:
    """A picture of the person's course; its reference."""
    client = school.client(person)
    answer = client.post(
        "/media",
        data={"context": str(person.context_id), "file": (io.BytesIO(samples.PNG), "a.png")},
        headers={"Origin": ORIGIN, "Accept": "application/json", "X-CSRF-Token": client.csrf},
    )
    assert answer.status_code == 201
    return str(answer.get_json()["reference"])


def test_files_that_were_there_are_shown_in_the_copy_and_later_ones_are_not(
    school: School, make: Makers, member: SignedInClient, teacher: SignedInClient
) -> None:
    picture = upload(school, school.instructor)
    url = f"/media/{picture}"
    assert member.get(url, buffered=True).status_code == 404
    copied = school.copy(make.lesson())
    assert member.get(url, buffered=True).data == samples.PNG
    assert school.client(school.other_tenant_member).get(url, buffered=True).status_code == 404
    issued = member.post_json("/media/tickets", {"references": [picture]}).get_json()["tickets"]
    assert school.client(None).get(issued[picture], buffered=True).data == samples.PNG
    # The copy's editor takes the picture along.
    fields = form("Title", draft(school, copied).revision) | {
        "key": ["p1"], "kind-p1": "image", "reference-p1": url, "alt-p1": "A picture",
    }  # fmt: skip
    assert teacher.post_form(f"/lessons/{copied.id}/edit", fields).status_code == 303


def test_files_uploaded_after_the_copy_stay_in_the_source(
    school: School, make: Makers, member: SignedInClient, clock: FakeClock
) -> None:
    school.copy(make.lesson())
    clock.advance(timedelta(seconds=1))
    later = upload(school, school.instructor)
    assert member.get(f"/media/{later}", buffered=True).status_code == 404
    assert member.post_json("/media/tickets", {"references": [later]}).get_json()["tickets"] == {}


def test_home_of_staff_says_where_the_course_comes_from(school: School, make: Makers, teacher: SignedInClient) -> None:
    home = make.home("Course")
    make.lesson(parent=home)
    copied = school.copy(home)
    page = teacher.get(f"/home/{copied.id}").text
    assert "复制自「First course」" in page
    assert f"/lti/courses/{school.other_context_id}/links" in page
    links = teacher.get(f"/lti/courses/{school.other_context_id}/links").text
    assert "复制自「First course」" in links
    assert "还没有链接" in links
    assert "复制自" not in school.client(school.instructor).get(f"/home/{home.id}").text
    # The teachers of the source see where it went.
    source = school.client(school.instructor).get(f"/lti/courses/{school.context_id}/links").text
    assert "复制到" in source
    assert "Second course" in source
    assert "复制到" not in links


def test_plain_address_in_a_text_that_was_copied_leads_to_the_copy(school: School, make: Makers) -> None:
    lesson = make.lesson()
    copied = school.copy(lesson)
    address = f"/lti/open/{lesson.token}"
    shown = {
        person.name: school.client(person).get(address).headers.get("Location")
        for person in (school.member, school.other_course_member, school.other_tenant_member)
    }
    assert list(shown.values()) == [f"/lessons/{lesson.id}", f"/lessons/{copied.id}", None]
    # Who is in both comes to the one that the address names.
    own = school.client(school.other_course_member).get(f"/lti/open/{copied.token}")
    assert own.headers["Location"] == f"/lessons/{copied.id}"
