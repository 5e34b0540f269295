"""The tool in this process, and lti1p3platform as a process in an environment of its own."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from flask import Flask
from werkzeug.serving import make_server

from lti_tool.cli.seeding import sow
from lti_tool.core.clock import FakeClock
from lti_tool.core.config import Settings
from lti_tool.core.web import Runtime
from tests import tool_key
from tests.flows.visitor import REDIRECTS, Visitor
from tests.forging import sample_pem
from tests.lms_client import AuthRequest, LmsDriver, form_of
from tests.lms_server import QuietHandler
from tests.lms_transport import HttpTransport, WsgiTransport
from tests.processes import Server, free_port

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv" / "interop" / "bin" / "python"
MISSING = "lti1p3platform is not installed in .venv/interop: `make setup-test` installs it where the package index is reached."


class Counterpart(LmsDriver):
    """Drives the platform: its people have no cookies, its hints say who they are."""

    def begin(self, person: str, **what: str) -> str:
        """The address of the tool that the platform sends a browser to (it uses GET)."""
        query = "&".join(f"{name}={value}" for name, value in {"person": person, **what}.items())
        return str(self.ask("GET", f"/begin?{query}").headers["Location"])

    def authorize(self, url: str, *, person: str | None = None) -> tuple[str, dict[str, str]]:
        answer = self.ask("GET", url)
        action, values = form_of(answer.text)
        assert action is not None, answer.text
        return action, {name: unescape(value) for name, value in values.items()}

    def ask(self, method: str, url: str, **options: Any) -> Any:
        return HttpTransport().request(method, urljoin(self.base_url, url), **options)

    def add_column(self, link: str, maximum: int) -> None:
        """Let the platform make a column for a link itself."""
        body = json.dumps({"label": "Own", "scoreMaximum": maximum, "resourceLinkId": link}).encode()
        self.ask("POST", "/column", body=body, headers={"Content-Type": "application/json"})

    def seen(self) -> dict[str, Any]:
        """What came in: columns, scores, items, and what the package refused."""
        found: dict[str, Any] = self.ask("GET", "/seen").json()
        return found


class Guest(Visitor):
    """A person whose browser the platform sends to the login by GET."""

    def log_in(self, link: str | None = None, *, course: str | None = None, **login: str | None) -> AuthRequest:
        assert isinstance(self.lms, Counterpart)
        address = self.lms.begin(self.person, **({} if link is None else {"link": link}))
        for _ in range(4):
            answer = self._ask("GET", address)
            assert answer.status in REDIRECTS, f"login answered {answer.status}: {answer.text[:300]}"
            address = urljoin(address, answer.headers["Location"])
            if address.startswith(self.lms.base_url):
                return AuthRequest.parse(address)
        raise AssertionError("the login did not lead to the platform")


@dataclass
class Meeting:
    """The two of them."""

    app: Flask
    runtime: Runtime
    platform: Counterpart
    config: dict[str, Any]

    def guest(self, person: str) -> Guest:
        tool = self.runtime.settings.public_url
        return Guest(person, self.platform, tool, WsgiTransport(self.app, tool))

    def login_parameters(self, person: str, link: str) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.platform.begin(person, link=link)).query))


@pytest.fixture
def clock() -> FakeClock:
    """The package asks the machine for the time."""
    return FakeClock(datetime.now(UTC))


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.fixture
def settings(settings: Settings, listening: socket.socket) -> Settings:
    return settings.model_copy(update={"public_url": f"http://127.0.0.1:{listening.getsockname()[1]}"})


@pytest.fixture
def meeting(app: Flask, listening: socket.socket, tmp_path: Path) -> Iterator[Meeting]:
    if not PYTHON.exists():
        pytest.skip(MISSING)
    runtime: Runtime = app.extensions["dangke"]
    tool_key.install(runtime)
    port = free_port()
    url = f"http://localhost:{port}"
    config = sow(runtime, url)
    (tmp_path / "config.json").write_text(json.dumps(config | {"keys": _keys()}), "utf-8")
    program = str(Path(__file__).with_name("counterpart.py"))
    process = Server(
        "lti1p3platform", [str(PYTHON), "-I", program, str(tmp_path / "config.json"), str(port)],
        {"PATH": os.environ["PATH"]}, f"{url}/jwks", tmp_path / "counterpart.log",
    )  # fmt: skip
    server = make_server(
        "127.0.0.1", listening.getsockname()[1], app, threaded=True, request_handler=QuietHandler, fd=listening.fileno()
    )
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    try:
        process.start()
        yield Meeting(app, runtime, Counterpart(url), config)
    finally:
        process.stop()
        server.shutdown()
        serving.join()
        server.server_close()


def _keys() -> dict[str, str]:
    private = sample_pem("counterpart")
    public = serialization.load_pem_private_key(private.encode(), None).public_key()
    return {
        "private": private,
        "public": public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode(),
    }
