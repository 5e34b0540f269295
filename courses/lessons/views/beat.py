"""The heartbeat of the reader: a hot path, two statements."""

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from courses.lessons import services
from courses.lessons.views.blueprint import blueprint
from courses.progress.services import Beat, beat
from lti_tool.core.errors import NotFound, SessionChanged
from lti_tool.core.web import runtime
from lti_tool.identity import csrf, current
from lti_tool.identity.actor import Carrier
from lti_tool.identity.sessions import hash_token
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.availability import Phase
from lti_tool.ledger.windows import window_of


@blueprint.post("/lessons/<int:activity_id>/beat", endpoint="beat")
def beat_once(activity_id: int) -> ResponseReturnValue:
    """Credit the time since the last beat. Answers {credited, counting, due} in seconds, or {counting: false, reason}."""
    carried = current.token()
    if carried is None:
        raise NotFound
    token, carrier = carried
    # A bearer page has no CSRF token: no browser adds its header by itself.
    session_id, member_id = (0, 0) if carrier is Carrier.bearer else csrf.claimed()
    asked = _Asked(activity_id, hash_token(token), carrier, session_id, member_id)
    done = asked.credit(is_open=False)
    if done is None:
        reason = _reason(activity_id)
        done = asked.credit(is_open=True) if not reason else None
        if done is None:
            return jsonify(counting=False, reason=reason or "refused")
    current.stay_awake()
    return jsonify(credited=done.credited_ms // 1000, counting=done.is_counting, due=done.is_due)


class _Asked:
    """One heartbeat as it was sent."""

    def __init__(self, activity_id: int, token_hash: str, carrier: Carrier, session_id: int, member_id: int) -> None:
        self.activity_id = activity_id
        self.token_hash = token_hash
        self.carrier = carrier
        self.session_id = session_id
        self.member_id = member_id
        claimed = request.get_json(silent=True)
        seconds = claimed.get("open") if isinstance(claimed, dict) else 0
        self.open_ms = int(seconds * 1000) if isinstance(seconds, int) and 0 < seconds < 86_400 else 0

    def credit(self, *, is_open: bool) -> Beat | None:
        with runtime().database.writing_core() as connection:
            return beat(
                connection,
                token_hash=self.token_hash,
                carrier=self.carrier,
                session_id=self.session_id,
                member_id=self.member_id,
                activity_id=self.activity_id,
                claimed_open_ms=self.open_ms,
                now=runtime().clock.now(),
                is_open=is_open,
            )


def _reason(activity_id: int) -> str:
    """Why the first statement found nothing to credit; empty if the dates are open after all (groups).

    Raises NotFound if it is not this person's lesson, SessionChanged if the page is a former member's.
    """
    with runtime().database.reading() as session:
        actor, activity = open_activity(session, activity_id, kind="lesson")
        if actor.carrier is Carrier.cookie and csrf.claimed() != (actor.session_id, actor.member_id):
            raise SessionChanged
        if not services.counts(actor):
            return "preview"
        phase = window_of(session.connection(), activity, actor.member_id).phase(runtime().clock.now())
    return {Phase.before: "before", Phase.closed: "closed"}.get(phase, "")
