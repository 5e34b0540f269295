"""Lessons and a course home to test with."""

from dataclasses import dataclass

import pytest

from courses.lessons import rules, services
from courses.lessons.rules import Block, BlockKind, Wanted
from courses.outline import services as outline
from lti_tool.identity.actor import Actor, Carrier, Role
from lti_tool.ledger.models import Activity
from tests.school import Person, School


def actor_of(school: School, person: Person) -> Actor:
    """The person as services see him."""
    return Actor(
        session_id=0,
        grant_id=0,
        context_id=person.context_id,
        member_id=person.member_id,
        tenant_id=0,
        registration_id=school.registration_id,
        role=person.role,
        gradable=person.role is Role.member,
        preview=False,
        locale="",
        document_target="",
        return_url="",
        resource_link_id="",
        name=person.name,
        carrier=Carrier.cookie,
    )


SINGLE = {
    "kind": "single",
    "stem": "Which one?",
    "options": [
        {"id": "a", "text": "the first", "is_correct": False},
        {"id": "b", "text": "the second", "is_correct": True},
    ],
    "explanation": "",
    "shuffle": False,
}
TEXTS = (
    Block("t1", BlockKind.text, source="# First\n\nSome words.", html="<h2>First</h2><p>Some words.</p>"),
    Block("t2", BlockKind.text, source="# Second\n\nMore words.", html="<h2>Second</h2><p>More words.</p>"),
)
QUESTION = Block("q1", BlockKind.question, html="<p>Which one?</p>", question=SINGLE)


@dataclass
class Makers:
    """Makes lessons and homes in the first course."""

    school: School

    def lesson(
        self,
        title: str = "How to read a source",
        *,
        blocks: tuple[Block, ...] = TEXTS,
        wanted: Wanted = Wanted(),  # noqa: B008 - frozen
        is_published: bool = True,
        effort_minutes: int | None = None,
        parent: Activity | None = None,
        **fields: object,
    ) -> Activity:
        """A lesson with these blocks."""
        school = self.school
        author = actor_of(school, school.instructor)
        with school.database.writing() as session:
            activity = services.create(
                session,
                context_id=school.context_id,
                title=title,
                now=school.now,
                parent_id=parent.id if parent else None,
                **fields,
            )
            services.save_draft(
                session, activity_id=activity.id, blocks=blocks, revision=None, actor=author, now=school.now
            )
            services.set_criteria(
                session, activity=activity, wanted=wanted, effort_minutes=effort_minutes, blocks=blocks
            )
            if is_published:
                services.publish(session, activity=activity, actor=author, now=school.now)
        return activity

    def home(self, title: str = "Course") -> Activity:
        """The course home of the first course."""
        with self.school.database.writing() as session:
            return outline.ensure_home(session, self.school.context_id, self.school.now, title)


@pytest.fixture
def make(school: School) -> Makers:
    """Makes lessons and homes."""
    return Makers(school)


__all__ = ["QUESTION", "TEXTS", "Makers", "actor_of", "rules"]
