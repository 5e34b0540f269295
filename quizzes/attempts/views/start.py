"""The start page: the rules in words, the attempts so far, one button."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_tool.core.errors import Conflict
from lti_tool.core.i18n import format_due, format_duration, format_moment, format_points, gettext, ngettext
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Actor, Can
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.availability import Window
from lti_tool.ledger.models import Activity, ActivityStatus
from lti_tool.ledger.trail import Crumb, trail
from lti_tool.ledger.windows import window_of
from quizzes.attempts import queries, rules, services, texts
from quizzes.attempts.models import Attempt
from quizzes.attempts.rules import AttemptState, ClosedBy, Past, Refusal, Start
from quizzes.attempts.views import follow
from quizzes.attempts.views.blueprint import blueprint
from quizzes.bank.queries import Asked, asked
from quizzes.marking.rules import share
from quizzes.papers.queries import Use, use_of
from quizzes.papers.rules import Shown, moment_of, visible
from quizzes.papers.services import KIND

DRAWING = "quiz-drawing"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the start page needs to know."""

    actor: Actor
    activity: Activity
    use: Use
    window: Window
    attempts: list[Attempt]
    start: Start
    questions: dict[int, Asked]
    crumbs: list[Crumb]

    @property
    def running(self) -> Attempt | None:
        """The open attempt."""
        return next((each for each in self.attempts if each.state.is_open), None)


def standing(session: Session, activity_id: int, now: datetime) -> Standing:
    """Load it. Raises NotFound."""
    actor, activity = open_activity(session, activity_id, kind=KIND)
    use = use_of(session, activity_id)
    window = window_of(session, activity, actor.member_id)
    is_preview = not services.counts(actor)
    attempts = queries.attempts_of(session, activity_id, actor.member_id, is_preview=is_preview)
    past = [
        Past(each.started_at, each.finished_at, rules.limit_for(each.limit_seconds, window))
        for each in attempts
        if each.finished_at is not None
    ]
    if is_preview:
        start = Start()
    else:
        start = rules.may_start(
            window=window,
            past=past,
            attempts_allowed=use.settings.attempts_allowed,
            delay=timedelta(seconds=use.settings.delay_seconds),
            now=now,
        )
    if not use.items:
        start = replace(start, refusal=Refusal.no_questions)
    questions = asked(session, [item.version for item in use.items])
    return Standing(actor, activity, use, window, attempts, start, questions, trail(session, activity))


def close_due(session_attempts: list[Attempt], activity: Activity, now: datetime) -> bool:
    """Do what the time says to the open attempt, in a transaction of its own; returns whether there was anything."""
    due = next((each for each in session_attempts if queries.is_due(each, activity, now)), None)
    if due is None:
        return False
    with runtime().database.writing() as session:
        attempt = session.get_one(Attempt, due.id, with_for_update=True)
        services.contact(session, attempt=attempt, activity=session.get_one(Activity, activity.id), now=now)
    return True


@blueprint.get("/quizzes/<int:activity_id>")
def start(activity_id: int) -> ResponseReturnValue:
    """The start page; who may follow sees everybody's attempts instead, unless he asks for the member's page."""
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        found = standing(session, activity_id, now)
        if found.actor.can(Can.follow) and not found.actor.preview and "member" not in request.args:
            page = follow.overview(session, found.actor, found.activity, now)
        else:
            page = {}
    if page:
        return render("quizzes/attempts.html", **page)
    if close_due(found.attempts, found.activity, now):
        with runtime().database.reading() as session:
            found = standing(session, activity_id, now)
    return render("quizzes/start.html", **_page(found, now))


def _page(found: Standing, now: datetime) -> dict[str, Any]:
    activity, settings = found.activity, found.use.settings
    meta = [gettext("Quiz"), gettext("required") if activity.is_required else gettext("optional")]
    if found.window.due is not None:
        meta.append(format_due(found.window.due, now))
    title, text = texts.refusal_text(found.start, now)
    notices = [{"kind": "plain", "symbol": "info", "title": title, "text": text}] if title and not found.running else []
    if not services.counts(found.actor):
        preview = {
            "kind": "",
            "symbol": "eye",
            "title": gettext("This is a preview."),
            "text": gettext("Nothing of it is counted or sent."),
        }
        notices.insert(0, preview)
    notices += _closed_by_time(found)
    done = [each for each in found.attempts if not each.state.is_open]
    left = found.start.attempts_left
    used = ngettext("%(num)s used", "%(num)s used", len(done))
    note = used if left is None else gettext("%(used)s, %(left)s left", used=used, left=left)
    return {
        "trail": found.crumbs,
        "title": activity.title,
        "meta": meta,
        "rules": texts.rules_of(found.use, found.questions, found.window, activity.maximum, now),
        "attempts": [_row(each, found, now) for each in found.attempts],
        "attempts_note": note,
        "action": _action(found),
        "notices": notices,
        "declaration": "",
        "back_address": found.crumbs[-2][1] if len(found.crumbs) > 1 else found.actor.return_url,
        "settings": settings,
    }


