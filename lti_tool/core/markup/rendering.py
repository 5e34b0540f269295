"""Markdown to safe HTML; also the whole program of the child process that does it (`python -P rendering.py`).

It stands alone on purpose: the child is started by this file's path and imports Markdown and bleach, nothing of
Dangke, so that it starts quickly, stays small and never sees a setting or a secret. bleach is at its final release and
is called here only.
"""

import hashlib
import json
import math
import os
import re
import resource
import select
import struct
import sys
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import bleach
import markdown
from bleach import html5lib_shim

FULL: Final = "full"
POST: Final = "post"
PROFILES: Final = (FULL, POST)

CPU_SECONDS: Final = 2
"""What one text may cost. A lesson at the length cap takes about 0.3 s; whatever needs more is an attack."""
MEMORY_BYTES: Final = 768 * 1024 * 1024
IDLE_SECONDS: Final = 60
FRAME: Final = struct.Struct(">I")

# An author's `#` is the highest heading of his text; the page itself has the levels above it.
HEADING_SHIFT: Final = {FULL: 1, POST: 3}

TAGS: Final = frozenset(
    [
        "p",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "strong",
        "em",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "a",
        "img",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "sup",
        "div",
    ]
)
POST_TAGS: Final = TAGS - {"sup", "div", "hr"}
ATTRIBUTES: Final = {
    "a": ["href", "id", "class"],
    "img": ["src", "alt"],
    "th": ["align"],
    "td": ["align"],
    "ol": ["start"],
    "code": ["class"],
    "sup": ["id"],
    "li": ["id"],
    "div": ["class"],
}
CLASSES: Final = re.compile(r"language-[A-Za-z0-9+#-]{1,20}|footnote|footnote-ref|footnote-backref")
MEDIA: Final = re.compile(r"/media/[A-Za-z0-9_-]{16,64}")
LOCAL: Final = re.compile(r"/(?![/\\])[^\\\s]*")
# What browsers drop inside an address before they look at its scheme.
INVISIBLE: Final = re.compile("[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")

Token = dict[str, Any]


class ImageWithoutText(ValueError):
    """An image stands in the text without a description for those who cannot see it."""


def _link(href: str, prefix: str) -> dict[str, str] | None:
    """The attributes of a link to `href`; None if such an address is not linked at all."""
    if href.startswith("#"):
        return {"href": "#" + prefix + href[1:].replace(":", "-")}
    if LOCAL.fullmatch(href):
        return {"href": href}
    if INVISIBLE.search(href):
        return None
    try:
        parts = urlsplit(href)
    except ValueError:
        return None
    if parts.scheme == "mailto" and parts.path:
        return {"href": href}
    if parts.scheme in {"http", "https"} and parts.hostname:
        return {"href": href, "target": "_blank"}
    return None


def _is_image(src: str) -> bool:
    """Images of our own media only: one from elsewhere would tell its server who reads this, and our CSP refuses it."""
    return MEDIA.fullmatch(src) is not None


