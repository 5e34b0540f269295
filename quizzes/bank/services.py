"""What is written in the bank: questions and their versions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.core.markup import MarkupRefused, Renderer
from lti_tool.questions.codec import to_json
from lti_tool.questions.model import Question as Pure
from lti_tool.questions.validation import Problem, QuestionInvalid
from quizzes.bank.models import Question, QuestionVersion


@dataclass(frozen=True, slots=True)
class Written:
    """A question with its texts rendered, ready to be stored."""

    question: Pure
    stem_html: str
    explanation_html: str


def written(question: Pure, renderer: Renderer) -> Written:
    """Render the texts of a question. Slow: call it outside transactions. Raises QuestionInvalid."""
    html, refused = {}, []
    for name, source in (("stem", question.stem), ("explanation", question.explanation)):
        try:
            html[name] = renderer.render(source) if source else ""
        except MarkupRefused as refusal:
            refused.append(Problem(name, refusal.message))
    if refused:
        raise QuestionInvalid(refused)
    return Written(question, html["stem"], html["explanation"])


def add(session: Session, *, context_id: int, what: Written, author_id: int | None, now: datetime) -> QuestionVersion:
    """A new question with its first version; flushed."""
    question = Question(context_id=context_id, created_at=now)
    session.add(question)
    session.flush()
    return _version(session, question.id, 1, what, author_id, now)


def revise(
    session: Session, *, context_id: int, question_id: int, what: Written, author_id: int | None, now: datetime
) -> QuestionVersion:
    """The next version of a question; papers drawn before keep theirs. Flushed.

    A question of another course, which a copied quiz asks, is left as it is: the version is the first of a new one here.
    """
    if session.get_one(Question, question_id).context_id != context_id:
        return add(session, context_id=context_id, what=what, author_id=author_id, now=now)
    last = session.scalar(select(func.max(QuestionVersion.number)).where(QuestionVersion.question_id == question_id))
    return _version(session, question_id, (last or 0) + 1, what, author_id, now)


def _version(
    session: Session, question_id: int, number: int, what: Written, author_id: int | None, now: datetime
) -> QuestionVersion:
    version = QuestionVersion(
        question_id=question_id,
        number=number,
        kind=what.question.kind,
        body=to_json(what.question),
        stem_html=what.stem_html,
        explanation_html=what.explanation_html,
        author_id=author_id,
        created_at=now,
    )
    session.add(version)
    session.flush()
    return version
