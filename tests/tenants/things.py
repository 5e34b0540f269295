"""One of everything that stands in a course: what the routes of the application name."""

import io
import secrets
from dataclasses import dataclass, field

from sqlalchemy import func, select

from courses.lessons import services as lessons
from courses.outline import services as outline
from forum.threads import services as discussions
from forum.threads.models import Post, Thread
from lti_tool.identity import csrf
from lti_tool.identity.models import BrowserSession, Context, Group, GroupMember
from lti_tool.launch.models import DataRequest, DeepLinkRequest
from lti_tool.ledger.models import ActivityStatus, Override, Placement
from tests.courses.conftest import QUESTION, TEXTS, actor_of
from tests.media.samples import PNG
from tests.quizzes.conftest import SINGLE, Quizzes
from tests.school import ORIGIN, Person, School, SignedInClient


@dataclass
class Things:
    """What stands in one course: values by the words of `routes`."""

    school: School
    author: Person
    learner: Person
    author_client: SignedInClient = field(init=False)
    learner_client: SignedInClient = field(init=False)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.author_client = self.school.client(self.author)
        self.learner_client = self.school.client(self.learner)
        self._furnish()
        self._attempt()
        self._talk()
        self._upload()
        self._group()
        self.ids["choice"] = self.choice()
        self.ids["request"] = self._visit()

    def __getitem__(self, name: str) -> str:
        return self.ids[name]

    def choice(self, return_url: str = "") -> str:
        """One more choice of the author that is still open: what ends a choice uses it up.

        With a return URL it is one of deep linking, else of the link that shows nothing yet.
        """
        with self.school.database.writing() as session:
            asking = select(func.max(BrowserSession.id)).where(BrowserSession.member_id == self.author.member_id)
            made = DeepLinkRequest(
                context_id=self.author.context_id,
                member_id=self.author.member_id,
                session_id=session.scalars(asking).one(),
                deployment_id=session.get_one(Context, self.author.context_id).deployment_id,
                placement_id=None if return_url else int(self.ids["unset"]),
                return_url=return_url,
                accept_types=["ltiResourceLink"] if return_url else [],
                created_at=self.school.now,
                expires_at=self.school.now.replace(year=self.school.now.year + 1),
            )
            session.add(made)
            session.flush()
            return str(made.id)

    def _visit(self) -> str:
        """The LMS has sent the author to what is stored on the learner."""
        with self.school.database.writing() as session:
            asking = select(func.max(BrowserSession.id)).where(BrowserSession.member_id == self.author.member_id)
            made = DataRequest(
                session_id=session.scalars(asking).one(),
                member_id=self.author.member_id,
                subject_id=self.learner.member_id,
                created_at=self.school.now,
                expires_at=self.school.now.replace(year=self.school.now.year + 1),
            )
            session.add(made)
            session.flush()
            return str(made.id)

    def _furnish(self) -> None:
        school, context_id = self.school, self.author.context_id
        actor = actor_of(school, self.author)
        with school.database.writing() as session:
            home = outline.ensure_home(session, context_id, school.now, "Course")
            lesson = lessons.create(session, context_id=context_id, title="Lesson", now=school.now, parent_id=home.id)
            lessons.save_draft(
                session, activity_id=lesson.id, blocks=(*TEXTS, QUESTION), revision=None, actor=actor, now=school.now
            )
            lessons.publish(session, activity=lesson, actor=actor, now=school.now)
            talk = discussions.create_forum(
                session, context_id=context_id, title="Talk", source="Say.", html="<p>Say.</p>", threads=1, replies=0,
                now=school.now, parent_id=home.id,
            )  # fmt: skip
            talk.status = ActivityStatus.published
            unset = Placement(context_id=context_id, resource_link_id="unset", lineitems_url="", created_at=school.now)
            session.add(unset)
            session.flush()
            registration = session.get_one(Context, context_id).deployment_id
            self.ids |= {"home": str(home.id), "lesson": str(lesson.id), "forum": str(talk.id), "unset": str(unset.id)}
            self.ids |= {"context": str(context_id), "member": str(self.learner.member_id), "token": lesson.token}
            self.ids |= {"registration": str(registration), "number": "1", "key": "q1", "row": "1"}

    def _attempt(self) -> None:
        quizzes = Quizzes(self.school)
        quiz = quizzes.quiz(SINGLE, context_id=self.author.context_id, parent_id=int(self.ids["home"]))
        sitting = quizzes.begin(quiz, self.learner, self.learner_client)
        sitting.answer(1, "a")
        self.school.placement(quiz)
        version = quizzes.attempt(sitting.attempt_id).paper[0]["version"]
        self.ids |= {"quiz": str(quiz.id), "attempt": str(sitting.attempt_id), "version": str(version)}

    def _talk(self) -> None:
        said = {"title": "Thread", "body": "Words."}
        assert self.learner_client.post_form(f"/forum/{self.ids['forum']}/new", said).status_code == 303
        with self.school.database.reading() as session:
            thread, post = session.execute(
                select(Thread.id, Post.id)
                .join(Post, Post.thread_id == Thread.id)
                .where(Thread.activity_id == int(self.ids["forum"]))
            ).one()
        self.ids |= {"thread": str(thread), "post": str(post)}

    def _group(self) -> None:
        """A group with the learner in it, that has more attempts at the lesson."""
        with self.school.database.writing() as session:
            made = Group(context_id=self.author.context_id, name="Group")
            session.add(made)
            session.flush()
            session.add(GroupMember(group_id=made.id, member_id=self.learner.member_id))
            session.add(Override(activity_id=int(self.ids["lesson"]), group_id=made.id, extra_attempts=1))
            self.ids["group"] = str(made.id)

    def _upload(self) -> None:
        picture = io.BytesIO(PNG + secrets.token_bytes(8))
        answer = self.author_client.post(
            "/media",
            data={"context": self.ids["context"], "file": (picture, "a.png")},
            headers={"Origin": ORIGIN, csrf.HEADER: self.author_client.csrf, "Accept": "application/json"},
        )
        self.ids["reference"] = answer.get_json()["reference"]
