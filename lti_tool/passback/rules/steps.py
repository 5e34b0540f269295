"""What follows from an answer for the score post, its column and the registration."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from lti_tool.ledger.rules import NOT_GRADED, PostState
from lti_tool.passback.rules.answers import Answer, Reply
from lti_tool.passback.rules.machine import Event, follow
from lti_tool.passback.rules.timing import backoff

ADMIN_DELAY = timedelta(minutes=15)
"""When only an administrator can help, asking more often is noise."""
KEYS_DELAY = timedelta(seconds=30)
"""Before a refusal of our keys is taken for an administrator's business: the LMS may have asked for them while we were restarted,
or over a network that was down, and says the same then."""
CONFLICT_DELAY = timedelta(seconds=2)
STUBBORN_AFTER = 6
"""So many errors of one score while others arrive, and it is probably the column or the cell: Moodle answers 500 to a locked
one. An instructor is told then."""


class Health(StrEnum):
    """What an answer says about the LMS as a whole."""

    well = "well"
    ill = "ill"
    strained = "strained"
    """Too much for it: once is chance, a few times in a row and it is asked less."""
    pause = "pause"
    """It wants to be left alone, or will answer all the same."""
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class LineItemChange:
    """What an answer says about the whole column: the line item's new state and its cause."""

    state: str
    cause: str


@dataclass(frozen=True, slots=True)
class Step:
    """What follows for one score post; `delay` until it is due again, `column` for all posts of its line item."""

    event: Event
    cause: str = ""
    delay: timedelta = timedelta(0)
    column: LineItemChange | None = None
    health: Health = Health.unknown
    counts: bool = True
    """Whether this was an attempt, so that the next delay is longer."""

    @property
    def state(self) -> PostState:
        """The state of a post that was on its way and that nobody has moved since."""
        return follow(PostState.sending, self.event)


_HEALTH = {
    Answer.accepted: Health.well,
    Answer.there_already: Health.well,
    Answer.not_graded: Health.well,
    Answer.gone: Health.well,
    Answer.newer: Health.well,
    Answer.ahead: Health.well,
    Answer.rejected: Health.well,
    Answer.locked: Health.well,
    Answer.closed: Health.well,
    Answer.used_up: Health.well,
    Answer.forbidden: Health.well,
    Answer.busy: Health.strained,
    Answer.unauthorised: Health.ill,  # perhaps of one course only, so one such answer does not stop the others
    Answer.keys_refused: Health.pause,
    Answer.keys_unread: Health.pause,
    Answer.down: Health.ill,
    Answer.silent: Health.ill,
    Answer.login_page: Health.ill,
    Answer.redirected: Health.ill,
}
HOPELESS = frozenset(each for each, health in _HEALTH.items() if health is not Health.well)
"""After a few of these in a row, the rest of a batch would fare no better."""
_REFUSED = {
    Answer.not_graded: NOT_GRADED,
    Answer.forbidden: "forbidden",
    Answer.rejected: "rejected",
    Answer.locked: "locked",
    Answer.closed: "course_closed",
    Answer.used_up: "attempts_used",
    Answer.ahead: "ahead_in_lms",
    Answer.foreign_host: "foreign_host",
}
_COLUMN = {
    Answer.gone: (LineItemChange("gone", "gone"), "column_gone"),
    Answer.no_scope: (LineItemChange("forbidden", "no_scope"), "no_scope"),
}
_CAUSE = {
    Answer.busy: "lms_busy",
    Answer.broken: "lms_error",
    Answer.down: "lms_down",
    Answer.silent: "lms_silent",
    Answer.id_unread: "id_unread",
    Answer.login_page: "login_page",
    Answer.redirected: "login_page",
    Answer.unauthorised: "token_refused",
    Answer.keys_refused: "keys_refused",
    Answer.keys_unread: "keys_unread",
}
_KEYS = (Answer.keys_refused, Answer.keys_unread)
ILL_CAUSES = ("lms_down", "lms_silent", "login_page")
"""Posts with these causes are due at once when the LMS answers again."""


def after(reply: Reply, *, attempts: int, cause: str, chance: float) -> Step:
    """What follows from an answer; `attempts` counts this one, `cause` is what stood there before it."""
    answer = reply.answer
    health = _HEALTH.get(answer, Health.unknown)
    if answer is Answer.accepted:
        return Step(Event.accepted, health=health)
    if answer is Answer.there_already:
        return Step(Event.there_already, health=health)
    if answer is Answer.unsent:
        return Step(Event.unsent, cause=cause, counts=False)
    if answer in _REFUSED:
        return Step(Event.refused, cause=_REFUSED[answer], health=health)
    if answer in _COLUMN:
        column, why = _COLUMN[answer]
        return Step(Event.column_lost, cause=why, column=column, health=health)
    if answer is Answer.newer:
        if cause == "superseded":
            return Step(Event.refused, cause="newer_in_lms", health=health)
        return Step(Event.again, cause="superseded", delay=CONFLICT_DELAY, health=health)
    if answer is Answer.busy and reply.wait is not None:
        # Spread over a fifth more than was asked for, so that not all come back in the same second (TO-12).
        return Step(Event.again, _CAUSE[answer], reply.wait * (1 + chance / 5), health=Health.pause)
    why = "lms_error_again" if answer is Answer.broken and attempts >= STUBBORN_AFTER else _CAUSE[answer]
    return Step(Event.again, why, _delay(reply, attempts, cause, chance), health=health)


def _delay(reply: Reply, attempts: int, cause: str, chance: float) -> timedelta:
    if reply.answer in _KEYS and cause not in {_CAUSE[answer] for answer in _KEYS}:
        return KEYS_DELAY
    if reply.answer in _KEYS or reply.answer is Answer.unauthorised:
        return ADMIN_DELAY
    return max(backoff(attempts, chance), reply.wait or timedelta(0))
