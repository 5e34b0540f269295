"""What an LMS's answer to a score means."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum


class Answer(StrEnum):
    """What an LMS's answer to a score means."""

    accepted = "accepted"
    not_graded = "not_graded"
    unauthorised = "unauthorised"
    forbidden = "forbidden"
    gone = "gone"
    newer = "newer"
    ahead = "ahead"
    """It has a grade whose time lies ahead of its own clock, so that everything of today is older."""
    there_already = "there_already"
    """It calls ours old, and what it has is what we wanted to send: an earlier attempt had arrived."""
    rejected = "rejected"
    locked = "locked"
    closed = "closed"
    """The course is not published, or over."""
    used_up = "used_up"
    """It counts every score as an attempt, and this person has none left (AG-25)."""
    busy = "busy"
    broken = "broken"
    down = "down"
    silent = "silent"
    id_unread = "id_unread"
    """It breaks over this person's id, and its web server says what it says of an LMS that is down."""
    login_page = "login_page"
    redirected = "redirected"
    keys_refused = "keys_refused"
    keys_unread = "keys_unread"
    """Its token endpoint shows an error page: it cannot fetch our key set."""
    no_scope = "no_scope"
    foreign_host = "foreign_host"
    unsent = "unsent"
    """We did not ask after all: the lease was nearly over, or the breaker had opened."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with the wish to be left alone for a while, if there was one."""

    answer: Answer
    status: int | None = None
    wait: timedelta | None = None


_ACCEPTED = frozenset({200, 201, 202, 204})
_REFUSALS = frozenset({400, 403, 404, 409, 422, 423})
_BY_STATUS = {
    400: Answer.not_graded,
    401: Answer.unauthorised,
    403: Answer.forbidden,
    404: Answer.gone,
    408: Answer.down,
    409: Answer.newer,
    410: Answer.gone,
    423: Answer.locked,
    425: Answer.down,
    429: Answer.busy,
    500: Answer.broken,
}

_NO_SUCH_STUDENT = (
    b"incorrect score received",  # Moodle: 400, followed by the whole score, which has a timestamp
    b"user in requested score",  # Brightspace: 403 "... is not enrolled in the org unit", 404 "... does not exist"
    b"user could not be found",  # Blackboard: 400
    b"user not found in course",  # Canvas: 422 "... or is not a student"
)
"""AG-26: it is one person who gets no grade there; the status alone would say that the whole column is gone or forbidden."""
_SAID = (
    (re.compile(rb"\btimestamp\b"), Answer.newer),  # Canvas, Open edX: 400
    (re.compile(rb"maximum number of allowed attempts"), Answer.used_up),  # Canvas: 422
    (re.compile(rb"course has concluded|course not available|course is not (?:published|available)"), Answer.closed),
    (re.compile(rb"\block(?:ed)?\b"), Answer.locked),
)
"""What a refusal (4xx) says in so many words, whatever its status."""


def read_answer(status: int, content_type: str, body: bytes) -> Answer:
    """Classify an HTTP answer to a score (AGS 2.0, 3.4; AG-14, AG-26 to AG-29)."""
    if status in _ACCEPTED:
        return Answer.login_page if is_page(content_type, body) else Answer.accepted
    said = body[:2000].lower()
    # 500 as well: some Moodles fail over putting the words for a person without grades together.
    if (status in _REFUSALS or status == 500) and any(words in said for words in _NO_SUCH_STUDENT):
        return Answer.not_graded
    if status in _REFUSALS:
        for words, answer in _SAID:
            if words.search(said):
                return answer
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return Answer.redirected
    if 400 <= status < 500:
        return Answer.rejected
    return Answer.down


def about_person(reply: Reply, *, sub: str, ids_are_numbers: bool) -> Reply:
    """The same answer, unless it speaks of one person only though it looks as if the LMS were down.

    Moodle reads a person's id as a number and breaks over any other; its web server makes a 502 of that. So this answer says
    nothing about the LMS, good or bad: others' scores find out how it is, and a 502 to any of theirs still means "down".
    """
    is_number = sub.isascii() and sub.isdecimal()
    if ids_are_numbers and reply.status == 502 and not is_number:
        return replace(reply, answer=Answer.id_unread)
    return reply


def is_page(content_type: str, body: bytes) -> bool:
    """Whether this is a web page (a log-in form, a maintenance notice) in place of a service's answer.

    Moodle labels JSON and empty answers text/html, so the body decides.
    """
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return True
    is_html = content_type.partition(";")[0].strip().lower() == "text/html"
    return is_html and bool(start) and start not in {b"{", b"["}
