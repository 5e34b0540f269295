"""One hostile tenant: its every claim and every text is a payload. Its own pages, and those of its neighbour, stay pages."""

import base64
import io
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.core import logs
from lti_tool.core.i18n import speaking
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Enrolment
from lti_tool.ledger.models import Activity
from lti_tool.portability import archive, queries
from tests.flows.campus import Campus
from tests.flows.visitor import Visitor
from tests.lms_transport import Reply
from tests.tenants.asking import counted, rows
from tests.tenants.hostile.eyes import Eyes
from tests.tenants.hostile.payloads import ALL, LONG, MARK, PAYLOADS, claims
from tests.tenants.hostile.writing import answer, author, choose, neighbour, settle

People = Callable[[str], Visitor]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged meanwhile."""
    stream = io.StringIO()
    logs.configure("INFO", stream=stream)
    yield stream
    logs.configure("ERROR")


def arrive(campus: Campus, person: Eyes, link: str, role: str, payload: str, **changes: Any) -> Reply:
    """A launch all of whose claims are the payload; the page that it ends on."""
    visitor = person.visitor
    good = campus.lms.claims_for(visitor.person, link)
    answer = visitor.forge(link, **{**claims(good, role, payload), **changes})
    assert answer.status == 200, answer.text[:500]
    return person.look(f"launch of {link}", answer)


def starts(campus: Campus) -> list[str]:
    """Where a crawl begins: all of the first course."""
    home = campus.activity("outline")
    found = [f"/home/{home.id}", f"/home/{home.id}/members", f"/lti/courses/{home.context_id}/links", "/privacy"]
    found += [f"/lti/courses/{home.context_id}/mentoring", f"/lti/open/{home.token}"]
    kinds = {"quiz": "quizzes", "lesson": "lessons", "forum": "forum"}
    for kind, first in kinds.items():
        activity = campus.activity(kind)
        found += [f"/{first}/{activity.id}", f"/{first}/{activity.id}/settings", f"/scores/{activity.id}"]
    return found


@pytest.mark.shows("F-04", "H-10")
def test_hostile_tenant_stays_text_for_itself_and_unseen_by_its_neighbour(
    campus: Campus, visitor: People, log: io.StringIO
) -> None:
    settle(campus, ALL[:200])
    teacher, member = Eyes(visitor("teacher")), Eyes(visitor("member1"))
    for number, payload in enumerate(PAYLOADS):
        kind = ("outline", "lesson", "quiz", "forum")[number % 4]
        arrive(campus, teacher, campus.link(kind), "Instructor", payload)
    author(campus, teacher)
    for kind in ("outline", "lesson", "quiz", "forum"):
        arrive(campus, member, campus.link(kind), "Learner", ALL)
    answer(campus, member)
    campus.work()
    choose(campus, teacher)
    arrive(campus, teacher, campus.link("outline"), "Instructor", PAYLOADS[1])
    for person in (teacher, member):
        person.crawl(*starts(campus))
        assert not person.problems, "\n".join(dict.fromkeys(person.problems))
        assert person.shown >= 10, "payloads are shown, as text"
    for role in (Role.instructor, Role.member):
        other, context = neighbour(campus, role)
        with campus.runtime.database.reading() as session:
            own = list(session.scalars(select(Activity).where(Activity.context_id == context.id)))
        first = {"outline": "home", "lesson": "lessons", "quiz": "quizzes", "forum": "forum"}
        other.crawl(*(f"/{first[each.kind]}/{each.id}" for each in own), *starts(campus))
        assert not other.problems, "\n".join(dict.fromkeys(other.problems))
        assert other.pages > 10
        assert other.shown == 0
    check_log(log.getvalue(), campus)


def test_archives_of_a_hostile_tenants_people_are_text_and_tables_without_formulas(
    campus: Campus, visitor: People, tmp_path: Path
) -> None:
    settle(campus, ALL[:200])
    teacher, member = Eyes(visitor("teacher")), Eyes(visitor("member1"))
    arrive(campus, teacher, campus.link("lesson"), "Instructor", PAYLOADS[4])
    author(campus, teacher)
    for kind in ("lesson", "quiz", "forum"):
        arrive(campus, member, campus.link(kind), "Learner", ALL)
    answer(campus, member)
    database, now, home = campus.runtime.database, campus.clock.now(), Eyes(member.visitor)
    with database.reading() as session:
        people = list(session.scalars(select(Enrolment.member_id).distinct()))
    assert len(people) == 2
    for person in people:
        with database.reading_core() as connection:
            kept = queries.collect(connection, campus.runtime.keepers, person, now)
        with speaking("en"), archive.build(kept, tmp_path, now) as file:
            home.unpack(zipfile.ZipFile(file))
    assert not home.problems, "\n".join(dict.fromkeys(home.problems))
    assert home.shown == len(people)


COPIED = ("activity", "context_copy", "lesson_use", "quiz_use", "forum_use", "result")


@pytest.mark.shows("H-10")
def test_a_platform_that_names_what_is_its_neighbours_gets_what_is_nowhere(campus: Campus, visitor: People) -> None:
    """Tokens of activities, ids of courses and links, in custom parameters and histories: all as if they were not there."""
    settle(campus, "Hostile")
    _, context = neighbour(campus, Role.instructor)
    database = campus.runtime.database
    with database.reading() as session:
        own = list(session.scalars(select(Activity).where(Activity.context_id == context.id)))
    teacher, found = visitor("teacher"), {}
    for _ in range(2):  # The first time, things are written that are there afterwards.
        assert teacher.forge(campus.link("unset"), custom={"activity": secrets.token_hex(16)}).status == 200
    before = rows(database)
    assert set(COPIED) <= set(before)
    for token in (secrets.token_hex(16), *(each.token for each in own), secrets.token_hex(16)):
        told = {"activity": token, "context_history": "neighbours-course", "resource_link_history": "neighbours-link"}
        with counted(database) as statements:
            page = teacher.forge(campus.link("unset"), custom=told)
        found[token] = (page.status, len(statements))
    assert len(found) == len(own) + 2
    assert len(set(found.values())) == 1, found
    after = rows(database)
    assert [name for name in COPIED if before[name] != after[name]] == []


def check_log(text: str, campus: Campus) -> None:
    """Each line is one JSON document of ours; it has no payload, no name and no address of a page."""
    lines = text.split("\n")
    assert lines.pop() == ""
    assert len(lines) > 100
    known = {"message", "event", "level", "timestamp"}
    for line in lines:
        found = json.loads(line)
        assert known & set(found)
        assert line.isascii()
        assert MARK not in line
        assert "?" not in line.replace('"?"', "")
    people = [campus.lms.claims_for(person, campus.link("quiz")) for person in ("teacher", "member1")]
    for each in people:
        for name in ("name", "email", "given_name"):
            assert each[name] not in text
            assert json.dumps(each[name])[1:-1] not in text


def test_claims_of_64_kB_are_refused_or_cut_and_logged_without_themselves(
    campus: Campus, visitor: People, log: io.StringIO
) -> None:
    for name in ("name", "email", "picture", "locale", "context", "resource_link", "custom", "roles", "lis"):
        person = Eyes(visitor("member1"))
        link = campus.link("quiz")
        good = campus.lms.claims_for("member1", link)
        value = claims(good, "Learner", LONG).get(
            name, claims(good, "Learner", LONG).get(f"https://purl.imsglobal.org/spec/lti/claim/{name}")
        )
        page = person.look(name, person.visitor.forge(link, **{name: value}))
        assert page.status in {200, 400, 403, 413}, name
        assert LONG[:3000] not in page.text
        assert not person.problems, "\n".join(person.problems)
    assert MARK not in log.getvalue()


def test_WS_11_strangers_write_nothing_of_their_own_into_the_log(
    campus: Campus, visitor: People, log: io.StringIO
) -> None:
    stranger = visitor("member1")
    for payload in PAYLOADS:
        for name in ("iss", "client_id", "lti_deployment_id", "login_hint", "target_link_uri"):
            good = {
                "iss": "https://nobody.example",
                "login_hint": "1",
                "client_id": "c",
                "target_link_uri": "https://x/",
            }
            refused = stranger.browser.request(
                "POST", f"{stranger.tool_url}/lti/login", form={**good, name: payload.replace("\r\n", " ")}
            )
            assert refused.status in {400, 403, 404, 429}
        forged = stranger.browser.request(
            "POST", f"{stranger.tool_url}/lti/launch", form={"state": payload, "id_token": unsigned(payload)}
        )
        assert forged.status in {400, 403, 429}
    lines = log.getvalue().splitlines()
    assert len(lines) >= 12 * len(PAYLOADS)
    for line in lines:
        assert json.loads(line)["timestamp"].endswith("Z")  # UTC
        assert MARK not in line
    assert "https://nobody.example" in log.getvalue(), "what looks like an id is said: the operator needs it"


def unsigned(payload: str) -> str:
    """A token that nobody signed, whose header and claims are the payload."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    told = {"iss": payload, "aud": payload, "sub": payload, "nonce": payload}
    return f"{part({'alg': payload, 'kid': payload, 'typ': payload})}.{part(told)}.x"
