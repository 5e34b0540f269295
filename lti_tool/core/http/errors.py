"""What can go wrong between two servers. No message holds a path, a query string, a header or a body: hosts only."""

from typing import ClassVar


class HttpError(Exception):
    """No answer was had. `temporary` is the whole retry policy; `reason` is a short code for logs and metrics."""

    temporary: bool = False
    default_reason: ClassVar[str] = "failed"

    def __init__(self, host: str, reason: str | None = None, *, temporary: bool | None = None) -> None:
        self.host = host
        self.reason = reason or self.default_reason
        if temporary is not None:
            self.temporary = temporary
        super().__init__(f"{host or 'no host'}: {self.reason}")


class Blocked(HttpError):
    """We refuse to go there: a private address, plain http, an address that is none. Nothing was sent."""

    default_reason = "blocked"


class Unreachable(HttpError):
    """No name, no connection, no valid certificate (not temporary), or the connection broke."""

    temporary = True
    default_reason = "unreachable"


class TimedOut(HttpError):
    """The other side took longer than we wait. Whether it acted on the request is not known."""

    temporary = True
    default_reason = "timed_out"


class TooLarge(HttpError):
    """The answer is longer than we read."""

    default_reason = "too_large"
