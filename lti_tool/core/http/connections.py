"""Connections that are kept alive, per scheme, host and port. Safe with threads; a forked process starts empty."""

import http.client
import os
import select
import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from lti_tool.core.http.sockets import TimedSocket, TimedTLSSocket

IDLE_SECONDS: Final = 30.0
IDLE_PER_TARGET: Final = 32


class Target(NamedTuple):
    """Where a connection leads to."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The Host header (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"


class Connection(http.client.HTTPConnection):
    """A connection over a socket that is there already."""

    def __init__(self, target: Target, connected: TimedSocket | TimedTLSSocket) -> None:
        super().__init__(target.host, target.port)
        self.auto_open = 0
        self.sock: TimedSocket | TimedTLSSocket = connected

    def is_dead(self) -> bool:
        """Whether the other side has closed, or said something nobody asked for."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))


@dataclass(slots=True)
class _Idle:
    connection: Connection
    since: float


class Connections:
    """The idle ones. Who takes one out owns it until it is put back or closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._idle: dict[Target, deque[_Idle]] = {}

    def take(self, target: Target) -> Connection | None:
        """Return a living idle connection, the one used last, or None."""
        while True:
            with self._lock:
                self._forget_another_process()
                waiting = self._idle.get(target)
                if not waiting:
                    return None
                idle = waiting.pop()
            if time.monotonic() - idle.since < IDLE_SECONDS and not idle.connection.is_dead():
                return idle.connection
            idle.connection.close()

    def put(self, target: Target, connection: Connection) -> None:
        now = time.monotonic()
        with self._lock:
            self._forget_another_process()
            waiting = self._idle.setdefault(target, deque())
            waiting.append(_Idle(connection, now))
            old = [waiting.popleft()] if len(waiting) > IDLE_PER_TARGET else []
            for other in list(self._idle):
                queue = self._idle[other]
                while queue and now - queue[0].since >= IDLE_SECONDS:
                    old.append(queue.popleft())
                if not queue:
                    del self._idle[other]
        for idle in old:
            idle.connection.close()

    def close(self) -> None:
        with self._lock:
            old, self._idle = self._idle, {}
        for waiting in old.values():
            for idle in waiting:
                idle.connection.close()

    def _forget_another_process(self) -> None:
        if self._pid != os.getpid():
            # Closing our copies does not disturb the parent: no TLS goodbye is sent.
            for waiting in self._idle.values():
                for idle in waiting:
                    idle.connection.close()
            self._idle = {}
            self._pid = os.getpid()


@cache
def client_context() -> ssl.SSLContext:
    """TLS 1.2 or later, certificates and names verified against the system's authorities, which are read once."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
