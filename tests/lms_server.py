"""Demo LMSs in the tests' own process, with a state of their own each, for drivers of tests/lms_client.py."""

import copy
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from lti_tool.demo import Clock, blank_lms, furnish, lms_of, seed
from lti_tool.demo.runtime import fetch_url
from lti_tool.demo.tool_keys import Fetch
from tests.forging import sample_pem
from tests.lms_client import LmsDriver


class QuietHandler(WSGIRequestHandler):
    """Serves and says nothing about it."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name that werkzeug calls it by
        """A test has better things to read."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Without the machine's time, which would contradict the Date of an application that has a clock of its own."""
        self.send_response_only(code, message)


@cache
def _plate() -> Flask:
    """The routes and compiled pages that all LMSs of this process share; they do not change."""
    plate = blank_lms(has_control=True)
    _ = plate.jinja_env
    return plate


def make_lms(data_dir: Path, **options: Any) -> Flask:
    """An LMS with its control interface open and a state of its own; see `create_lms`. It signs with a key made before."""
    made = copy.copy(_plate())
    made.config, made.extensions = copy.copy(made.config), {**made.extensions}
    return furnish(made, data_dir, signing_key=sample_pem("platform"), **options)


@contextmanager
def running_lms(
    data_dir: Path, config: Mapping[str, Any], *, clock: Clock | None = None, fetch: Fetch = fetch_url
) -> Iterator[LmsDriver]:
    """A demo LMS that serves on a port of its own in a thread, for tools that really call its services.

    Its issuer is `driver.base_url` (http://localhost:<port>), so register the tool after entering; the tool's own
    addresses in `config` may be changed later with `driver.control("POST", "seed", config)`. `fetch` reads the tool's key
    set where the tool has no port of its own.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        app = make_lms(data_dir, issuer=f"http://localhost:{port}", clock=clock, fetch=fetch)
        seed(lms_of(app), config)
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietHandler, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield LmsDriver(f"http://localhost:{port}")
        finally:
            lms_of(app).faults.reset()
            server.shutdown()
            thread.join()
            server.server_close()
            lms_of(app).store.close()
