"""Static files: one address per build, long cache, compressed once.

The address holds a hash of all files: `/static/<build>/css/face.css`. ES modules import each other by relative
addresses and stay within one build. A style sheet's `@import "x.css";` lines are joined into one answer, so that there
is no build step in development and one request in production.
"""

import gzip
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, abort, request

FOLDER = Path(__file__).parents[1] / "static"
LIVE = "live"
ICON = "icon.svg"
"""The one file that pages of an LMS show, under an address of any build."""
_YEAR = "public, max-age=31536000, immutable"
_TEXT = ("text/", "image/svg+xml", "application/javascript", "application/json")
_IMPORT = re.compile(r'^@import "([\w-]+\.css)";\n', re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
_INDENT = re.compile(r"\n\s+")


@dataclass(frozen=True, slots=True)
class Asset:
    """One answer, ready to be sent."""

    body: bytes
    gzipped: bytes | None
    mimetype: str


class Assets:
    """The files of one folder. `is_live` reads them anew each time and forbids caching: for development."""

    def __init__(self, folder: Path = FOLDER, *, is_live: bool = False) -> None:
        self._folder = folder
        self._is_live = is_live
        self._read: dict[str, Asset] = {}

    @cached_property
    def build(self) -> str:
        """Names the present state of all files."""
        if self._is_live:
            return LIVE
        digest = sha256()
        for path in sorted(self._folder.rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(self._folder).as_posix().encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file: `url("js/menu.js")`."""
        return f"/static/{self.build}/{name}"

    def get(self, name: str) -> Asset | None:
        """The file `name`, or None if there is none inside the folder."""
        if self._is_live or name not in self._read:
            path = (self._folder / name).resolve()
            if not path.is_relative_to(self._folder.resolve()) or not path.is_file():
                return None
            self._read[name] = _load(path)
        return self._read[name]

    def serve(self, build: str, name: str) -> Response:
        """The view. An address of another build gets the present file, uncached: nodes may be of two builds."""
        asset = self.get(name)
        if asset is None:
            abort(404)
        packed = asset.gzipped if request.accept_encodings.quality("gzip") > 0 else None
        response = Response(packed or asset.body, mimetype=asset.mimetype)
        response.headers["Cache-Control"] = _YEAR if build == self.build != LIVE else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if name == ICON:
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if asset.gzipped:
            response.headers["Vary"] = "Accept-Encoding"
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return response


def install(app: Flask, *, is_live: bool = False) -> Assets:
    """Serve the product's files from `app` and return the table that knows their addresses."""
    assets = Assets(is_live=is_live)
    app.add_url_rule("/static/<build>/<path:name>", "asset", assets.serve)
    return assets


def _load(path: Path) -> Asset:
    mimetype = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix in {".js", ".mjs"}:
        mimetype = "text/javascript"
    body = _joined(path).encode() if path.suffix == ".css" else path.read_bytes()
    packed = gzip.compress(body, 6, mtime=0) if mimetype.startswith(_TEXT) and len(body) > 500 else None
    return Asset(body, packed, mimetype)


def _joined(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    text = _IMPORT.sub(lambda found: _joined(path.parent / found[1]), text)
    return _INDENT.sub("\n", _COMMENT.sub("", text))
