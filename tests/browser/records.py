"""What a journey may change behind the pages, in the tool's own database: time that has passed on other days."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from courses.progress.models import LearningTime
from lti_tool.core.database import Database
from lti_tool.identity.models import Context, Member
from lti_tool.ledger.models import Activity
from tests.stack import Stack


@contextmanager
def _records(stack: Stack) -> Iterator[Connection]:
    database = Database(stack.tool.environment["DANGKE_DATABASE_URL"])
    try:
        with database.writing_core() as connection:
            yield connection
    finally:
        database.dispose()


def studied_before(stack: Stack, person: str, seconds: int, course: str = "course-1") -> None:
    """The person was credited these seconds in the course's lesson on another day. He must have launched before."""
    with _records(stack) as connection:
        lesson = connection.execute(
            select(Activity.id)
            .join(Context, Context.id == Activity.context_id)
            .where(Context.context_key == f"c:{course}", Activity.kind == "lesson")
        ).scalar_one()
        member = connection.execute(select(Member.id).where(Member.sub == person)).scalar_one()
        row = {"activity_id": lesson, "member_id": member}
        credit = {
            "credited_ms": seconds * 1000,
            "open_ms": seconds * 1000,
            "last_at": datetime.now(UTC) - timedelta(days=1),
        }
        if not connection.execute(update(LearningTime).filter_by(**row).values(**credit)).rowcount:
            connection.execute(insert(LearningTime).values(**row, **credit))
