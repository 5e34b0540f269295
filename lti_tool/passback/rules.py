"""Pure rules of passback: what may be sent when, what an LMS's answer means, and what follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from lti_tool.ledger.rules import PostState

SECOND = timedelta(seconds=1)
AHEAD = timedelta(seconds=5)
"""How far before the LMS's clock a timestamp may run; Moodle would refuse everything until its clock gets there."""
FIFTH = Decimal("0.00001")
"""Gradebooks keep five decimals (domain.md 3.9)."""

FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=2), timedelta(hours=1)
LONGEST_WISH = timedelta(hours=1)
"""The longest Retry-After that we obey."""
BUSY_DELAY = timedelta(seconds=30)
ADMIN_DELAY = timedelta(minutes=15)
"""When only an administrator can help, asking more often is noise."""
CONFLICT_DELAY = timedelta(seconds=2)

BREAKER_AFTER = 3
"""So many failures in a row, and the registration is left alone for a while."""
BREAKER_STEP, BREAKER_LONGEST = timedelta(seconds=5), timedelta(seconds=60)


class Answer(StrEnum):
    """What an LMS's answer to a score means."""

    accepted = "accepted"
    not_graded = "not_graded"
    unauthorised = "unauthorised"
    forbidden = "forbidden"
    gone = "gone"
    newer = "newer"
    rejected = "rejected"
    busy = "busy"
    broken = "broken"
    down = "down"
    silent = "silent"
    login_page = "login_page"
    redirected = "redirected"
    keys_refused = "keys_refused"
    no_scope = "no_scope"
    foreign_host = "foreign_host"
    unsent = "unsent"
    """We did not ask after all: the lease was nearly over, or the breaker had opened."""


class Health(StrEnum):
    """What an answer says about the LMS as a whole."""

    well = "well"
    ill = "ill"
    pause = "pause"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with the wish to be left alone for a while, if there was one."""

    answer: Answer
    status: int | None = None
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class LineItemChange:
    """What an answer says about the whole column: the line item's new state and its cause."""

    state: str
    cause: str


@dataclass(frozen=True, slots=True)
class Step:
    """What follows for one score post; `delay` until it is due again, `column` for all posts of its line item."""

    state: PostState
    cause: str = ""
    delay: timedelta = timedelta(0)
    column: LineItemChange | None = None
    health: Health = Health.unknown
    counts: bool = True
    """Whether this was an attempt, so that the next delay is longer."""


_ACCEPTED = frozenset({200, 201, 202, 204})
_BY_STATUS = {
    400: Answer.not_graded,
    401: Answer.unauthorised,
    403: Answer.forbidden,
    404: Answer.gone,
    408: Answer.down,
    409: Answer.newer,
    410: Answer.gone,
    425: Answer.down,
    429: Answer.busy,
    500: Answer.broken,
}

_NO_SUCH_STUDENT = (
    b"user in requested score",  # Brightspace: 403 "... is not enrolled in the org unit", 404 "... does not exist"
    b"user could not be found",  # Blackboard: 400
    b"user not found in course",  # Canvas: 422 "... or is not a student"
)
"""AG-26: it is one person who gets no grade there; the status alone would say that the whole column is gone or forbidden."""


def read_answer(status: int, content_type: str, body: bytes) -> Answer:
    """Classify an HTTP answer to a score (AGS 2.0, 3.4; AG-14, AG-26 to AG-29)."""
    if status in _ACCEPTED:
        return Answer.login_page if is_page(content_type, body) else Answer.accepted
    said = body[:2000].lower()
    if status == 400 and b"timestamp" in said:
        return Answer.newer
    if 400 <= status < 500 and any(words in said for words in _NO_SUCH_STUDENT):
        return Answer.not_graded
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return Answer.redirected
    if 400 <= status < 500:
        return Answer.rejected
    return Answer.down


def is_page(content_type: str, body: bytes) -> bool:
    """Whether this is a web page (a log-in form, a maintenance notice) in place of a service's answer.

    Moodle labels JSON and empty answers text/html, so the body decides.
    """
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return True
    is_html = content_type.partition(";")[0].strip().lower() == "text/html"
    return is_html and bool(start) and start not in {b"{", b"["}


