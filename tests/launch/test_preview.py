"""View as a member: what it shows, what it refuses, and that the whole database is afterwards what it was before."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from courses.lessons.rules import Wanted
from forum.threads import services as threads
from lti_tool.app import CSRF_EXEMPT, METADATA
from lti_tool.core.clock import FakeClock
from lti_tool.identity import current
from lti_tool.identity.actor import Carrier, Role
from lti_tool.identity.models import Grant
from lti_tool.identity.sessions import LONGEST, NewGrant, open_session
from lti_tool.ledger.models import Activity, ActivityStatus
from quizzes.attempts.sweep import PREVIEWS
from tests.courses.conftest import QUESTION, TEXTS, Makers
from tests.lti.world import csrf_of
from tests.quizzes.conftest import RIGHT, Quizzes, Sitting
from tests.school import ORIGIN, Person, School, SignedInClient

BAR = "<strong>正在以学员身份查看。</strong>"
Rows = dict[str, list[tuple[Any, ...]]]


class Course:
    """A home with a lesson, a quiz and a discussion, each with a column, and a thread of a member's."""

    def __init__(self, school: School) -> None:
        self.school = school
        makers = Makers(school)
        self.home = makers.home()
        self.lesson = makers.lesson(parent=self.home, blocks=(*TEXTS, QUESTION), wanted=Wanted(blocks=True))
        self.quiz = Quizzes(school).quiz(parent_id=self.home.id)
        with school.database.writing() as session:
            self.forum = threads.create_forum(
                session, context_id=school.context_id, title="What I read", source="", html="", threads=1, replies=1,
                now=school.now, parent_id=self.home.id,
            )  # fmt: skip
            self.forum.status = ActivityStatus.published
        for each in (self.home, self.lesson, self.quiz, self.forum):
            school.placement(each)
        begun = school.client(school.member).post_form(
            f"/forum/{self.forum.id}/new", {"title": "A source", "body": "Read."}
        )
        self.thread = begun.location
        own = school.client(school.instructor).post_form(f"{self.thread}/replies", {"body": "Good."})
        self.own_post = int(own.location.rsplit("#p", 1)[-1])
        """The instructor's."""

    def begin(self, client: SignedInClient, activity: Activity | None = None) -> TestResponse:
        shown = {"activity": str(activity.id)} if activity else {}
        return client.post_form(f"/lti/courses/{self.school.context_id}/preview", shown)

    def end(self, client: SignedInClient, activity: Activity | None = None) -> TestResponse:
        shown = {"activity": str(activity.id)} if activity else {}
        return client.post_form(f"/lti/courses/{self.school.context_id}/preview/end", shown)


@pytest.fixture
def course(school: School) -> Course:
    return Course(school)


def everything(school: School) -> Rows:
    """All rows of all tables."""
    with school.database.reading() as session:
        return {
            table.name: sorted(tuple(map(repr, row)) for row in session.execute(select(table)).all())
            for table in METADATA.sorted_tables
        }


def differing(before: Rows, after: Rows) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def walk(course: Course, client: SignedInClient, *, is_author: bool) -> None:
    """A member's whole journey, with everything that a member may press."""
    lesson, quiz, forum, thread = course.lesson.id, course.quiz.id, course.forum.id, course.thread
    for path in (f"/home/{course.home.id}", f"/lessons/{lesson}", f"/quizzes/{quiz}", f"/forum/{forum}", thread):
        page = client.get(path)
        assert page.status_code == 200, path
        assert BAR in page.text, path
    for _ in range(3):
        beat = client.post_json(f"/lessons/{lesson}/beat", {"open": 15})
        assert beat.get_json() == {"counting": False, "reason": "preview"}
    assert client.post_json(f"/lessons/{lesson}/progress", {"seen": ["t1", "t2"]}).status_code == 200
    assert client.post_form(f"/lessons/{lesson}/progress", {"upto": "t2"}).status_code == 303
    assert client.post_form(f"/lessons/{lesson}/answer/q1", {"answer": "b"}).status_code == 303
    for is_handed_in in (True, False):
        begun = client.post_form(f"/quizzes/{quiz}/attempts")
        sitting = Sitting(client, int(begun.headers["Location"].rsplit("/", 1)[-1]))
        assert BAR in client.get(sitting.url).text
        for slot, response in RIGHT.items():
            assert sitting.answer(slot, response).status_code == 200
        assert client.post_json(f"{sitting.url}/flags", {"slot": 1, "flagged": True}).status_code == 200
        assert client.get(f"{sitting.url}/clock").status_code == 200
        if is_handed_in:
            assert sitting.submit().status_code == 303
            assert BAR in client.get(f"{sitting.url}/result").text
    writing = [(f"/forum/{forum}/new", {"title": "Mine", "body": "Text."}), (f"{thread}/replies", {"body": "Text."})]
    if is_author:
        writing.append((f"/posts/{course.own_post}/edit", {"body": "Changed."}))
    for path, form in writing:
        refused = client.post_form(path, form)
        assert refused.status_code == 409, path
        assert "现在不能发言" in refused.text
        assert form["body"] in refused.text
        assert BAR in refused.text


