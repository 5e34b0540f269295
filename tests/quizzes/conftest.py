"""Fixtures of the quizzes: ready-made questions, a published quiz, and a runner's hands."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lti_tool.core.web import Runtime
from lti_tool.ledger import services as ledger
from lti_tool.ledger.models import Activity
from lti_tool.questions.model import Blank, FillIn, Multiple, Numeric, Option, Question, Single, TrueFalse
from quizzes.attempts.models import Answer, Attempt
from quizzes.bank import services as bank
from quizzes.papers import services as papers
from quizzes.papers.rules import Item, Settings
from tests.school import Person, School, SignedInClient

SINGLE = Single(
    "Which comes first?",
    (
        Option("a", "the date", is_correct=True, feedback="FEEDBACK-SINGLE-RIGHT"),
        Option("b", "the paper", feedback="FEEDBACK-SINGLE-WRONG"),
        Option("c", "the ink"),
    ),
    "EXPLAIN-SINGLE",
)
MULTIPLE = Multiple(
    "What do minutes hold?",
    (
        Option("a", "who was there", is_correct=True),
        Option("b", "what was decided", is_correct=True),
        Option("c", "unspoken thoughts"),
    ),
    explanation="EXPLAIN-MULTIPLE",
)
TRUTH = TrueFalse("A copy is an original.", answer=False, explanation="EXPLAIN-TRUTH")
BLANKS = FillIn(
    "Read the [[1]] and the [[2]].", (Blank(("KEYDATE",)), Blank(("KEYPLACE",))), explanation="EXPLAIN-BLANKS"
)
NUMBER = Numeric("How many minutes?", Decimal(98765), explanation="EXPLAIN-NUMBER")
ALL = (SINGLE, MULTIPLE, TRUTH, BLANKS, NUMBER)
RIGHT: dict[int, Any] = {1: "a", 2: ["a", "b"], 3: False, 4: ["KEYDATE", "KEYPLACE"], 5: "98765"}


@dataclass
class Sitting:
    """A person in front of an attempt."""

    client: SignedInClient
    attempt_id: int
    seq: int = 0

    @property
    def url(self) -> str:
        return f"/attempts/{self.attempt_id}"

    def answer(self, slot: int, response: Any, seq: int | None = None) -> TestResponse:
        self.seq += 1
        body = {"slot": slot, "seq": self.seq if seq is None else seq, "response": response}
        return self.client.post_json(f"{self.url}/answers", body)

    def submit(self, **fields: Any) -> TestResponse:
        return self.client.post_form(f"{self.url}/submit", fields)


class Quizzes:
    """Makes quizzes and lets persons take them."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.runtime: Runtime = school.runtime

    def quiz(
        self,
        *questions: Question,
        settings: Settings | None = None,
        points: int = 2,
        status: str = "published",
        **fields: Any,
    ) -> Activity:
        """A published quiz of these questions (or of all kinds)."""
        now = self.school.now
        written = [bank.written(each, self.runtime.renderer) for each in questions or ALL]
        with self.runtime.database.writing() as session:
            context_id = fields.pop("context_id", self.school.context_id)
            items = [
                Item(bank.add(session, context_id=context_id, what=each, author_id=None, now=now).id, Decimal(points))
                for each in written
            ]
            activity = papers.create(
                session,
                context_id=context_id,
                title=fields.pop("title", "Check"),
                now=now,
                author_id=None,
                items=items,
                settings=settings or Settings(shuffle_options=False),
                **fields,
            )
            if status == "published":
                ledger.publish(session, activity)
        return activity

    def begin(self, activity: Activity, person: Person, client: SignedInClient | None = None) -> Sitting:
        """The person presses the button."""
        client = client or self.school.client(person)
        answer = client.post_form(f"/quizzes/{activity.id}/attempts")
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return Sitting(client, int(answer.headers["Location"].rsplit("/", 1)[-1]))

    def attempt(self, attempt_id: int) -> Attempt:
        with self.runtime.database.reading() as session:
            return session.get_one(Attempt, attempt_id)

    def attempts(self) -> list[Attempt]:
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(Attempt).order_by(Attempt.id)))

    def answers(self, attempt_id: int) -> dict[int, Any]:
        with self.runtime.database.reading() as session:
            rows = session.scalars(select(Answer).where(Answer.attempt_id == attempt_id))
            return {row.slot: row.response for row in rows}

    def change(self, activity: Activity, **values: Any) -> None:
        """Change dates of the activity as an instructor's page does."""
        with self.runtime.database.writing() as session:
            session.execute(update(Activity).where(Activity.id == activity.id).values(**values))
            ledger.schedule_changed(session, activity.id)


@pytest.fixture
def quizzes(school: School) -> Quizzes:
    return Quizzes(school)


@pytest.fixture
def take(quizzes: Quizzes) -> Callable[..., Sitting]:
    """take(activity, person, {slot: response}): begin, answer, submit."""

    def taken(activity: Activity, person: Person, responses: dict[int, Any]) -> Sitting:
        sitting = quizzes.begin(activity, person)
        for slot, response in responses.items():
            assert sitting.answer(slot, response).status_code == 200
        assert sitting.submit().status_code == 303
        return sitting

    return taken
