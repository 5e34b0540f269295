"""Sockets that keep a deadline for the whole exchange, not only for each read: a server that drips bytes is cut off."""

import socket
import ssl
import time
from typing import TYPE_CHECKING, Protocol, Self, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Timed(Protocol):
    """What both kinds of sockets share: from now on each read waits `read_seconds`, and none goes beyond `deadline`."""

    read_seconds: float
    deadline: float


def _wait(read_seconds: float, deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("deadline")
    return min(read_seconds, left)


class TimedSocket(socket.socket):
    """A plain connection."""

    read_seconds: float = 5.0
    deadline: float = float("inf")

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0, /) -> int:
        self.settimeout(_wait(self.read_seconds, self.deadline))
        return super().recv_into(buffer, nbytes, flags)

    @classmethod
    def connected(cls, address: str, port: int, seconds: float) -> Self:
        """Connect to a checked, numeric address. Raises OSError."""
        made = cls(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            made.settimeout(seconds)
            made.connect((address, port))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            made.close()
            raise
        return made


class TimedTLSSocket(ssl.SSLSocket):
    """A TLS connection."""

    read_seconds: float = 5.0
    deadline: float = float("inf")

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(_wait(self.read_seconds, self.deadline))
        return super().recv_into(buffer, nbytes, flags)


def secured(plain: TimedSocket, context: ssl.SSLContext, host: str) -> TimedTLSSocket:
    """Shake hands; the certificate must be valid for the name `host`, whatever address we are connected to."""
    context.sslsocket_class = TimedTLSSocket
    try:
        return cast("TimedTLSSocket", context.wrap_socket(plain, server_hostname=host))
    except BaseException:
        plain.close()
        raise
