"""New tasks from the course home, and new lessons and homes for links of the LMS."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.launch.models import DeepLinkRequest
from lti_tool.ledger.models import Activity, ActivityStatus, Placement
from tests.courses.conftest import Makers
from tests.school import School, SignedInClient


def activities(school: School, kind: str) -> list[Activity]:
    with school.database.reading() as session:
        return list(session.scalars(select(Activity).where(Activity.kind == kind).order_by(Activity.id)))


def form_of(page: str) -> dict[str, Any]:
    """The hidden fields of a page's forms."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def choice_for_link(school: School, client: SignedInClient) -> int:
    """An unset link of the first course that this author may set up."""
    with school.database.writing() as session:
        placement = Placement(context_id=school.context_id, resource_link_id="unset", created_at=school.now)
        session.add(placement)
        session.flush()
        choice = DeepLinkRequest(
            context_id=school.context_id,
            member_id=school.instructor.member_id,
            session_id=int(client.csrf.split(".")[0]),
            deployment_id=school.deployment_id,
            placement_id=placement.id,
            created_at=school.now,
            expires_at=school.now.replace(year=2027),
        )
        session.add(choice)
        session.flush()
        return choice.id


def test_new_lesson_from_the_home_is_a_draft_under_it(school: School, make: Makers) -> None:
    home = make.home()
    author = school.client(school.instructor)
    answer = author.post_form(f"/home/{home.id}/new", {"kind": "lesson"})
    assert answer.status_code == 303
    page = author.get(answer.location)
    assert page.status_code == 200
    fields = form_of(page.text)
    assert author.post_form("/lessons/new", {**fields, "title": "", "source": "kept words"}).status_code == 400
    answer = author.post_form("/lessons/new", {**fields, "title": "Fresh", "source": "# Hello"})
    lesson = activities(school, "lesson")[0]
    assert answer.location == f"/lessons/{lesson.id}/edit"
    assert (lesson.title, lesson.status, lesson.parent_id) == ("Fresh", ActivityStatus.draft, home.id)
    assert "Fresh" not in school.client(school.member).get(f"/home/{home.id}").text
    author.post_form(f"/lessons/{lesson.id}/publish")
    assert "Fresh" in school.client(school.member).get(f"/home/{home.id}").text


@pytest.mark.parametrize("kind", ["outline", "nothing", ""])
def test_unknown_kinds_are_refused(school: School, make: Makers, kind: str) -> None:
    home = make.home()
    assert school.client(school.instructor).post_form(f"/home/{home.id}/new", {"kind": kind}).status_code == 400


def test_quiz_from_the_home_stays_a_draft_and_comes_under_it(school: School, make: Makers) -> None:
    home = make.home()
    author = school.client(school.instructor)
    address = author.post_form(f"/home/{home.id}/new", {"kind": "quiz"}).location
    assert author.get(address).status_code == 200
    answer = author.post_form(address, {"title": "Fresh quiz"})
    assert answer.status_code == 303
    answer = author.get(answer.location)
    assert answer.status_code == 303
    quiz = activities(school, "quiz")[0]
    assert str(quiz.id) in answer.location
    assert quiz.status is ActivityStatus.draft
    for sweep in school.runtime.sweeps:
        if sweep.name == "outline.adopt":
            sweep.run(school.runtime, school.now)
    assert activities(school, "quiz")[0].parent_id == home.id


def test_new_lesson_for_a_link_is_shown_by_it_at_once(school: School, make: Makers) -> None:
    author = school.client(school.instructor)
    choice = choice_for_link(school, author)
    answer = author.post_form("/lessons/new", {"choice": choice, "title": "Linked", "source": "words"})
    assert answer.status_code == 303
    answer = author.get(answer.location)
    lesson = activities(school, "lesson")[0]
    assert answer.location == f"/lessons/{lesson.id}"
    assert lesson.status is ActivityStatus.published
    with school.database.reading() as session:
        assert session.scalars(select(Placement.activity_id)).one() == lesson.id
    assert "words" in school.client(school.member).get(f"/lessons/{lesson.id}").text


def test_home_for_a_link_is_made_once(school: School) -> None:
    author = school.client(school.instructor)
    choice = choice_for_link(school, author)
    answer = author.get(f"/home/new?choice={choice}")
    assert answer.status_code == 303
    answer = author.get(answer.location)
    (home,) = activities(school, "outline")
    assert answer.location == f"/home/{home.id}"
    assert home.status is ActivityStatus.published


def test_home_is_not_made_for_a_page_of_another_site(school: School) -> None:
    author = school.client(school.instructor)
    choice = choice_for_link(school, author)
    answer = author.get(f"/home/new?choice={choice}", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 404
    assert activities(school, "outline") == []
