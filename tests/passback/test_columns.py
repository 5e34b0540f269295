"""Links whose launch names no column: found or made when scores wait for it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.web import Runtime
from lti_tool.ledger import services
from lti_tool.ledger.models import (
    Activity,
    ActivityStatus,
    LineItem,
    LineItemSource,
    LineItemState,
    Placement,
    ScorePost,
)
from lti_tool.ledger.rules import KEPT_THERE, PostState
from lti_tool.lms.connector import SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ, SCOPE_SCORE, Connector
from lti_tool.passback import columns
from lti_tool.passback.drain import Drain
from tests.passback.conftest import Recorder
from tests.passback.gradebook import FakeGradebook
from tests.school import School

ALL = [SCOPE_SCORE, SCOPE_LINE_ITEM]


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
@pytest.mark.parametrize(
    ("source", "scopes", "made"),
    [
        (LineItemSource.created, ALL, 1),
        (LineItemSource.claimed, ALL, 0),
        (LineItemSource.found, ALL, 0),
        (LineItemSource.created, [SCOPE_SCORE, SCOPE_LINE_ITEM_READ], 0),
    ],
)
def test_AG_28_deleted_column_is_made_anew_only_if_it_was_ours_and_may_be_made(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock,
    source: LineItemSource, scopes: list[str], made: int,
) -> None:  # fmt: skip
    link(scopes, state=LineItemState.gone, source=source)
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


@pytest.mark.parametrize("number", [7, 8], ids=["same address", "another"])
def test_column_that_is_found_again_keeps_anothers_grade_and_a_new_one_does_not(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, drain: Drain,
    reach: Recorder, school: School, number: int,
) -> None:  # fmt: skip
    """The LMS said 404 to a score, and has the column all the same."""
    column = link([SCOPE_SCORE, SCOPE_LINE_ITEM_READ], url="https://lms.example/lineitems/7", state=LineItemState.gone)
    with database.writing() as session:
        resource_link = session.scalars(select(Placement.resource_link_id)).one()
        activity = session.scalars(select(Activity.id)).one()
    reach(activity, school.member2, "12")
    with database.writing() as session:
        of_member2 = ScorePost.member_id == school.member2.member_id
        session.execute(update(ScorePost).where(of_member2).values(state=PostState.kept, cause=KEPT_THERE))
    gradebook.columns = [
        {"id": f"https://lms.example/lineitems/{number}", "label": "x", "scoreMaximum": 20, "resourceLinkId": resource_link}
    ]  # fmt: skip
    assert columns.look(database, connector, clock.now()) == 1
    drain.run()
    assert {score["userId"] for score in gradebook.scores} == ({"4"} if number == 7 else {"4", "5"})
    assert item_of(database, column).read_due_at == (clock.now() if number == 7 else None)


# Once per placement (AG-05)


@pytest.mark.shows("E-11")
def test_AG_05_two_workers_make_one_column(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, runtime: Runtime
) -> None:
    column = link(ALL)
    other = Database(str(runtime.settings.database_url))
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda db=db: found.append(columns.look(db, connector, clock.now())))
        for db in (database, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.dispose()
    assert sorted(found) == [0, 1]
    assert len(gradebook.columns) == 1
    assert item_of(database, column).state is LineItemState.ready


def test_AG_05_column_that_a_killed_worker_made_is_found_and_not_made_again(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock
) -> None:
    """Even where the LMS forgets the link that the column was made for."""
    column = link(ALL)
    with database.reading() as session:
        token = session.scalars(select(Activity.token)).one()
    gradebook.columns = [
        {"id": "https://lms.example/lineitems/7", "label": "x", "scoreMaximum": 20, "resourceId": token},
        {"id": "https://lms.example/lineitems/8", "label": "x", "scoreMaximum": 20, "resourceId": "another"},
    ]
    assert columns.look(database, connector, clock.now()) == 1
    assert len(gradebook.columns) == 2
    item = item_of(database, column)
    assert (item.url, item.source) == ("https://lms.example/lineitems/7", LineItemSource.found)


def test_AG_02_of_two_columns_of_one_link_ours_is_taken(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock
) -> None:
    """No `lineitem` is in the launch then, as the specification wants it."""
    column = link([SCOPE_SCORE, SCOPE_LINE_ITEM_READ])
    with database.reading() as session:
        token = session.scalars(select(Activity.token)).one()
        resource_link = session.scalars(select(Placement.resource_link_id)).one()
    gradebook.columns = [
        {"id": f"https://lms.example/lineitems/{n}", "label": "x", "scoreMaximum": 20, "resourceLinkId": resource_link}
        for n in (1, 2)
    ]
    gradebook.columns[1]["resourceId"] = token
    columns.look(database, connector, clock.now())
    assert item_of(database, column).url == "https://lms.example/lineitems/2"


# Ours follow their activities (AG-09)


@pytest.fixture
def ours(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, drain: Drain
) -> int:
    """A column that we made, with a score in it, and what the LMS adds to columns; five minutes later."""
    column: int = link(ALL)
    columns.look(database, connector, clock.now())
    drain.run()
    gradebook.columns[0] |= {"gradesReleased": True, "startDateTime": None, "https://lms.example/x": {"a": [1]}}
    clock.advance(columns.EVERY)
    return column


def change(database: Database, **values: Any) -> None:
    with database.writing() as session:
        activity = session.scalars(select(Activity)).one()
        for name, value in values.items():
            setattr(activity, name, value)


def test_AG_09_column_of_ours_is_put_as_a_whole_when_the_activity_changes(
    ours: int, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, drain: Drain
) -> None:
    before = dict(gradebook.columns[0])
    assert columns.follow(database, connector, clock.now()) == 0
    change(database, title="来源", maximum=40)
    assert columns.follow(database, connector, clock.now()) == 1
    assert gradebook.columns[0] == before | {"label": "来源", "scoreMaximum": 40}
    assert columns.follow(database, connector, clock.now() + columns.EVERY) == 0
    drain.run()
    assert (gradebook.scores[-1]["scoreGiven"], gradebook.scores[-1]["scoreMaximum"]) == (17, 40)
    assert len(gradebook.scores) == 2


def test_AG_09_column_of_another_size_keeps_the_grade_that_a_teacher_typed(
    ours: int, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, drain: Drain
) -> None:
    with database.writing() as session:
        session.execute(update(ScorePost).values(state=PostState.differs, cause="teacher_overrode"))
    change(database, maximum=40)
    assert columns.follow(database, connector, clock.now()) == 1
    assert gradebook.columns[0]["scoreMaximum"] == 40
    assert drain.run().answers == {}


def test_AG_09_new_title_sends_no_score_again(
    ours: int, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, drain: Drain
) -> None:
    change(database, title="来源" * 60)
    assert columns.follow(database, connector, clock.now()) == 1
    assert gradebook.columns[0]["label"] == "来源" * 50
    assert drain.run().answers == {}
    assert columns.follow(database, connector, clock.now() + columns.EVERY) == 0


def test_AG_09_name_that_a_teacher_gave_the_column_stays(
    ours: int, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock
) -> None:
    gradebook.columns[0]["label"] = "第一周"
    change(database, title="来源", maximum=40)
    columns.follow(database, connector, clock.now())
    assert (gradebook.columns[0]["label"], gradebook.columns[0]["scoreMaximum"]) == ("第一周", 40)


@pytest.mark.parametrize("source", [LineItemSource.claimed, LineItemSource.found])
def test_column_that_is_not_ours_is_never_put(
    ours: int, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock,
    source: LineItemSource,
) -> None:  # fmt: skip
    with database.writing() as session:
        session.get_one(LineItem, ours).source = source
    change(database, title="来源", maximum=40)
    assert columns.follow(database, connector, clock.now()) == 0
    assert not [call for call in gradebook.calls if call.method in {"PUT", "DELETE"}]


def test_column_that_somebody_has_taken_over_is_not_put(
    ours: int, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock
) -> None:
    gradebook.columns[0]["resourceId"] = "another tool's"
    change(database, title="来源", maximum=40)
    columns.follow(database, connector, clock.now())
    assert not [call for call in gradebook.calls if call.method == "PUT"]


@pytest.mark.parametrize(
    ("answer", "again"), [((403, {}, b""), timedelta(days=1)), ((503, {}, b""), timedelta(minutes=5))]
)
def test_column_that_may_not_be_changed_is_left_alone_for_a_while(
    ours: int, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock,
    answer: Any, again: timedelta,
) -> None:  # fmt: skip
    change(database, title="来源")
    gradebook.column_answer = answer
    assert columns.follow(database, connector, clock.now()) == 0
    gradebook.column_answer = None
    clock.advance(again - timedelta(seconds=1))
    assert columns.follow(database, connector, clock.now()) == 0
    clock.advance(columns.EVERY + timedelta(seconds=1))
    assert columns.follow(database, connector, clock.now()) == 1


# By the case list


def test_AG_01_column_that_the_launch_names_is_used_without_a_look_at_the_list(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, drain: Drain
) -> None:
    """Open edX's declarative columns: the score scope alone."""
    column = link([SCOPE_SCORE], url="https://lms.example/lineitems/42", state=LineItemState.ready)
    with database.writing() as session:
        services.requeue(session, line_item_id=column, now=clock.now())
    assert columns.look(database, connector, clock.now()) == 0
    drain.run()
    assert [call.method for call in gradebook.calls if "/lineitems" in call.url] == ["POST"]
    assert gradebook.grade("4") == 17


