"""Every query of every page: what it fetches is of the asking course, whatever else is in the database."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import String, Text, event, or_, select, update

from lti_tool.app import METADATA
from lti_tool.core.database import Database
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Context, Member
from tests import tool_key
from tests.school import LMS, School
from tests.tenants.asking import ask
from tests.tenants.routes import For
from tests.tenants.test_nothing_crosses import named
from tests.tenants.things import Things

FOREIGN = "of-another-course"
"""Stands in every text of the other courses while it is looked what is fetched."""
SHARED = {"tenant", "registration", "deployment", "context", "member", "tool_key", "entry"}
"""Tables in which the own course has rows by now, and the trail, which has no texts."""
TEXTS = {
    "title", "label", "summary", "section", "reason", "subject", "source", "html", "stem_html", "explanation_html", "name",
    "text", "search",
}  # fmt: skip


def mark(school: School) -> int:
    """Write FOREIGN into the texts of all that there is, but what the own course has; how many rows."""
    marked, own = 0, school.context_id
    with school.database.writing_core() as connection:
        for table in METADATA.sorted_tables:
            values = {
                column.name: FOREIGN
                for column in table.columns
                if column.name in TEXTS
                and isinstance(column.type, String | Text)
                and not hasattr(column.type, "enum_class")
                and not column.unique
            }
            if values and table.name not in SHARED:
                marked += connection.execute(update(table).values(values)).rowcount
        connection.execute(update(Context).where(Context.id != own).values(title=FOREIGN, label=FOREIGN))
        others = select(Member.id).where(
            or_(*(Member.id == each.member_id for each in (school.other_course_member, school.other_tenant_member,
                                                           school.other_course_instructor, school.other_tenant_instructor)))
        )  # fmt: skip
        connection.execute(update(Member).where(Member.id.in_(others)).values(name=FOREIGN))
    return marked


@contextmanager
def watched(database: Database, strangers: Collection[int]) -> Iterator[list[str]]:
    """The rows of these courses, or with FOREIGN in them, that are fetched meanwhile, as the names of their columns."""
    found: list[str] = []

    def look(cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        names = [column[0] for column in cursor.description]
        if any(
            (isinstance(value, str) and FOREIGN in value) or (name == "context_id" and value in strangers)
            for name, value in zip(names, row, strict=True)
        ):
            found.append(", ".join(names))
        return row

    def watch(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.row_factory = look

    def leave(connection: Any, _record: Any) -> None:
        connection.row_factory = None

    event.listen(database.engine, "checkout", watch)
    event.listen(database.engine, "checkin", leave)
    try:
        yield found
    finally:
        event.remove(database.engine, "checkout", watch)
        event.remove(database.engine, "checkin", leave)


@pytest.mark.once  # SQLite's driver shows each row; the queries are the same on both engines.
@pytest.mark.shows("H-10")
def test_WS_06_no_query_fetches_what_is_of_another_course(app: Flask, school: School, database: Database) -> None:
    """All routes, asked by those who may, with all their own things: not one row of a neighbour is even read."""
    for author, learner in (
        (school.other_course_instructor, school.other_course_member),
        (school.other_tenant_instructor, school.other_tenant_member),
    ):
        Things(school, author, learner)
    assert mark(school) > 20
    own = Things(school, school.instructor, school.member)
    mentor = school.client(school.new_member("何老师", Role.mentor))
    clients = {For.members: own.learner_client, For.owner: own.learner_client, For.mentors: mentor}
    tool_key.install(school.runtime)
    problems = []
    strangers = {school.other_course_member.context_id, school.other_tenant_member.context_id}
    assert school.context_id not in strangers
    with watched(database, strangers) as fetched:
        with database.reading() as session:
            assert FOREIGN in session.scalars(select(Context.title).where(Context.id != school.context_id)).all()
        assert fetched.pop() == "title"
        order = [For.owner, *(each for each in For if each is not For.owner)]
        ours = [each for each in named(app) if each.reach is not For.operator]
        for route in sorted(ours, key=lambda each: (order.index(each.reach), each.method)):
            choice = own.choice(f"{LMS}/back" if route.endpoint == "launch.cancel" else "")
            fetched.clear()
            ask(clients.get(route.reach, own.author_client), database, route, own.ids | {"choice": choice})
            problems += [f"{route}: {each}" for each in fetched]
    assert not problems, "\n".join(problems)
