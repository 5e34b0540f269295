"""Every route, two tenants, two courses, the persons of every permission test: what is not yours does not exist.

"Not yours" and "not there" are the same answer, in status, headers, body and number of statements, and nothing has changed
afterwards, in any table.
"""

import pytest
from flask import Flask

from lti_tool.core.database import Database
from lti_tool.identity.actor import Carrier, Role
from tests import tool_key
from tests.school import LMS, Person, School
from tests.tenants.asking import ask, rows
from tests.tenants.routes import FOR, WHY, For, Route, absent, is_console, routes
from tests.tenants.things import Things

PERSONAL = {For.members, For.staff, For.authors, For.owner, For.chooser, For.mentors, For.operator, For.sent}
STRANGERS = ("member2", "assistant", "other_course_member", "other_course_instructor", "other_tenant_member",
             "other_tenant_instructor", "nobody")  # fmt: skip
MAY = {"member2": {For.members}, "assistant": {For.members, For.staff}}
"""What exists for those who are in the course themselves."""
ASKING = [(who, Carrier.cookie) for who in STRANGERS] + [("other_tenant_instructor", Carrier.bearer)]
SAME_PAGE = {"launch.open_activity_link"}
"""Answers 200 with "open it from your course" for what is not there, and for what is not yours."""


def named(app: Flask) -> list[Route]:
    """The routes that name something of a course."""
    return [each for each in routes(app) if each.reach in PERSONAL]


def test_every_route_has_an_entry(app: Flask) -> None:
    assert {each.endpoint for each in routes(app)} - set(FOR) == {
        each.endpoint for each in routes(app) if is_console(each.endpoint)
    }
    assert set(FOR) <= {each.endpoint for each in routes(app)}
    assert {name for name, reach in FOR.items() if reach is For.everybody} == set(WHY)
    for each in named(app):
        assert each.names or each.reach is For.operator, f"{each} names nothing"


def test_who_may_finds_something_at_every_address(
    app: Flask, school: School, database: Database, things: Things
) -> None:
    """Else the tables of this folder would ask for what is not there."""
    mentor = school.client(school.new_member("何老师", Role.mentor))
    clients = {For.members: things.learner_client, For.owner: things.learner_client, For.mentors: mentor}
    tool_key.install(school.runtime)
    order, found = [For.owner, *(each for each in For if each is not For.owner)], []
    ours = [each for each in named(app) if each.reach is not For.operator]
    for route in sorted(ours, key=lambda each: (order.index(each.reach), each.method)):
        choice = things.choice(f"{LMS}/back" if route.endpoint == "launch.cancel" else "")
        values = things.ids | {"choice": choice}
        answer = ask(clients.get(route.reach, things.author_client), database, route, values)
        # What cannot be done now (409) or like this (400) is there; strangers get neither.
        if answer.status in {403, 404} or answer.status >= 500:
            found.append(f"{route}: {answer.status}")
    assert not found, "\n".join(found)


@pytest.mark.shows("H-10")
@pytest.mark.parametrize(("who", "carrier"), ASKING)
def test_WS_06_not_yours_is_the_same_as_not_there(
    app: Flask, school: School, database: Database, things: Things, who: str, carrier: Carrier
) -> None:
    person: Person | None = getattr(school, who, None)
    client = school.client(person, carrier=carrier)
    before, found = rows(database), []
    for route in named(app):
        if route.reach in MAY.get(who, ()):
            continue
        there = ask(client, database, route, things.ids)
        nowhere = ask(client, database, route, absent(things.ids))
        if there.status != expected(route, person):
            found.append(f"{route}: {there.status}")
        if difference := there.differs(nowhere):
            found.append(f"{route}: {difference}")
    assert not found, "\n".join(found)
    assert rows(database) == before


BESIDE: dict[str, str] = {
    "courses_outline.review": "leads to the own table of members, whatever the number says",
    "courses_lessons.answer": "keys of parts are words of the own lesson",
    "courses_lessons.version": "numbers of versions count in the own lesson",
    "courses_lessons.restore": "numbers of versions count in the own lesson",
}
"""Routes whose second part names nothing of another course."""


@pytest.mark.parametrize("which", [0, 1], ids=["other course", "other tenant"])
def test_WS_06_what_is_not_yours_is_not_there_below_what_is_yours_either(
    app: Flask, database: Database, things: Things, others: tuple[Things, Things], which: int
) -> None:
    """Addresses with two ids: the first of one's own course, the second of the first course or of nowhere."""
    own, found = others[which], []
    before = rows(database)
    pairs = [each for each in named(app) if len(each.names) > 1 and each.endpoint not in BESIDE]
    assert len(pairs) > 8
    for route in pairs:
        client = own.learner_client if route.reach in {For.members, For.owner} else own.author_client
        below = route.names[1:]
        there = ask(client, database, route, own.ids | {name: things.ids[name] for name in below})
        nowhere = ask(client, database, route, own.ids | {name: absent(own.ids)[name] for name in below})
        if there.status != 404:
            found.append(f"{route}: {there.status}")
        if difference := there.differs(nowhere):
            found.append(f"{route}: {difference}")
    assert not found, "\n".join(found)
    assert rows(database) == before


def expected(route: Route, person: Person | None) -> int:
    """404; what a form without a session gets; the one page that is the same for all."""
    if route.reach is For.operator:
        return 404
    if person is None and route.method == "POST":
        return 403
    return 200 if route.endpoint in SAME_PAGE else 404
