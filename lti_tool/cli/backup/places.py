"""Where a backup lies: a folder, or one tar file. Both appear under their name only when they are whole."""

import contextlib
import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from lti_tool.cli.backup.manifest import Kept

_PIECE = 1024 * 1024


class Hashing:
    """A file that is being read, and the hash of what was read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest, self._size = file, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._digest.update(piece)
        self._size += len(piece)
        return piece

    @property
    def kept(self) -> Kept:
        """Size and hash so far."""
        return Kept(self._size, self._digest.hexdigest())


def measured(file: IO[bytes]) -> Kept:
    """Size and hash of the rest of a file."""
    reading = Hashing(file)
    while reading.read(_PIECE):
        pass
    return reading.kept


class Writing(Protocol):
    """A backup in the making."""

    room: Path
    """A folder on the same disk in which the database file may be made."""

    def move(self, path: Path) -> Kept:
        """Take a file that was made in `room`, under its own name."""

    def copy(self, path: Path, name: str) -> Kept:
        """Take a copy of a file. Raises FileNotFoundError."""


class Reading(Protocol):
    """A backup that is there."""

    def names(self) -> set[str]:
        """All files in it."""

    def open(self, name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        """One of them. Raises FileNotFoundError."""


@contextlib.contextmanager
def writing(target: Path) -> Iterator[Writing]:
    """A backup at `target`: a tar file if its name ends with .tar, else a folder. Nothing stays if it fails.

    Only the owner may read it: it holds names and results.
    """
    former = os.umask(0o077)
    room = Path(tempfile.mkdtemp(prefix=f"{target.name}.", suffix=".partial", dir=target.parent))
    try:
        if target.suffix == ".tar":
            half = room / target.name
            with tarfile.open(half, "x", format=tarfile.PAX_FORMAT) as tar:
                yield _TarWriting(tar, room)
            _sync(half)
            half.replace(target)
        else:
            yield _FolderWriting(room)
            _sync(room)
            if target.exists():
                target.rmdir()
            room.replace(target)
        _sync(target.parent)
    finally:
        os.umask(former)
        shutil.rmtree(room, ignore_errors=True)


@contextlib.contextmanager
def reading(source: Path) -> Iterator[Reading]:
    """A backup that lies at `source`. Raises FileNotFoundError, or tarfile.ReadError for a file that is no tar file."""
    if source.is_dir():
        yield _FolderReading(source)
        return
    with tarfile.open(source, "r:") as tar:
        yield _TarReading(tar)


class _FolderWriting:
    def __init__(self, room: Path) -> None:
        self.room = room

    def move(self, path: Path) -> Kept:
        with path.open("rb") as file:
            kept = measured(file)
        _sync(path)
        return kept

    def copy(self, path: Path, name: str) -> Kept:
        target = self.room / name
        with path.open("rb") as file:
            target.parent.mkdir(parents=True, exist_ok=True)
            reading = Hashing(file)
            with target.open("xb") as copied:
                while piece := reading.read(_PIECE):
                    copied.write(piece)
                copied.flush()
                os.fsync(copied.fileno())
        return reading.kept


class _TarWriting:
    def __init__(self, tar: tarfile.TarFile, room: Path) -> None:
        self._tar, self.room = tar, room

    def move(self, path: Path) -> Kept:
        kept = self.copy(path, path.name)
        path.unlink()
        return kept

    def copy(self, path: Path, name: str) -> Kept:
        with path.open("rb") as file:
            member = tarfile.TarInfo(name)
            member.size = os.fstat(file.fileno()).st_size
            member.mode = 0o600
            reading = Hashing(file)
            self._tar.addfile(member, reading)
        return reading.kept


class _FolderReading:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> set[str]:
        return {str(path.relative_to(self._folder)) for path in self._folder.rglob("*") if path.is_file()}

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        with (self._folder / name).open("rb") as file:
            yield file


class _TarReading:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members = {member.name: member for member in tar if member.isreg()}

    def names(self) -> set[str]:
        return set(self._members)

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        member = self._members.get(name)
        file = None if member is None else self._tar.extractfile(member)
        if file is None:
            raise FileNotFoundError(name)
        with file:
            yield file


def _sync(path: Path) -> None:
    """Make what was written there survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
