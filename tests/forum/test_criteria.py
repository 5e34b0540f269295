"""Another number of posts and replies: what stands already is compared with it."""

from hypothesis import given
from hypothesis import strategies as st

from forum.threads import rules, services
from forum.threads.services import EVALUATION, criteria_of
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.web import Runtime
from lti_tool.ledger.models import Activity, ActivityStatus
from lti_tool.ledger.rules import PostState, ResultState
from tests.school import School

COUNTS = st.integers(0, 6)


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_law_criteria_that_want_less_are_met_by_whoever_meets_more(
    threads: int, replies: int, posts: int, answers: int, fewer_posts: int, fewer_answers: int
) -> None:
    written = rules.Written(threads, replies)
    more = rules.reached(written, criteria_of(posts, answers), 100)
    less = rules.reached(written, criteria_of(min(posts, fewer_posts), min(answers, fewer_answers)), 100)
    assert less.completed >= more.completed or not (threads or replies)


def test_result_follows_the_settings_and_completion_stays(
    runtime: Runtime, database: Database, clock: FakeClock, school: School
) -> None:
    with database.writing() as session:
        forum = services.create_forum(
            session,
            context_id=school.context_id,
            title="What I read",
            source="",
            html="",
            threads=1,
            replies=2,
            now=clock.now(),
        )
        forum.status = ActivityStatus.published
    column = school.placement(forum)
    member, teacher = school.client(school.member), school.client(school.instructor)
    assert member.post_form(f"/forum/{forum.id}/new", {"title": "One", "body": "Words."}).status_code == 303
    for replies, state in (("1", ResultState.doing), ("0", ResultState.done), ("3", ResultState.done)):
        fields = {"title": "What I read", "body": "Say it.", "threads": "1", "replies": replies}
        assert teacher.post_form(f"/forum/{forum.id}/settings", fields).status_code == 303
        with database.reading_core() as connection:
            assert EVALUATION.due(connection, clock.now())
        assert EVALUATION.run(runtime, clock.now()) == 1
        result = school.result(forum.id, school.member)
        assert result is not None
        assert result.state is state
    post = school.post(column, school.member)
    assert post is not None
    assert (post.state, post.revision) == (PostState.waiting, 1)
    with database.reading() as session:
        assert session.get_one(Activity, forum.id).criteria == [["posts", 1], ["replies", 3]]
