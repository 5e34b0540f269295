"""Two parts of a lesson that are told as read at once."""

from sqlalchemy.orm import Session

from courses.lessons import services, standing
from lti_tool.core.database import Database
from lti_tool.ledger.rules import ResultState
from tests.courses.conftest import Makers, actor_of
from tests.meeting import meeting
from tests.school import School


def test_two_parts_read_at_once_complete_the_lesson(database: Database, school: School, make: Makers) -> None:
    lesson = make.lesson()
    actor = actor_of(school, school.member)

    def read_first(session: Session) -> None:
        connection = session.connection()
        services.mark_seen(connection, activity_id=lesson.id, member_id=actor.member_id, keys={"t1"}, now=school.now)
        standing.evaluate(session, activity=lesson, actor=actor, now=school.now)

    client = school.client(school.member)
    answer = meeting(database, read_first, lambda: client.post_json(f"/lessons/{lesson.id}/progress", {"seen": ["t2"]}))
    assert answer.status_code == 200
    result = school.result(lesson.id, school.member)
    assert result is not None
    assert result.state is ResultState.done
