"""Two teachers who change the questions of one quiz at once."""

from sqlalchemy.orm import Session

from lti_tool.core.database import Database
from quizzes.papers import services
from quizzes.papers.queries import use_of
from tests.meeting import meeting
from tests.quizzes.conftest import Quizzes
from tests.school import School


def test_both_changes_hold(database: Database, school: School, quizzes: Quizzes) -> None:
    activity = quizzes.quiz()
    with database.reading() as session:
        first, second, *others = use_of(session, activity.id).items

    def remove_first(session: Session) -> None:
        services.set_items(session, activity=activity, items=[second, *others], author_id=None, now=school.now)

    teacher = school.client(school.instructor)
    answer = meeting(
        database,
        remove_first,
        lambda: teacher.post_form(f"/quizzes/{activity.id}/arrange", {"do": f"remove:{second.version}"}),
    )
    assert answer.status_code == 303
    with database.reading() as session:
        assert use_of(session, activity.id).items == tuple(others)
    assert first not in others
