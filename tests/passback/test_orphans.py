"""A column of ours that nobody needs is taken back; where the LMS does not let us, instructors read of it (AG-10)."""

from typing import Any

import pytest
from sqlalchemy import update

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.identity.models import Registration
from lti_tool.ledger.models import LineItem, LineItemSource, LineItemState
from lti_tool.lms.connector import SCOPE_LINE_ITEM, SCOPE_SCORE, Connector
from lti_tool.passback import columns
from lti_tool.passback.columns.orphans import AGAIN
from tests.passback.gradebook import FakeGradebook
from tests.school import School

ALL = [SCOPE_SCORE, SCOPE_LINE_ITEM]
OWN = "https://lms.example/own"
SAID = "另有一个空列"


@pytest.fixture
def late(link: Any, database: Database, gradebook: FakeGradebook) -> int:
    """A link to which a launch brings the LMS's own column while we are making one; the line item's id."""
    column: int = link(ALL)

    def launch() -> None:
        with database.writing() as session:
            item = session.get_one(LineItem, column)
            item.url, item.state, item.source = OWN, LineItemState.ready, LineItemSource.claimed

    gradebook.on_column = launch
    return column


def item_of(database: Database, column: int) -> LineItem:
    with database.reading() as session:
        return session.get_one(LineItem, column)


def page_of(school: School, database: Database, column: int) -> str:
    return school.client(school.instructor).get(f"/scores/{item_of(database, column).activity_id}").text


@pytest.mark.parametrize("answer", [None, (404, {}, b""), (410, {}, b"")])
def test_AG_10_column_that_nobody_needs_is_taken_back(
    late: int,
    school: School,
    database: Database,
    connector: Connector,
    gradebook: FakeGradebook,
    clock: FakeClock,
    answer: Any,
) -> None:
    gradebook.column_answer = answer
    assert columns.look(database, connector, clock.now()) == 0
    assert item_of(database, late).orphan_url == gradebook.columns[0]["id"], "it is known before anything is deleted"
    assert columns.take_back(database, connector, clock.now()) == 1
    assert gradebook.calls[-1].method == "DELETE"
    item = item_of(database, late)
    assert (item.url, item.source) == (OWN, LineItemSource.claimed)
    assert (item.orphan_url, item.orphan_due_at) == ("", None)
    assert SAID not in page_of(school, database, late)


@pytest.mark.parametrize("answer", [(403, {}, b""), (405, {}, b""), (500, {}, b"")])
def test_AG_10_column_that_may_not_be_deleted_is_marked_and_tried_again_the_next_day(
    late: int,
    school: School,
    database: Database,
    connector: Connector,
    gradebook: FakeGradebook,
    clock: FakeClock,
    answer: Any,
) -> None:
    gradebook.column_answer = answer
    columns.look(database, connector, clock.now())
    assert columns.take_back(database, connector, clock.now()) == 0
    assert item_of(database, late).orphan_url == gradebook.columns[0]["id"]
    assert SAID in page_of(school, database, late)
    asked = len(gradebook.calls)
    clock.advance(AGAIN / 2)
    assert columns.take_back(database, connector, clock.now()) == 0
    assert len(gradebook.calls) == asked, "nobody is asked all the time"
    gradebook.column_answer = None
    clock.advance(AGAIN / 2)
    assert columns.take_back(database, connector, clock.now()) == 1
    assert not gradebook.columns
    assert SAID not in page_of(school, database, late)


@pytest.mark.parametrize("is_before", [True, False], ids=["before it is written down", "before it is deleted"])
def test_AG_10_column_that_a_launch_has_named_meanwhile_is_never_deleted(
    late: int, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, is_before: bool
) -> None:
    """The LMS knows the column as soon as we have made it, and names it to whoever comes next."""

    def named(url: str) -> None:
        with database.writing() as session:
            item = session.get_one(LineItem, late)
            item.url, item.state, item.source = url, LineItemState.ready, LineItemSource.claimed

    gradebook.on_column = lambda: named(f"{gradebook.calls[-1].url}/100" if is_before else OWN)
    columns.look(database, connector, clock.now())
    made = gradebook.columns[0]["id"]
    assert (item_of(database, late).url == made) is is_before
    named(made)
    assert columns.take_back(database, connector, clock.now()) == 0
    assert [column["id"] for column in gradebook.columns] == [made]
    item = item_of(database, late)
    assert (item.url, item.orphan_url, item.orphan_due_at) == (made, "", None)


def test_AG_10_nobody_is_asked_for_a_registration_that_is_switched_off(
    late: int, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock
) -> None:
    columns.look(database, connector, clock.now())
    with database.writing() as session:
        session.execute(update(Registration).values(is_active=False))
    asked = len(gradebook.calls)
    assert columns.take_back(database, connector, clock.now()) == 0
    assert len(gradebook.calls) == asked
    assert item_of(database, late).orphan_url