def _closed_by_time(found: Standing) -> list[dict[str, str]]:
    last = next((each for each in reversed(found.attempts) if not each.state.is_open), None)
    if last is None or last.closed_by is not ClosedBy.time or found.running is not None:
        return []
    if last.state is AttemptState.finished:
        return [time_was_up()]
    return [
        {
            "kind": "late",
            "symbol": "late",
            "title": gettext("The time was up before you handed in."),
            "text": gettext("This attempt does not count."),
        }
    ]


def time_was_up() -> dict[str, str]:
    """The notice after the worker has handed in."""
    return {
        "kind": "soon",
        "symbol": "clock",
        "title": gettext("The time was up, your answers were handed in."),
        "text": gettext("Everything that was saved until then counts."),
    }


def _action(found: Standing) -> dict[str, str] | None:
    running = found.running
    if running is not None:
        label = gettext("Continue attempt %(n)s", n=running.number)
    elif found.start.refusal is not None:
        return None
    elif services.counts(found.actor):
        number = len(found.attempts) + 1
        label = gettext("Begin the quiz") if number == 1 else gettext("Begin attempt %(n)s", n=number)
    else:
        label = gettext("Begin the preview")
    return {"label": label, "address": url_for("quizzes_attempts.begin", activity_id=found.activity.id)}


def _row(attempt: Attempt, found: Standing, now: datetime) -> dict[str, str]:
    if attempt.finished_at is None:
        handed_in = used = str(texts.STATES[attempt.state][2])
    else:
        handed_in = format_moment(attempt.finished_at, now)
        used = format_duration(attempt.finished_at - attempt.started_at)
    moment = moment_of(
        is_open=attempt.state.is_open, finished_at=attempt.finished_at, closes=found.window.closes, now=now
    )
    shown = visible(found.use.settings.review, moment)
    score = ""
    if attempt.score is not None and Shown.marks in shown:
        score = format_points(scaled(attempt, found.activity))
    elif attempt.state is AttemptState.abandoned:
        score = gettext("does not count")
    address = "quizzes_attempts.run" if attempt.state.is_open else "quizzes_attempts.result"
    return {
        "number": gettext("Attempt %(n)s", n=attempt.number),
        "handed_in": handed_in,
        "used": used,
        "score": score,
        "address": url_for(address, attempt_id=attempt.id),
    }


def scaled(attempt: Attempt, activity: Activity) -> Decimal:
    """The score of an attempt in points of the activity."""
    part = share(attempt.score, attempt.maximum)
    return Decimal(0) if part is None else max(part, Decimal(0)) * activity.maximum


@blueprint.post("/quizzes/<int:activity_id>/attempts")
def begin(activity_id: int) -> ResponseReturnValue:
    """Begin an attempt, or continue the open one; twice is once."""
    now = runtime().clock.now()
    key = runtime().keys.derive(DRAWING)
    with runtime().database.writing() as session:
        found = standing(session, activity_id, now)
        attempt_id = _begun(session, found, key, now)
    if attempt_id is None:
        title, text = texts.refusal_text(found.start, now)
        raise Conflict(title or None, action=text or None)
    return redirect(url_for("quizzes_attempts.run", attempt_id=attempt_id), 303)


def _begun(session: Session, found: Standing, key: bytes, now: datetime) -> int | None:
    """The attempt that is open now; None if none may begin."""
    running = found.running
    if running is not None:
        # Its member in another tab, or the worker, may be closing it right now.
        session.refresh(running, with_for_update=True)
        services.contact(session, attempt=running, activity=found.activity, now=now)
        return running.id
    if found.start.refusal is not None or found.activity.status is ActivityStatus.archived:
        return None
    return services.begin(
        session,
        actor=found.actor,
        activity=found.activity,
        use=found.use,
        window=found.window,
        key=key,
        now=now,
    )
