"""Looks at every answer: its headers, its type, and what in it a browser would run."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.flows.crawling import Page, crawl
from tests.flows.visitor import Visitor
from tests.lms_transport import Reply
from tests.tenants.hostile.payloads import MARK, PRODUCT

TYPES = ("text/html; charset=utf-8", "application/json", "image/png", "text/css", "text/javascript")
COOKIE = re.compile(r"__Host-dk[\w-]*=")
FORMULA = re.compile(r"[=+@\t\r\n＝＋＠]|[-－](?![\d.]+$)")
HIDDEN = re.compile(r"[\u200f\u202a-\u202e\u2066-\u2069\ufeff\x00\x07\x1b\x85]")


@dataclass
class Eyes:
    """A visitor all of whose answers are looked at; `crawl` takes it for a visitor."""

    visitor: Visitor
    pages: int = 0
    shown: int = 0
    """Pages on which a payload stands, as text."""
    problems: list[str] = field(default_factory=list)

    @property
    def tool_url(self) -> str:
        return self.visitor.tool_url

    def open(self, path: str) -> Reply:
        """GET a page and look at it."""
        return self.look(path, self.visitor.open(path))

    def look(self, path: str, answer: Reply) -> Reply:
        """Look at an answer; what is wrong is written down."""
        self._headers(path, answer)
        kind = answer.headers.get("Content-Type", "")
        if answer.text and not kind.startswith(TYPES):
            self.problems.append(f"{path}: {kind}")
        if answer.status >= 500 or "Traceback" in answer.text:
            self.problems.append(f"{path}: {answer.status}")
        if kind.startswith("application/json"):
            for text in texts(json.loads(answer.text)):
                self._html(path, Page(text))
        elif kind.startswith("text/html"):
            self._html(path, Page(answer.text))
        return answer

    def _headers(self, path: str, answer: Reply) -> None:
        for name, value in answer.headers.items():
            if not (value.isascii() and value.isprintable()) or MARK in value:
                self.problems.append(f"{path}: header {name}: {value!r}")
            if name.lower() == "set-cookie" and not COOKIE.match(value):
                self.problems.append(f"{path}: sets {value!r}")
        policy = answer.headers.get("Content-Security-Policy", "")
        if "unsafe" in policy or "evil" in policy or "script-src" not in policy:
            self.problems.append(f"{path}: policy {policy}")
        if answer.headers.get("X-Content-Type-Options") != "nosniff":
            self.problems.append(f"{path}: may be sniffed")

    def _html(self, path: str, page: Page) -> None:
        text = "".join(page.text)
        self.problems += [f"{path}: active {each}" for each in page.active]
        if PRODUCT in text:
            self.problems.append(f"{path}: a template ran")
        if found := HIDDEN.search(text):
            around = text[max(0, found.start() - 30) : found.end() + 10]
            self.problems.append(f"{path}: invisible {around!r}")
        self.pages += 1
        self.shown += MARK in text

    def unpack(self, archive: zipfile.ZipFile) -> None:
        """Look at everything in an archive that people open on their own computers."""
        for name in archive.namelist():
            if name.startswith(("/", "..")) or "/../" in name or not name.isprintable() or "\\" in name:
                self.problems.append(f"archive: name {name!r}")
            if name.endswith(".json"):
                json.loads(archive.read(name))
            elif name.endswith(".html"):
                page = Page(archive.read(name).decode())
                self.problems += [f"archive: {name}: active {each}" for each in page.active]
                self.shown += MARK in "".join(page.text)
            elif name.endswith(".csv"):
                rows = csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline=""))
                cells = [cell for row in rows for cell in row]
                self.problems += [f"archive: {name}: formula {each[:40]!r}" for each in cells if FORMULA.match(each)]
            elif not name.startswith("files/"):
                self.problems.append(f"archive: {name} is of no known kind")

    def crawl(self, *starts: str) -> None:
        """Look at everything that can be reached from there."""
        for _ in crawl(self, *starts):  # type: ignore[arg-type]  # It asks for `open` and `tool_url` only.
            pass


def texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value, names too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
