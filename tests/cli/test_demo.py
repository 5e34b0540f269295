"""`dangke demo` in a process group of its own, as in a terminal: it starts, continues, starts over, and Ctrl-C ends all."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest

from lti_tool.cli.demo import _STOPPING, _stop
from tests.flows.test_operating import members, session_of, signal_to
from tests.flows.visitor import Browser
from tests.flows.waiting import eventually
from tests.lms_client import form_of
from tests.processes import free_port

pytestmark = [pytest.mark.slow, pytest.mark.once]
STARTING = 90


@dataclass
class Demo:
    """A demo on ports and in a folder of its own."""

    folder: Path
    tool_port: int = field(default_factory=free_port)
    lms_port: int = field(default_factory=free_port)

    @contextmanager
    def running(self, *options: str, ignores_interrupt: bool = False) -> Iterator["subprocess.Popen[str]"]:
        """Started and ready: it has said where to go; as `command &` of a shell without job control, if so wished."""
        command = [sys.executable, "-m", "lti_tool", "demo", "--folder", str(self.folder), *options]
        command += ["--tool-port", str(self.tool_port), "--lms-port", str(self.lms_port)]
        if ignores_interrupt:
            command = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *command]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DANGKE_")}
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        said: list[str] = []
        ready = threading.Event()

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                said.append(line)
                if "Ctrl-C stops everything" in line:
                    ready.set()
            ready.set()

        reader = threading.Thread(target=read)
        reader.start()
        try:
            assert ready.wait(STARTING), "".join(said)
            assert process.poll() is None, "".join(said)
            yield process
        finally:
            for left in session_of(process.pid):
                signal_to(left, signal.SIGKILL)
            process.wait(10)
            reader.join(10)
            if process.stdout is not None:
                process.stdout.close()
        assert "Traceback" not in "".join(said), "".join(said)

    def launch(self, browser: Browser) -> str:
        """Choose a person, open the course, click an activity; the address that it ends on in the tool."""
        lms = f"http://localhost:{self.lms_port}"
        browser.request("POST", f"{lms}/login", form={"person": "member1"})
        course = browser.request("GET", f"{lms}/courses/course-1").text
        link = re.search(r'href="(/courses/course-1/links/[^"]+)"[^>]*data-open', course)
        assert link is not None, course[:2000]
        opened = browser.request("GET", lms + unescape(link[1])).text
        form = opened[opened.rindex("<form", 0, opened.index('id="launch"')) :]
        action, values = form_of(form)
        address, answer = str(action), browser.request("POST", str(action), form=values)
        while answer.status in {302, 303}:
            address = urljoin(address, answer.headers["Location"])
            answer = browser.request("GET", address)
        action, values = form_of(answer.text)
        done = browser.request("POST", str(action), form=values)
        assert done.status == 303, done.text[:500]
        return urljoin(str(action), done.headers["Location"])


def answers(url: str) -> int:
    """The status of a page; 0 if nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except OSError:
        return 0


@pytest.mark.shows("N-02", "N-06", "N-07", "F-16")
def test_demo_starts_continues_and_starts_over(tmp_path: Path) -> None:
    demo, browser = Demo(tmp_path / "demo"), Browser()
    with demo.running() as process:
        assert answers(f"http://127.0.0.1:{demo.tool_port}/readyz") == 200
        page = demo.launch(browser)
        assert browser.request("GET", page).status == 200
        # Ctrl-C in a terminal reaches the whole foreground group.
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) == 0
        assert session_of(process.pid) == [], "nobody is left"
    assert answers(f"http://127.0.0.1:{demo.tool_port}/healthz") == 0
    assert (demo.folder / "secret").stat().st_mode & 0o077 == 0
    with demo.running() as process:
        assert browser.request("GET", page).status == 200, "the session goes on"
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        assert session_of(process.pid) == [], "nobody is left"
    with demo.running("--reset") as process:
        assert browser.request("GET", page).status == 404, "nobody knows the session any more"
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
        assert session_of(process.pid) == [], "nobody is left"


@pytest.mark.shows("N-06")
@pytest.mark.parametrize("ignores_interrupt", [False, True], ids=["terminal", "background"])
def test_ctrl_c_reaches_the_demo_alone_and_stops_all(tmp_path: Path, ignores_interrupt: bool) -> None:
    """A server that hears of Ctrl-C before the demo does must not look like one that ended by itself."""
    demo = Demo(tmp_path / "demo")
    with demo.running(ignores_interrupt=ignores_interrupt) as process:
        for early in set(members(process.pid)) - {process.pid}:
            signal_to(early, signal.SIGINT)
        assert members(process.pid) == [process.pid], "no server hears what the terminal sends"
        assert answers(f"http://localhost:{demo.lms_port}/login") == 200
        os.killpg(process.pid, signal.SIGINT)
        os.killpg(process.pid, signal.SIGINT)  # Those in a hurry press twice.
        assert process.wait(60) == 0
        eventually(lambda: session_of(process.pid) == [], within=10, what="an empty session")


def test_second_ctrl_c_is_not_heard() -> None:
    before = {number: signal.getsignal(number) for number in _STOPPING}
    try:
        signal.signal(signal.SIGINT, _stop)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        for number in _STOPPING:
            signal.raise_signal(number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_killed_demo_leaves_no_server_behind(tmp_path: Path) -> None:
    demo = Demo(tmp_path / "demo")
    with demo.running() as process:
        process.kill()
        process.wait(10)
        eventually(lambda: session_of(process.pid) == [], within=30, what="an empty session")
