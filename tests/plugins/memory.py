"""Temporary files in memory where there is room: the product waits for its disk at every commit, and tests by thousands.

Without such a place (another system, a small or read-only `/dev/shm`) they are on the disk, where pytest puts them.
"""

import os
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
TEMPORARY_ROOM = 2 * 1024**3
"""Bytes. A whole run with its browsers stays below half of it; the folders of tests that pass are removed at once."""
ROOT = "PYTEST_DEBUG_TEMPROOT"


def room_in_memory(size: int, *, programs: bool = False, folder: Path = MEMORY) -> Path | None:
    """The folder in memory if it may be written and has `size` bytes left (and lets `programs` run); else None."""
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return None
    system = os.statvfs(folder)
    if system.f_bavail * system.f_frsize < size or (programs and system.f_flag & os.ST_NOEXEC):
        return None
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Moves pytest's folders there, unless somebody has said where they shall be."""
    chosen = config.option.basetemp or ROOT in os.environ or "TMPDIR" in os.environ
    if not chosen and (memory := room_in_memory(TEMPORARY_ROOM, programs=True)):
        os.environ[ROOT] = str(memory)
