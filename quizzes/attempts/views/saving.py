"""Autosave and the clock: what the runner's module asks while it runs."""

import json
from datetime import datetime

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from lti_tool.core.errors import Conflict, Invalid, NotFound, SessionEnded
from lti_tool.core.web import runtime
from lti_tool.identity import csrf, current
from lti_tool.questions.responses import bounded
from quizzes.attempts import queries, saving, services
from quizzes.attempts.models import Attempt
from quizzes.attempts.saving import Change
from quizzes.attempts.views.blueprint import blueprint

LARGEST_SEQ = 2**62
LARGEST_SLOT = 1000


@blueprint.post("/attempts/<int:attempt_id>/answers")
def save_answer(attempt_id: int) -> ResponseReturnValue:
    """Save one changed answer: {slot, seq, response} → {saved_at, seq, remaining_ms}. A hot path, one statement."""
    session_id, member_id = csrf.claimed()
    token_hash = current.token_hash()
    if token_hash is None:
        raise SessionEnded  # Our CSRF token came with it, so the browser had a session when it was given the page.
    change = _read(attempt_id, session_id, member_id, token_hash)
    here = runtime()
    now = here.clock.now()
    with here.database.writing_core() as connection:
        kept = saving.save(connection, change, now)
    current.stay_awake()
    body = {"saved_at": kept.saved_at.isoformat(), "seq": kept.seq, "remaining_ms": remaining_ms(kept.ends_at, now)}
    return Response(json.dumps(body), mimetype="application/json")


def _read(attempt_id: int, session_id: int, member_id: int, token_hash: str) -> Change:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid
    slot, seq = body.get("slot"), body.get("seq")
    if type(slot) is not int or type(seq) is not int or not (0 < slot <= LARGEST_SLOT and 0 < seq < LARGEST_SEQ):
        raise Invalid
    return Change(attempt_id, slot, seq, bounded(body.get("response")), session_id, member_id, token_hash)


def remaining_ms(ends_at: datetime | None, now: datetime) -> int | None:
    """Milliseconds until the time is up, by the server's clock; None without a limit."""
    return None if ends_at is None else max(0, int((ends_at - now).total_seconds() * 1000))


@blueprint.get("/attempts/<int:attempt_id>/clock")
def clock(attempt_id: int) -> ResponseReturnValue:
    """{state, remaining_ms, now_ms}: asked every minute, and before a page hands in by itself."""
    now = runtime().clock.now()
    with runtime().database.reading() as session:
        _actor, activity, attempt = queries.own_attempt(session, attempt_id)
    if queries.is_due(attempt, activity, now):
        with runtime().database.writing() as session:
            _actor, activity, attempt = queries.own_attempt(session, attempt_id, is_locked=True)
            # A page that asks at the very end must still be able to hand in what it holds: closing is left to it, and
            # to the worker a moment later.
            services.plan(session, attempt, activity)
    return jsonify(
        state=attempt.state.value, remaining_ms=remaining_ms(attempt.ends_at, now), now_ms=int(now.timestamp() * 1000)
    )


@blueprint.post("/attempts/<int:attempt_id>/flags")
def flag(attempt_id: int) -> ResponseReturnValue:
    """Mark a question to come back to: {slot, is_flagged}."""
    body = request.get_json(silent=True)
    slot = body.get("slot") if isinstance(body, dict) else None
    if type(slot) is not int or not isinstance(body, dict):
        raise Invalid
    with runtime().database.writing() as session:
        _actor, _activity, attempt = queries.own_attempt(session, attempt_id, is_locked=True)
        set_flag(attempt, slot, is_flagged=bool(body.get("is_flagged")))
        flags = list(attempt.flags)
    return jsonify(flags=flags)


def set_flag(attempt: Attempt, slot: int, *, is_flagged: bool) -> None:
    """Raises NotFound for a question that is not in the paper, Conflict when the attempt is closed."""
    if not 1 <= slot <= attempt.slots:
        raise NotFound
    if not attempt.state.is_open:
        raise Conflict
    attempt.flags = sorted({*attempt.flags, slot} if is_flagged else {*attempt.flags} - {slot})
