"""The result of an attempt, by the review options; for those who may follow, all of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import format_duration, format_moment, format_points, gettext, ngettext
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Can
from lti_tool.identity.models import Member
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity, Result
from lti_tool.ledger.trail import Crumb, trail
from lti_tool.ledger.windows import window_of
from quizzes.attempts import queries, services, showing, texts
from quizzes.attempts.models import Attempt
from quizzes.attempts.rules import AttemptState, ClosedBy
from quizzes.attempts.views.blueprint import blueprint
from quizzes.bank.queries import asked
from quizzes.marking.paper import MarkedSlot, marked_paper
from quizzes.marking.rules import is_passed, share
from quizzes.papers.queries import settings_of
from quizzes.papers.rules import Settings, Shown, drawn_of, moment_of, visible
from quizzes.papers.services import KIND


@dataclass(frozen=True, slots=True)
class Looked:
    """An attempt with all that its result page may show."""

    attempt: Attempt
    activity: Activity
    settings: Settings
    visible: frozenset[Shown]
    slots: tuple[MarkedSlot, ...]
    counted: Result | None
    post_state: str
    crumbs: list[Crumb]
    member: str = ""
    """Whose it is; empty for one's own."""


def look(
    session: Session, attempt: Attempt, activity: Activity, now: datetime, *, sees_all: bool, member: str = ""
) -> Looked:
    """Load it. `sees_all`: for those who may follow."""
    settings = settings_of(session, activity.id)
    closes = window_of(session, activity, attempt.member_id).closes
    moment = moment_of(is_open=attempt.state.is_open, finished_at=attempt.finished_at, closes=closes, now=now)
    shown = frozenset(Shown) if sees_all else visible(settings.review, moment)
    slots: tuple[MarkedSlot, ...] = ()
    if Shown.attempt in shown:
        paper = drawn_of(attempt.paper)
        questions = asked(session, [each.version for each in paper])
        slots = marked_paper(paper, questions, queries.responses(session, attempt.id))
    counted = session.scalar(
        select(Result).where(Result.activity_id == activity.id, Result.member_id == attempt.member_id)
    )
    title = gettext("Attempt %(n)s", n=attempt.number)
    return Looked(
        attempt,
        activity,
        settings,
        shown,
        slots,
        None if attempt.is_preview else counted,
        "none" if attempt.is_preview else queries.post_state(session, activity.id, attempt.member_id),
        trail(session, activity, (f"{member} {title}".strip(), None)),
        member,
    )


@blueprint.get("/attempts/<int:attempt_id>/result")
def result(attempt_id: int) -> ResponseReturnValue:
    """The own result; an open attempt leads back to it."""
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        _actor, activity, attempt = queries.own_attempt(session, attempt_id)
    if queries.is_due(attempt, activity, now):
        with runtime().database.writing() as session:
            _actor, activity, attempt = queries.own_attempt(session, attempt_id, is_locked=True)
            services.contact(session, attempt=attempt, activity=activity, now=now)
    if attempt.state.is_open:
        return redirect(url_for("quizzes_attempts.run", attempt_id=attempt_id), 303)
    with runtime().database.reading() as session:
        _actor, activity, attempt = queries.own_attempt(session, attempt_id)
        looked = look(session, attempt, activity, now, sees_all=False)
    return render("quizzes/result.html", **page(looked, now))


@blueprint.get("/quizzes/<int:activity_id>/attempts/<int:attempt_id>")
def inspect(activity_id: int, attempt_id: int) -> ResponseReturnValue:
    """A member's attempt with everything, for those who may follow."""
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        _actor, activity = open_activity(session, activity_id, Can.follow, kind=KIND)
        row = session.execute(
            select(Attempt, Member.name)
            .join(Member, Member.id == Attempt.member_id)
            .where(Attempt.id == attempt_id, Attempt.activity_id == activity_id, Attempt.is_preview.is_(False))
        ).first()
        if row is None:
            raise NotFound
        looked = look(session, row.Attempt, activity, now, sees_all=True, member=row.name)
    return render("quizzes/result.html", **page(looked, now))


