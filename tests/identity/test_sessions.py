from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum.threads.models import ForumUse
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Busy, Database
from lti_tool.identity import csrf, current
from lti_tool.identity.actor import Can, Carrier, Role
from lti_tool.identity.models import BrowserSession, Grant
from lti_tool.identity.sessions import NewGrant, hash_token, open_session, prune_sessions
from lti_tool.ledger.models import Activity
from tests.school import Person, School


def launch(database: Database, clock: FakeClock, person: Person, former: str | None = None) -> tuple[str, int]:
    grant = NewGrant(context_id=person.context_id, member_id=person.member_id, role=person.role)
    with database.writing_core() as connection:
        return open_session(connection, grant=grant, carrier=Carrier.cookie, now=clock.now(), former_token=former)


def contexts(database: Database, session_id: int) -> set[int]:
    with database.reading() as session:
        return set(session.scalars(select(Grant.context_id).where(Grant.session_id == session_id)))


def test_launch_rotates_the_token_and_keeps_the_row_and_its_grants(
    database: Database, clock: FakeClock, school: School
) -> None:
    token, session_id = launch(database, clock, school.member)
    both = Person(school.member.member_id, school.other_context_id, Role.instructor, "", "4")
    rotated, same = launch(database, clock, both, former=token)
    assert rotated != token
    assert same == session_id
    assert contexts(database, session_id) == {school.context_id, school.other_context_id}


def test_launch_by_another_member_ends_the_old_session_with_all_grants(
    database: Database, clock: FakeClock, school: School
) -> None:
    token, _ = launch(database, clock, school.member)
    _, other = launch(database, clock, school.member2, former=token)
    with database.reading() as session:
        assert session.scalars(select(BrowserSession.member_id)).all() == [school.member2.member_id]
    assert contexts(database, other) == {school.context_id}


@pytest.mark.parametrize("age", [timedelta(minutes=60), timedelta(hours=12)])
def test_expired_session_is_not_rotated(database: Database, clock: FakeClock, school: School, age: timedelta) -> None:
    token, expired = launch(database, clock, school.member)
    clock.advance(age)
    _, fresh = launch(database, clock, school.member, former=token)
    assert fresh != expired
    assert contexts(database, fresh) == {school.context_id}
    clock.advance(timedelta(hours=12) - age)
    with database.writing_core() as connection:
        prune_sessions(connection, clock.now())
    with database.reading() as session:
        assert session.scalars(select(BrowserSession.id)).all() == [fresh]


def test_only_the_hash_of_a_token_is_stored(database: Database, clock: FakeClock, school: School) -> None:
    token, _ = launch(database, clock, school.member)
    with database.reading() as session:
        stored = session.scalars(select(BrowserSession.token_hash)).one()
    assert stored == hash_token(token)
    assert token not in stored


@pytest.mark.shows("E-07")
@pytest.mark.parametrize("carrier", list(Carrier))
def test_both_carriers_lead_to_the_grant(app: Flask, database: Database, school: School, carrier: Carrier) -> None:
    client = school.client(school.member, carrier=carrier)
    with client:
        client.get("/privacy")
        with database.reading_core() as connection:
            actor = current.actor(connection, school.context_id)
    assert (actor.member_id, actor.role, actor.carrier) == (school.member.member_id, Role.member, carrier)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.instructor, {Can.learn, Can.author, Can.follow}),
        (Role.assistant, {Can.learn, Can.follow}),
        (Role.member, {Can.learn}),
        (Role.guest, {Can.learn}),
        (Role.mentor, {Can.watch}),
    ],
)
def test_what_a_role_allows(database: Database, school: School, role: Role, allowed: set[Can]) -> None:
    client = school.client(school.new_member("x", role))
    with client:
        client.get("/privacy")
        with database.reading_core() as connection:
            found = current.asking(connection)
    assert found is not None
    actor = found.grants[school.context_id]
    assert {each for each in Can if actor.can(each)} == allowed


def test_csrf_token_survives_a_rotation_and_dies_with_another_member(
    app: Flask, database: Database, clock: FakeClock, school: School
) -> None:
    client = school.client(school.member)
    old = client.get_cookie(current.COOKIE)
    assert old is not None
    rotated, _ = launch(database, clock, school.member, former=old.value)
    client.set_cookie(current.COOKIE, rotated)
    assert client.post_form("/preferences", {"language": "en"}).status_code == 303
    other, _ = launch(database, clock, school.member2, former=rotated)
    client.set_cookie(current.COOKIE, other)
    answer = client.post_form("/preferences", {"language": "en", "body": "typed with care"})
    assert answer.status_code == 409
    assert "typed with care" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_unsafe_request_from_another_site_is_refused(school: School, headers: dict[str, str]) -> None:
    client = school.client(school.member)
    answer = client.post("/preferences", data={csrf.FIELD: client.csrf, "language": "en"}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("token", ["", "1.1.", "1.3.0123456789", "x.y.z", "1.3." + "é" * 10])
def test_unsafe_request_without_a_valid_token_is_refused(school: School, token: str) -> None:
    client = school.client(school.member)
    answer = client.post("/preferences", data={csrf.FIELD: token, "language": "en"})
    assert answer.status_code == 403


def test_chosen_language_and_scheme_hold_for_the_session(school: School) -> None:
    client = school.client(school.member)
    assert 'lang="zh-CN"' in client.get("/privacy").text
    answer = client.post_form("/preferences", {"language": "en", "next": "/privacy?x=1"})
    assert answer.location == "/privacy?x=1"
    assert 'lang="en"' in client.get("/privacy").text
    client.post_form("/preferences", {"scheme": "dark"})
    assert 'data-scheme="dark"' in client.get("/privacy").text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""])
def test_preferences_never_lead_to_another_site(school: School, target: str) -> None:
    answer = school.client(school.member).post_form("/preferences", {"language": "en", "next": target})
    assert answer.location == "/privacy"


def test_idle_session_ends_and_use_keeps_it_alive(school: School, clock: FakeClock) -> None:
    client = school.client(school.member)
    for _ in range(3):
        clock.advance(timedelta(minutes=50))
        client.get("/privacy")
    assert client.post_form("/preferences", {"language": "en"}).status_code == 303
    clock.advance(timedelta(minutes=60))
    assert client.post_form("/preferences", {"language": "en"}).status_code == 409


def test_grant_ends_12_hours_after_its_launch_though_the_session_lives_on(
    database: Database, clock: FakeClock, school: School, app: Flask
) -> None:
    """Somebody who is no longer in a course must not stay in it by launching another one."""
    token, _ = launch(database, clock, school.member)
    path = f"/forum/{forum_of(school).id}"
    for _ in range(13):
        clock.advance(timedelta(minutes=59))
        other = Person(school.member.member_id, school.other_context_id, Role.member, "", "4")
        token, _ = launch(database, clock, other, former=token)
    client = app.test_client()
    client.set_cookie(current.COOKIE, token)
    assert client.get("/privacy").status_code == 200
    assert client.get(path).status_code == 404


def test_page_is_answered_though_the_session_cannot_be_touched(
    clock: FakeClock, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = school.client(school.member)
    path = f"/forum/{forum_of(school).id}"
    assert client.get(path).status_code == 200
    clock.advance(timedelta(minutes=10))

    def busy() -> None:
        raise Busy

    monkeypatch.setattr(school.database, "writing_core", busy)
    assert client.get(path).status_code == 200


def forum_of(school: School) -> Activity:
    activity = school.activity("forum")
    with school.database.writing() as session:
        session.add(ForumUse(activity_id=activity.id))
    return activity
