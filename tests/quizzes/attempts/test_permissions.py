"""Every route for the four persons: what is not yours does not exist."""

import pytest

from tests.quizzes.conftest import SINGLE, Quizzes
from tests.school import School

GET, POST = "GET", "POST"
LEARN = [
    (GET, "/quizzes/{activity}"),
    (POST, "/quizzes/{activity}/attempts"),
]
OWN = [
    (GET, "/attempts/{attempt}"),
    (GET, "/attempts/{attempt}/submit"),
    (GET, "/attempts/{attempt}/result"),
    (GET, "/attempts/{attempt}/clock"),
    (POST, "/attempts/{attempt}/page"),
    (POST, "/attempts/{attempt}/submit"),
]
FOLLOW = [
    (GET, "/quizzes/{activity}/members/{member}"),
    (GET, "/quizzes/{activity}/attempts/{attempt}"),
]
AUTHOR = [
    (GET, "/quizzes/{activity}/edit"),
    (GET, "/quizzes/{activity}/settings"),
    (POST, "/quizzes/{activity}/settings"),
    (GET, "/quizzes/{activity}/questions/new?kind=single"),
    (POST, "/quizzes/{activity}/questions/new?kind=single"),
    (GET, "/quizzes/{activity}/questions/{version}"),
    (POST, "/quizzes/{activity}/questions/{version}"),
    (POST, "/quizzes/{activity}/arrange"),
    (POST, "/quizzes/{activity}/publish"),
    (POST, "/quizzes/{activity}/archive"),
    (POST, "/quizzes/{activity}/members/{member}/attempts"),
    (POST, "/quizzes/{activity}/attempts/{attempt}/reopen"),
]
FORM = {"reason": "x", "minutes": "5", "do": "up:1"}


class Asked:
    """One quiz with a running attempt of the member, and what each person gets."""

    def __init__(self, quizzes: Quizzes, school: School) -> None:
        activity = quizzes.quiz(SINGLE)
        sitting = quizzes.begin(activity, school.member)
        self.school = school
        self.ids = {
            "activity": activity.id,
            "attempt": sitting.attempt_id,
            "member": school.member.member_id,
            "version": quizzes.attempt(sitting.attempt_id).paper[0]["version"],
        }

    def status(self, person: str, method: str, url: str) -> int:
        client = self.school.client(getattr(self.school, person) if person else None)
        url = url.format(**self.ids)
        return (client.get(url) if method == GET else client.post_form(url, FORM)).status_code


@pytest.fixture
def asked(quizzes: Quizzes, school: School) -> Asked:
    return Asked(quizzes, school)


STRANGERS = ("other_course_member", "other_course_instructor", "other_tenant_member", "other_tenant_instructor")


@pytest.mark.parametrize(("method", "url"), LEARN + OWN + FOLLOW + AUTHOR)
def test_for_strangers_nothing_exists(method: str, url: str, asked: Asked) -> None:
    assert {person: asked.status(person, method, url) for person in STRANGERS} == dict.fromkeys(STRANGERS, 404)
    assert asked.status("", GET, url) in {404, 405}


@pytest.mark.parametrize(("method", "url"), OWN)
@pytest.mark.shows("F-06")
def test_attempt_of_another_member_does_not_exist(method: str, url: str, asked: Asked) -> None:
    assert asked.status("member2", method, url) == 404
    assert asked.status("instructor", method, url) == 404


@pytest.mark.parametrize(("method", "url"), FOLLOW + AUTHOR)
def test_members_cannot_follow_or_author(method: str, url: str, asked: Asked) -> None:
    assert asked.status("member", method, url) == 404


@pytest.mark.parametrize(("method", "url"), AUTHOR)
def test_assistants_cannot_author(method: str, url: str, asked: Asked) -> None:
    assert asked.status("assistant", method, url) == 404


@pytest.mark.parametrize(("method", "url"), LEARN + OWN)
def test_member_reaches_his_own(method: str, url: str, asked: Asked) -> None:
    assert asked.status("member", method, url) in {200, 303}


@pytest.mark.parametrize(("method", "url"), LEARN + FOLLOW + AUTHOR)
def test_instructor_reaches_his_course(method: str, url: str, asked: Asked) -> None:
    assert asked.status("instructor", method, url) in {200, 303, 400, 409}


def test_flags_are_ones_own(asked: Asked, school: School) -> None:
    url = f"/attempts/{asked.ids['attempt']}/flags"
    body = {"slot": 1, "is_flagged": True}
    assert school.client(school.member).post_json(url, body).json == {"flags": [1]}
    assert school.client(school.member2).post_json(url, body).status_code == 404
    assert school.client(school.member).post_json(url, {"slot": 2, "is_flagged": True}).status_code == 404
    assert school.client(school.member).post_json(url, ["x"]).status_code == 400


def test_question_of_another_course_does_not_exist(asked: Asked, quizzes: Quizzes, school: School) -> None:
    foreign = quizzes.quiz(SINGLE, context_id=school.other_context_id)
    sitting = quizzes.begin(foreign, school.other_course_member)
    version = quizzes.attempt(sitting.attempt_id).paper[0]["version"]
    client = school.client(school.instructor)
    url = f"/quizzes/{asked.ids['activity']}/questions/{version}"
    assert client.get(url).status_code == 404
    assert client.post_form(url, {"stem": "x"}).status_code == 404
    assert client.get(f"/quizzes/{asked.ids['activity']}/attempts/{sitting.attempt_id}").status_code == 404
