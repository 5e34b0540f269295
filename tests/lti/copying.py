"""A course with an outline, its copies in the LMS, and launches into them without an LMS."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

import courses.lessons.services as lessons
import courses.outline.services as outline
import forum.threads.services as forum
import lti_tool.app as application
import quizzes.bank.services as bank
import quizzes.papers.services as papers
from courses.lessons.rules import Block, BlockKind
from lti_tool.core.database import Database
from lti_tool.identity.actor import Actor, Carrier, Role
from lti_tool.identity.models import Context, ContextCopy, Deployment, Member, Registration, Tenant
from lti_tool.launch.browser import NewLogin
from lti_tool.launch.registry import Known, KnownDeployment
from lti_tool.launch.rules.claims import CLAIM, RESOURCE_LINK, read_claims
from lti_tool.launch.rules.login import LoginRequest
from lti_tool.launch.rules.roles import standing
from lti_tool.launch.services import logins
from lti_tool.launch.services.landing import Arrival, Landed, land
from lti_tool.ledger import services as ledger
from lti_tool.ledger.kinds import Kind
from lti_tool.ledger.models import Activity, Placement
from lti_tool.questions.model import Option, Single
from quizzes.papers.rules import Item

LAUNCH = "https://tool.example/lti/launch"
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
TASKS = ("home", "lesson", "quiz", "forum")
KINDS: dict[str, Kind] = {kind.name: kind for domain in application.DOMAINS for kind in domain.KINDS}
WHICH = Single("Which?", (Option("a", "the first", is_correct=True), Option("b", "the second")))


@dataclass
class Lms:
    """One registration with a deployment, launched into directly."""

    database: Database
    now: datetime
    known: Known
    deployment: KnownDeployment

    @classmethod
    def registered(
        cls, database: Database, now: datetime, *, name: str = "one", family: str = "moodle",
        trusts_history: bool | None = None,
    ) -> "Lms":  # fmt: skip
        """A new tenant with one LMS."""
        with database.writing() as session:
            tenant = Tenant(name=name)
            session.add(tenant)
            session.flush()
            row = Registration(
                tenant_id=tenant.id, name=name, issuer=f"https://{name}.example", client_id="dangke", family=family, trusts_history=trusts_history,
                auth_url="https://lms.example/a", token_url="https://lms.example/t", jwks_url="https://lms.example/k",
                created_at=now,
            )  # fmt: skip
            session.add(row)
            session.flush()
            deployment = Deployment(registration_id=row.id, tenant_id=tenant.id, deployment_id="1")
            session.add(deployment)
            session.flush()
            return cls(database, now, _known(row), KnownDeployment(deployment.id, tenant.id))

    def another_deployment(self, deployment_id: str) -> "Lms":
        """The same registration under another deployment."""
        with self.database.writing() as session:
            row = Deployment(
                registration_id=self.known.id, tenant_id=self.deployment.tenant_id, deployment_id=deployment_id
            )
            session.add(row)
            session.flush()
            return Lms(self.database, self.now, self.known, KnownDeployment(row.id, self.deployment.tenant_id))

    def arrival(
        self, connection: Connection, *, person: str, course: str, link: str, role: str = "Learner", title: str = "",
        custom: object = None, **claims: Any,
    ) -> Arrival:  # fmt: skip
        """A launch that is verified, with its login state."""
        login = NewLogin(state=secrets.token_hex(16), nonce=secrets.token_hex(16), secret=secrets.token_hex(16))
        asked = LoginRequest("", person, LAUNCH, None, None, None, is_new_window=False)
        logins.begin(connection, login, asked, registration_id=self.known.id, keep_parameters=False, now=self.now)
        token = {
            "sub": person, "name": person, CLAIM + "message_type": RESOURCE_LINK, CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": "1", CLAIM + "target_link_uri": LAUNCH, CLAIM + "roles": [ROLE + role],
            CLAIM + "context": {"id": course, "title": title or f"Course {course}"},
            CLAIM + "resource_link": {"id": link, "title": link}, CLAIM + "custom": custom or {},
        } | claims  # fmt: skip
        read = read_claims(token, needs_https=True)
        return Arrival(
            claims=read, known=self.known, deployment=self.deployment, standing=standing(read.roles, {}),
            pseudonym=person, state=login.state, nonce=login.nonce, secret=login.secret, former_token=None,
        )  # fmt: skip

    def launch(self, *, kinds: Mapping[str, Kind] = KINDS, **who: Any) -> Landed:
        """Land in a transaction of its own."""
        with self.database.writing_core() as connection:
            return land(connection, self.arrival(connection, **who), self.now, kinds)

    def context_id(self, course: str) -> int:
        with self.database.reading() as session:
            return session.scalars(
                select(Context.id).where(
                    Context.context_key == f"c:{course}", Context.deployment_id == self.deployment.id
                )
            ).one()

    def outline(self, course: str) -> dict[str, Activity]:
        """The activities of a course, by title."""
        with self.database.reading() as session:
            found = session.scalars(
                select(Activity)
                .join(Context, Context.id == Activity.context_id)
                .where(Context.context_key == f"c:{course}", Context.deployment_id == self.deployment.id)
                .order_by(Activity.position)
            )
            return {each.title: each for each in found}

    def shown_by(self, course: str, link: str) -> int | None:
        """The activity that a link shows."""
        context_id = self.context_id(course)
        with self.database.reading() as session:
            return session.scalar(
                select(Placement.activity_id).where(
                    Placement.context_id == context_id, Placement.resource_link_id == link
                )
            )

    def count(self, table: Any, *conditions: Any) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0

    def change(self, activity: Activity, **values: Any) -> None:
        """Set columns of an activity."""
        with self.database.writing() as session:
            row = session.get_one(Activity, activity.id)
            for name, value in values.items():
                setattr(row, name, value)


def _known(row: Registration) -> Known:
    return Known(
        row.id, row.tenant_id, row.issuer, row.client_id, row.auth_url, row.jwks_url, (), {}, {},
        family=row.family, trusts_history=row.trusts_history,
    )  # fmt: skip


def known_of(database: Database, registration_id: int) -> Known:
    """The registration as launches know it."""
    with database.reading() as session:
        return _known(session.get_one(Registration, registration_id))


@dataclass
class Source:
    """The course `course`, with a home, a lesson, a quiz and a discussion, each behind a link of its name."""

    lms: Lms
    course: str = "course-1"
    teacher: str = "teacher"
    tasks: dict[str, Activity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lms.launch(person=self.teacher, role="Instructor", course=self.course, link="home", title="入门课")
        context_id = self.lms.context_id(self.course)
        with self.lms.database.writing() as session:
            self._make(session, context_id)
        for task in TASKS:
            self.lms.launch(
                person=self.teacher, role="Instructor", course=self.course, link=task, title="入门课",
                custom={"activity": self.tasks[task].token},
            )  # fmt: skip

    def _make(self, session: Session, context_id: int) -> None:
        now, author = self.lms.now, self.actor(session, context_id)
        home = outline.ensure_home(session, context_id, now, "入门课")
        lesson = lessons.create(session, context_id=context_id, title="Lesson", now=now, parent_id=home.id, section="1")
        blocks = (Block("t1", BlockKind.text, source="words", html="<p>words</p>"),)
        lessons.save_draft(session, activity_id=lesson.id, blocks=blocks, revision=None, actor=author, now=now)
        lessons.publish(session, activity=lesson, actor=author, now=now)
        asked = bank.Written(WHICH, "<p>Which?</p>", "")
        question = bank.add(session, context_id=context_id, what=asked, author_id=None, now=now)
        quiz = papers.create(
            session, context_id=context_id, title="Quiz", now=now, author_id=None,
            items=[Item(question.id, Decimal(2))], parent_id=home.id,
        )  # fmt: skip
        ledger.publish(session, quiz)
        talk = forum.create_forum(
            session, context_id=context_id, title="Forum", source="Talk.", html="<p>Talk.</p>", threads=1, replies=2,
            now=now, parent_id=home.id,
        )  # fmt: skip
        ledger.publish(session, talk)
        self.tasks = {"home": home, "lesson": lesson, "quiz": quiz, "forum": talk}

    def actor(self, session: Session, context_id: int) -> Actor:
        """The teacher as services see them."""
        member = session.scalars(select(Member).where(Member.sub == self.teacher)).first()
        assert member is not None
        return Actor(
            session_id=0, grant_id=0, context_id=context_id, member_id=member.id,
            tenant_id=member.tenant_id, registration_id=member.registration_id, role=Role.instructor, gradable=False,
            preview=False, locale="", document_target="", return_url="", resource_link_id="", name="T",
            carrier=Carrier.cookie,
        )  # fmt: skip

    def custom(self, task: str = "lesson", history: Sequence[str] | None = None, links: Sequence[str] = ()) -> Any:
        """Custom parameters of a copied link, as an LMS fills them in."""
        past = (self.course,) if history is None else history
        return {
            "activity": self.tasks[task].token,
            "context_id_history": ",".join(past),
            "resource_link_id_history": ",".join(links),
        }

    def copy(self, course: str = "copy", link: str = "", task: str = "lesson", **who: Any) -> Landed:
        """Somebody opens a link of a copied course; a member unless `who` says otherwise."""
        who = {"person": "member1", "custom": self.custom(task)} | who
        return self.lms.launch(course=course, link=link or f"{course}-{task}", **who)


def ages(database: Database) -> list[tuple[int, int, bool]]:
    """(course, source, direct) of all copies written down."""
    with database.reading() as session:
        rows = session.execute(
            select(ContextCopy.context_id, ContextCopy.source_id, ContextCopy.is_direct).order_by(
                ContextCopy.context_id, ContextCopy.source_id
            )
        )
        return [(row[0], row[1], row[2]) for row in rows]
