"""What an outline is for everybody is read once per version: whatever is written is seen by the next page, of every process."""

import json
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

import courses
import forum
import lti_tool
import quizzes
from courses.outline.queries import PLANS, Plans
from lti_tool.ledger import services as ledger
from lti_tool.ledger.models import Activity, ActivityStatus
from tests.courses.conftest import Makers
from tests.courses.test_beat import counted
from tests.courses.test_home import fill
from tests.school import School, SignedInClient

_PER_REQUEST = re.compile(r'nonce="[0-9a-f]+"|<code>[0-9A-F]{8}</code>')
SEEN = ("title", "kind", "summary", "status", "opens_at", "due_at", "closes_at", "is_required", "criteria",
        "effort_minutes", "position", "section", "parent_id")  # fmt: skip
"""Columns that members see on the course home. A change of any other is noticed as well, though it changes nothing there."""
COLUMNS = tuple(column.name for column in Activity.__table__.columns if column.name not in {"id", "stamp"})


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    """Other tests of this process have outlines of the same ids in other databases."""
    PLANS.clear()
    yield
    PLANS.clear()


@pytest.fixture
def member(school: School) -> SignedInClient:
    """The browser of one member."""
    return school.client(school.member)


def page(member: SignedInClient, home: Activity) -> str:
    """The course home, without what is new in every answer."""
    answer = member.get(f"/home/{home.id}")
    return f"{answer.status_code} {_PER_REQUEST.sub('', answer.text)}"


def anew(member: SignedInClient, home: Activity) -> str:
    """The same from a process that has just been started."""
    PLANS.clear()
    return page(member, home)


def other_value(school: School, name: str, task: Activity, home: Activity) -> Any:
    """Something else than the task has in this column."""
    values: dict[str, Callable[[], Any]] = {
        "context_id": lambda: school.other_context_id,
        "kind": lambda: "quiz",
        "status": lambda: ActivityStatus.archived,
        "criteria": lambda: [["seconds", 1260]],
        "is_required": lambda: not task.is_required,
        "parent_id": lambda: None,
        "origin_id": lambda: home.id,
        "position": lambda: 900,
        "opens_at": lambda: school.now + timedelta(days=2),
        "due_at": lambda: school.now + timedelta(days=3),
        "closes_at": lambda: school.now - timedelta(days=1),
        "created_at": lambda: school.now - timedelta(days=9),
    }
    if name in values:
        return values[name]()
    before = getattr(task, name)
    return before + 7 if isinstance(before, int) else f"other {name}"


def by_flush(session: Session, task_id: int, name: str, value: Any) -> None:
    setattr(session.get_one(Activity, task_id), name, value)


def by_statement(session: Session, task_id: int, name: str, value: Any) -> None:
    session.execute(update(Activity).where(Activity.id == task_id).values({name: value}))


def by_core(session: Session, task_id: int, name: str, value: Any) -> None:
    table: Any = Activity.__table__
    session.connection().execute(table.update().where(table.c.id == task_id).values({name: value}))


@pytest.mark.parametrize("write", [by_flush, by_statement, by_core])
@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_is_seen_in_the_next_page_however_it_is_written(
    school: School, member: SignedInClient, make: Makers, name: str, write: Callable[[Session, int, str, Any], None]
) -> None:
    home = make.home()
    task, _ = make.lesson("First", parent=home), make.lesson("Second", parent=home)
    before = page(member, home)
    with school.database.writing() as session:
        found = session.get_one(Activity, task.id)
        value, stamp = other_value(school, name, found, home), found.stamp
        write(session, task.id, name, value)
        session.flush()
        now = session.scalars(select(Activity.stamp).where(Activity.id == task.id)).one()
    assert now != stamp
    after = page(member, home)
    assert after == anew(member, home)
    assert (after != before) == (name in SEEN)


def test_home_itself_is_seen_in_the_next_page(school: School, member: SignedInClient, make: Makers) -> None:
    home = make.home()
    assert "200 " in page(member, home)[:4]
    for values in ({"title": "Another name"}, {"status": ActivityStatus.archived}, {"kind": "lesson"}):
        with school.database.writing() as session:
            session.execute(update(Activity).where(Activity.id == home.id).values(values))
        assert page(member, home) == anew(member, home), values
    assert page(member, home).startswith("404 ")


