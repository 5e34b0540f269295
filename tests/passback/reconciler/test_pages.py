"""What an instructor sees and does where the LMS's gradebook has another grade."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select

from lti_tool.core.clock import FakeClock
from lti_tool.ledger.models import Activity, ScorePost
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.passback.drain import Drain
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook
from tests.passback.reconciler.conftest import ReadBack
from tests.school import School

REASON = {"reason": "oral exam"}


@pytest.fixture
def column(school: School, reach: Recorder, drain: Drain, read_back: ReadBack, gradebook: FakeGradebook) -> int:
    """A score of 71.5 that was sent, seen there, and then changed to 88 by somebody, which was seen too."""
    activity = school.activity("quiz", "Sources")
    column = school.placement(activity)
    reach(activity.id, school.member, "71.5")
    drain.run()
    read_back()
    ((path, person),) = gradebook.cells
    gradebook.type_in(path, person, 88)
    read_back()
    return column


@pytest.fixture
def activity_id(school: School, column: int) -> int:
    with school.database.reading() as session:
        found: int = session.execute(select(Activity.id).where(Activity.title == "Sources")).scalar_one()
        return found


Post = Callable[[], ScorePost]


@pytest.fixture
def post(school: School, column: int) -> Post:
    def look() -> ScorePost:
        found = school.post(column, school.member)
        assert found is not None
        return found

    return look


def test_other_grade_is_shown_with_both_numbers_and_two_ways_out(school: School, activity_id: int) -> None:
    page = school.client(school.instructor).get(f"/scores/{activity_id}").text
    assert "71.5" in page
    assert "平台上：88" in page
    assert "平台上的成绩与发送的不同。" in page
    assert "核对过" in page
    for act in ("keep", "send"):
        assert f"/scores/{activity_id}/{act}/{school.member.member_id}" in page


def test_grade_there_counts_until_it_is_sent_again(
    school: School, activity_id: int, post: Post, reach: Recorder, drain: Drain, clock: FakeClock,
    gradebook: FakeGradebook, read_back: ReadBack,
) -> None:  # fmt: skip
    client, member = school.client(school.instructor), school.member.member_id
    assert client.post_form(f"/scores/{activity_id}/keep/{member}", REASON).status_code == 303
    assert (post().state, post().cause) == (PostState.kept, KEPT_THERE)
    sent = len(gradebook.scores)
    reach(activity_id, school.member, "75")
    client.post_form(f"/scores/{activity_id}/send", {"what": "all"})
    drain.run()
    read_back()
    assert (post().state, len(gradebook.scores)) == (PostState.kept, sent)
    assert "老师已决定以平台上的成绩为准。" in client.get(f"/scores/{activity_id}?show=all").text
    client.post_form(f"/scores/{activity_id}/send/{member}")
    drain.run()
    assert (post().state, post().sent_score) == (PostState.sent, Decimal(75))
    assert gradebook.scores[-1]["scoreGiven"] == 75


def test_sending_all_again_writes_over_nobodys_grade(
    school: School, activity_id: int, post: Post, drain: Drain, gradebook: FakeGradebook
) -> None:
    sent = len(gradebook.scores)
    school.client(school.instructor).post_form(f"/scores/{activity_id}/send", {"what": "all"})
    drain.run()
    assert (post().state, len(gradebook.scores)) == (PostState.differs, sent)


def test_keeping_what_does_not_differ_changes_nothing(
    school: School, reach: Recorder, drain: Drain, gradebook: FakeGradebook
) -> None:
    activity = school.activity("quiz")
    column = school.placement(activity)
    reach(activity.id, school.member, "5")
    drain.run()
    client, address = school.client(school.instructor), f"/scores/{activity.id}/keep/{school.member.member_id}"
    assert client.get(address).status_code == 303
    client.post_form(address, REASON)
    post = school.post(column, school.member)
    assert post is not None
    assert post.state is PostState.sent


def test_comparing_on_demand_reads_the_column(
    school: School, activity_id: int, post: Post, gradebook: FakeGradebook, run_job: ReadBack
) -> None:
    ((path, person),) = gradebook.cells
    gradebook.type_in(path, person, 71.5)
    assert school.client(school.instructor).post_form(f"/scores/{activity_id}/compare").status_code == 303
    run_job()
    assert post().state is PostState.confirmed


def test_column_that_cannot_be_read_is_said(
    school: School, activity_id: int, gradebook: FakeGradebook, read_back: ReadBack
) -> None:
    gradebook.planned_results = [(403, {}, b"")]
    read_back()
    page = school.client(school.instructor).get(f"/scores/{activity_id}").text
    assert "平台不允许本工具读取成绩。" in page


def test_only_who_authors_keeps_and_compares(school: School, activity_id: int, post: Post) -> None:
    for person in (school.assistant, school.member, *school.strangers):
        client = school.client(person)
        for address in (f"/scores/{activity_id}/keep/{school.member.member_id}", f"/scores/{activity_id}/compare"):
            assert client.post_form(address, REASON).status_code == 404
        assert client.get(f"/scores/{activity_id}/keep/{school.member.member_id}").status_code == 404
    assert post().state is PostState.differs


def test_nobody_of_another_course_is_kept(school: School, activity_id: int) -> None:
    client = school.client(school.instructor)
    for stranger in school.strangers:
        address = f"/scores/{activity_id}/keep/{stranger.member_id}"
        assert client.get(address).status_code == 404
        assert client.post_form(address, REASON).status_code == 404


def test_keeping_asks_why_and_the_reason_stands_in_the_history(school: School, activity_id: int, post: Post) -> None:
    client, member = school.client(school.instructor), school.member.member_id
    asked = client.get(f"/scores/{activity_id}/keep/{member}").text
    for text in ("71.5", "88", "李小明", "Sources"):
        assert text in asked
    refused = client.post_form(f"/scores/{activity_id}/keep/{member}", {"reason": "  "})
    assert refused.status_code == 400
    assert "请写明为什么以平台上的成绩为准。" in refused.text
    assert post().state is PostState.differs
    client.post_form(f"/scores/{activity_id}/keep/{member}?from=score", REASON)
    page = client.get(f"/scores/{activity_id}/of/{member}").text
    assert "王敏 决定以平台上的成绩为准：88 分。理由：oral exam" in page
