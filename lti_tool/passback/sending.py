"""One score on its way to its LMS, in a sender's thread: the requests it takes, and what their answers mean."""

from collections.abc import Callable
from datetime import timedelta

from lti_tool.core.clock import Clock
from lti_tool.core.http import HttpError
from lti_tool.core.logs import log
from lti_tool.core.secrets import CannotDecrypt
from lti_tool.lms.connector import Connector
from lti_tool.lms.errors import (
    ForeignHost,
    KeysUnread,
    LmsError,
    ScopeMissing,
    ServiceFailed,
    TokenRefused,
    TokenUnavailable,
)
from lti_tool.lms.links import ForeignPage, TooManyPages
from lti_tool.lms.quirks import quirks_of
from lti_tool.lms.tool_keys import NoToolKey
from lti_tool.passback import rules
from lti_tool.passback.outbox import Claimed, Target
from lti_tool.passback.rules import Answer, Reply

REPEAT_WITHIN = timedelta(seconds=14)
"""After a claim, for a request that follows another one: a token (8 s) and the answer (8 s) must fit into the lease."""
READ_TRIES = 2
"""So often a score waits because the comment that it would erase cannot be read; then it goes without."""

Sent = tuple[Reply, timedelta | None]
"""The answer, and the LMS's clock minus ours if it said so."""


class Sender:
    """Posts scores. Safe with threads."""

    def __init__(self, connector: Connector, clock: Clock) -> None:
        self._connector, self._clock = connector, clock

    def send(self, target: Target, post: Claimed) -> Sent:
        """Post one score. Raises nothing that an LMS can cause."""
        try:
            reply, offset = self._send(target, post)
        except KeysUnread:
            return Reply(Answer.keys_unread), None
        except TokenRefused:
            return Reply(Answer.keys_refused), None
        except (NoToolKey, CannotDecrypt) as error:
            log.error("no_tool_key", kind=type(error).__name__)
            return Reply(Answer.keys_refused), None
        except ScopeMissing:
            return Reply(Answer.no_scope), None
        except ForeignHost:
            return Reply(Answer.foreign_host), None
        except TokenUnavailable:
            return Reply(Answer.down), None
        except HttpError as error:
            return Reply(Answer.silent if error.temporary else Answer.foreign_host), None
        numbers = quirks_of(target.platform.family).ids_are_numbers
        return rules.about_person(reply, sub=post.sub, ids_are_numbers=numbers), offset

    def _send(self, target: Target, post: Claimed) -> Sent:
        quirks = quirks_of(target.platform.family)
        comment = ""
        if quirks.score_erases_comment:
            found = self._comment(target, post)
            if isinstance(found, Reply):
                return found, None
            if not self._has_time(post)():
                return Reply(Answer.unsent), None
            comment = found
        body = rules.score_body(
            sub=post.sub,
            given=post.given,
            maximum=post.maximum,
            timestamp=post.send_at,
            attempt=post.attempt,
            comment=comment,
            extra={} if rules.is_resubmitted(post.attempt, post.sent_at) else quirks.regrade,
        )
        response = self._connector.post_score(target.platform, post.url, body, self._has_time(post))
        now = self._clock.now()
        answer = rules.read_answer(response.status, response.headers.get("content-type") or "", response.body)
        wait = rules.read_wait(response.headers.get("retry-after"), now)
        offset = rules.clock_offset(rules.read_date(response.headers.get("date")), now)
        if answer is Answer.newer and self._has_time(post)():
            answer = self._after_conflict(target, post, target.offset if offset is None else offset)
        return Reply(answer, response.status, wait), offset

    def _has_time(self, post: Claimed) -> Callable[[], bool]:
        return lambda: self._clock.now() - post.claimed_at < REPEAT_WITHIN

    def _comment(self, target: Target, post: Claimed) -> str | Reply:
        """The comment that stands in the cell; or the answer for a score that had better wait until it can be read."""
        try:
            cell = self._cell(target, post)
        except ServiceFailed as error:
            if error.is_permanent or post.attempts > READ_TRIES:
                return ""
            return Reply(rules.read_answer(error.status, "", b"") if error.status >= 400 else Answer.down, error.status)
        except (ScopeMissing, ForeignPage, TooManyPages):
            return ""
        return "" if cell is None else cell.comment

    def _after_conflict(self, target: Target, post: Claimed, offset: timedelta) -> Answer:
        try:
            cell = self._cell(target, post)
        except (LmsError, HttpError, ForeignPage, TooManyPages):
            return Answer.newer
        return rules.after_conflict(cell, given=post.given, maximum=post.maximum, now_there=self._clock.now() + offset)

    def _cell(self, target: Target, post: Claimed) -> rules.Cell | None:
        for items in self._connector.results_of(target.platform, post.url, post.sub):
            cell = rules.read_cell(items, post.sub)
            if cell is not None:
                return cell
        return None
