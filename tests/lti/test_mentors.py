"""Mentors (RO-16): they see the progress of those whom the LMS names to them, and change nothing at all."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.app import CSRF_EXEMPT, METADATA
from lti_tool.identity.models import Grant
from lti_tool.launch.rules.claims import MOST_MENTORED
from lti_tool.ledger.models import Activity
from tests.lti.test_roles import post_of
from tests.lti.world import ORIGIN, World, csrf_of, path_of

MENTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"


@pytest.fixture
def activity(world: World) -> Activity:
    """Opened by member1, who has completed it, by member2 and by member3."""
    activity = world.bound(title="Reading sources")
    for person in ("member1", "member2", "member3"):
        assert world.launch(world.browser(), person).status_code == 303
    post_of(world, activity.id)
    return activity


def mentoring(world: World, browser: FlaskClient, *named: Any, **claims: Any) -> str:
    """Launch as a mentor of these; the page it ends on."""
    scope = {"role_scope_mentor": list(named)} if named else {}
    answer = world.forge(browser, person="member4", roles=[MENTOR], **{**scope, **claims})
    assert re.fullmatch(r"/lti/courses/\d+/mentoring", path_of(answer)), answer.headers
    page = browser.get(path_of(answer), base_url=ORIGIN)
    assert page.status_code == 200
    return page.get_data(as_text=True)


def names(page: str) -> list[str]:
    return re.findall(r"<h2>([^<]+)</h2>", page)


def test_RO_16_mentor_sees_exactly_those_whom_the_platform_names(
    world: World, browser: FlaskClient, activity: Activity
) -> None:
    page = mentoring(world, browser, "member1", "member2")
    assert sorted(names(page)) == sorted(["李小明", "王静"])
    assert "已完成 1 项任务，共 1 项" in page
    assert "Reading sources" in page
    # How much was reached is said, not for how many points: whether those are shown is the teacher's choice.
    assert ">50<" not in page
    assert "陈晨" not in page


@pytest.mark.parametrize(
    "named", [["nobody"], ["teacher"], ["member4"], ["member5"], ["MEMBER1"], [5, None, "", "x" * 300]]
)
def test_RO_16_ids_that_are_no_members_of_the_course_give_nothing(
    world: World, browser: FlaskClient, activity: Activity, named: list[Any]
) -> None:
    world.bound("link-c", "course-2", "teacher2")
    world.launch(world.browser(), "member5", "link-c")
    page = mentoring(world, browser, *named)
    assert names(page) == ["没有可以查看的学员"]
    assert "李小明" not in page


@pytest.mark.parametrize("scope", [None, "member1", {"member1": 1}, 5])
def test_RO_16_without_a_scope_there_is_nobody_to_see(
    world: World, browser: FlaskClient, activity: Activity, scope: Any
) -> None:
    assert names(mentoring(world, browser, role_scope_mentor=scope)) == ["没有可以查看的学员"]


def test_RO_16_next_launch_says_anew_whom(world: World, browser: FlaskClient, activity: Activity) -> None:
    assert names(mentoring(world, browser, "member1")) == ["李小明"]
    assert names(mentoring(world, browser, "member2")) == ["王静"]
    many = [f"nobody-{n}" for n in range(MOST_MENTORED)]
    assert names(mentoring(world, browser, *many, "member1")) == ["没有可以查看的学员"]


def test_RO_16_scope_of_somebody_who_is_no_mentor_is_not_kept(
    world: World, browser: FlaskClient, activity: Activity
) -> None:
    answer = world.forge(browser, person="member2", role_scope_mentor=["member1"])
    assert path_of(answer) == f"/probe/{activity.id}"
    assert browser.get(f"/lti/courses/{activity.context_id}/mentoring", base_url=ORIGIN).status_code == 404
    with world.runtime.database.reading() as session:
        assert all(grant.mentored == [] for grant in session.scalars(select(Grant)))


def test_RO_16_page_is_for_mentors_of_this_course(world: World, browser: FlaskClient, activity: Activity) -> None:
    page = f"/lti/courses/{activity.context_id}/mentoring"
    mentoring(world, browser, "member1")
    assert browser.get(f"/lti/courses/{activity.context_id + 1}/mentoring", base_url=ORIGIN).status_code == 404
    for person, link in (("teacher", "link-a"), ("member1", "link-a"), ("teacher2", "link-c")):
        other = world.browser()
        world.launch(other, person, link)
        assert other.get(page, base_url=ORIGIN).status_code == 404, person
    assert world.browser().get(page, base_url=ORIGIN).status_code == 404


def everything(world: World) -> dict[str, list[str]]:
    with world.runtime.database.reading() as session:
        return {table.name: sorted(map(repr, session.execute(select(table)).all())) for table in METADATA.sorted_tables}


OWN = {"identity.preferences", "identity.leave", "portability.take", "portability.wish", "portability.withdraw"}
"""What belongs to the person and not to a course."""


def test_RO_16_mentor_can_send_nothing(app: Flask, world: World, browser: FlaskClient, activity: Activity) -> None:
    """Every route that takes a POST, but for the doors where nobody has a session yet: 4xx, and not a row differs."""
    page = mentoring(world, browser, "member1")
    # The page's forms are the person's own: language and colours, and the way out.
    assert set(re.findall(r'action="([^"]+)"', page)) == {"/preferences", "/leave"}
    token = csrf_of(browser.get("/privacy", base_url=ORIGIN))
    before = everything(world)
    ids = {"context_id": activity.context_id, "what": "pin", "key": "q1"}
    tried = []
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()) or rule.endpoint in CSRF_EXEMPT | OWN:
            continue
        values = {name: ids.get(name, activity.id) for name in rule.arguments}
        path = app.url_map.bind("127.0.0.1").build(rule.endpoint, values, method="POST")
        form = {"csrf_token": token, "title": "T", "body": "B", "source": "S", "reason": "R", "minutes": "5"}
        answer = browser.post(path, data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
        tried.append(rule.endpoint)
    assert len(tried) > 35
    assert everything(world) == before


def test_RO_16_mentor_reads_nothing_else(app: Flask, world: World, browser: FlaskClient, activity: Activity) -> None:
    """Nor does any page of the course open to a mentor."""
    mentoring(world, browser, "member1")
    open_to_all = {"launch.frame", "launch.open_activity_link", "asset", "probe.create"}  # say the same to everybody
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or not rule.arguments or rule.endpoint in open_to_all:
            continue
        values = {name: {"context_id": activity.context_id}.get(name, activity.id) for name in rule.arguments}
        path = app.url_map.bind("127.0.0.1").build(rule.endpoint, values, method="GET")
        status = browser.get(path, base_url=ORIGIN).status_code
        assert status in ({200} if rule.endpoint == "launch.mentoring" else {400, 404}), path
