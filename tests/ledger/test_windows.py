"""When an activity is open for one person: one rule for quizzes, lessons, discussions and the course home."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, literal, select, update

from forum.threads.services import create_forum
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.identity.models import Group, GroupMember
from lti_tool.ledger import services
from lti_tool.ledger.availability import Concession, Dates, Phase, effective
from lti_tool.ledger.models import Activity, LineItem, Override, Placement
from lti_tool.ledger.windows import dates_of, outline_deviates, outline_deviations, window_of
from tests.courses.conftest import Makers, make
from tests.school import School

START = datetime(2026, 11, 20, 2, tzinfo=UTC)


def at(hours: float | None) -> datetime | None:
    return None if hours is None else START + timedelta(hours=hours)


MOMENTS = st.none() | st.integers(-200, 200).map(at)
DATES = st.builds(Dates, MOMENTS, MOMENTS, MOMENTS)
CONCESSIONS = st.lists(st.builds(Concession, st.booleans(), MOMENTS, MOMENTS, MOMENTS), max_size=4)
LINKS = st.lists(st.builds(Dates, MOMENTS, st.none(), MOMENTS), max_size=4)


@given(DATES, CONCESSIONS, LINKS, st.integers(-250, 250))
def test_law_links_only_narrow(dates: Dates, overrides: list[Concession], links: list[Dates], hour: int) -> None:
    """Open is what our dates and every single link leave open, whatever order the links come in."""
    now = START + timedelta(hours=hour)
    window, own = effective(dates, overrides, links), effective(dates, overrides)
    assert window == effective(dates, overrides, links[::-1])
    closed = {Phase.before, Phase.closed}
    shut = [effective(Dates(), (), [link]).phase(now) in closed for link in links]
    assert (window.phase(now) in closed) == (own.phase(now) in closed or any(shut))


@given(DATES, CONCESSIONS, LINKS)
def test_law_dates_of_links_change_nothing_else(dates: Dates, overrides: list[Concession], links: list[Dates]) -> None:
    window, own = effective(dates, overrides, links), effective(dates, overrides)
    assert (window.due, window.extra_seconds, window.extra_attempts) == (
        own.due,
        own.extra_seconds,
        own.extra_attempts,
    )


@pytest.mark.parametrize(
    ("own", "personal", "links", "expected"),
    [
        ((0, 9), None, [], (0, 9)),
        ((0, 9), None, [(1, 8)], (1, 8)),
        ((0, 9), None, [(-1, 10)], (0, 9)),
        ((None, None), None, [(1, None), (2, 7), (None, 8)], (2, 7)),
        ((0, 9), None, [(None, 5), (None, None)], (0, 5)),
        ((0, 9), (None, 12), [(None, 10)], (0, 10)),
        ((0, 9), (-5, 12), [], (-5, 12)),
    ],
)
def test_window_of_one_person(
    own: tuple[float | None, ...],
    personal: tuple[float | None, ...] | None,
    links: list[tuple[float | None, ...]],
    expected: tuple[float | None, ...],
    database: Database,
    school: School,
) -> None:
    home = school.activity("outline", "Home")
    activity = school.activity("quiz", parent_id=home.id, opens_at=at(own[0]), closes_at=at(own[1]))
    elsewhere = school.activity("quiz", parent_id=home.id)
    place(database, school, elsewhere, (5, 6))
    for link in links:
        place(database, school, activity, link)
    with database.writing() as session:
        if personal is not None:
            session.add(
                Override(
                    activity_id=activity.id,
                    member_id=school.member.member_id,
                    opens_at=at(personal[0]),
                    closes_at=at(personal[1]),
                )
            )
    with database.reading() as session:
        window = window_of(session, activity, school.member.member_id)
        found = outline_deviations(session.connection(), home.id, school.member.member_id)
    assert (window.opens, window.closes) == (at(expected[0]), at(expected[1]))
    listed = dates_of(Row(activity), found)
    assert (listed.opens, listed.closes) == (window.opens, window.closes)


@pytest.mark.parametrize("whose", ["member", "group", "link", "other_member", "other_group", "other_home", "nobody"])
def test_outline_deviates_where_it_has_deviations(database: Database, school: School, whose: str) -> None:
    home, other = school.activity("outline", "Home"), school.activity("outline", "Other")
    activity = school.activity("quiz", parent_id=home.id)
    elsewhere = school.activity("quiz", parent_id=other.id)
    me, somebody = school.member.member_id, school.new_member("Somebody").member_id
    place(database, school, activity, (5, None) if whose == "link" else (None, None))
    place(database, school, elsewhere, (5, 6))
    with database.writing() as session:
        group = Group(context_id=school.context_id, name="A")
        session.add(group)
        session.flush()
        session.add(GroupMember(group_id=group.id, member_id=somebody if whose == "other_group" else me))
        given = {
            "member": {"activity_id": activity.id, "member_id": me},
            "other_member": {"activity_id": activity.id, "member_id": somebody},
            "group": {"activity_id": activity.id, "group_id": group.id},
            "other_group": {"activity_id": activity.id, "group_id": group.id},
            "other_home": {"activity_id": elsewhere.id, "member_id": me},
        }.get(whose)
        if given is not None:
            session.add(Override(**given, due_at=at(1)))
    with database.reading_core() as connection:
        said = connection.scalar(select(outline_deviates(literal(home.id), literal(me))))
        assert bool(said) == bool(outline_deviations(connection, home.id, me)) == (whose in {"member", "group", "link"})


class Row:
    """An activity as the course home reads it."""

    def __init__(self, activity: Activity) -> None:
        self.id, self.opens, self.due, self.closes = (
            activity.id,
            activity.opens_at,
            activity.due_at,
            activity.closes_at,
        )


def place(database: Database, school: School, activity: Activity, window: tuple[float | None, ...]) -> None:
    """One more link of the LMS to the activity, with this window."""
    with database.reading() as session:
        number = session.scalar(select(func.count(LineItem.id)))
    item = school.placement(activity, resource_link_id=f"link-{activity.id}-{number}")
    with database.writing() as session:
        placement = session.get_one(LineItem, item).placement_id
        session.execute(
            update(Placement)
            .where(Placement.id == placement)
            .values(lms_opens_at=at(window[0]), lms_closes_at=at(window[1]))
        )


def test_all_kinds_are_closed_by_one_of_two_links(
    database: Database, clock: FakeClock, school: School, make: Makers
) -> None:
    home = make.home()
    lesson = make.lesson(parent=home)
    with database.writing() as session:
        forum = create_forum(
            session,
            context_id=school.context_id,
            title="What I read",
            source="",
            html="",
            threads=1,
            replies=0,
            now=clock.now(),
            parent_id=home.id,
        )
        services.publish(session, forum)
    for activity in (lesson, forum):
        place(database, school, activity, (None, None))
        place(database, school, activity, (None, -1))
    client = school.client(school.member)
    assert client.post_json(f"/lessons/{lesson.id}/progress", {"seen": ["t1"]}).status_code == 409
    assert client.post_json(f"/lessons/{lesson.id}/beat", {"open": 1}).json == {"counting": False, "reason": "closed"}
    answer = client.post_form(f"/forum/{forum.id}/new", {"title": "One", "body": "Words."})
    assert answer.status_code == 409
    assert school.result(lesson.id, school.member) is None


__all__ = ["make"]
