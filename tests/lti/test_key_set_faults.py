"""TK-08 at real launches: key sets that do not come, come without end, from elsewhere or from inside.

A front server stands between the tool and the LMS's key set, so that every answer crosses a socket.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from lti_tool.core.clock import FakeClock
from lti_tool.core.http import Http, Limits
from lti_tool.identity.models import Registration
from lti_tool.launch.edge import edge_of
from lti_tool.lms.key_sets import PAUSE, KeySets
from tests.core.http.servers import Server
from tests.lti.world import World

pytestmark = pytest.mark.shows("E-03")

QUICK = Limits(connect_seconds=0.3, read_seconds=0.3, total_seconds=0.5)
OVER_5_MB = 5_000_001
NAME = "lms.example"


@dataclass
class Front:
    """Answers for the LMS's key set; `trouble` is what it does instead of giving it."""

    keys: bytes
    elsewhere: str
    """The key set's own address: the same keys, on another host and port."""
    port: int = 0
    trouble: Callable[["Front", BaseHTTPRequestHandler], None] | None = None
    addresses: list[str] = field(default_factory=lambda: ["127.0.0.1"])
    """What the front's name resolves to."""
    asked: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        if self.trouble is not None:
            self.trouble(self, request)
        else:
            send(request, 200, self.keys)


def send(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def is_silent(front: Front, _request: BaseHTTPRequestHandler) -> None:
    front.over.wait()


def drips(front: Front, request: BaseHTTPRequestHandler) -> None:
    """The right keys, but a byte now and then: no single read takes too long."""
    request.send_response(200)
    request.send_header("Content-Length", str(len(front.keys)))
    request.end_headers()
    for byte in front.keys:
        if front.over.wait(0.05):
            return
        request.wfile.write(bytes([byte]))


def is_huge(front: Front, request: BaseHTTPRequestHandler) -> None:
    """A key set that would be good, were it not for its 5 MB of blanks."""
    send(request, 200, front.keys.ljust(OVER_5_MB))


def has_no_end(front: Front, request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    while not front.over.is_set():
        request.wfile.write(b"400\r\n" + b" " * 1024 + b"\r\n")


def leads_to_another_host(front: Front, request: BaseHTTPRequestHandler) -> None:
    """To where the right keys are: following it would make the launch succeed."""
    send(request, 302, Location=front.elsewhere)


def leads_inside(_front: Front, request: BaseHTTPRequestHandler) -> None:
    send(request, 302, Location="http://169.254.169.254/jwks")


TROUBLES = (is_silent, drips, is_huge, has_no_end, leads_to_another_host, leads_inside)


@pytest.fixture
def front(world: World) -> Iterator[Front]:
    """The registration's key set stands behind the front, under a name of its own."""
    address = f"{world.lms.base_url}/jwks"
    fetching = Http(lenient=True)
    made = Front(fetching.get(address).body, address)
    fetching.close()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                made.answer(self)
            except OSError:
                self.close_connection = True  # The tool hung up, as it should.

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    http = Http(lenient=True, resolver=lambda host, _: made.addresses if host == NAME else [host], limits=QUICK)
    edge_of(world.runtime).key_sets = KeySets(http.get)
    with world.runtime.database.writing() as session:
        session.execute(update(Registration).values(jwks_url=f"http://{NAME}:{made.port}/jwks"))
    yield made
    made.over.set()
    http.close()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_TK_08_key_set_that_cannot_be_had_is_502_or_the_last_good_one_for_24_hours(
    world: World, clock: FakeClock, front: Front, trouble: Callable[[Front, BaseHTTPRequestHandler], None]
) -> None:
    front.trouble = trouble
    refused(world)
    assert front.asked == 1
    front.trouble = None
    clock.advance(PAUSE)
    assert world.launch(world.browser()).status_code == 303
    front.trouble = trouble
    clock.advance(timedelta(hours=23))
    assert world.launch(world.browser()).status_code == 303
    assert front.asked == 3
    clock.advance(timedelta(hours=1, seconds=1))
    refused(world)


@pytest.mark.parametrize("address", ["10.1.2.3", "169.254.169.254", "192.168.0.7", "fd00::1"])
def test_TK_08_key_set_at_a_private_address_is_never_asked_for(
    world: World, clock: FakeClock, front: Front, address: str
) -> None:
    front.addresses = [address]
    refused(world)
    # One good address among several is not enough, either.
    front.addresses = ["127.0.0.1", address]
    clock.advance(PAUSE)
    refused(world)
    assert front.asked == 0
    front.addresses = ["127.0.0.1"]
    clock.advance(PAUSE)
    assert world.launch(world.browser()).status_code == 303


def test_TK_08_loopback_is_private_outside_the_demo(world: World, browser: FlaskClient) -> None:
    asked = list[str]()

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    edge_of(world.runtime).key_sets = KeySets(Http(resolver=resolve, limits=QUICK).get)
    with world.runtime.database.writing() as session:
        session.execute(update(Registration).values(jwks_url=f"https://{NAME}/jwks"))
    world.refused(world.launch(browser), 502, "keys_unreachable")
    assert asked == [NAME]


def test_TK_08_waits_three_and_five_seconds_and_reads_one_megabyte(world: World) -> None:
    """The limits that the tests above make shorter, as a server has them."""
    limits = edge_of(world.runtime).http.limits
    assert (limits.connect_seconds, limits.read_seconds, limits.body_bytes) == (3.0, 5.0, 1_000_000)
    assert limits.total_seconds <= 15


def refused(world: World) -> None:
    world.refused(world.launch(world.browser()), 502, "keys_unreachable")