@pytest.mark.parametrize("carrier", list(Carrier))
@pytest.mark.parametrize("person", ["instructor", "assistant"])
def test_whole_member_journey_leaves_no_trace(course: Course, school: School, person: str, carrier: Carrier) -> None:
    client = school.client(getattr(school, person), carrier=carrier)
    before = everything(school)
    assert course.begin(client, course.lesson).headers["Location"].endswith(f"/lessons/{course.lesson.id}")
    walk(course, client, is_author=person == "instructor")
    # While it lasts: the grant that says so, and attempts that are marked as previews.
    assert differing(before, everything(school)) <= {"launch_grant", "attempt", "answer"}
    assert course.end(client, course.quiz).headers["Location"].endswith(f"/quizzes/{course.quiz.id}")
    assert differing(before, everything(school)) == set()
    page = client.get(f"/home/{course.home.id}").text
    assert BAR not in page
    assert f"/home/{course.home.id}/members" in page


def test_button_stands_on_every_page_of_who_teaches_and_nowhere_else(course: Course, school: School) -> None:
    button = f'action="/lti/courses/{school.context_id}/preview"'
    pages = [f"/home/{course.home.id}", f"/lessons/{course.lesson.id}", f"/quizzes/{course.quiz.id}", course.thread]
    for person in (school.instructor, school.assistant):
        client = school.client(person)
        assert all(button in client.get(page).text for page in pages)
        named = re.search(button + r'.*?name="activity" value="(\d+)"', client.get(pages[1]).text)
        assert named is not None
        assert int(named[1]) == course.lesson.id
    member = school.client(school.member)
    assert not any("/preview" in member.get(page).text for page in pages)


def test_pages_of_who_teaches_say_that_the_view_stands_in_the_way(course: Course, school: School) -> None:
    client = school.client(school.instructor)
    course.begin(client)
    for path in (f"/home/{course.home.id}/members", f"/lessons/{course.lesson.id}/edit", f"/scores/{course.home.id}"):
        answer = client.get(path)
        assert answer.status_code == 409
        assert "DK-409-PREVIEW" in answer.text
        assert "请先结束查看" in answer.text
        assert f'action="/lti/courses/{school.context_id}/preview/end"' in answer.text
    draft = Makers(school).lesson(is_published=False)
    assert client.get(f"/lessons/{draft.id}").status_code == 409
    # To everybody else the same pages are not there.
    assert school.client(school.member).get(f"/lessons/{draft.id}").status_code == 404


def post_routes(app: Flask) -> list[Any]:
    return [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())]


def test_nothing_that_can_be_posted_breaks_or_leaves_a_trace(app: Flask, course: Course, school: School) -> None:
    client = school.client(school.instructor)
    before = everything(school)
    course.begin(client)
    values = {
        "context_id": school.context_id, "member_id": school.member.member_id, "post_id": course.own_post,
        "thread_id": int(course.thread.rsplit("/", 1)[-1]), "task_id": course.lesson.id, "what": "pin", "key": "q1",
    }  # fmt: skip
    for rule in post_routes(app):
        # What belongs to the person and not to a course is his own also while he views one as a member.
        if rule.endpoint in CSRF_EXEMPT | {
            "launch.end_preview",
            "identity.preferences",
            "identity.leave",
            "portability.wish",
        }:
            continue
        for activity in (course.home, course.lesson, course.quiz, course.forum):
            wanted = {name: values.get(name, activity.id) for name in rule.arguments}
            path = app.url_map.bind("127.0.0.1").build(rule.endpoint, wanted, method="POST")
            form = {"title": "T", "body": "B", "source": "S", "reason": "R", "minutes": "5", "kind": "lesson"}
            answer = client.post_form(path, form, buffered=True)
            assert answer.status_code < 500, (path, answer.status_code)
    course.end(client)
    assert differing(before, everything(school)) == set()


