"""Where launches land: identity, courses, presentation, columns, and how many statements it costs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update

from lti_tool.core import logs
from lti_tool.core.clock import FakeClock
from lti_tool.identity.models import Context, Enrolment, Member, Tenant
from lti_tool.identity.rules.names import given_name
from lti_tool.launch.edge import edge_of
from lti_tool.launch.registrations import RegistrationForm, register
from lti_tool.launch.rules.urls import http_url
from lti_tool.ledger import services
from lti_tool.ledger.models import Activity, LineItemState, Placement, ScorePost
from lti_tool.ledger.rules import Outcome, PostState
from tests.lms_client import ENDPOINT_CLAIM
from tests.lti.linking import pick
from tests.lti.world import CLIENT_ID, ORIGIN, World, path_of

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"


def count(world: World, table: Any, *conditions: Any) -> int:
    with world.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def test_a_member_reaches_the_activity_behind_the_link(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    answer = world.launch(browser)
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"], base_url=ORIGIN).get_json()
    assert (page["role"], page["title"], page["name"]) == ("member", activity.title, "李小明")


# Identity


def test_ID_01_no_sub(world: World, browser: FlaskClient) -> None:
    for sub in (None, ""):
        world.refused(world.forge(world.browser(), sub=sub), 403, "anonymous")
    assert world.sessions() == 0


def test_ID_03_sub_without_a_name(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    bare: dict[str, Any] = {"name": None, "given_name": None, "family_name": None, "email": None}
    assert world.forge(browser, **bare).status_code == 303
    page = browser.get(f"/probe/{activity.id}", base_url=ORIGIN).get_json()
    assert page["name"].startswith("成员 ")
    assert len(page["name"]) == 7


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Ada Lovelace"}, "Ada Lovelace"),
        ({"given_name": "Ada", "family_name": "Lovelace"}, "Ada Lovelace"),
        ({"given_name": "小明", "family_name": "李"}, "李小明"),
        ({"name": "小明 李", "given_name": "小明", "family_name": "李"}, "李小明"),
        ({"name": "李老师", "given_name": "小明", "family_name": "李"}, "李老师"),
        ({"email": "a@example.org"}, ""),
        ({"name": 5, "given_name": ["x"]}, "5"),
        ({"name": None}, ""),
    ],
)
def test_ID_04_display_name(claims: dict[str, Any], name: str) -> None:
    assert given_name(claims) == name


def test_ID_04_a_name_once_known_stays_when_the_lms_stops_sending_it(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    world.launch(browser)
    world.forge(browser, name=None, given_name=None, family_name=None)
    assert browser.get(f"/probe/{activity.id}", base_url=ORIGIN).get_json()["name"] == "李小明"


def test_ID_05_identity_is_sub_and_never_the_email(world: World, browser: FlaskClient) -> None:
    for sub in ("a", "A", "a ", "é", "e\u0301"):
        world.forge(world.browser(), sub=sub, email="same@example.org")
    world.forge(world.browser(), sub="a", email="other@example.org")
    assert count(world, Member) == 5


def test_ID_08_odd_subs(world: World, browser: FlaskClient) -> None:
    for sub in (4, "x" * 256, "a\x00b", "\ud800", True):
        world.refused(world.forge(world.browser(), sub=sub), 400, "sub")


def test_ID_09_hostile_name(world: World, browser: FlaskClient) -> None:
    odd = "<script>alert(1)</script>\u202e\u2066\x07\x1b[31m\r\n"
    world.forge(browser, name=odd + "长" * 10_000, given_name=None, family_name=None)
    with world.runtime.database.reading() as session:
        name = session.scalar(select(Member.name)) or ""
    assert len(name) == 200
    assert name.startswith("<script>alert(1)</script>")
    assert not any(character in name for character in "\u202e\u2066\x07\x1b\r\n")
    page = browser.get("/privacy", base_url=ORIGIN).get_data(as_text=True)
    assert "<script>alert" not in page


# Courses


def test_CT_01_no_context(world: World, browser: FlaskClient) -> None:
    assert world.forge(browser, context=None).status_code == 303
    with world.runtime.database.reading() as session:
        assert session.scalars(select(Context.context_key)).all() == ["l:link-a"]


def test_CT_01_link_without_a_context_shows_its_content_and_has_its_grade(world: World, browser: FlaskClient) -> None:
    """The whole of it: the link is a course of its own, with its activity, its column and nobody else's."""
    choose = world.forge(browser, person="teacher", context=None)
    activity = world.activity("l:link-a")
    assert pick(browser, path_of(choose), activity.id).status_code == 303
    member, other = world.browser(), world.browser()
    landed = world.forge(member, context=None)
    assert path_of(landed) == f"/probe/{activity.id}"
    assert member.get(landed.headers["Location"], base_url=ORIGIN).get_json()["title"] == activity.title
    column = world.column()
    assert (column.state, bool(column.url)) == (LineItemState.ready, True)
    with world.runtime.database.writing() as session:
        sub = session.scalars(select(Member.id).where(Member.sub == "member1")).one()
        services.record(
            session, activity_id=activity.id, member_id=sub, verb="completed", source="probe:1",
            outcome=Outcome(Decimal(1), Decimal(8), completed=True), now=world.runtime.clock.now(),
        )  # fmt: skip
    assert posts(world) == [PostState.waiting]
    # Another link without a context is another course: nothing of the first is there.
    assert path_of(world.forge(other, person="member2", link="link-b", context=None)).startswith("/lti/waiting/")
    assert other.get(f"/probe/{activity.id}", base_url=ORIGIN).status_code == 404


