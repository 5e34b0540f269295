"""What quizzes keep on persons: attempts and answers; who wrote which question and which quiz."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.keeping import Erasing, Fate, Keeper, Sheet, Stored, change_some, delete_some, in_turn, sheet
from lti_tool.identity.models import Context
from lti_tool.ledger.models import Activity
from lti_tool.ledger.windows import window_of
from quizzes.attempts.models import Answer, Attempt
from quizzes.bank.models import Question, QuestionVersion
from quizzes.papers.models import Quiz, QuizVersion
from quizzes.papers.queries import settings_of
from quizzes.papers.rules import Shown, moment_of, visible

STORED = (
    Stored(
        "attempt",
        (
            "number", "state", "is_preview", "limit_seconds", "extra_seconds", "started_at", "ends_at", "finished_at",
            "closed_by", "paper", "flags", "score",
        ),
        _l("Your attempts at quizzes: the questions as they were drawn, times, score."),
        Fate.deleted,
    ),
    Stored("answer", ("response", "saved_at"), _l("Your answers, each as you gave it last."), Fate.deleted),
    Stored(
        "question_version",
        ("body", "stem_html", "explanation_html", "created_at"),
        _l("If you teach: that you wrote a question, and when. The question is the course's, and stays."),
        Fate.nameless,
    ),
    Stored(
        "quiz_version",
        ("items", "created_at"),
        _l("If you teach: that you put a quiz together, and when. The quiz is the course's, and stays."),
        Fate.nameless,
    ),
)  # fmt: skip
_ATTEMPTS = 20
"""Attempts that lose their answers in one slice."""


def export(connection: Connection, member_id: int, now: datetime) -> Iterator[Sheet]:
    """Attempts and answers, questions and quizzes written by date.

    Neither the questions nor what is right: they are the course's, and asked again. A score is there once the member may see
    it on his own pages; until then it is left out, whoever exports.
    """
    course = Context.title.label("course")
    yield _attempts(connection, member_id, now)
    yield sheet(
        connection,
        "quiz_answers",
        _l("Answers in quizzes"),
        select(Answer.attempt_id.label("attempt"), Answer.slot.label("question"), Answer.response, Answer.saved_at)
        .select_from(Answer)
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .where(Attempt.member_id == member_id)
        .order_by(Answer.attempt_id, Answer.slot),
    )
    yield sheet(
        connection,
        "questions_written",
        _l("Questions that you wrote"),
        select(
            course, QuestionVersion.question_id.label("question"), QuestionVersion.number, QuestionVersion.created_at
        )
        .select_from(QuestionVersion)
        .join(Question, Question.id == QuestionVersion.question_id)
        .join(Context, Context.id == Question.context_id)
        .where(QuestionVersion.author_id == member_id)
        .order_by(QuestionVersion.id),
    )
    yield sheet(
        connection,
        "quizzes_written",
        _l("Quizzes that you put together"),
        select(course, QuizVersion.quiz_id.label("quiz"), QuizVersion.number, QuizVersion.created_at)
        .select_from(QuizVersion)
        .join(Quiz, Quiz.id == QuizVersion.quiz_id)
        .join(Context, Context.id == Quiz.context_id)
        .where(QuizVersion.author_id == member_id)
        .order_by(QuizVersion.id),
    )


def _attempts(connection: Connection, member_id: int, now: datetime) -> Sheet:
    course, activity = Context.title.label("course"), Activity.title.label("activity")
    found = connection.execute(
        select(
            Attempt.id.label("attempt"), course, activity, Attempt.number, Attempt.state, Attempt.is_preview,
            Attempt.limit_seconds, Attempt.extra_seconds, Attempt.started_at, Attempt.ends_at, Attempt.finished_at,
            Attempt.closed_by, Attempt.slots.label("questions"), Attempt.flags, Attempt.maximum, Attempt.score,
            Attempt.activity_id,
        )
        .select_from(Attempt)
        .join(Activity, Activity.id == Attempt.activity_id)
        .join(Context, Context.id == Attempt.context_id)
        .where(Attempt.member_id == member_id)
        .order_by(Attempt.id)
    )  # fmt: skip
    rows = found.all()
    seen = _seen_scores(connection, member_id, rows, now)
    fields = tuple(found.keys())[:-1]
    return Sheet(
        "quiz_attempts",
        _l("Attempts at quizzes"),
        fields,
        [(*row[: len(fields) - 1], row.score if row.attempt in seen else None) for row in rows],
    )


def _seen_scores(connection: Connection, member_id: int, rows: Sequence[Any], now: datetime) -> set[int]:
    """The attempts whose score their member may see on his own pages now."""
    seen = set()
    with Session(connection) as session:
        for activity_id in {row.activity_id for row in rows}:
            activity = session.get_one(Activity, activity_id)
            review = settings_of(session, activity_id).review
            closes = window_of(session, activity, member_id).closes
            for row in rows:
                if row.activity_id == activity_id:
                    moment = moment_of(is_open=row.state.is_open, finished_at=row.finished_at, closes=closes, now=now)
                    if Shown.marks in visible(review, moment):
                        seen.add(row.attempt)
    return seen


def erase(connection: Connection, erasing: Erasing, limit: int) -> int:
    """Answers, then the attempts; what somebody wrote for the course loses his name."""
    whose = erasing.member_id
    return in_turn(
        lambda most: _erase_attempts(connection, whose, most),
        lambda most: change_some(
            connection, QuestionVersion, QuestionVersion.author_id == whose, limit=most, author_id=None
        ),
        lambda most: change_some(connection, QuizVersion, QuizVersion.author_id == whose, limit=most, author_id=None),
        limit=limit,
    )


def _erase_attempts(connection: Connection, whose: int, limit: int) -> int:
    own = [*connection.execute(select(Attempt.id).where(Attempt.member_id == whose).limit(_ATTEMPTS)).scalars()]
    if not own:
        return 0
    done = delete_some(connection, Answer, Answer.attempt_id.in_(own), limit=limit - _ATTEMPTS)
    if done < limit - _ATTEMPTS:
        done += delete_some(connection, Attempt, Attempt.id.in_(own), limit=_ATTEMPTS)
    return done


KEEPER = Keeper("quizzes", _l("Quizzes"), STORED, export, erase)