def read_wait(text: str | None, now: datetime) -> timedelta | None:
    """Retry-After (RFC 9110, 10.2.3) as a time to wait: seconds or an HTTP date; capped, at least a second."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), LONGEST_WISH.total_seconds()))
    else:
        moment = read_date(text)
        if moment is None:
            return None
        wait = moment - now
    return min(max(wait, SECOND), LONGEST_WISH)


def read_date(text: str | None) -> datetime | None:
    """An HTTP date in GMT (RFC 9110, 5.6.7), or None."""
    try:
        return datetime.strptime((text or "").replace("GMT", "+0000"), "%a, %d %b %Y %H:%M:%S %z")
    except ValueError:
        return None


def backoff(attempts: int, chance: float) -> timedelta:
    """How long to wait after the `attempts`-th failure; `chance` 0 to 1 spreads it over the upper half (TO-13)."""
    longest: timedelta = min(FIRST_DELAY * (1 << min(attempts, 20)), LONGEST_DELAY)
    return longest * (0.5 + chance / 2)


_HEALTH = {
    Answer.accepted: Health.well,
    Answer.not_graded: Health.well,
    Answer.gone: Health.well,
    Answer.newer: Health.well,
    Answer.rejected: Health.well,
    Answer.forbidden: Health.well,
    Answer.busy: Health.pause,
    Answer.unauthorised: Health.ill,  # perhaps of one course only, so one such answer does not stop the others
    Answer.keys_refused: Health.pause,
    Answer.down: Health.ill,
    Answer.silent: Health.ill,
    Answer.login_page: Health.ill,
    Answer.redirected: Health.ill,
}
HOPELESS = frozenset(
    {Answer.keys_refused, Answer.busy} | {each for each, health in _HEALTH.items() if health is Health.ill}
)
"""After a few of these in a row, the rest of a batch would fare no better."""
_REFUSED = {
    Answer.not_graded: "not_graded",
    Answer.forbidden: "forbidden",
    Answer.rejected: "rejected",
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
    Answer.login_page: "login_page",
    Answer.redirected: "login_page",
    Answer.unauthorised: "token_refused",
    Answer.keys_refused: "keys_refused",
}
ILL_CAUSES = ("lms_down", "lms_silent", "login_page")
"""Posts with these causes are due at once when the LMS answers again."""


def after(reply: Reply, *, attempts: int, cause: str, chance: float) -> Step:
    """What follows from an answer; `attempts` counts this one, `cause` is what stood there before it."""
    answer = reply.answer
    health = _HEALTH.get(answer, Health.unknown)
    if answer is Answer.accepted:
        return Step(PostState.sent, health=health)
    if answer is Answer.unsent:
        return Step(PostState.waiting, cause=cause, counts=False)
    if answer in _REFUSED:
        return Step(PostState.refused, cause=_REFUSED[answer], health=health)
    if answer in _COLUMN:
        column, why = _COLUMN[answer]
        return Step(PostState.waiting_for_column, cause=why, column=column, health=health)
    if answer is Answer.newer:
        if cause == "superseded":
            return Step(PostState.refused, cause="newer_in_lms", health=health)
        return Step(PostState.waiting, cause="superseded", delay=CONFLICT_DELAY, health=health)
    return Step(PostState.waiting, cause=_CAUSE[answer], delay=_delay(reply, attempts, chance), health=health)


def _delay(reply: Reply, attempts: int, chance: float) -> timedelta:
    if reply.answer is Answer.busy:
        # Spread over a fifth more than was asked for, so that not all come back in the same second (TO-12).
        return (reply.wait or BUSY_DELAY) * (1 + chance / 5)
    if reply.answer in {Answer.unauthorised, Answer.keys_refused}:
        return ADMIN_DELAY
    return max(backoff(attempts, chance), reply.wait or timedelta(0))


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether a registration is left alone: `until` lies ahead then."""

    failures: int = 0
    until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether nothing may be sent now."""
        return self.until is not None and self.until > now

    @property
    def is_probing(self) -> bool:
        """Whether one score at a time shall find out if the LMS is back."""
        return self.failures >= BREAKER_AFTER


def breaker_after(before: Breaker, steps: Iterable[Step], now: datetime) -> Breaker:
    """The breaker after these answers, in their order."""
    failures, until = before.failures, before.until
    for step in steps:
        if step.health is Health.well:
            failures, until = 0, None
        elif step.health is Health.pause:
            until = max(until or now, now + step.delay)
        elif step.health is Health.ill:
            failures += 1
            if failures >= BREAKER_AFTER:
                until = now + min(BREAKER_STEP * (failures - BREAKER_AFTER + 1), BREAKER_LONGEST)
    return Breaker(failures, until)


def next_timestamp(now: datetime, offset: timedelta, last: datetime | None) -> datetime:
    """The timestamp of the next score: whole seconds of the LMS's clock, at least a second after `last` (AG-13).

    Moodle compares whole seconds, so nothing finer is ever used. `offset` is the LMS's clock minus ours.
    """
    there = (now + offset).replace(microsecond=0)
    return there if last is None else max(there, last + SECOND)


def wait_for_clock(timestamp: datetime, now: datetime, offset: timedelta) -> timedelta:
    """How long to wait until `timestamp` is no more than 5 s ahead of the LMS's clock; zero if it is not."""
    return max(timestamp - AHEAD - (now + offset), timedelta(0))


def clock_offset(date: datetime | None, now: datetime) -> timedelta | None:
    """The LMS's clock minus ours by its Date header (whole seconds), or None: no header, or less than 2 s off."""
    if date is None:
        return None
    offset = date - now.replace(microsecond=0)
    return timedelta(0) if abs(offset) < timedelta(seconds=2) else offset


def score_given(score: Decimal, *, maximum: int, column_maximum: int) -> Decimal:
    """The score on the scale of the column, to five decimals, half up; 0 to the column's maximum."""
    scaled = score if maximum == column_maximum else score * column_maximum / maximum
    return min(max(scaled.quantize(FIFTH, ROUND_HALF_UP), Decimal(0)), Decimal(column_maximum))


def score_body(*, sub: str, given: Decimal, maximum: int, timestamp: datetime) -> Mapping[str, Any]:
    """The score as it is posted (AGS 2.0, 3.4): always final, always with a number.

    A score without `scoreGiven`, or not FullyGraded, would make Moodle delete the grade (AG-16).
    """
    number = int(given) if given == given.to_integral_value() else float(given)
    return {
        "userId": sub,
        "timestamp": timestamp.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": number,
        "scoreMaximum": maximum,
    }
