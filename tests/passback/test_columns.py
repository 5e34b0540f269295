"""Links whose launch names no column: found or made when scores wait for it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.ledger import services
from lti_tool.ledger.models import Activity, ActivityStatus, LineItem, LineItemSource, LineItemState, Placement
from lti_tool.lms.connector import SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ, SCOPE_SCORE, Connector
from lti_tool.passback import columns
from lti_tool.passback.drain import Drain
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook
from tests.school import School

ALL = [SCOPE_SCORE, SCOPE_LINE_ITEM]


@pytest.fixture
def link(school: School, reach: Recorder, database: Database) -> Any:
    """link(scopes, **changes of the line item): a link without a column for which a score waits."""

    def make(scopes: list[str], **changes: Any) -> int:
        activity = school.activity("quiz", "Sources", maximum=20)
        column = school.placement(activity, column=False)
        reach(activity.id, school.member, "17")
        with database.writing() as session:
            item = session.get_one(LineItem, column)
            session.get_one(Placement, item.placement_id).scopes = scopes
            for name, value in changes.items():
                setattr(item, name, value)
        return column

    return make


def item_of(database: Database, column: int) -> LineItem:
    with database.reading() as session:
        return session.get_one(LineItem, column)


@pytest.mark.shows("E-11")
def test_AG_02_column_of_the_link_is_found_and_what_waited_is_sent(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, drain: Drain
) -> None:
    column = link([SCOPE_SCORE, SCOPE_LINE_ITEM_READ])
    with database.reading() as session:
        placement = session.get_one(Placement, session.get_one(LineItem, column).placement_id)
        resource_link = placement.resource_link_id
    gradebook.columns = [
        {"id": "https://lms.example/lineitems/7", "label": "x", "scoreMaximum": 50, "resourceLinkId": resource_link}
    ]
    assert columns.look(database, connector, clock.now()) == 1
    found = item_of(database, column)
    assert (found.state, found.source, found.maximum) == (LineItemState.ready, LineItemSource.found, 50)
    drain.run()
    assert (gradebook.scores[0]["scoreGiven"], gradebook.scores[0]["scoreMaximum"]) == (42.5, 50)


@pytest.mark.shows("E-11")
def test_AG_02_column_is_made_when_there_is_none_and_the_scope_allows(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, drain: Drain
) -> None:
    column = link(ALL)
    assert columns.look(database, connector, clock.now()) == 1
    assert item_of(database, column).source is LineItemSource.created
    assert gradebook.columns[0]["label"] == "Sources"
    drain.run()
    assert gradebook.grade("4") == 17


@pytest.mark.shows("E-11")
def test_claimed_column_is_used_and_neither_looked_for_nor_changed_nor_deleted(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, drain: Drain
) -> None:
    url = "https://lms.example/lineitems/42"
    column = link(ALL, url=url, state=LineItemState.ready, source=LineItemSource.claimed)
    with database.writing() as session:
        activity = session.scalars(select(Activity)).one()
        services.requeue(session, line_item_id=column, now=clock.now())
    assert columns.look(database, connector, clock.now()) == 0
    drain.run()
    # What an instructor changes of the activity stays ours: the column is the LMS's.
    with database.writing() as session:
        found = session.get_one(Activity, activity.id)
        found.title, found.maximum = "Another title", 50
        services.requeue(session, line_item_id=column, now=clock.now())
    columns.look(database, connector, clock.now())
    drain.run()
    with database.writing() as session:
        session.get_one(Activity, activity.id).status = ActivityStatus.archived
    clock.advance(timedelta(hours=1))
    columns.look(database, connector, clock.now())
    drain.run()
    services_called = {(call.method, call.url) for call in gradebook.calls if not call.url.endswith("/token")}
    assert services_called == {("POST", f"{url}/scores")}


@pytest.mark.parametrize("scopes", [[], [SCOPE_SCORE], [SCOPE_SCORE, SCOPE_LINE_ITEM_READ]])
def test_AG_03_nothing_is_made_without_the_scope(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, scopes: list[str]
) -> None:
    column = link(scopes)
    assert columns.look(database, connector, clock.now()) == 0
    assert gradebook.columns == []
    assert item_of(database, column).state is LineItemState.none


def test_AG_05_link_is_asked_for_once_in_five_minutes(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock
) -> None:
    link([SCOPE_SCORE, SCOPE_LINE_ITEM_READ])
    for _ in range(3):
        columns.look(database, connector, clock.now())
    assert len([call for call in gradebook.calls if "/lineitems" in call.url]) == 1
    clock.advance(timedelta(minutes=5))
    columns.look(database, connector, clock.now())
    assert len([call for call in gradebook.calls if "/lineitems" in call.url]) == 2


@pytest.mark.shows("E-11")
@pytest.mark.parametrize(("source", "made"), [(LineItemSource.created, 1), (LineItemSource.claimed, 0)])
def test_AG_28_deleted_column_is_made_anew_only_if_it_was_ours(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock,
    source: LineItemSource, made: int,
) -> None:  # fmt: skip
    link(ALL, state=LineItemState.gone, source=source)
    assert columns.look(database, connector, clock.now()) == made
    assert len(gradebook.columns) == made


def test_lms_that_fails_is_asked_again_later(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock
) -> None:
    column = link(ALL)
    gradebook.token_answer = (500, {}, b"")
    assert columns.look(database, connector, clock.now()) == 0
    gradebook.token_answer = None
    clock.advance(timedelta(minutes=5))
    assert columns.look(database, connector, clock.now()) == 1
    assert item_of(database, column).state is LineItemState.ready
