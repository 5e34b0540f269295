"""What those who may follow see of everybody's attempts, and what the instructor may give: an attempt, or more time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.errors import NotFound
from lti_tool.core.i18n import format_moment, format_points, gettext
from lti_tool.core.text import clean_line
from lti_tool.core.web import render, runtime
from lti_tool.identity.actor import Actor, Can, Role
from lti_tool.identity.models import Enrolment, Member
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.models import Activity, LineItem, Result, ScorePost
from lti_tool.ledger.trail import trail
from quizzes.attempts import queries, services, texts
from quizzes.attempts.models import Attempt
from quizzes.attempts.rules import AttemptState
from quizzes.attempts.views.blueprint import blueprint
from quizzes.marking.rules import share
from quizzes.papers.queries import use_of
from quizzes.papers.services import KIND

MOST_ROWS = 1000
MOST_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Wish:
    """What an instructor typed to give an attempt (to member `about`) or to open one again (attempt `about`), and its faults."""

    what: str = ""
    about: int = 0
    reason: str = ""
    minutes: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


def overview(
    session: Session, actor: Actor, activity: Activity, now: datetime, only: int | None = None
) -> dict[str, Any]:
    """The page of all attempts (or of one member's). Four statements, whatever the size of the course."""
    use = use_of(session, activity.id)
    wanted = [Enrolment.context_id == activity.context_id, Enrolment.role == Role.member]
    attempted = [Attempt.activity_id == activity.id, Attempt.is_preview.is_(False)]
    if only is not None:
        wanted.append(Enrolment.member_id == only)
        attempted.append(Attempt.member_id == only)
    people = session.execute(
        select(Member.id, Member.name, Result.score, Enrolment.gradable)
        .join(Enrolment, Enrolment.member_id == Member.id)
        .outerjoin(Result, (Result.member_id == Member.id) & (Result.activity_id == activity.id))
        .where(*wanted)
        .order_by(Member.name, Member.id)
        .limit(MOST_ROWS)
    ).all()
    attempts: dict[int, list[Attempt]] = {}
    for attempt in session.scalars(select(Attempt).where(*attempted).order_by(Attempt.number)):
        attempts.setdefault(attempt.member_id, []).append(attempt)
    ways = _ways(session, activity.id)
    may_author = actor.can(Can.author)
    return {
        "wish": None,
        "trail": trail(session, activity),
        "title": activity.title,
        "status": activity.status.value,
        "counts": _counts({person.id for person in people if person.gradable}, attempts),
        "has_questions": bool(use.items),
        "may_author": may_author,
        "edit_address": url_for("quizzes_papers.edit", activity_id=activity.id),
        "settings_address": url_for("quizzes_papers.settings", activity_id=activity.id),
        "preview_address": url_for("quizzes_attempts.start", activity_id=activity.id, member=1),
        "rows": [
            {
                "id": person.id,
                "name": person.name,
                "is_test": not person.gradable,
                "score": "" if person.score is None else format_points(person.score),
                "way": ways.get(person.id, "none"),
                "give_address": url_for("quizzes_attempts.give", activity_id=activity.id, member_id=person.id),
                "attempts": [_attempt(each, activity, now) for each in attempts.get(person.id, ())],
            }
            for person in people
        ],
    }


def _counts(members: set[int], attempts: dict[int, list[Attempt]]) -> list[str]:
    """Of `members` only: test users stand in no number (RO-14)."""
    counted = {member: own for member, own in attempts.items() if member in members}
    every = [each for own in counted.values() for each in own]
    running = sum(each.state.is_open for each in every)
    return [
        gettext("%(n)s of %(all)s members have begun", n=len(counted), all=len(members)),
        gettext("%(n)s running", n=running),
        gettext("%(n)s handed in", n=sum(each.state is AttemptState.finished for each in every)),
    ]


def _ways(session: Session, activity_id: int) -> dict[int, str]:
    """By member: the state of his grade that most needs somebody."""
    rows = session.execute(
        select(ScorePost.member_id, ScorePost.state)
        .join(LineItem, LineItem.id == ScorePost.line_item_id)
        .where(LineItem.activity_id == activity_id)
    ).all()
    found: dict[int, str] = {}
    for state in reversed(queries.WORST_FIRST):
        found.update({row.member_id: state.value for row in rows if row.state is state})
    return found


def _attempt(attempt: Attempt, activity: Activity, now: datetime) -> dict[str, Any]:
    kind, symbol, words = texts.STATES[attempt.state]
    part = share(attempt.score, attempt.maximum)
    when = format_moment(attempt.finished_at or attempt.started_at, now)
    return {
        "id": attempt.id,
        "number": attempt.number,
        "kind": kind,
        "symbol": symbol,
        "state": str(words),
        "when": f"{when} {texts.CLOSED[attempt.closed_by]}" if attempt.closed_by else when,
        "score": "" if part is None else format_points(max(part, Decimal(0)) * activity.maximum),
        "is_open": attempt.state.is_open,
        "address": url_for("quizzes_attempts.inspect", activity_id=activity.id, attempt_id=attempt.id),
        "reopen_address": url_for("quizzes_attempts.reopen", activity_id=activity.id, attempt_id=attempt.id),
    }


@blueprint.get("/quizzes/<int:activity_id>/members/<int:member_id>")
def review(activity_id: int, member_id: int) -> ResponseReturnValue:
    """One member's attempts. Raises NotFound if he is not in this course."""
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        actor, activity = open_activity(session, activity_id, Can.follow, kind=KIND)
        page = overview(session, actor, activity, now, only=member_id)
    if not page["rows"]:
        raise NotFound
    return render("quizzes/attempts.html", **page)


def _wish(what: str, about: int) -> Wish:
    """What was typed. Never raises: what is wrong stands in `errors`."""
    reason, minutes = clean_line(request.form.get("reason", ""), 500), clean_line(request.form.get("minutes", ""), 20)
    errors = {}
    if not reason:
        errors["reason"] = gettext("Write the reason: it is kept with what you give.")
    if what == "reopen" and not (minutes.isdecimal() and len(minutes) < 5 and 1 <= int(minutes) <= MOST_MINUTES):
        errors["minutes"] = gettext("Say how many minutes, from 1 to %(most)s.", most=MOST_MINUTES)
    return Wish(what, about, reason, minutes, errors)


def _refused(activity_id: int, wish: Wish) -> ResponseReturnValue:
    """The page of all attempts with the form as it was typed, and what is wrong beside each field."""
    with runtime().database.reading() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        page = overview(session, actor, activity, runtime().clock.now())
    return render("quizzes/attempts.html", **page | {"wish": wish}), 400


@blueprint.post("/quizzes/<int:activity_id>/members/<int:member_id>/attempts")
def give(activity_id: int, member_id: int) -> ResponseReturnValue:
    """One more attempt for a member of this course, with a reason."""
    wish = _wish("give", member_id)
    if wish.errors:
        return _refused(activity_id, wish)
    with runtime().database.writing() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        enrolled = session.scalar(
            select(Enrolment.id).where(Enrolment.context_id == activity.context_id, Enrolment.member_id == member_id)
        )
        if enrolled is None:
            raise NotFound
        services.give_attempt(
            session, activity=activity, member_id=member_id, actor=actor, reason=wish.reason, now=runtime().clock.now()
        )
    return redirect(url_for("quizzes_attempts.start", activity_id=activity_id), 303)


@blueprint.post("/quizzes/<int:activity_id>/attempts/<int:attempt_id>/reopen")
def reopen(activity_id: int, attempt_id: int) -> ResponseReturnValue:
    """Let a member go on with a closed attempt, with a reason and so many minutes."""
    wish = _wish("reopen", attempt_id)
    if wish.errors:
        return _refused(activity_id, wish)
    with runtime().database.writing() as session:
        actor, activity = open_activity(session, activity_id, Can.author, kind=KIND)
        attempt = session.scalar(
            select(Attempt).where(Attempt.id == attempt_id, Attempt.activity_id == activity_id).with_for_update()
        )
        if attempt is None or attempt.is_preview:
            raise NotFound
        services.reopen(
            session,
            attempt=attempt,
            activity=activity,
            minutes=int(wish.minutes),
            actor=actor,
            reason=wish.reason,
            now=runtime().clock.now(),
        )
    return redirect(url_for("quizzes_attempts.start", activity_id=activity_id), 303)
