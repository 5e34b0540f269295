"""Does what a newcomer does: clones, runs `make demo`, opens both pages, stops with Ctrl-C, and comes back.

It needs the network (`make setup` installs), so it is a step of CI and no test; `make evidence` reads its result.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import URLError

from tests.processes import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 300.0


class StepError(Exception):
    """A step did not do what the README promises; the text says which."""


def answer_of(url: str) -> str | None:
    """The page, or None while nobody answers."""
    with contextlib.suppress(URLError, OSError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
        return str(answer.read().decode("utf-8"))
    return None


class Demo:
    """One `make demo` in a clone."""

    def __init__(self, clone: Path, target: str, environment: dict[str, str]) -> None:
        self.log = clone.parent / f"{target}-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["make", target],
                cwd=clone,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def words(self) -> str:
        """Everything it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, *urls: str) -> list[str]:
        """The pages of all addresses, once each answers; raises StepError."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            pages = [answer_of(url) for url in urls]
            if all(pages) and "Ctrl-C" in self.words():
                return [page for page in pages if page]
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.5)
                raise StepError(f"`make demo` ended by itself:\n{self.words()[-2000:]}")
        raise StepError(f"`make demo` did not answer within {PATIENCE:.0f} s:\n{self.words()[-2000:]}")

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT to everything that the terminal started."""
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired as error:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise StepError("Ctrl-C did not stop `make demo` within 30 s") from error

    def end(self) -> int:
        """Waits for it to end by itself; returns the exit code."""
        return self.process.wait(timeout=60)


def steps(folder: Path) -> dict[str, dict[str, Any]]:
    """All steps in a new clone; the lines that they show. Raises StepError."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / "clone")], check=True)
    clone = folder / "clone"
    tool, lms = free_port(), free_port()
    environment = {**os.environ, "DEMO_TOOL_PORT": str(tool), "DEMO_LMS_PORT": str(lms)}
    urls = (f"http://127.0.0.1:{tool}/healthz", f"http://localhost:{lms}/")
    began = time.monotonic()
    first = Demo(clone, "demo", environment)
    first.wait_for(*urls)
    took = time.monotonic() - began
    if urls[1].rstrip("/") not in first.words():
        raise StepError("`make demo` does not say where to go")
    busy = Demo(clone, "demo", environment)
    if busy.end() == 0 or "Traceback" in busy.words() or "port" not in busy.words().lower():
        raise StepError(f"a busy port is not said in a sentence:\n{busy.words()}")
    first.interrupt()
    if any(answer_of(url) for url in urls) or "Traceback" in first.words():
        raise StepError(f"Ctrl-C did not stop everything cleanly:\n{first.words()[-2000:]}")
    began = time.monotonic()
    second = Demo(clone, "demo", environment)
    second.wait_for(*urls)
    again = time.monotonic() - began
    second.interrupt()
    third = Demo(clone, "demo-reset", environment)
    third.wait_for(*urls)
    third.interrupt()
    status = subprocess.run(["git", "status", "--short"], cwd=clone, capture_output=True, text=True, check=True).stdout
    if status:
        raise StepError(f"`make demo` left files that git does not ignore:\n{status}")
    return {
        "N-01": passed(f"both servers up after {took:.0f} s in a fresh clone"),
        "N-02": passed(f"{urls[0]} and {urls[1]}"),
        "N-06": passed(f"stopped by SIGINT, up again after {again:.0f} s"),
        "N-07": passed("up again"),
        "N-08": passed(busy.words().strip().splitlines()[0]),
    }


def passed(value: str) -> dict[str, Any]:
    """A line of the evidence."""
    return {"value": value, "target": "as said", "passed": True}


def main() -> int:
    """Runs the steps and keeps their lines."""
    with tempfile.TemporaryDirectory(prefix="dangke-newcomer-") as folder:
        try:
            lines = steps(Path(folder))
        except StepError as error:
            print(f"newcomer: {error}", file=sys.stderr)
            return 1
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "newcomer.json").write_text(json.dumps(lines, indent=2), encoding="utf-8")
    for name, line in lines.items():
        print(f"{name}: {line['value']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