def test_CT_02_context_without_id(world: World, browser: FlaskClient) -> None:
    for context in ({}, {"title": "x"}, "course-1", {"id": ""}, {"id": 5}):
        world.refused(world.forge(world.browser(), context=context), 400, "context")


def test_CT_03_same_course_id_under_another_deployment(world: World, browser: FlaskClient) -> None:
    second_deployment(world)
    world.launch(browser)
    world.forge(world.browser(), deployment_id="2")
    assert count(world, Context, Context.context_key == "c:course-1") == 2
    assert count(world, Member) == 1  # ID-06: the same person


def test_CT_04_same_link_id_under_another_deployment(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    second_deployment(world)
    answer = world.forge(browser, deployment_id="2")
    assert path_of(answer).startswith("/lti/waiting/")
    assert count(world, Placement) == 2
    assert count(world, Placement, Placement.activity_id == activity.id) == 1


def second_deployment(world: World) -> None:
    base = world.lms.base_url
    with world.runtime.database.writing() as session:
        form = RegistrationForm(
            issuer=base, client_id=CLIENT_ID, auth_url=f"{base}/auth", token_url=f"{base}/token",
            jwks_url=f"{base}/jwks", deployment_ids=("1", "2"), tenant="School",
        )  # fmt: skip
        register(session, form, world.runtime.clock.now())


def test_CT_07_activity_token_binds_a_new_link_in_its_own_course_only(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    custom = {"Activity": activity.token, "other": "$ResourceLink.id.history"}
    answer = world.forge(browser, link="link-b", custom=custom)
    assert path_of(answer) == f"/probe/{activity.id}"
    assert path_of(world.launch(world.browser(), link="link-b")) == f"/probe/{activity.id}"
    elsewhere = world.forge(world.browser(), person="both", link="link-c", custom=custom)
    assert path_of(elsewhere).startswith("/lti/choose/")  # `both` teaches there, and is asked


@pytest.mark.parametrize(
    "custom", [None, {}, "x", {"activity": 5}, {"activity": "0" * 32}, {"activity": "$x"}, {"a": {}}]
)
def test_CP_01_odd_custom_parameters(world: World, browser: FlaskClient, custom: Any) -> None:
    assert path_of(world.forge(browser, custom=custom)).startswith("/lti/waiting/")


@pytest.mark.parametrize("where", ["login and token", "token only", "login only"])
def test_CP_05_address_of_the_launch_chooses_nothing(world: World, browser: FlaskClient, where: str) -> None:
    """`?lesson=2` and even another activity's token in target_link_uri, typed by a learner into whatever they can."""
    shown = world.bound()
    hidden = world.activity(title="For later")
    target = f"{ORIGIN}/lti/launch?lesson=2&activity={hidden.token}&activity_id={hidden.id}"
    for link, path in (("link-a", f"/probe/{shown.id}"), ("link-b", "/lti/waiting/")):
        person = world.browser()
        login = {"target_link_uri": target} if "login" in where else {}
        auth = world.begin(person, link=link, **login)
        claims = world.claims(auth.nonce, "member1", link, **({"target_link_uri": target} if "token" in where else {}))
        answer = world.post(person, auth.state, world.lms.sign(claims))
        if where == "login and token":
            assert (answer.status_code, path_of(answer).startswith(path)) == (303, True)
        else:
            world.refused(answer, 403, "target_mismatch")
    with world.runtime.database.reading() as session:
        assert session.scalars(select(Placement.activity_id).where(Placement.activity_id == hidden.id)).all() == []


def test_CT_10_title_follows_the_instructor(world: World, browser: FlaskClient) -> None:
    world.launch(browser)
    world.forge(browser, context={"id": "course-1", "title": "from a member"})
    with world.runtime.database.reading() as session:
        assert session.scalar(select(Context.title)) == "入门课 2026 秋"
    world.forge(world.browser(), person="teacher", context={"id": "course-1", "title": " new\u202e title "})
    with world.runtime.database.reading() as session:
        assert session.scalar(select(Context.title)) == "new title"


def test_new_course_has_the_zone_of_its_school(world: World, browser: FlaskClient) -> None:
    with world.runtime.database.writing() as session:
        session.execute(update(Tenant).values(timezone="Asia/Urumqi"))
    world.launch(browser)
    with world.runtime.database.reading() as session:
        assert session.scalar(select(Context.timezone)) == "Asia/Urumqi"


def test_CT_12_a_member_sees_not_set_up_yet_until_somebody_has_chosen(world: World, browser: FlaskClient) -> None:
    answer = world.launch(browser)
    page = browser.get(answer.headers["Location"], base_url=ORIGIN)
    assert page.status_code == 200
    assert "还没有设置好" in page.get_data(as_text=True)
    assert count(world, Activity) == 0
    activity = world.bound()
    again = browser.get(answer.headers["Location"], base_url=ORIGIN)
    assert path_of(again) == f"/probe/{activity.id}"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil", "http://u@h/", "https://h/\nx", 'https://h/"', "", 5],
)  # fmt: skip
def test_LP_04_return_url_that_is_no_web_address(
    world: World, browser: FlaskClient, url: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    answer = world.forge(browser, launch_presentation={"return_url": url, "locale": "en"})
    page = browser.get(answer.headers["Location"], base_url=ORIGIN).get_data(as_text=True)
    assert "Not set up yet" in page
    assert 'target="_top"' not in page
    assert http_url(url) == ""
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"event": "launch"' in line]
    assert line.get("return_url") == ("ignored" if url else None)  # that it was odd, never what it was


def test_LP_06_no_way_back_from_a_token_that_was_not_verified(world: World, browser: FlaskClient) -> None:
    answer = world.forge(browser, header={"kid": "nobody"})
    assert 'target="_top"' not in answer.get_data(as_text=True)


# Columns


def test_column_is_claimed_with_the_first_binding(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    item = world.column()
    assert item.state is LineItemState.ready
    assert item.url is not None
    assert (item.maximum, item.resource_id) == (activity.maximum, activity.token)


@pytest.mark.parametrize(
    ("claim", "state", "cause"),
    [
        (None, LineItemState.none, "no_service"),
        ({"scope": "x", "lineitem": 5}, LineItemState.none, "no_service"),
        ({"lineitems": "http://localhost/items", "scope": [SCORE]}, LineItemState.none, "not_allowed"),
        ({"lineitem": "", "lineitems": "http://localhost/items", "scope": [SCORE]}, LineItemState.gone, "gone"),
        ({"lineitem": "http://localhost/items/9", "scope": []}, LineItemState.forbidden, "no_scope"),
        ({"lineitem": "javascript:x", "scope": [SCORE]}, LineItemState.none, "no_service"),
    ],
)
def test_column_as_the_claim_tells_it(
    world: World, browser: FlaskClient, claim: Any, state: LineItemState, cause: str
) -> None:
    world.bound()
    assert world.forge(browser, **{ENDPOINT_CLAIM: claim}).status_code == 303
    item = world.column()
    assert (item.state, item.cause) == (state, cause)
    world.launch(browser)
    assert world.column().state is LineItemState.ready


def test_column_that_appears_late_queues_what_was_reached_before(world: World, browser: FlaskClient) -> None:
    activity = world.bound("link-b")
    assert world.column("link-b").state is LineItemState.none
    world.launch(browser, "member1", "link-b")
    with world.runtime.database.writing() as session:
        member = session.scalar(select(Member.id).where(Member.sub == "member1"))
        assert member is not None
        services.record(
            session, activity_id=activity.id, member_id=member, verb="completed", source="probe:1",
            outcome=Outcome(Decimal(1), Decimal(8), completed=True), now=world.runtime.clock.now(),
        )  # fmt: skip
    assert posts(world) == [PostState.waiting_for_column]
    world.lms.allow_grades("link-b")
    world.launch(world.browser(), "member2", "link-b")
    assert world.column("link-b").state is LineItemState.ready
    assert posts(world) == [PostState.waiting]


def posts(world: World) -> list[PostState]:
    with world.runtime.database.reading() as session:
        return list(session.scalars(select(ScorePost.state)))


def test_column_that_is_unchanged_is_not_queued_again(world: World, browser: FlaskClient) -> None:
    world.bound()
    with counted(world) as statements:
        world.launch(browser, "member1")
    assert not [each for each in statements if "score_post" in each]


# Statements


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements of the writing transactions, BEGIN and COMMIT left out."""
    statements = list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
            statements.append(statement)

    engine = world.runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def post_only(world: World, browser: FlaskClient, person: str, link: str = "link-a") -> list[str]:
    clock = world.runtime.clock
    assert isinstance(clock, FakeClock)
    clock.advance(timedelta(seconds=1))
    _, values = world.lms.authorize(world.begin(browser, person, link).url)
    with counted(world) as statements:
        assert world.post(browser, **values).status_code == 303
    return statements


@pytest.mark.shows("P-08")
def test_launch_takes_at_most_nine_statements(world: World, browser: FlaskClient) -> None:
    world.bound()
    world.launch(world.browser(), "member4")
    first = post_only(world, browser, "member1")
    again = post_only(world, browser, "member1")
    another_person = post_only(world, browser, "teacher")
    unset = post_only(world, browser, "teacher", "link-b")
    assert [len(each) for each in (first, again, another_person, unset)] == [8, 8, 9, 8]
    assert max(len(each) for each in (first, again, another_person, unset)) <= 9


@pytest.mark.shows("P-08")
def test_statements_do_not_grow_with_the_course(world: World, browser: FlaskClient) -> None:
    world.bound()
    before = len(post_only(world, browser, "member1"))
    for number in range(20):
        world.activity(title=f"More {number}")
        world.forge(world.browser(), person=("member2", "member3")[number % 2], sub=f"more-{number}")
    assert len(post_only(world, browser, "member1")) == before
    assert count(world, Enrolment) >= 20


@pytest.mark.shows("P-08")
def test_launch_is_one_writing_transaction_with_key_set_and_registration_from_memory(
    world: World, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bound()
    world.launch(browser, "member1")
    edge = edge_of(world.runtime)

    def never(*_: object) -> None:
        raise AssertionError("looked up again")

    monkeypatch.setattr(edge.key_sets, "_get", never)
    monkeypatch.setattr(edge.registry, "_read", never)
    commits, writing = list[object](), world.runtime.database.writing_core

    @contextmanager
    def counting() -> Iterator[Any]:
        with writing() as connection:
            yield connection
        commits.append(connection)

    clock = world.runtime.clock
    assert isinstance(clock, FakeClock)
    clock.advance(timedelta(seconds=1))
    begun = world.begin(browser, "member1")
    _, values = world.lms.authorize(begun.url)
    monkeypatch.setattr(world.runtime.database, "writing_core", counting)
    with counted(world) as statements:
        assert world.post(browser, **values).status_code == 303
    assert len(commits) == 1
    assert len(statements) <= 9