@pytest.mark.parametrize("name", ["startDateTime", "endDateTime", "gradesReleased", "resourceId", "tag", "label"])
def test_AG_34_null_members_of_a_column_are_tolerated(
    link: Any, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock, name: str
) -> None:
    column = link([SCOPE_SCORE, SCOPE_LINE_ITEM_READ])
    with database.reading() as session:
        resource_link = session.scalars(select(Placement.resource_link_id)).one()
    gradebook.columns = [
        {"id": "https://lms.example/lineitems/7", "label": "x", "scoreMaximum": 20, "resourceLinkId": resource_link,
         name: None},
    ]  # fmt: skip
    assert columns.look(database, connector, clock.now()) == 1
    assert item_of(database, column).state is LineItemState.ready


def test_AG_35_each_link_of_an_activity_has_a_column_of_its_own(
    link: Any, school: School, database: Database, connector: Connector, gradebook: FakeGradebook, clock: FakeClock,
    drain: Drain, reach: Recorder,
) -> None:  # fmt: skip
    column = link(ALL)
    with database.reading() as session:
        activity = session.scalars(select(Activity)).one()
    second = school.placement(activity, column=False, resource_link_id="again")
    with database.writing() as session:
        session.get_one(Placement, session.get_one(LineItem, second).placement_id).scopes = ALL
    reach(activity.id, school.member, "18")
    assert columns.look(database, connector, clock.now()) == 2
    assert len({item_of(database, each).url for each in (column, second)}) == 2
    assert {made["resourceLinkId"] for made in gradebook.columns} == {f"link-{activity.id}", "again"}
    drain.run()
    assert [score["scoreGiven"] for score in gradebook.scores] == [18, 18]
