"""What a copy and a copied link cost."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select, update

from lti_tool.core.database import Database
from lti_tool.launch.services.landing import land
from lti_tool.ledger import services as ledger
from lti_tool.ledger.models import (
    ActivityStatus,
    Placement,
)
from tests.lti.copying import KINDS, Lms, Source


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements, BEGIN and COMMIT left out."""
    statements = list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_statements_of_a_copy_do_not_grow_with_the_course(lms: Lms, source: Source) -> None:
    with counted(lms.database) as small:
        source.copy("small")
    course = lms.context_id("course-1")
    with lms.database.writing() as session:
        for number in range(40):
            made = ledger.create_activity(
                session, context_id=course, kind="lesson", title=f"More {number}", now=lms.now, criteria=[],
                parent_id=source.tasks["home"].id,
            )  # fmt: skip
            made.status = ActivityStatus.published
    with counted(lms.database) as large:
        source.copy("large")
    assert len(lms.outline("large")) == 44
    assert len(large) == len(small)


def test_launch_of_a_copied_link_costs_what_any_launch_costs(lms: Lms, source: Source) -> None:
    source.copy("copy")
    source.copy("copy", person="member2")

    def cost(**who: Any) -> int:
        with lms.database.writing_core() as connection:
            arrival = lms.arrival(connection, **who)
        with counted(lms.database) as statements, lms.database.writing_core() as connection:
            land(connection, arrival, lms.now, KINDS)
        return len(statements)

    there = cost(person="member3", course="course-1", link="lesson", custom=source.custom(history=()))
    copied = cost(person="member3", course="copy", link="copy-lesson", custom=source.custom())
    another = cost(person="member3", course="copy", link="copy-quiz", custom=source.custom("quiz"))
    # The first launch of a link lays down its column, and queues what was reached before for it.
    assert (there, copied, another) == (8, 8, 9)


def test_dates_of_the_sources_links_stay_there(lms: Lms, source: Source) -> None:
    with lms.database.writing() as session:
        session.execute(update(Placement).values(lms_opens_at=lms.now, lms_closes_at=lms.now))
    source.copy("copy")
    copied = lms.context_id("copy")
    with lms.database.reading() as session:
        row = session.execute(
            select(Placement.lms_opens_at, Placement.lms_closes_at).where(Placement.context_id == copied)
        ).one()
    assert tuple(row) == (None, None)


def test_CT_07_pasted_token_costs_what_an_invented_one_costs(lms: Lms, source: Source) -> None:
    costs = []
    for token in (source.tasks["quiz"].token, "f" * 32):
        for role in ("Instructor", "Learner"):
            who: dict[str, Any] = {"person": f"stranger-{role}", "role": role, "course": "mine", "link": "l"}
            lms.launch(**who, custom={"activity": token})
            with counted(lms.database) as statements:
                lms.launch(**who, custom={"activity": token})
            costs.append([re.sub(r"\d+", "", each) for each in statements])
    assert costs[:2] == costs[2:]
