"""What no table can hold: ids beyond 64 bits name nothing, and a NUL in a text is somebody's mistake, not ours."""

import pytest

from forum.threads.models import ForumUse
from tests.school import School

HUGE = 10**25
PATHS = (
    "/threads/{}", "/forum/{}", "/lessons/{}", "/quizzes/{}", "/attempts/{}", "/attempts/{}/result", "/scores/{}",
    "/posts/{}/edit", "/lti/choose/{}", "/lti/waiting/{}", "/courses/{}",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_id_beyond_64_bits_does_not_exist(school: School, path: str) -> None:
    for number in (HUGE, 2**63, 2**63 - 1):
        assert school.client(school.instructor).get(path.format(number)).status_code == 404


@pytest.mark.parametrize("name", ["choice", "home"])
def test_number_beyond_64_bits_in_the_query_is_refused(school: School, name: str) -> None:
    assert school.client(school.instructor).get("/forum/create", query_string={name: HUGE}).status_code == 400


def test_nul_in_a_text_is_never_a_fault_of_ours(school: School) -> None:
    forum = school.activity("forum")
    with school.database.writing() as session:
        session.add(ForumUse(activity_id=forum.id))
    client = school.client(school.member)
    assert client.post_form(f"/forum/{forum.id}/new", {"title": "A", "body": "a\x00b"}).status_code == 303
    assert client.get(f"/forum/{forum.id}", query_string={"q": "\x00"}).status_code == 200


@pytest.mark.parametrize("target", ["//[", "http://[", "//lms.example/", "\\\\lms.example"])
def test_way_back_that_is_no_path_of_ours_leads_nowhere_else(school: School, target: str) -> None:
    client = school.client(school.member)
    answer = client.post_form("/preferences", {"scheme": "dark", "next": target})
    assert answer.headers["Location"] == "/privacy"
