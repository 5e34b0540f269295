"""Facts of one member that meet: the second must see the first."""

from decimal import Decimal

from sqlalchemy.orm import Session

from lti_tool.core.database import Database
from lti_tool.ledger import services
from lti_tool.ledger.rules import Outcome, ResultState
from tests.meeting import meeting
from tests.school import School

FULL = Outcome(Decimal(1), Decimal(100), completed=True)


def test_parent_counts_both_when_two_children_are_finished_at_once(database: Database, school: School) -> None:
    home = school.activity("outline", "Home")
    first, second = (school.activity("lesson", name, parent_id=home.id) for name in ("One", "Two"))

    def record(session: Session, activity_id: int) -> None:
        services.record(
            session,
            activity_id=activity_id,
            member_id=school.member.member_id,
            outcome=FULL,
            verb="completed",
            source=f"lesson:{activity_id}",
            now=school.now,
        )

    def later() -> bool:
        with database.writing() as session:
            record(session, second.id)
        return True

    meeting(database, lambda session: record(session, first.id), later)
    result = school.result(home.id, school.member)
    assert result is not None
    assert (result.state, result.score) == (ResultState.done, Decimal(100))
