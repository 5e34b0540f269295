"""Files on disk, by hash: written aside, synced, then renamed into place. Never inside a transaction."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from lti_tool.core.database import is_writing
from lti_tool.core.errors import Invalid, NoRoom, TooLarge, is_out_of_room
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.media import rules

_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Blob:
    """What lies on disk now."""

    sha256: str
    size: int
    mime: str
    pixels: rules.Size | None


class Storage:
    """The folder of one installation."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "media"

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash lie: `media/ab/abcdef...`."""
        return self.folder / sha256[:2] / sha256

    def keep(self, stream: IO[bytes]) -> Blob:
        """Read `stream` to its end and keep it. Raises Invalid (not a kind that we keep, empty), TooLarge and NoRoom.

        What is there already is not written twice. A crash leaves a file in `media/incoming` at worst.
        """
        if is_writing():
            raise RuntimeError("files are written outside of transactions")
        try:
            return self._keep(stream)
        except OSError as error:
            if is_out_of_room(error):
                raise NoRoom from error
            raise

    def _keep(self, stream: IO[bytes]) -> Blob:
        head = stream.read(rules.HEAD)
        mime = rules.sniff(head)
        if mime is None:
            raise Invalid(
                _l("This kind of file cannot be used."),
                action=_l("Use PNG, JPEG, WebP, GIF, MP4, WebM, MP3, M4A, PDF or VTT."),
            )
        pixels = rules.dimensions(head, mime)
        if rules.is_too_large_a_picture(pixels):
            raise TooLarge(_l("This image has too many pixels."), action=_l("Scale it down and send it again."))
        incoming = self.folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        temporary = incoming / secrets.token_hex(16)
        try:
            sha256, size = _write(temporary, head, stream, rules.LIMITS[mime])
            target = self.path(sha256)
            if not target.exists():
                target.parent.mkdir(exist_ok=True)
                temporary.replace(target)
                _sync(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return Blob(sha256, size, mime, pixels)


def _write(path: Path, head: bytes, stream: IO[bytes], limit: int) -> tuple[str, int]:
    """Write and sync; return hash and size. Raises TooLarge."""
    digest = hashlib.sha256()
    size = 0
    with path.open("xb") as file:
        piece = head
        while piece:
            size += len(piece)
            if size > limit:
                raise TooLarge(
                    _l("This file is too large: at most %(megabytes)s MB.", megabytes=limit // rules.MEGABYTE),
                    action=_l("Make it smaller and send it again."),
                )
            digest.update(piece)
            file.write(piece)
            piece = stream.read(_PIECE)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size


def _sync(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
