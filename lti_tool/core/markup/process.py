"""The parent's side of the rendering child: one per process, started when first needed, replaced when it dies."""

import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from lti_tool.core.errors import Unavailable

PROGRAM: Final = Path(__file__).with_name("rendering.py")
FRAME: Final = struct.Struct(">I")
"""Length of the JSON that follows; the same in rendering.py, which nobody imports: Markdown and bleach stay out of here."""
WALL_SECONDS: Final = 10.0
"""CPU is limited by the child itself (2 s); this is for a machine so busy that two seconds of CPU take this long."""
PASSED_ON: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class ChildDied(Exception):
    """The child ended in the middle of a job. `idle`: it had gone before it saw the job, so the job may be repeated."""

    def __init__(self, *, idle: bool) -> None:
        super().__init__("idle" if idle else "killed")
        self.idle = idle


class _Child:
    def __init__(self) -> None:
        environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-s", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=environment,
        )
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("a pipe was asked for")
        self.input = self.process.stdin
        self.output = self.process.stdout

    def ask(self, job: dict[str, str], seconds: float) -> dict[str, str]:
        body = json.dumps(job).encode()
        deadline = time.monotonic() + seconds
        try:
            self._write(FRAME.pack(len(body)) + body, deadline)
        except BrokenPipeError as gone:
            raise ChildDied(idle=self.process.wait() == 0) from gone
        head = self._read(FRAME.size, deadline)
        answer: dict[str, str] = json.loads(self._read(FRAME.unpack(head)[0], deadline))
        return answer

    def _write(self, data: bytes, deadline: float) -> None:
        descriptor = self.input.fileno()
        waiting = select.poll()
        waiting.register(descriptor, select.POLLOUT)
        left_over = memoryview(data)
        while left_over:
            left = deadline - time.monotonic()
            if left <= 0 or not waiting.poll(left * 1000):
                raise ChildDied(idle=False)
            left_over = left_over[os.write(descriptor, left_over[: select.PIPE_BUF]) :]

    def _read(self, size: int, deadline: float) -> bytes:
        descriptor = self.output.fileno()
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        parts = bytearray()
        while len(parts) < size:
            left = deadline - time.monotonic()
            if left <= 0 or not waiting.poll(left * 1000):
                raise ChildDied(idle=False)
            part = os.read(descriptor, size - len(parts))
            if not part:
                raise ChildDied(idle=not parts and self.process.wait() == 0)
            parts += part
        return bytes(parts)

    def end(self) -> None:
        self.input.close()
        self.output.close()
        self.process.kill()
        self.process.wait()

    def disown(self) -> None:
        """After a fork: the child belongs to the other process; only our copies of its pipes are closed."""
        self.input.close()
        self.output.close()
        self.process.returncode = 0


class _Slot:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.child: _Child | None = None


class RenderingProcess:
    """Runs jobs in a child, one at a time. Safe with threads and with forks (a forked process starts its own child)."""

    def __init__(self, wall_seconds: float = WALL_SECONDS) -> None:
        self.wall_seconds = wall_seconds
        self._slots: dict[int, _Slot] = {}

    def run(self, job: dict[str, str]) -> dict[str, str]:
        """Return the child's answer. Raises ChildDied (the job was too much) or Unavailable (nobody got a turn)."""
        slot = self._slot()
        if not slot.lock.acquire(timeout=2 * self.wall_seconds):
            raise Unavailable
        try:
            try:
                return self._once(slot, job)
            except ChildDied as death:
                if not death.idle:
                    raise
                return self._once(slot, job)
        finally:
            slot.lock.release()

    def close(self) -> None:
        """End the child of this process, if there is one. The next job starts another."""
        slot = self._slot()
        with slot.lock:
            if slot.child is not None:
                slot.child.end()
                slot.child = None

    def _slot(self) -> _Slot:
        pid = os.getpid()
        slot = self._slots.get(pid)
        if slot is not None:
            return slot
        for other in [key for key in self._slots if key != pid]:
            inherited = self._slots.pop(other, None)
            if inherited is not None and inherited.child is not None:
                inherited.child.disown()
        return self._slots.setdefault(pid, _Slot())

    def _once(self, slot: _Slot, job: dict[str, str]) -> dict[str, str]:
        if slot.child is None:
            slot.child = _Child()
        try:
            return slot.child.ask(job, self.wall_seconds)
        except BaseException:
            # Whatever happened, an answer may still be under way: this child is not asked again.
            slot.child.end()
            slot.child = None
            raise
