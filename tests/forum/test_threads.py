import re
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from forum.threads import services
from forum.threads.models import Post
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.ledger.models import Activity, ActivityStatus
from lti_tool.ledger.rules import PostState, ResultState
from tests.school import Person, School


@pytest.fixture
def forum(database: Database, clock: FakeClock, school: School) -> Activity:
    """A published discussion that wants one thread and two replies."""
    with database.writing() as session:
        activity = services.create_forum(
            session,
            context_id=school.context_id,
            title="What I read",
            source="Say what you read.",
            html="<p>Say what you read.</p>",
            threads=1,
            replies=2,
            now=clock.now(),
        )
        activity.status = ActivityStatus.published
    return activity


def start(school: School, forum: Activity, person: Person, title: str = "A source") -> str:
    """Open a thread as `person`; returns its path."""
    answer = school.client(person).post_form(f"/forum/{forum.id}/new", {"title": title, "body": "I read *it*."})
    assert answer.status_code == 303
    return answer.location


def newest_post(database: Database) -> int:
    """Id of the post written last."""
    with database.reading() as session:
        return session.scalars(select(func.max(Post.id))).one() or 0


def test_a_post_and_two_replies_meet_the_criteria_and_queue_the_grade(forum: Activity, school: School) -> None:
    column = school.placement(forum)
    path = start(school, forum, school.member)
    client = school.client(school.member)
    for text in ("First reply", "Second reply"):
        assert school.post(column, school.member) is None
        assert client.post_form(f"{path}/replies", {"body": text}).status_code == 303
    result = school.result(forum.id, school.member)
    post = school.post(column, school.member)
    assert result is not None
    assert result.state is ResultState.done
    assert post is not None
    assert post.state is PostState.waiting


def test_words_are_rendered_once_and_safely(forum: Activity, school: School) -> None:
    answer = school.client(school.member).post_form(
        f"/forum/{forum.id}/new",
        {"title": "<b>T</b>", "body": "*so* <script>alert(1)</script> [x](javascript:alert(1))"},
    )
    page = school.client(school.member2).get(answer.location).text
    assert "<em>so</em>" in page
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
    assert "&lt;b&gt;T&lt;/b&gt;" in page


def test_what_turns_the_writing_round_is_taken_out_of_titles_and_words(forum: Activity, school: School) -> None:
    odd = {"title": "A\u202ecod.exe\u0000\x07", "body": "read\u2066 it\x1b\u202e"}
    answer = school.client(school.member).post_form(f"/forum/{forum.id}/new", odd)
    page = school.client(school.member2).get(answer.location).text
    assert "Acod.exe" in page
    assert "read it" in page
    assert not set(page) & set("\u202e\u2066\x07\x1b")


def test_empty_and_knotted_posts_are_refused_with_the_text_kept(forum: Activity, school: School) -> None:
    client = school.client(school.member)
    assert client.post_form(f"/forum/{forum.id}/new", {"title": "", "body": "kept words"}).status_code == 400
    knotted = "[" * 4000
    answer = client.post_form(f"/forum/{forum.id}/new", {"title": "T", "body": knotted})
    assert answer.status_code == 400
    assert knotted in answer.text
    path = start(school, forum, school.member)
    assert client.post_form(f"{path}/replies", {"body": "   "}).status_code == 400


def test_unread_replies_are_counted_until_seen(forum: Activity, school: School) -> None:
    path = start(school, forum, school.member)
    school.client(school.member2).post_form(f"{path}/replies", {"body": "Seen"})
    client = school.client(school.member)
    assert "is-unread" in client.get(f"/forum/{forum.id}").text
    client.get(path)
    assert "is-unread" not in client.get(f"/forum/{forum.id}").text


