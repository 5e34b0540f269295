"""The errors that a user may see: one sentence that says what happened, one that says what to do, a status, a code.

Texts are lazy (translated when shown). Raise these anywhere; `core.web` renders them with a reference id.
"""

import errno
from typing import Any, ClassVar

from lti_tool.core.i18n import gettext as _
from lti_tool.core.i18n import lazy_gettext as _l

Text = Any  # a str or a lazily translated string; Flask-Babel's type has no public name


class DangkeError(Exception):
    """Base of all errors that are shown to a user."""

    status: ClassVar[int] = 500
    code: str = "DK-500"
    message: Text = _l("Something went wrong on our side.")
    action: Text = _l("Try again in a minute. What you had saved is safe.")

    def __init__(self, message: Text | None = None, *, action: Text | None = None, code: str | None = None) -> None:
        super().__init__(code or self.code)
        if message is not None:
            self.message = message
        if action is not None:
            self.action = action
        if code is not None:
            self.code = code

    @property
    def sentences(self) -> str:
        """What is wrong and what to do, as a form says it beside a field; in the language of the request."""
        what = str(self.message).rstrip(".。")
        return _("%(what)s. %(todo)s", what=what, todo=self.action).rstrip()


class Invalid(DangkeError):
    """What was sent cannot be accepted as it is; the sentence says what to change."""

    status = 400
    code = "DK-400"
    message = _l("This input cannot be used.")
    action = _l("Correct it and send it again.")


class Forbidden(DangkeError):
    """The request is not trustworthy (missing token, foreign origin). Never used for what is not yours: that is NotFound."""

    status = 403
    code = "DK-403"
    message = _l("This request was not accepted.")
    action = _l("Open the page again from your course.")


class NotFound(DangkeError):
    """It does not exist, or it is not yours: the two look the same."""

    status = 404
    code = "DK-404"
    message = _l("There is nothing here for you.")
    action = _l("Open it from your course again.")


class Conflict(DangkeError):
    """Somebody else was faster, or the state does not allow it any more."""

    status = 409
    code = "DK-409"
    message = _l("This has changed in the meantime.")
    action = _l("Reload the page and look at it again.")


class SessionChanged(Conflict):
    """The page belongs to a former session or member of this browser."""

    code = "DK-409-SESSION"
    message = _l("Another person has opened the course in this browser.")
    action = _l("Open it from your course again. What you typed is kept below.")


class SessionEnded(SessionChanged):
    """The session of this page is over, by time or because the browser gave its cookie up. Nobody else came."""

    code = "DK-409-ENDED"
    message = _l("Your session has ended.")
    action = _l("Open it from your course again. What you typed stays here until you leave this page.")


class Previewing(Conflict):
    """Somebody who teaches views the course as a member, and asked for what members cannot do or what would leave a trace."""

    code = "DK-409-PREVIEW"
    message = _l("You are viewing this course as a member.")
    action = _l("Nothing of it is written down, so this cannot be done now. End the view first.")


class TooLarge(DangkeError):
    """The body is larger than this place accepts."""

    status = 413
    code = "DK-413"
    message = _l("This is too large to be sent.")
    action = _l("Send less at once.")


class TooMany(DangkeError):
    """Too many requests of this kind in a short time."""

    status = 429
    code = "DK-429"
    message = _l("That was too many requests in a short time.")
    action = _l("Wait a minute, then try again.")


class Unavailable(DangkeError):
    """Something we need is down or busy. Nothing was saved."""

    status = 503
    code = "DK-503"
    message = _l("Nothing was saved: the server is busy.")
    action = _l("Try again in a few seconds.")


class NoRoom(Unavailable):
    """A disk or a quota is full. Nothing was saved; what had been saved before is safe."""

    status = 507
    code = "DK-507"
    message = _l("Nothing was saved: the server has no room left.")
    action = _l("Leave this page open, tell whoever runs this server, and try again later. What you had saved is safe.")


def is_out_of_room(error: BaseException) -> bool:
    """Whether the system refused to write because a disk or a quota is full."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