STEPS = st.lists(
    st.tuples(st.sampled_from(["new", "gone", "title", "move", "status", "all"]), st.integers(0, 9)), max_size=12
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_law_a_page_is_what_a_new_process_would_show(
    school: School, member: SignedInClient, make: Makers, steps: list[tuple[str, int]]
) -> None:
    home = make.home()
    for what, number in steps:
        with school.database.writing() as session:
            tasks = list(session.scalars(select(Activity).where(Activity.parent_id == home.id).order_by(Activity.id)))
            change(session, home, tasks, what, number)
        assert page(member, home) == anew(member, home)


def change(session: Session, home: Activity, tasks: list[Activity], what: str, number: int) -> None:
    """One change of an outline."""
    if what == "new" or not tasks:
        values: dict[str, Any] = {"context_id": home.context_id, "kind": "lesson", "title": f"Task {number}", "parent_id": home.id,
                  "status": ActivityStatus.published, "token": secrets.token_hex(16), "created_at": home.created_at}  # fmt: skip
        session.execute(insert(Activity), [values])
    elif what == "all":
        session.execute(update(Activity).where(Activity.parent_id == home.id).values(section=f"Part {number}"))
    elif what == "gone":
        # The last id is given again to the next row on SQLite.
        session.execute(delete(Activity).where(Activity.id == tasks[-1].id))
    else:
        task = tasks[number % len(tasks)]
        if what == "title":
            task.title = f"Named {number}"
        elif what == "move":
            task.position = number
        else:
            task.status = list(ActivityStatus)[number % 3]


def test_two_processes_follow_each_others_writes(school: School, make: Makers) -> None:
    home, here, there = make.home(), Plans(), Plans()
    task = make.lesson("As it was", parent=home)

    def title(plans: Plans) -> str:
        with school.database.reading_core() as connection:
            rows = connection.execute(
                select(Activity.id, Activity.stamp).where((Activity.id == home.id) | (Activity.parent_id == home.id))
            ).all()
            return plans.of(connection, home.id, {row.id: row.stamp for row in rows}).tasks[0].title

    for name in ("once", "twice"):
        assert title(here) == title(there)
        with school.database.writing() as session:
            session.get_one(Activity, task.id).title = name
        assert (title(there), title(here)) == (name, name)


def test_outline_is_read_once_per_version(school: School, member: SignedInClient, make: Makers) -> None:
    home = make.home()
    fill(school, home, 5, 3)

    def statements() -> int:
        with counted(school) as seen:
            member.get(f"/home/{home.id}")
        return len(seen)

    first, again = statements(), statements()
    with school.database.writing() as session:
        ledger.outline_changed(session, home.id)
    assert (first, again, statements(), statements()) == (again + 1, again, again + 1, again)


def test_plans_keep_to_their_bound(school: School, make: Makers) -> None:
    homes = [make.home()]
    fill(school, homes[0], 6, 2)
    with school.database.writing() as session:
        for number in range(4):
            other = ledger.create_activity(
                session, context_id=school.context_id, kind="outline", title=f"{number}", now=school.now, criteria=[]
            )
            homes.append(other)
    plans = Plans(most_rows=3)
    with school.database.reading_core() as connection:
        for home in (*homes, homes[1], homes[0]):
            found = plans.of(connection, home.id, {})
            assert found.home is not None
            assert len(found.tasks) == (6 if home is homes[0] else 0)
            assert len(plans) <= 3
        known = plans.of(connection, homes[1].id, {})
        assert plans.of(connection, homes[1].id, known.stamps) is known


@pytest.mark.once
def test_a_page_begins_at_its_members_own_rows_and_at_links_with_windows(
    school: School, member: SignedInClient, make: Makers
) -> None:
    """SQLite chooses the indexes that begin with the member by itself; the task comes first in the unique ones."""
    home = make.home()
    with counted(school) as seen:
        member.get(f"/home/{home.id}")
    statement = seen[0]
    with school.database.engine.connect() as bare:
        driver: Any = bare.connection.dbapi_connection
        plan = driver.execute(f"EXPLAIN QUERY PLAN {statement}", [None] * statement.count("?")).fetchall()
    steps = [step[3] for step in plan]
    assert "SEARCH result USING INDEX ix_result_member (member_id=?)" in steps
    assert "SEARCH score_post USING COVERING INDEX ix_score_post_member (member_id=?)" in steps
    assert "SEARCH override USING INDEX ix_override_member_id (member_id=?)" in steps
    assert "SEARCH placement USING INDEX ix_placement_with_window (context_id=?)" in steps


def test_packed_stamps_in_another_order_or_none_are_the_same_plan(school: School, make: Makers) -> None:
    home, plans = make.home(), Plans()
    task = make.lesson("First", parent=home)
    with school.database.reading_core() as connection:
        stamps = plans.of(connection, home.id, {}).stamps
        there, back = (json.dumps(list(pairs)) for pairs in (stamps.items(), reversed(list(stamps.items()))))
        known = plans.of(connection, home.id, there)
        assert plans.of(connection, home.id, there) is known
        assert plans.of(connection, home.id, back) is known
        assert plans.of(connection, home.id, stamps) is known
        other = json.dumps([[home.id, stamps[home.id]], [task.id, stamps[task.id] ^ 1]])
        assert plans.of(connection, home.id, other) is not known


def test_no_statement_of_the_product_writes_activities_past_the_stamp() -> None:
    """The stamp changes with what SQLAlchemy writes; SQL that is written by hand would have to change it itself."""
    by_hand = re.compile(r"(update|insert\s+(or\s+\w+\s+)?into|replace\s+into)\s+[\"`]?activity\b", re.IGNORECASE)
    found = [
        path
        for room in (lti_tool, courses, quizzes, forum)
        for path in Path(room.__path__[0]).rglob("*.py")
        if by_hand.search(path.read_text(encoding="utf-8"))
    ]
    assert not found
