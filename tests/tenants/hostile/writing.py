"""What a hostile tenant's people write, and who lives next door."""

from typing import Any

from sqlalchemy import select

from lti_tool.cli.seeding import sow
from lti_tool.core.text import clean_line
from lti_tool.identity import csrf, current
from lti_tool.identity.actor import Carrier, Role
from lti_tool.identity.models import Context, Deployment, Enrolment, EnrolmentSource, Member, Registration, Tenant
from lti_tool.identity.sessions import NewGrant, open_session
from tests.flows.campus import Campus
from tests.flows.visitor import Visitor
from tests.lms_transport import Reply, WsgiTransport
from tests.media.samples import PNG, SVG
from tests.tenants.hostile.eyes import Eyes
from tests.tenants.hostile.payloads import ALL, LONG, MARK, PAYLOADS, claims

NEIGHBOUR = "https://neighbour.example"


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
