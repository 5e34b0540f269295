"""The runner: four questions a page, saved page by page without JavaScript; looking over and handing in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_tool.core.i18n import current_zone, format_clock, gettext
from lti_tool.core.web import render, runtime
from lti_tool.ledger.models import Activity
from lti_tool.questions.model import FillIn, Multiple
from lti_tool.questions.responses import normalise_response
from quizzes.attempts import queries, services, showing
from quizzes.attempts.models import Attempt
from quizzes.attempts.queries import Saved
from quizzes.attempts.rules import AttemptState
from quizzes.attempts.views.blueprint import blueprint
from quizzes.attempts.views.saving import remaining_ms, set_flag
from quizzes.bank.queries import Asked, asked
from quizzes.papers.rules import Drawn, drawn_of

A_PAGE = 4


def pages_of(slots: int) -> int:
    """How many pages a paper has."""
    return max(1, -(-slots // A_PAGE))


@blueprint.get("/attempts/<int:attempt_id>")
def run(attempt_id: int) -> ResponseReturnValue:
    """One page of a running attempt; a closed one leads to its result, an overdue one to handing in."""
    now = runtime().clock.now()
    attempt, activity, shown = _shown(attempt_id, now)
    if not attempt.state.is_open:
        return redirect(url_for("quizzes_attempts.result", attempt_id=attempt_id), 303)
    if attempt.state is AttemptState.overdue:
        return redirect(url_for("quizzes_attempts.look_over", attempt_id=attempt_id), 303)
    pages = pages_of(attempt.slots)
    page = min(max(request.args.get("page", 1, int), 1), pages)
    here = shown[(page - 1) * A_PAGE : page * A_PAGE]
    for question in here:
        question["saved_at"] = format_clock(question["saved_at"]) if question["saved_at"] else ""
    return render(
        "quizzes/runner.html",
        title=activity.title,
        attempt=_attempt(attempt, now, page=page, pages=pages),
        questions=here,
        cards=_cards(shown, page),
        counts=_counts(shown),
    )


def _shown(attempt_id: int, now: datetime) -> tuple[Attempt, Activity, list[dict[str, Any]]]:
    """The own attempt after what its time says, and its questions with the answers."""
    with runtime().database.reading() as session:
        found = _load(session, attempt_id)
    if queries.is_due(found[0], found[1], now):
        with runtime().database.writing() as session:
            _actor, activity, attempt = queries.own_attempt(session, attempt_id, is_locked=True)
            services.contact(session, attempt=attempt, activity=activity, now=now)
        with runtime().database.reading() as session:
            found = _load(session, attempt_id)
    attempt, activity, paper, questions, saved = found
    flags = set(attempt.flags)
    shown = [
        showing.to_answer(slot, drawn, questions[drawn.version], saved.get(slot), is_flagged=slot in flags)
        for slot, drawn in enumerate(paper, 1)
    ]
    return attempt, activity, shown


def _load(
    session: Session, attempt_id: int
) -> tuple[Attempt, Activity, Sequence[Drawn], dict[int, Asked], dict[int, Saved]]:
    _actor, activity, attempt = queries.own_attempt(session, attempt_id)
    paper = drawn_of(attempt.paper)
    return (
        attempt,
        activity,
        paper,
        asked(session, [each.version for each in paper]),
        queries.answers(session, attempt.id),
    )


def _attempt(attempt: Attempt, now: datetime, *, page: int = 1, pages: int = 1) -> dict[str, Any]:
    left = remaining_ms(attempt.ends_at, now)
    return {
        "id": attempt.id,
        "number": attempt.number,
        "seconds_left": None if left is None else left // 1000,
        "remaining_ms": left,
        "now_ms": int(now.timestamp() * 1000),
        "is_preview": attempt.is_preview,
        "page": page,
        "pages": pages,
        "first": (page - 1) * A_PAGE + 1,
        "last": min(page * A_PAGE, attempt.slots),
        "slots": attempt.slots,
        "save_address": url_for("quizzes_attempts.save_page", attempt_id=attempt.id),
        "answer_address": url_for("quizzes_attempts.save_answer", attempt_id=attempt.id),
        "clock_address": url_for("quizzes_attempts.clock", attempt_id=attempt.id),
        "flag_address": url_for("quizzes_attempts.flag", attempt_id=attempt.id),
        "run_address": url_for("quizzes_attempts.run", attempt_id=attempt.id),
        "look_over_address": url_for("quizzes_attempts.look_over", attempt_id=attempt.id),
        "submit_address": url_for("quizzes_attempts.submit", attempt_id=attempt.id),
        "result_address": url_for("quizzes_attempts.result", attempt_id=attempt.id),
        "zone": str(current_zone()),
        "is_overdue": attempt.state is AttemptState.overdue,
    }


def _cards(shown: list[dict[str, Any]], page: int) -> list[dict[str, Any]]:
    found = []
    for question in shown:
        number = question["number"]
        its_page = (number - 1) // A_PAGE + 1
        if question["is_answered"] and question["is_flagged"]:
            words = gettext("Question %(n)s, answered, flagged", n=number)
        elif question["is_answered"]:
            words = gettext("Question %(n)s, answered", n=number)
        elif question["is_flagged"]:
            words = gettext("Question %(n)s, not answered, flagged", n=number)
        else:
            words = gettext("Question %(n)s, not answered", n=number)
        found.append(
            {
                "number": number,
                "page": its_page,
                "is_here": its_page == page,
                "is_answered": question["is_answered"],
                "is_flagged": question["is_flagged"],
                "words": words,
            }
        )
    return found


def _counts(shown: list[dict[str, Any]]) -> dict[str, int]:
    answered = sum(question["is_answered"] for question in shown)
    flagged = sum(question["is_flagged"] for question in shown)
    return {"answered": answered, "open": len(shown) - answered, "flagged": flagged}


def given(session: Session, attempt: Attempt, now: datetime) -> dict[int, tuple[int, Any]]:
    """The answers of a sent page by slot: (seq, response). Only questions that the page says it showed.

    The seq is the server's clock in milliseconds, as the runner's module counts too: the latest change wins.
    """
    slots = {int(text) for text in request.form.getlist("shown") if text.isdecimal() and len(text) < 5}
    paper = drawn_of(attempt.paper)
    wanted = {slot: paper[slot - 1] for slot in slots if 1 <= slot <= attempt.slots}
    questions = asked(session, [drawn.version for drawn in wanted.values()])
    saved = queries.answers(session, attempt.id)
    found = {}
    for slot, drawn in wanted.items():
        question = questions[drawn.version].question
        name = f"q{slot}"
        values = request.form.getlist(name)
        raw: Any = values if isinstance(question, Multiple | FillIn) else next(iter(values), None)
        response = normalise_response(question, raw)
        before = saved.get(slot)
        if before is None or before.response != response:
            seq = max(int(now.timestamp() * 1000), before.seq + 1 if before else 1)
            found[slot] = (seq, response)
    return found


@blueprint.post("/attempts/<int:attempt_id>/page")
def save_page(attempt_id: int) -> ResponseReturnValue:
    """Save the answers of a page, then go where the pressed button says: `go` (a page or "over"), `flag` (a question)."""
    now = runtime().clock.now()
    go = request.form.get("go", "")
    with runtime().database.writing() as session:
        _actor, activity, attempt = queries.own_attempt(session, attempt_id, is_locked=True)
        answers = given(session, attempt, now)
        services.submit(session, attempt=attempt, activity=activity, given=answers, is_finishing=False, now=now)
        flagged = request.form.get("flag", "")
        if flagged.isdecimal() and len(flagged) < 5 and attempt.state.is_open:
            slot = int(flagged)
            set_flag(attempt, slot, is_flagged=slot not in attempt.flags)
        is_open = attempt.state.is_open
    if not is_open:
        return redirect(url_for("quizzes_attempts.result", attempt_id=attempt_id), 303)
    if go == "over":
        return redirect(url_for("quizzes_attempts.look_over", attempt_id=attempt_id), 303)
    page = int(go) if go.isdecimal() and len(go) < 5 else request.form.get("page", 1, int)
    anchor = f"q{flagged}" if flagged else None
    return redirect(url_for("quizzes_attempts.run", attempt_id=attempt_id, page=page, _anchor=anchor), 303)


@blueprint.get("/attempts/<int:attempt_id>/submit")
def look_over(attempt_id: int) -> ResponseReturnValue:
    """Before handing in: what is not answered yet, and the button."""
    now = runtime().clock.now()
    attempt, activity, shown = _shown(attempt_id, now)
    if not attempt.state.is_open:
        return redirect(url_for("quizzes_attempts.result", attempt_id=attempt_id), 303)
    return render(
        "quizzes/look_over.html",
        title=activity.title,
        attempt=_attempt(attempt, now),
        cards=_cards(shown, 0),
        counts=_counts(shown),
        unanswered=[question["number"] for question in shown if not question["is_answered"]],
    )


@blueprint.post("/attempts/<int:attempt_id>/submit")
def submit(attempt_id: int) -> ResponseReturnValue:
    """Hand in; also what the page does by itself at zero (`timeup`). Twice is once."""
    now = runtime().clock.now()
    is_finishing = "timeup" not in request.form
    with runtime().database.writing() as session:
        _actor, activity, attempt = queries.own_attempt(session, attempt_id, is_locked=True)
        answers = given(session, attempt, now) if attempt.state.is_open else {}
        services.submit(session, attempt=attempt, activity=activity, given=answers, is_finishing=is_finishing, now=now)
        is_open = attempt.state.is_open
    if is_open:  # Time of grace, or a page whose clock ran ahead of ours.
        where = "look_over" if attempt.state is AttemptState.overdue else "run"
        return redirect(url_for(f"quizzes_attempts.{where}", attempt_id=attempt_id), 303)
    return redirect(url_for("quizzes_attempts.result", attempt_id=attempt_id), 303)
