"""What a backup says of itself: made when, of what, how many rows, and the size and SHA-256 of every file in it."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final

NAME: Final = "manifest.json"
FORMAT: Final = 1
DATABASES: Final = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
"""The file that holds the database, by engine."""
_OURS = re.compile(r"media/([0-9a-f]{2})/(\1[0-9a-f]{62})")


class NoManifest(Exception):
    """What should be a manifest is none, or is of a later format; the message says which."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of a backup."""

    program: str
    """Version of the program that made it."""
    made_at: str
    engine: str
    revision: str
    """Of the schema."""
    counts: dict[str, int]
    """Rows by table, of the same moment as the database file."""
    files: dict[str, Kept]
    missing: tuple[str, ...] = ()
    """Files that courses name and that were not there, or not what their name says."""

    @property
    def database(self) -> str:
        """The name of the database file."""
        return DATABASES[self.engine]

    @property
    def media(self) -> list[str]:
        """The names of the other files."""
        return sorted(self.files.keys() - {self.database})

    def to_json(self) -> str:
        """As it is written."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True) + "\n"


def media_name(sha256: str) -> str:
    """Where a backup keeps an upload."""
    return f"media/{sha256[:2]}/{sha256}"


def sha256_of(name: str) -> str | None:
    """The hash that the name of an upload promises; None for other names."""
    found = _OURS.fullmatch(name)
    return found[2] if found else None


def read(text: str) -> Manifest:
    """Read what `to_json` wrote. Raises NoManifest; no name in it leads out of the backup."""
    try:
        data: dict[str, Any] = json.loads(text)
        if data.pop("format") != FORMAT:
            raise NoManifest("it was made by a later version of this program")
        files = {str(name): Kept(**kept) for name, kept in data.pop("files").items()}
        found = Manifest(files=files, missing=tuple(data.pop("missing")), **data)
        if found.database not in found.files or any(sha256_of(name) is None for name in found.media):
            raise NoManifest("its manifest names files that no backup has")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoManifest("its manifest cannot be read") from None
    return found
