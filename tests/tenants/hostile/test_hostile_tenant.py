"""One hostile tenant: its every claim and every text is a payload. Its own pages, and those of its neighbour, stay pages."""

import base64
import io
import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.cli.seeding import sow
from lti_tool.core import logs
from lti_tool.core.text import clean_line
from lti_tool.identity import csrf, current
from lti_tool.identity.actor import Carrier, Role
from lti_tool.identity.models import Context, Deployment, Enrolment, EnrolmentSource, Member, Registration, Tenant
from lti_tool.identity.sessions import NewGrant, open_session
from lti_tool.ledger.models import Activity
from tests.flows.campus import Campus
from tests.flows.visitor import Visitor
from tests.lms_transport import Reply, WsgiTransport
from tests.media.samples import PNG, SVG
from tests.tenants.asking import counted, rows
from tests.tenants.hostile.eyes import Eyes
from tests.tenants.hostile.payloads import ALL, LONG, MARK, PAYLOADS, claims

People = Callable[[str], Visitor]
NEIGHBOUR = "https://neighbour.example"


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


def upload(person: Eyes, context_id: int, content: bytes, name: str) -> Reply:
    """Send a file of that name as the editor does."""
    line = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    parts = (
        f'--b\r\nContent-Disposition: form-data; name="context"\r\n\r\n{context_id}\r\n'
        f'--b\r\nContent-Disposition: form-data; name="file"; filename="{line}"\r\n\r\n'
    )
    headers = {
        "Origin": person.tool_url,
        csrf.HEADER: person.visitor.csrf,
        "Accept": "application/json",
        "Content-Type": "multipart/form-data; boundary=b",
    }
    body = parts.encode("utf-8", "surrogatepass") + content + b"\r\n--b--\r\n"
    answer = person.visitor.browser.request("POST", f"{person.tool_url}/media", body=body, headers=headers)
    return person.look("/media", answer)


def neighbour(campus: Campus, role: Role) -> tuple[Eyes, Context]:
    """A person of another tenant, who has launched its first course."""
    runtime = campus.runtime
    with runtime.database.writing() as session:
        context = session.scalars(
            select(Context)
            .join(Deployment, Deployment.id == Context.deployment_id)
            .join(Registration, Registration.id == Deployment.registration_id)
            .where(Registration.issuer == NEIGHBOUR)
            .order_by(Context.id)
        ).first()
        assert context is not None
        registration = session.scalars(select(Registration).where(Registration.issuer == NEIGHBOUR)).one()
        member = Member(
            registration_id=registration.id, tenant_id=registration.tenant_id, sub=f"n-{role}", name="Neighbour",
            created_at=campus.clock.now(),
        )  # fmt: skip
        session.add(member)
        session.flush()
        session.add(
            Enrolment(
                context_id=context.id, member_id=member.id, role=role, source=EnrolmentSource.launch,
                gradable=role is Role.member, last_launch_at=campus.clock.now(),
            )
        )  # fmt: skip
    grant = NewGrant(
        context_id=context.id, member_id=member.id, role=role, gradable=role is Role.member, preview=False,
        document_target="iframe", locale="zh-CN",
    )  # fmt: skip
    with runtime.database.writing_core() as connection:
        token, _ = open_session(connection, grant=grant, carrier=Carrier.cookie, now=campus.clock.now())
    visitor = Visitor(
        "neighbour", campus.lms, runtime.settings.public_url, SignedIn(campus.app, runtime.settings.public_url, token)
    )
    return Eyes(visitor), context


class SignedIn(WsgiTransport):
    """A browser that holds a session's cookie."""

    def __init__(self, app: Any, base_url: str, token: str) -> None:
        super().__init__(app, base_url)
        self._cookie = f"{current.COOKIE}={token}"

    def request(self, method: str, url: str, **options: Any) -> Reply:
        headers = {**(options.pop("headers", None) or {}), "Cookie": self._cookie}
        return super().request(method, url, headers=headers, **options)


def settle(campus: Campus, name: str) -> None:
    """Give the hostile tenant its names, as a registration takes them; then let a neighbour move in."""
    name = clean_line(name, 200)
    with campus.runtime.database.writing() as session:
        for tenant in session.scalars(select(Tenant)):
            tenant.name = name
        for registration in session.scalars(select(Registration)):
            registration.name, registration.family, registration.platform_guid = name, MARK, name
    sow(campus.runtime, NEIGHBOUR)


