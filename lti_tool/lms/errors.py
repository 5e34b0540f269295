"""Why a service call was not made or not answered; `is_permanent` is the whole retry policy."""


class LmsError(Exception):
    """Base: `code` for logs and causes; no URL, no token, no body is kept in it."""

    is_permanent = False
    code = "lms_error"


class TokenRefused(LmsError):
    """The token endpoint knows us not: keys or client_id do not fit. Asking again does not help (TO-09)."""

    is_permanent = True
    code = "keys_refused"


class TokenUnavailable(LmsError):
    """The token endpoint gave no usable answer."""

    code = "token_unavailable"


class KeysUnread(TokenUnavailable):
    """The token endpoint shows an error page (404): mostly the LMS may not fetch our key set (Moodle's cURL security)."""

    code = "keys_unread"


class ScopeMissing(LmsError):
    """The LMS does not give the scope that this call needs (TO-05)."""

    is_permanent = True
    code = "no_scope"


class ForeignHost(LmsError):
    """The service URL lies on a host that is not in the registration's list (TO-15). Nothing was sent."""

    is_permanent = True
    code = "foreign_host"


class ServiceFailed(LmsError):
    """A service answered with an error status, or with something else than what was asked for."""

    code = "service_failed"

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status
        self.is_permanent = 400 <= status < 500 and status not in {401, 408, 425, 429}