class Finish(html5lib_shim.Filter):  # type: ignore[misc,name-defined]  # not in the stubs of bleach
    """The last word after the sanitizer: rel, ids that cannot meet the page's own, addresses, heading levels."""

    def __init__(self, source: Any, *, profile: str, prefix: str) -> None:
        super().__init__(source)
        self.profile = profile
        self.prefix = prefix
        self.open_links: list[bool] = []

    def __iter__(self) -> Iterator[Token]:
        for token in super().__iter__():
            name = token.get("name")
            if token["type"] in {"StartTag", "EmptyTag", "EndTag"} and name is not None:
                finished = self.finish(token, name)
                if finished is not None:
                    yield finished
            else:
                yield token

    def finish(self, token: Token, name: str) -> Token | None:
        if len(name) == 2 and name[0] == "h" and name[1].isdigit():
            token["name"] = f"h{min(6, int(name[1]) + HEADING_SHIFT[self.profile])}"
        if name == "a":
            return self.link(token)
        if token["type"] == "EndTag":
            return token
        attributes = token["data"]
        if name == "img":
            return self.image(attributes, token)
        self.common(attributes)
        if name == "th":
            attributes[(None, "scope")] = "col"
        return token

    def common(self, attributes: dict[tuple[str | None, str], str]) -> None:
        identity = attributes.get((None, "id"))
        if identity is not None:
            attributes[(None, "id")] = self.prefix + identity.replace(":", "-")
        css = attributes.get((None, "class"))
        if css is not None and CLASSES.fullmatch(css) is None:
            del attributes[(None, "class")]

    def link(self, token: Token) -> Token | None:
        if token["type"] == "EndTag":
            return token if self.open_links and self.open_links.pop() else None
        attributes = token["data"]
        kept = _link(attributes.pop((None, "href"), "").strip(), self.prefix)
        self.open_links.append(kept is not None)
        if kept is None:
            return None
        self.common(attributes)
        for key, value in kept.items():
            attributes[(None, key)] = value
        if "target" in kept:
            attributes[(None, "rel")] = "noopener noreferrer nofollow" + (" ugc" if self.profile == POST else "")
        return token

    def image(self, attributes: dict[tuple[str | None, str], str], token: Token) -> Token:
        text = attributes.get((None, "alt"), "").strip()
        if not text:
            raise ImageWithoutText
        src = attributes.get((None, "src"), "").strip()
        if not _is_image(src):
            return {"type": "Characters", "data": text}
        attributes[(None, "src")] = src
        attributes[(None, "loading")] = "lazy"
        if not src.startswith("/"):
            attributes[(None, "referrerpolicy")] = "no-referrer"
        return token


def _markdown(profile: str) -> markdown.Markdown:
    extensions = ["tables", "fenced_code", "sane_lists", "footnotes"]
    configs: dict[str, dict[str, Any]] = {"tables": {"use_align_attribute": True}, "footnotes": {"BACKLINK_TITLE": ""}}
    if profile == POST:
        extensions = ["tables", "fenced_code", "sane_lists", "nl2br"]
        del configs["footnotes"]
    made = markdown.Markdown(extensions=extensions, extension_configs=configs, output_format="html")
    # Raw HTML is off: it stays the text that was typed.
    made.preprocessors.deregister("html_block")
    made.inlinePatterns.deregister("html")
    return made


def render(source: str, profile: str) -> str:
    """Return safe HTML for a checked `source`. Raises ImageWithoutText. Slow on hostile input: see `guards`."""
    prefix = "u-" + hashlib.sha256(source.encode()).hexdigest()[:8] + "-"
    cleaner = bleach.Cleaner(
        tags=TAGS if profile == FULL else POST_TAGS,
        attributes=ATTRIBUTES,
        protocols=["http", "https", "mailto"],
        strip=True,
        strip_comments=True,
        filters=[lambda source: Finish(source, profile=profile, prefix=prefix)],
    )
    return str(cleaner.clean(_markdown(profile).convert(source)))


def _answer(job: dict[str, str]) -> dict[str, str]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    try:
        return {"html": render(job["source"], job["profile"])}
    except ImageWithoutText:
        return {"refused": "image"}
    except (RecursionError, MemoryError):
        return {"refused": "depth"}


def read_exactly(descriptor: int, size: int) -> bytes:
    """Read `size` bytes, or fewer at the end of the stream."""
    parts = bytearray()
    while len(parts) < size:
        part = os.read(descriptor, size - len(parts))
        if not part:
            break
        parts += part
    return bytes(parts)


def write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def serve(incoming: int, outgoing: int) -> None:
    """Answer one JSON frame after the other; end when the parent is gone or has had no work for a minute."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while select.select([incoming], [], [], IDLE_SECONDS)[0]:
        head = read_exactly(incoming, FRAME.size)
        if len(head) < FRAME.size:
            return
        job = json.loads(read_exactly(incoming, FRAME.unpack(head)[0]))
        body = json.dumps(_answer(job)).encode()
        write_all(outgoing, FRAME.pack(len(body)) + body)


if __name__ == "__main__":
    serve(sys.stdin.fileno(), sys.stdout.fileno())
