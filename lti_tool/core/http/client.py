"""The outbound HTTP class: where we may go, how long we wait, how much we read."""

import http.client
import re
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from lti_tool.core.http import addresses
from lti_tool.core.http.connections import Connection, Connections, Target, client_context
from lti_tool.core.http.errors import Blocked, TimedOut, TooLarge, Unreachable
from lti_tool.core.http.response import Headers, Response
from lti_tool.core.http.sockets import TimedSocket, secured

_NOT_IN_URLS: Final = re.compile(r"[\x00-\x20\x7f-\x9f\\\s]")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3
_URL_LENGTH: Final = 8_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes.

    The total runs from the call to the last byte, redirects included; looking up a name is the system's business and is
    not cut short.
    """

    connect_seconds: float = 3.0
    read_seconds: float = 5.0
    total_seconds: float = 15.0
    body_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class _Address:
    target: Target
    path: str


class Http:
    """Requests to LMSs. One per application; safe with threads; forked processes do not share connections.

    Every address of a host is checked when a connection is opened, and the connection goes to a checked address: a name
    that changes its address in between gains nothing. TLS still verifies the name.

    `lenient` (demo, development, test): loopback may be reached, also by plain http. `allowed_hosts`: names that may
    lead to private addresses, by https, because the operator said so (an LMS in the school's own network); `more_hosts`
    says further ones, and is asked only when a name leads to such an address.
    """

    def __init__(
        self,
        *,
        lenient: bool = False,
        allowed_hosts: Collection[str] = (),
        more_hosts: Callable[[], Collection[str]] = frozenset,
        resolver: addresses.Resolver = addresses.resolve,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.lenient = lenient
        self.allowed_hosts = frozenset(host.strip().lower() for host in allowed_hosts if host.strip())
        self.limits = limits or Limits()
        self._more_hosts = more_hosts
        self._resolver = resolver
        self._tls = tls or client_context()
        self._connections = Connections()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """GET, following redirects on the same scheme, host and port only; other redirects are returned as they are."""
        deadline = time.monotonic() + self.limits.total_seconds
        response = self._exchange("GET", url, None, headers, deadline)
        for _ in range(_MOST_REDIRECTS):
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or location is None:
                break
            there = urljoin(response.url, location)
            if _read(there).target != _read(response.url).target:
                break
            response = self._exchange("GET", there, None, headers, deadline)
        return response

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        """POST. A redirect is returned, never followed."""
        return self.request("POST", url, body, headers)

    def request(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """One exchange, no redirect. Raises Blocked, Unreachable, TimedOut, TooLarge; any status is an answer."""
        return self._exchange(method, url, body, headers, time.monotonic() + self.limits.total_seconds)

    def close(self) -> None:
        self._connections.close()

    def _exchange(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None, deadline: float
    ) -> Response:
        address = _read(url)
        self._check_scheme(address.target)
        kept = self._connections.take(address.target)
        connection = kept or self._open(address.target, deadline)
        try:
            status, received, content, reusable = self._talk(connection, method, address, body, headers or {}, deadline)
        except BaseException as error:
            connection.close()
            # The other side had closed a kept connection; nothing reached it that could not be asked again.
            if kept and method in {"GET", "HEAD"} and isinstance(error, Unreachable):
                return self._exchange(method, url, body, headers, deadline)
            raise
        if reusable:
            self._connections.put(address.target, connection)
        else:
            connection.close()
        return Response(status, received, content, url)

    def _talk(
        self,
        connection: Connection,
        method: str,
        address: _Address,
        body: bytes | None,
        headers: Mapping[str, str],
        deadline: float,
    ) -> tuple[int, Headers, bytes, bool]:
        host = address.target.host
        connection.sock.read_seconds = self.limits.read_seconds
        connection.sock.deadline = deadline
        all_headers = {
            "Host": address.target.authority,
            "User-Agent": "Dangke",
            "Accept-Encoding": "identity",
            **headers,
        }
        try:
            connection.sock.settimeout(self.limits.read_seconds)
            connection.request(method, address.path, body, all_headers)
            answer = connection.getresponse()
            if (answer.length or 0) > self.limits.body_bytes:
                raise TooLarge(host)
            content = answer.read(self.limits.body_bytes + 1)
        except TimeoutError as error:
            raise TimedOut(host) from error
        except http.client.HTTPException as error:
            raise Unreachable(host, "broken_answer") from error
        except ValueError:
            # From a header that cannot be sent; the original message would quote it, token and all.
            raise Blocked(host, "malformed_request") from None
        except OSError as error:
            raise Unreachable(host, "connection_lost") from error
        if len(content) > self.limits.body_bytes:
            raise TooLarge(host)
        if answer.length:
            raise Unreachable(host, "broken_answer")
        reusable = answer.isclosed() and not answer.will_close
        return answer.status, Headers(answer.getheaders()), content, reusable

    def _check_scheme(self, target: Target) -> None:
        if target.scheme == "http" and not self.lenient:
            raise Blocked(target.host, "plain_http")

    def _open(self, target: Target, deadline: float) -> Connection:
        refused: OSError | None = None
        for address in self._checked(target):
            seconds = min(self.limits.connect_seconds, deadline - time.monotonic())
            if seconds <= 0:
                break
            try:
                plain = TimedSocket.connected(address, target.port, seconds)
                if target.scheme == "http":
                    return Connection(target, plain)
                return Connection(target, secured(plain, self._tls, target.host))
            except ssl.SSLCertVerificationError as error:
                raise Unreachable(target.host, "certificate", temporary=False) from error
            except OSError as error:
                refused = error
        if refused is None or isinstance(refused, TimeoutError):
            raise TimedOut(target.host, "connect_timed_out") from refused
        reason = "tls" if isinstance(refused, ssl.SSLError) else "connection_refused"
        raise Unreachable(target.host, reason) from refused

    def _checked(self, target: Target) -> list[str]:
        """Every address of the host as text; one that is not allowed spoils them all."""
        try:
            found = [addresses.parse(text) for text in self._resolver(target.host, target.port)]
        except (OSError, UnicodeError, ValueError) as error:
            raise Unreachable(target.host, "unknown_name") from error
        if not found:
            raise Unreachable(target.host, "unknown_name")
        for address in found:
            if not self._may_reach(target, address):
                raise Blocked(target.host, "private_address")
        return [str(address) for address in found]

    def _may_reach(self, target: Target, address: addresses.Address) -> bool:
        if self.lenient and address.is_loopback:
            return True
        if target.scheme == "http":
            return False
        if addresses.is_public(address):
            return True
        never = address.is_link_local or address.is_multicast or address.is_unspecified
        return not never and (target.host in self.allowed_hosts or target.host in self._more_hosts())


def _read(url: str) -> _Address:
    """Take a URL apart, strictly: no user, no control characters, http(s) only. Raises Blocked."""
    if len(url) > _URL_LENGTH or _NOT_IN_URLS.search(url):
        raise Blocked("", "malformed_url")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii") if ":" not in (parts.hostname or "") else ""
        host = host or (parts.hostname or "")
    except (ValueError, UnicodeError):
        raise Blocked("", "malformed_url") from None
    scheme = parts.scheme.lower()
    if scheme not in {"http", "https"} or not host or "@" in parts.netloc or "%" in host or port == 0:
        raise Blocked("", "malformed_url")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/?%:@!$&'()*+,;=~-._[]")
    return _Address(Target(scheme, host.lower().rstrip("."), port or {"http": 80, "https": 443}[scheme]), path)
