"""Real server processes for tests: each in a process group of its own, so that `kill -9` can hit all of it from outside."""

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STARTING = 60.0


_LOWEST, _HIGHEST = 12_000, 30_000
_STEPS = itertools.count(os.getpid() * 97)


def free_port() -> int:
    """A TCP port that nobody listens on just now, and that nobody is given by chance before it is used.

    It is below the ports that a system takes for connections without a choice; each process begins elsewhere and goes on.
    """
    while True:
        port = _LOWEST + next(_STEPS) % (_HIGHEST - _LOWEST)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@dataclass
class Server:
    """One server program that answers at `health` when it is up; it can be stopped, killed and started again."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    health: str
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Starts it and returns when it answers; raises AssertionError with the end of its log otherwise."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        for _ in range(int(STARTING / 0.1)):
            if self.answers():
                return
            if self.has_ended_within(0.1):
                break
        last_words = self.last_words()
        self.kill()
        raise AssertionError(f"{self.name} did not start:\n{last_words}")

    def answers(self) -> bool:
        """Whether the health address says 200 now."""
        try:
            with urllib.request.urlopen(self.health, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def has_ended_within(self, seconds: float) -> bool:
        """Waits at most so long for the process to end."""
        if self.process is None:
            return True
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> int:
        """SIGTERM to the whole group, SIGKILL after 20 s; returns the exit code."""
        self._signal(signal.SIGTERM)
        if not self.has_ended_within(20):
            self.kill()
        return self.process.returncode if self.process else 0

    def kill(self) -> None:
        """`kill -9` of the whole group."""
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(timeout=20)

    def last_words(self, size: int = 4000) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-size:] if self.log.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return