def test_instructor_pins_and_closes(forum: Activity, school: School) -> None:
    older = start(school, forum, school.member, "Older")
    start(school, forum, school.member2, "Newer")
    teacher = school.client(school.instructor)
    assert teacher.post_form(f"{older}/pin").status_code == 303
    page = school.client(school.member).get(f"/forum/{forum.id}").text
    assert page.index("Older") < page.index("Newer")
    teacher.post_form(f"{older}/lock")
    refused = school.client(school.member).post_form(f"{older}/replies", {"body": "too late, but kept"})
    assert refused.status_code == 409
    assert "too late, but kept" in refused.text
    teacher.post_form(f"{older}/unlock")
    assert school.client(school.member).post_form(f"{older}/replies", {"body": "now"}).status_code == 303


def test_hidden_post_stands_with_its_reason_and_may_come_back(
    forum: Activity, school: School, database: Database
) -> None:
    path = start(school, forum, school.member)
    school.client(school.member2).post_form(f"{path}/replies", {"body": "secret words"})
    post = newest_post(database)
    teacher = school.client(school.instructor)
    assert teacher.post_form(f"/posts/{post}/hide", {"reason": ""}).status_code == 400
    assert teacher.post_form(f"/posts/{post}/hide", {"reason": "not about the source"}).status_code == 303
    page = school.client(school.member).get(path).text
    assert "secret words" not in page
    assert "not about the source" in page
    assert school.client(school.member2).get(f"/posts/{post}/edit").status_code == 404
    assert teacher.post_form(f"/posts/{post}/hide", {"reason": "pressed twice"}).status_code == 303
    assert "secret words" not in school.client(school.member).get(path).text
    assert 'name="show"' in teacher.get(f"/posts/{post}/hide").text
    teacher.post_form(f"/posts/{post}/hide", {"show": "1"})
    assert "secret words" in school.client(school.member).get(path).text


def test_own_words_may_be_changed_for_thirty_minutes(
    forum: Activity, school: School, clock: FakeClock, database: Database
) -> None:
    path = start(school, forum, school.member)
    post = newest_post(database)
    client = school.client(school.member)
    assert client.post_form(f"/posts/{post}/edit", {"body": "better words"}).status_code == 303
    assert "better words" in client.get(path).text
    clock.advance(timedelta(minutes=30))
    assert client.post_form(f"/posts/{post}/edit", {"body": "too late"}).status_code == 409
    assert school.client(school.member2).post_form(f"/posts/{post}/edit", {"body": "not mine"}).status_code == 404


def test_flood_is_stopped(forum: Activity, school: School, clock: FakeClock) -> None:
    path = start(school, forum, school.member)
    client = school.client(school.member)
    answers = [client.post_form(f"{path}/replies", {"body": f"reply {n}"}).status_code for n in range(10)]
    assert answers == [303] * 9 + [429]
    clock.advance(timedelta(minutes=6))
    assert client.post_form(f"{path}/replies", {"body": "calm again"}).status_code == 303


def test_search_finds_chinese_words_and_takes_wildcards_as_text(forum: Activity, school: School) -> None:
    client = school.client(school.member)
    client.post_form(f"/forum/{forum.id}/new", {"title": "读书笔记", "body": "怎样阅读原始材料"})
    client.post_form(f"/forum/{forum.id}/new", {"title": "Other", "body": "something else"})
    page = client.get(f"/forum/{forum.id}?q=原始材料").text
    assert "读书笔记" in page
    assert "Other" not in page
    assert "读书笔记" not in client.get(f"/forum/{forum.id}?q=%25").text


def test_instructor_posts_without_a_result(forum: Activity, school: School) -> None:
    start(school, forum, school.instructor)
    assert school.result(forum.id, school.instructor) is None


READING = ["/forum/{forum}", "/forum/{forum}/new", "{thread}"]
WRITING = ["/forum/{forum}/new", "{thread}/replies"]
STAFF_READING = ["/posts/{post}/hide", "/forum/{forum}/members/{member}", "/forum/{forum}/settings"]
STAFF_WRITING = [
    "{thread}/pin",
    "{thread}/lock",
    "/posts/{post}/hide",
    "/forum/{forum}/archive",
    "/forum/{forum}/settings",
]
OWN = ["/posts/{post}/edit"]


