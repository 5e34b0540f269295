"""The four persons at every route of courses: what is not yours does not exist."""

from collections.abc import Callable

import pytest
from flask import Flask

from lti_tool.ledger.models import Activity
from tests.courses.conftest import QUESTION, TEXTS, Makers
from tests.school import Person, School, SignedInClient

LEARN = (
    ("GET", "/lessons/{lesson}"),
    ("POST", "/lessons/{lesson}/beat"),
    ("POST", "/lessons/{lesson}/progress"),
    ("POST", "/lessons/{lesson}/answer/q1"),
    ("GET", "/home/{home}"),
)
FOLLOW = (
    ("GET", "/home/{home}/members"),
    ("GET", "/home/{home}/members/{member}"),
    ("GET", "/lessons/{lesson}/members/{member}"),
)
AUTHOR = (
    ("GET", "/lessons/{lesson}/edit"),
    ("POST", "/lessons/{lesson}/edit"),
    ("POST", "/lessons/{lesson}/publish"),
    ("POST", "/lessons/{lesson}/preview"),
    ("GET", "/lessons/{lesson}/versions/1"),
    ("POST", "/lessons/{lesson}/versions/1/restore"),
    ("GET", "/lessons/{lesson}/settings"),
    ("POST", "/lessons/{lesson}/settings"),
    ("GET", "/home/{home}/tasks/{lesson}"),
    ("POST", "/home/{home}/tasks/{lesson}"),
    ("POST", "/home/{home}/tasks/{lesson}/up"),
    ("POST", "/home/{home}/tasks/{lesson}/down"),
    ("GET", "/home/{home}/tasks/{lesson}/archive"),
    ("POST", "/home/{home}/tasks/{lesson}/archive"),
    ("POST", "/home/{home}/tasks/{lesson}/restore"),
    ("POST", "/home/{home}/new"),
)
CHOOSE = (("GET", "/lessons/new"), ("POST", "/lessons/new"), ("GET", "/home/new"))
FORM = {"title": "T", "key": ["t1"], "kind-t1": "text", "source-t1": "x", "reason": "r", "kind": "lesson", "upto": "t1"}

Ask = Callable[[SignedInClient, str, str], int]


@pytest.fixture
def ask(school: School, make: Makers) -> Ask:
    """Asks for a route as a client; the status."""
    home = make.home()
    lesson = make.lesson(blocks=(*TEXTS, QUESTION), parent=home)

    def asked(client: SignedInClient, method: str, path: str) -> int:
        address = path.format(lesson=lesson.id, home=home.id, member=school.member.member_id)
        if method == "GET":
            return client.get(address).status_code
        return client.post_form(address, {**FORM, "answer": "b"}).status_code

    return asked


def test_every_route_is_listed_here(app: Flask) -> None:
    listed = {(method, path) for method, path in (*LEARN, *FOLLOW, *AUTHOR, *CHOOSE)}
    names = {"activity_id": None, "task_id": "{lesson}", "member_id": "{member}", "number": "1", "key": "q1"}
    found = set()
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("courses_"):
            continue
        own = "{home}" if rule.rule.startswith("/home") else "{lesson}"
        path = rule.rule
        for name, value in names.items():
            path = path.replace(f"<int:{name}>", value or own).replace(f"<{name}>", value or own)
        found |= {(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert found == listed


@pytest.mark.shows("H-10")
@pytest.mark.parametrize(("method", "path"), [*LEARN, *FOLLOW, *AUTHOR])
def test_nothing_exists_for_strangers(school: School, ask: Ask, method: str, path: str) -> None:
    for person in school.strangers:
        assert ask(school.client(person), method, path) == 404, person
    nobody = ask(school.client(None), method, path)
    assert nobody == (404 if method == "GET" else 403)


@pytest.mark.parametrize(("method", "path"), [*FOLLOW, *AUTHOR])
def test_members_neither_follow_nor_author(school: School, ask: Ask, method: str, path: str) -> None:
    assert ask(school.client(school.member), method, path) == 404


@pytest.mark.parametrize(("method", "path"), AUTHOR)
def test_assistants_do_not_author(school: School, ask: Ask, method: str, path: str) -> None:
    assert ask(school.client(school.assistant), method, path) == 404


@pytest.mark.parametrize(("method", "path"), LEARN)
def test_members_learn(school: School, ask: Ask, method: str, path: str) -> None:
    assert ask(school.client(school.member), method, path) in {200, 303}


@pytest.mark.parametrize(("method", "path"), [*LEARN, *FOLLOW, *AUTHOR])
def test_instructors_may_do_all(school: School, ask: Ask, method: str, path: str) -> None:
    assert ask(school.client(school.instructor), method, path) in {200, 302, 303}


@pytest.mark.parametrize(("method", "path"), CHOOSE)
@pytest.mark.parametrize("choice", ["", "x", "123456", "9" * 30])
def test_choices_that_are_not_ones_own_do_not_exist(school: School, method: str, path: str, choice: str) -> None:
    client = school.client(school.instructor)
    answer = (
        client.get(path, query_string={"choice": choice})
        if method == "GET"
        else client.post_form(path, {**FORM, "choice": choice})
    )
    assert answer.status_code in {400, 404}


@pytest.mark.parametrize(("method", "path"), [each for each in (*LEARN, *FOLLOW, *AUTHOR) if each[0] == "POST"])
def test_nothing_is_done_without_a_token(school: School, ask: Ask, method: str, path: str) -> None:
    client = school.client(school.instructor)
    client.csrf = "1.1.x"
    assert ask(client, method, path) == 403


def hidden(school: School, make: Makers) -> list[Activity]:
    draft = make.lesson("Draft", is_published=False)
    archived = make.lesson("Archived")
    school.client(school.instructor)
    with school.database.writing() as session:
        session.get_one(Activity, archived.id).status = type(archived.status)("archived")
    return [draft, archived]


def test_drafts_and_archived_lessons_do_not_exist_for_members(school: School, make: Makers) -> None:
    for lesson in hidden(school, make):
        client = school.client(school.member)
        assert client.get(f"/lessons/{lesson.id}").status_code == 404
        assert client.post_form(f"/lessons/{lesson.id}/progress", {"upto": ""}).status_code == 404
        assert client.post_json(f"/lessons/{lesson.id}/beat", {}).status_code == 404
        assert school.client(school.instructor).get(f"/lessons/{lesson.id}").status_code == 200


def test_other_kinds_are_no_lessons(school: School) -> None:
    other = school.activity("talk", "Talk")
    for person in (school.member, school.instructor):
        client = school.client(person)
        assert client.get(f"/lessons/{other.id}").status_code == 404
        assert client.get(f"/home/{other.id}").status_code == 404
        assert client.post_json(f"/lessons/{other.id}/beat", {}).status_code == 404


def test_detail_of_a_person_of_another_course_does_not_exist(school: School, make: Makers) -> None:
    lesson = make.lesson()
    person: Person = school.other_course_member
    client = school.client(school.instructor)
    assert client.get(f"/lessons/{lesson.id}/members/{person.member_id}").status_code == 404
