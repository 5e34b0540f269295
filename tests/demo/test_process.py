"""The demo LMS as a process of its own: it serves many at a time and survives being killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from lti_tool.demo.seed import ENROLMENTS
from tests.demo.conftest import tool_config
from tests.lms_client import LmsDriver
from tests.processes import free_port

pytestmark = pytest.mark.once


@contextmanager
def process(port: int, directory: Path) -> Iterator[LmsDriver]:
    """`python -m lti_tool.demo`, killed with -9 at the end."""
    command = [sys.executable, "-m", "lti_tool.demo", f"--port={port}", f"--data={directory}", "--control",
               f"--tool-config={directory / 'tool.json'}"]  # fmt: skip
    with subprocess.Popen(command, start_new_session=True) as running:
        try:
            wait_until_it_answers(f"http://localhost:{port}/healthz", running)
            yield LmsDriver(f"http://localhost:{port}")
        finally:
            os.killpg(running.pid, signal.SIGKILL)


def wait_until_it_answers(url: str, running: "subprocess.Popen[bytes]") -> None:
    pause = threading.Event()
    for _ in range(200):
        assert running.poll() is None, "the demo LMS ended"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            pause.wait(0.1)
    raise AssertionError("the demo LMS does not answer")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "tool.json").write_text(json.dumps(tool_config()), "utf-8")
    return tmp_path


def test_killed_lms_continues_where_it_was(directory: Path) -> None:
    port = free_port()
    with process(port, directory) as lms:
        lms.allow_grades("link-late")
        before = lms.claims_for("member1", "link-late")
        kid = lms.key()[0]
    config = tool_config()
    config["courses"][0]["title"] = "改了也不算"
    config["courses"][0]["links"].append(
        {"resource_link_id": "link-new", "title": "新链接", "url": config["launch_url"]}
    )
    for name in ("login_url", "launch_url", "jwks_url", "deep_link_url"):
        config[name] = config[name].replace(":9081", ":9099")
    (directory / "tool.json").write_text(json.dumps(config), "utf-8")
    with process(port, directory) as lms:
        after = lms.claims_for("member1", "link-late")
        assert lms.key()[0] == kid
        page = lms.page("member1", "/courses/course-1").text
    moved = {name: value for name, value in after.items() if before[name] != value}
    assert set(moved) <= {"iat", "exp", "https://purl.imsglobal.org/spec/lti/claim/target_link_uri"}
    assert moved["https://purl.imsglobal.org/spec/lti/claim/target_link_uri"] == "http://127.0.0.1:9099/lti/launch"
    assert 'data-link="link-new"' in page
    assert "改了也不算" not in page


def test_waiting_request_does_not_hold_up_others(directory: Path) -> None:
    port = free_port()
    with process(port, directory) as lms, ThreadPoolExecutor(8) as pool:
        lms.fault("jwks", "nothing", seconds=60)
        waiting = [pool.submit(lms.browser(None).request, "GET", f"{lms.base_url}/jwks") for _ in range(8)]
        for person, _ in ENROLMENTS[0]:
            assert lms.page(person, "/courses/course-1").status == 200
        assert not any(call.done() for call in waiting)
        lms.behave()
        assert all(isinstance(call.exception(timeout=20), OSError) for call in waiting)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["--tool-config=missing.json"], "does not exist"), (["--tool-config=rubbish.json"], "is not JSON"),
     (["--tool-config=tool.json", "--port={busy}"], "choose another --port")],
)  # fmt: skip
def test_wrong_start_is_one_sentence(directory: Path, arguments: list[str], sentence: str) -> None:
    (directory / "rubbish.json").write_text("{", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        given = [
            part.format(busy=busy.getsockname()[1]).replace("=", f"={directory}/", int("json" in part))
            for part in arguments
        ]
        ended = subprocess.run([sys.executable, "-m", "lti_tool.demo", f"--data={directory}", *given],
                               capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