def test_launch_ends_the_view(course: Course, school: School) -> None:
    client = school.client(school.instructor)
    course.begin(client)
    with school.database.reading() as session:
        grant = session.scalars(select(Grant).where(Grant.preview)).one()
    assert (grant.role, grant.own_role, grant.gradable) == (Role.member, Role.instructor, False)
    assert BAR in client.get(f"/home/{course.home.id}").text
    cookie = client.get_cookie(current.COOKIE)
    assert cookie is not None
    launched = NewGrant(school.context_id, school.instructor.member_id, Role.instructor, gradable=False)
    with school.database.writing_core() as connection:
        token, _ = open_session(
            connection, grant=launched, carrier=Carrier.cookie, now=school.now, former_token=cookie.value
        )
    client.set_cookie(current.COOKIE, token)
    assert BAR not in client.get(f"/home/{course.home.id}").text
    with school.database.reading() as session:
        again = session.get_one(Grant, grant.id)
    assert (again.role, again.own_role, again.preview) == (Role.instructor, None, False)


def test_view_ends_with_the_session(course: Course, school: School, clock: FakeClock) -> None:
    client = school.client(school.instructor)
    course.begin(client)
    Quizzes(school).begin(course.quiz, school.instructor, client)
    clock.advance(LONGEST)
    assert client.get(f"/home/{course.home.id}").status_code == 404
    with school.database.reading_core() as connection:
        assert PREVIEWS.due(connection, clock.now())
    assert PREVIEWS.run(school.runtime, clock.now()) == 1
    assert Quizzes(school).attempts() == []


def test_who_signs_out_while_the_view_lasts_leaves_no_trace(course: Course, school: School) -> None:
    client = school.client(school.instructor)
    before = everything(school)
    course.begin(client)
    Quizzes(school).begin(course.quiz, school.instructor, client).answer(1, "a")
    assert client.post_form("/leave").status_code == 200
    assert Quizzes(school).attempts() == []
    assert differing(before, everything(school)) == {"browser_session", "launch_grant"}


def test_beginning_and_ending_twice_is_the_same_as_once(course: Course, school: School) -> None:
    client = school.client(school.assistant)
    before = everything(school)
    assert [course.begin(client).status_code for _ in range(2)] == [303, 303]
    assert [course.end(client).status_code for _ in range(2)] == [303, 303]
    assert differing(before, everything(school)) == set()


def test_nothing_published_is_said_in_a_sentence(school: School) -> None:
    draft = Makers(school).lesson(is_published=False)
    client = school.client(school.instructor)
    path = f"/lti/courses/{school.context_id}/preview"
    answer = client.post_form(path, {"activity": str(draft.id)})
    assert answer.status_code == 409
    assert "请先发布" in answer.text
    assert client.get(f"/lessons/{draft.id}/edit").status_code == 200


def test_others_cannot_begin_nor_end_it(course: Course, school: School) -> None:
    before = everything(school)
    for path in ("preview", "preview/end"):
        for person in (*school.strangers, None):
            client = school.client(person)
            answer = client.post_form(f"/lti/courses/{school.context_id}/{path}")
            assert answer.status_code == (404 if person else 403), (path, person)
    member = school.client(school.member)
    assert course.begin(member).status_code == 404
    assert differing(before, everything(school)) <= {"browser_session", "launch_grant"}
    with school.database.reading() as session:
        assert session.scalars(select(Grant).where(Grant.preview)).all() == []


def test_foreign_activity_is_no_way_back(course: Course, school: School) -> None:
    foreign = school.activity(context_id=school.other_context_id)
    client = school.client(school.instructor)
    home = f"/home/{course.home.id}"
    for shown in (str(foreign.id), "x", "9" * 30, ""):
        answer = client.post_form(f"/lti/courses/{school.context_id}/preview", {"activity": shown})
        assert answer.headers["Location"].endswith(home)
        answer = client.post_form(f"/lti/courses/{school.context_id}/preview/end", {"activity": shown})
        assert answer.headers["Location"].endswith(home)


@pytest.mark.parametrize("path", ["preview", "preview/end"])
def test_view_needs_a_csrf_token(course: Course, school: School, path: str) -> None:
    client = school.client(school.instructor)
    answer = client.post(f"/lti/courses/{school.context_id}/{path}", headers={"Origin": ORIGIN})
    assert answer.status_code == 403
    assert csrf_of(client.get(f"/home/{course.home.id}"))


def test_role_of_a_member_is_his_own(course: Course, school: School) -> None:
    """A member's page has neither the bar nor the button, and what he does is kept."""
    person: Person = school.member2
    client = school.client(person)
    assert BAR not in client.get(f"/lessons/{course.lesson.id}").text
    client.post_json(f"/lessons/{course.lesson.id}/progress", {"seen": ["t1"]})
    assert school.result(course.lesson.id, person) is not None
