"""Planned misbehaviour: what an LMS does on a bad day, on demand, per endpoint and repeatable by a seed."""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from flask import Response, g, request

ENDPOINTS = (
    "authorize", "jwks", "token", "lineitems", "lineitem", "scores", "results", "memberships", "groups", "group_sets", "deep_link_return",
    "configuration", "registration",
)  # fmt: skip
SERVICES = ENDPOINTS[2:9]


class FaultKind(StrEnum):
    """What goes wrong.

    delay: begin later, then as usual. pace: do the work at once and answer `delay_ms` after the request came in. status: answer this status. html: 200 with a log-in page.
    nothing: keep the request open for `seconds`, then close. close: close the connection at once.
    lose: answer as if all went well, and store nothing. lie: store, and then answer this status.
    drop: do the work, and close the connection in place of the answer. cut: do the work, and close it in the middle of the answer.
    """

    DELAY = "delay"
    PACE = "pace"
    STATUS = "status"
    HTML = "html"
    NOTHING = "nothing"
    CLOSE = "close"
    LOSE = "lose"
    LIE = "lie"
    DROP = "drop"
    CUT = "cut"


SPOILED = frozenset({FaultKind.DROP, FaultKind.CUT})
"""The work is done as usual, and nobody hears of it."""


@dataclass
class Fault:
    """One programme. `skip` requests go well first; `times` None: until reset; `percent` are hit, drawn from `seed`."""

    kind: FaultKind
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    delay_ms: float = 0
    seconds: float = 30
    times: int | None = None
    skip: int = 0
    percent: float = 100
    seed: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    @classmethod
    def read(cls, plan: Mapping[str, Any]) -> Self:
        """A fault from its JSON. Raises ValueError or TypeError for what is none."""
        known = {name: plan[name] for name in plan if name not in ("endpoint", "kind")}
        return cls(FaultKind(plan["kind"]), **known)

    def strikes(self) -> bool:
        """Whether it hits the request at hand; counts."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.percent < 100 and self._random.random() * 100 >= self.percent:
            return False
        self.hits += 1
        return True


class Faults:
    """The programmes of all endpoints, in memory: a restarted LMS is a well-behaved one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: dict[str, list[Fault]] = {}
        self._released = threading.Event()

    def add(self, endpoint: str, fault: Fault) -> None:
        """Plan a fault for an endpoint, or with `*` for all. Raises ValueError for an unknown endpoint."""
        names = ENDPOINTS if endpoint == "*" else SERVICES if endpoint == "services" else (endpoint,)
        with self._lock:
            for name in names:
                if name not in ENDPOINTS:
                    raise ValueError(f"unknown endpoint {name}")
                self._plans.setdefault(name, []).append(fault)

    def reset(self, endpoint: str | None = None) -> None:
        """Forget the programmes (of one endpoint) and let go of the requests that are kept waiting."""
        with self._lock:
            if endpoint is None:
                self._plans.clear()
            else:
                self._plans.pop(endpoint, None)
            self._released.set()
            self._released = threading.Event()

    def planned(self) -> dict[str, list[dict[str, Any]]]:
        """What is planned and how often it hit, as JSON."""
        with self._lock:
            return {
                name: [{"kind": f.kind, "status": f.status, "times": f.times, "hits": f.hits} for f in plans]
                for name, plans in self._plans.items()
            }

    def due(self, endpoint: str) -> "Due":
        """What strikes the request at hand; delays add up, and end with the first fault of another kind."""
        due = Due(self._released)
        if endpoint not in self._plans:
            return due
        with self._lock:
            for fault in self._plans.get(endpoint, ()):
                if not fault.strikes():
                    continue
                if fault.kind is FaultKind.DELAY:
                    due.wait += fault.delay_ms / 1000
                elif fault.kind is FaultKind.PACE:
                    due.pace += fault.delay_ms / 1000
                else:
                    due.fault = fault
                    break
        return due


@dataclass
class Due:
    """What happens to one request: seconds to wait first, seconds that it takes in all, and the fault that strikes."""

    released: threading.Event
    wait: float = 0.0
    pace: float = 0.0
    fault: Fault | None = None


def strike(
    faults: Faults, endpoint: str, witness: Callable[[int, str], None] | None = None
) -> tuple[Response | None, Fault | None]:
    """Do what is planned before the view runs: (an answer in place of the view's, a fault the view must obey).

    `witness(status, kind)` is told of an answer in place of the view's before it is given; status 0 means none.
    """
    due = faults.due(endpoint)
    fault, released = due.fault, due.released
    if due.wait:
        released.wait(due.wait)
    if due.pace:
        g.pace = due
    if fault is None or fault.kind in (FaultKind.LOSE, FaultKind.LIE):
        return None, fault
    if fault.kind in SPOILED:
        g.spoiled = fault
        return None, None
    if witness is not None:
        witness({FaultKind.STATUS: fault.status, FaultKind.HTML: 200}.get(fault.kind, 0), f"planned {fault.kind}")
    if fault.kind is FaultKind.STATUS:
        return failure(fault), None
    if fault.kind is FaultKind.HTML:
        return Response("<!doctype html><title>Log in</title><p>Please log in", mimetype="text/html"), None
    if fault.kind is FaultKind.NOTHING:
        released.wait(fault.seconds)
    hang_up()
    return Response(status=504), None


def note_arrival() -> None:
    """Before a request: remember when it came in, so that it can be paced."""
    g.arrived = time.monotonic()


def keep_pace(response: Response) -> Response:
    """After a request: hold the answer back until its planned time."""
    paced: Due | None = g.get("pace")
    if paced is not None:
        remaining = g.arrived + paced.pace - time.monotonic()
        if remaining > 0:
            paced.released.wait(remaining)
    return response


def planned(fault: Fault | None) -> str:
    """What is planned for the request at hand, in words for the log of scores; empty if nothing."""
    fault = fault or g.get("spoiled")
    kind = fault.kind if fault is not None else FaultKind.PACE if "pace" in g else None
    return "" if kind is None else f"planned {kind}"


def spoil(response: Response) -> Response:
    """After a request whose answer shall not arrive: close the connection before it, or in the middle of it."""
    fault: Fault | None = g.get("spoiled")
    if fault is None:
        return response
    if fault.kind is FaultKind.DROP:
        hang_up()
        return response
    body = response.get_data() or b'{"status": "stored"}'
    found = _socket()

    def first_half() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        if found is None:
            raise ConnectionResetError("the demo LMS hung up")
        found.shutdown(socket.SHUT_RDWR)

    cut = Response(first_half(), response.status_code, content_type=response.content_type)
    cut.content_length = len(body)
    return cut


def failure(fault: Fault) -> Response:
    """The answer of a `status` or `lie` fault."""
    return Response(fault.body or f'{{"error": "planned {fault.status}"}}', fault.status, fault.headers,
                    mimetype="application/json")  # fmt: skip


def hang_up() -> None:
    """Close the connection under the request. Without a socket (a WSGI client) raises ConnectionResetError."""
    found = _socket()
    if found is None:
        raise ConnectionResetError("the demo LMS hung up")
    found.shutdown(socket.SHUT_RDWR)


def _socket() -> socket.socket | None:
    found = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    return found if isinstance(found, socket.socket) else None