def author(campus: Campus, teacher: Eyes) -> None:
    """Everything that an instructor can write, written with payloads."""
    visitor = teacher.visitor
    lesson, quiz, forum, home = (campus.activity(kind) for kind in ("lesson", "quiz", "forum", "outline"))
    teacher.open(f"/lessons/{lesson.id}/edit")
    kept = upload(teacher, lesson.context_id, PNG, "../" + PAYLOADS[2] + ".svg")
    assert kept.status == 201
    assert upload(teacher, lesson.context_id, SVG, "a.svg").status in {400, 415}
    block = {
        "title": ALL, "key": "i1", "kind-i1": "image", "reference-i1": kept.json()["reference"], "alt-i1": ALL,
        "caption-i1": ALL,
    }  # fmt: skip
    text = {"title": ALL, "key": "t1", "kind-t1": "text", "source-t1": ALL}
    question = {
        "title": ALL, "key": "q1", "kind-q1": "question", "qkind-q1": "true_false", "source-q1": ALL, "answer-q1": "true",
        "explanation-q1": ALL,
    }  # fmt: skip
    for form in (block, text, question):
        path = f"/lessons/{lesson.id}/preview"
        headers = {"Origin": visitor.tool_url, "Accept": "application/json"}
        shown = visitor.browser.request(
            "POST", visitor.tool_url + path, form={"csrf_token": visitor.csrf, **form}, headers=headers
        )
        assert shown.status == 200
        teacher.look(path, shown)
        assert teacher.look("publish", visitor.send(f"/lessons/{lesson.id}/publish", **form)).status == 303
    for payload in PAYLOADS:
        form = {"stem": payload, "answer": "true", "points": "1", "explanation": payload}
        added = visitor.send(f"/quizzes/{quiz.id}/questions/new?kind=true_false", **form)
        assert teacher.look("question", added).status == 303
        said = visitor.send(f"/forum/{forum.id}/new", title=payload, body=payload)
        assert teacher.look("thread", said).status in {303, 400, 429}
    settings = {"title": ALL[:100], "section": ALL, "body": ALL, "threads": "1", "replies": "0", "summary": ALL}
    for path in (f"/home/{home.id}/tasks/{quiz.id}", f"/forum/{forum.id}/settings"):
        assert teacher.look(path, visitor.send(path, **settings)).status == 303
    teacher.look("archive", visitor.send(f"/home/{home.id}/tasks/{lesson.id}/archive", reason=ALL))
    teacher.look("restore", visitor.send(f"/home/{home.id}/tasks/{lesson.id}/restore"))


def answer(campus: Campus, member: Eyes) -> None:
    """Everything that a member can write."""
    visitor, quiz, forum = member.visitor, campus.activity("quiz"), campus.activity("forum")
    attempt = visitor.begin(quiz.id)
    member.open(f"/attempts/{attempt}")
    for seq, payload in enumerate(PAYLOADS, 1):
        for slot in range(1, 6):
            saved = visitor.answer(attempt, slot, [payload, payload] if slot == 4 else payload, seq)
            assert member.look("answer", saved).status in {200, 400}
    broken = visitor.send_json(
        f"/attempts/{attempt}/answers", {"__proto__": {"slot": 1}, "slot": 4, "seq": 99, "response": [ALL]}
    )
    member.look("answer", broken)
    member.open(f"/attempts/{attempt}/clock")
    for page in ("page", "submit"):
        member.look(page, visitor.send(f"/attempts/{attempt}/{page}", shown="4", q4=ALL, go=ALL))
    member.open(f"/attempts/{attempt}/result")
    for payload in (*PAYLOADS[:4], LONG):
        member.look("thread", visitor.send(f"/forum/{forum.id}/new", title=payload, body=payload))


def choose(campus: Campus, teacher: Eyes) -> None:
    """Deep linking whose settings are payloads; the answer goes back as a form, its data unchanged."""
    visitor = teacher.visitor
    auth = visitor.log_in(course="course-1")
    good = campus.lms.claims_for("teacher", course="course-1", nonce=auth.nonce)
    made = claims(good, "Instructor", ALL)
    claim = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
    made[claim] = {**good[claim], "data": ALL.replace("\x00", ""), "title": ALL, "text": ALL}
    token = campus.lms.sign(campus.lms.claims_for("teacher", course="course-1", nonce=auth.nonce, **made))
    form = {"id_token": token, "state": auth.state}
    page = visitor.arrive(visitor.browser.request("POST", f"{visitor.tool_url}/lti/launch", form=form))
    assert page.status == 200, page.text
    teacher.look("choose", page)
    chosen = visitor.address.replace("choose", "chosen")
    back = visitor.send(chosen, activity_id=str(campus.activity("quiz").id))
    assert 'name="JWT"' in back.text
    teacher.look(chosen, back)


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
        json.loads(line)
        assert MARK not in line
    assert "https://nobody.example" in log.getvalue(), "what looks like an id is said: the operator needs it"


def unsigned(payload: str) -> str:
    """A token that nobody signed, whose header and claims are the payload."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    told = {"iss": payload, "aud": payload, "sub": payload, "nonce": payload}
    return f"{part({'alg': payload, 'kid': payload, 'typ': payload})}.{part(told)}.x"
