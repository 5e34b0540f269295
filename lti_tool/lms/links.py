"""The `Link` header as LMSs really write it (RFC 8288, AGS 3.2.4, NRPS 2.4.2), and reading all pages of a list."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from typing import Final
from urllib.parse import urljoin, urlsplit

from lti_tool.core.http import Response

MOST_PAGES: Final = 200
"""Of a list, unless its reader expects more."""

# Moodle's language packs have put typographic quotes into headers; they are read as plain ones.
_QUOTES: Final = str.maketrans({"“": '"', "”": '"', "„": '"', "″": '"', "«": '"', "»": '"', "’": "'", "‘": "'"})
_TOKEN: Final = re.compile(
    r"""<(?P<target>[^<>]{0,4000})>|(?P<name>[A-Za-z][A-Za-z0-9*_-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"'<]+))"""
)


class TooManyPages(Exception):
    """The list goes on after as many pages as its reader takes, or leads back to a page that was read."""


class ForeignPage(Exception):
    """The next page stands on a host that this registration does not speak to. No token may be sent there."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a header: where to, and the relations it has, in lower case."""

    url: str
    rels: frozenset[str]


def _as_utf8(value: str) -> str:
    """http.client reads headers as Latin-1; a header that was UTF-8 is read as such."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def parse_links(headers: Iterable[str], base: str) -> list[Link]:
    """Read all links of all `Link` headers, relative ones against `base`. Never raises: what is not understood is skipped."""
    found: list[tuple[str, list[str]]] = []
    for header in headers:
        is_open = False  # whether a target of this header has come already
        for token in _TOKEN.finditer(_as_utf8(header[:20_000]).translate(_QUOTES)):
            if token["target"] is not None:
                found.append((unescape(token["target"].strip()), []))
                is_open = True
            elif is_open and token["name"].lower() == "rel" and not found[-1][1]:
                found[-1][1].extend((token[3] or token[4] or token[5] or "").lower().split())
    links: list[Link] = []
    for target, rels in found:
        with suppress(ValueError):  # such as `http://[::1`: a link that leads nowhere is none
            if target:
                links.append(Link(urljoin(base, target), frozenset(rels)))
    return links


def next_page(response: Response) -> str | None:
    """The address of the next page; None on the last one (Open edX sends no header there)."""
    return linked(response, "next")


def linked(response: Response, rel: str) -> str | None:
    """The first address that the answer relates to itself in this way."""
    links = parse_links(response.headers.all("link"), response.url)
    return next((link.url for link in links if rel in link.rels), None)


def pages(
    first: str, fetch: Callable[[str], Response], is_ours: Callable[[str], bool], *, most: int = MOST_PAGES
) -> Iterator[Response]:
    """Yield each page once. `is_ours(host)` says whether the registration's token may go to that host.

    The next address is taken as it is; our own query parameters are not appended again. Stops at the first page without
    success, which is yielded: the caller looks at its status. Raises TooManyPages and ForeignPage.
    """
    seen: set[str] = set()
    url: str | None = first
    while url is not None:
        if url in seen or len(seen) >= most:
            raise TooManyPages
        if not is_ours((urlsplit(url).hostname or "").lower()):
            raise ForeignPage
        seen.add(url)
        page = fetch(url)
        yield page
        url = next_page(page) if page.is_success else None