class Places:
    """The addresses of one thread by the first member."""

    def __init__(self, school: School, forum: Activity, database: Database) -> None:
        self._ids = {
            "thread": start(school, forum, school.member),
            "post": newest_post(database),
            "forum": forum.id,
            "member": school.member.member_id,
        }

    def __call__(self, *patterns: list[str]) -> list[str]:
        return [each.format(**self._ids) for group in patterns for each in group]


@pytest.fixture
def places(school: School, forum: Activity, database: Database) -> Places:
    """Every address of the discussion."""
    return Places(school, forum, database)


@pytest.mark.shows("H-10")
def test_strangers_get_404_everywhere(places: Places, school: School) -> None:
    for person in school.strangers:
        client = school.client(person)
        for address in places(READING, STAFF_READING, OWN):
            assert client.get(address).status_code == 404, (person.name, address)
        for address in places(WRITING, STAFF_WRITING, OWN):
            form = {"title": "T", "body": "B", "reason": "R"}
            assert client.post_form(address, form).status_code == 404, (person.name, address)


def test_members_may_not_moderate(places: Places, school: School) -> None:
    client = school.client(school.member)
    for address in places(STAFF_READING):
        assert client.get(address).status_code == 404
    for address in places(STAFF_WRITING):
        assert client.post_form(address, {"reason": "R", "title": "T"}).status_code == 404


def test_staff_may_read_and_review(places: Places, school: School) -> None:
    client = school.client(school.instructor)
    for address in places(READING, STAFF_READING):
        assert client.get(address).status_code == 200


def test_archived_discussion_keeps_its_results(forum: Activity, school: School) -> None:
    start(school, forum, school.member)
    teacher = school.client(school.instructor)
    refused = teacher.post_form(f"/forum/{forum.id}/archive", {"reason": ""})
    assert refused.status_code == 400
    assert re.search(r'<input[^>]*name="reason"[^>]*aria-invalid="true"', refused.text)
    assert 'value="What I read"' in refused.text, "the settings above it are there still"
    assert teacher.post_form(f"/forum/{forum.id}/archive", {"reason": "replaced"}).status_code == 303
    assert school.client(school.member).get(f"/forum/{forum.id}").status_code == 404
    assert school.result(forum.id, school.member) is not None
    teacher.post_form(f"/forum/{forum.id}/restore")
    assert school.client(school.member).get(f"/forum/{forum.id}").status_code == 200


def test_settings_are_changed_and_errors_keep_what_was_typed(forum: Activity, school: School) -> None:
    teacher = school.client(school.instructor)
    wrong = {"title": "New name", "body": "typed task", "threads": "0", "replies": "0"}
    answer = teacher.post_form(f"/forum/{forum.id}/settings", wrong)
    assert answer.status_code == 400
    assert "typed task" in answer.text
    refused = teacher.post_form(f"/forum/{forum.id}/settings", {**wrong, "threads": "99", "replies": "x"})
    assert re.findall(r'aria-invalid="true"[^>]*value="([^"]*)"', refused.text) == ["99", "x"]
    right = {**wrong, "threads": "2", "due_at": "2026-11-30T18:00", "is_required": "1"}
    assert teacher.post_form(f"/forum/{forum.id}/settings", right).status_code == 303
    page = school.client(school.member).get(f"/forum/{forum.id}").text
    assert "New name" in page
    assert "typed task" in page
    assert "0/2" in page


@pytest.mark.parametrize("threads", [3, 30])
def test_list_takes_a_constant_number_of_statements(
    forum: Activity, school: School, database: Database, clock: FakeClock, threads: int
) -> None:
    for number in range(threads):
        clock.advance(timedelta(minutes=6))
        start(school, forum, school.member, f"Thread {number}")
    client = school.client(school.member2)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert client.get(f"/forum/{forum.id}").status_code == 200
    assert len([each for each in statements if each.lstrip().upper().startswith("SELECT")]) <= 7
