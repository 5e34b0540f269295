"""The tool and the demo LMS in one process, with the seeded sample course; both on the clock of the test."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from lti_tool.core.clock import FakeClock
from lti_tool.core.config import Settings
from tests.flows.campus import Campus
from tests.flows.visitor import Visitor
from tests.lms_server import QuietHandler, running_lms

NO_TOOL_YET = {
    "client_id": "none",
    "deployment_id": "1",
    "login_url": "http://127.0.0.1/",
    "launch_url": "http://127.0.0.1/",
    "jwks_url": "http://127.0.0.1/",
    "redirect_uris": [],
}


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A port for the tool: the LMS fetches its key set there."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.fixture
def settings(settings: Settings, listening: socket.socket) -> Settings:
    """The tool knows its own address."""
    return settings.model_copy(update={"public_url": f"http://127.0.0.1:{listening.getsockname()[1]}"})


@pytest.fixture
def campus(app: Flask, listening: socket.socket, clock: FakeClock, tmp_path: Path) -> Iterator[Campus]:
    """Visitors call the tool as a WSGI application; LMS and tool call each other over HTTP."""
    port = listening.getsockname()[1]
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietHandler, fd=listening.fileno())
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    with running_lms(tmp_path / "lms", NO_TOOL_YET, clock=clock) as lms:
        yield Campus(app, lms, clock)
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def visitor(campus: Campus) -> Callable[[str], Visitor]:
    """visitor("member1"): a person with a browser of their own."""
    return campus.visitor