def page(looked: Looked, now: datetime) -> dict[str, Any]:
    """What the template shows; nothing that the review options hide goes in."""
    attempt, activity = looked.attempt, looked.activity
    heading = gettext("%(quiz)s: attempt %(n)s", quiz=activity.title, n=attempt.number)
    shows_correctness = Shown.correctness in looked.visible
    questions = [showing.reviewed(slot, looked.visible) for slot in looked.slots]
    return {
        "trail": looked.crumbs,
        "title": activity.title,
        "attempt_title": heading,
        "score": _score(looked) if Shown.marks in looked.visible and attempt.score is not None else None,
        "facts": _facts(looked, now),
        "post_state": looked.post_state,
        "sees_way": bool(looked.member),
        "notices": _notices(looked),
        "receipt": "",
        "questions": questions,
        "cards": _cards(questions) if shows_correctness else [],
        "sums": _sums(looked.slots) if shows_correctness else [],
        "back_address": url_for("quizzes_attempts.start", activity_id=activity.id),
    }


def _score(looked: Looked) -> dict[str, Any]:
    attempt, activity, settings = looked.attempt, looked.activity, looked.settings
    part = share(attempt.score, attempt.maximum) or 0
    states = []
    if settings.pass_percent is not None and attempt.state is AttemptState.finished:
        if is_passed(share(attempt.score, attempt.maximum), settings.pass_percent):
            states.append(("done", "done", gettext("passed"), True))
        else:
            states.append(("late", "late", gettext("not passed yet"), False))
    return {
        "points": format_points(max(part, 0) * activity.maximum),
        "maximum": gettext("%(points)s points", points=activity.maximum),
        "states": states,
    }


def _facts(looked: Looked, now: datetime) -> list[tuple[str, str]]:
    attempt = looked.attempt
    facts = []
    if looked.counted is not None and looked.counted.score is not None and Shown.marks in looked.visible:
        counted = gettext("%(points)s points", points=format_points(looked.counted.score))
        facts.append(
            (
                gettext("What counts"),
                gettext(
                    "%(points)s (%(method)s)", points=counted, method=str(texts.METHODS[looked.settings.grade_method])
                ),
            )
        )
    if attempt.finished_at is not None:
        facts.append((gettext("Time used"), format_duration(attempt.finished_at - attempt.started_at)))
        facts.append((gettext("Handed in"), format_moment(attempt.finished_at, now)))
    return facts


def _notices(looked: Looked) -> list[dict[str, str]]:
    attempt = looked.attempt
    found = []
    if attempt.is_preview:
        title = gettext("This is a preview.")
        found.append(
            {"kind": "", "symbol": "eye", "title": title, "text": gettext("Nothing of it is counted or sent.")}
        )
    if attempt.closed_by is ClosedBy.time and attempt.state is AttemptState.finished:
        title = gettext("The time was up, your answers were handed in.")
        text = gettext("Everything that was saved until then counts.")
        found.append({"kind": "soon", "symbol": "clock", "title": title, "text": text})
    if attempt.state is AttemptState.abandoned:
        title = gettext("The time was up before you handed in.")
        text = gettext("This attempt does not count.")
        found.append({"kind": "late", "symbol": "late", "title": title, "text": text})
    hidden = {Shown.marks, Shown.right_answer} - looked.visible
    if hidden and not looked.member:
        text = texts.shown_afterwards(looked.settings, has_close=looked.activity.closes_at is not None)
        found.append({"kind": "plain", "symbol": "eye", "title": gettext("What is shown when"), "text": text})
    return found


def _cards(questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "number": each["number"],
            "look": each["outcome"]["look"],
            "symbol": each["outcome"]["symbol"] if each["outcome"]["look"] else "",
            "words": gettext("Question %(n)s, %(outcome)s", n=each["number"], outcome=each["outcome"]["text"]),
        }
        for each in questions
    ]


def _sums(slots: Sequence[MarkedSlot]) -> list[dict[str, str]]:
    counted = Counter(showing.outcome_code(slot) for slot in slots)
    return [
        {
            "kind": kind,
            "symbol": symbol,
            "text": showing.outcome_words()[code],
            "count": ngettext("%(num)s question", "%(num)s questions", counted[code]),
        }
        for code, (kind, symbol, _look) in showing.OUTCOMES.items()
        if counted[code]
    ]
