"""A member who writes in two tabs at once."""

from sqlalchemy import select

from forum.threads import services
from forum.threads.models import Thread
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.ledger.models import ActivityStatus
from lti_tool.ledger.rules import ResultState
from tests.courses.conftest import actor_of
from tests.meeting import meeting
from tests.school import School


def test_two_replies_written_at_once_both_count(database: Database, clock: FakeClock, school: School) -> None:
    with database.writing() as session:
        forum = services.create_forum(
            session,
            context_id=school.context_id,
            title="What I read",
            source="",
            html="",
            threads=0,
            replies=2,
            now=clock.now(),
        )
        forum.status = ActivityStatus.published
    for title in ("One", "Two"):
        answer = school.client(school.member2).post_form(f"/forum/{forum.id}/new", {"title": title, "body": "Words."})
        assert answer.status_code == 303
    with database.reading() as session:
        first, second = session.scalars(select(Thread).order_by(Thread.id)).all()
    client = school.client(school.member)
    answer = meeting(
        database,
        lambda session: services.reply(
            session,
            activity=forum,
            thread=first,
            parent_id=None,
            actor=actor_of(school, school.member),
            source="Here.",
            html="<p>Here.</p>",
            now=clock.now(),
        ),
        lambda: client.post_form(f"/threads/{second.id}/replies", {"body": "There."}),
    )
    assert answer.status_code == 303
    result = school.result(forum.id, school.member)
    assert result is not None
    assert result.state is ResultState.done
