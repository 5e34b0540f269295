"""Reads all pages that a person can reach by links, and looks for content that a browser would run."""

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from tests.flows.visitor import REDIRECTS, Visitor

MOST_PAGES = 120
ADDRESSES = {"href", "src", "action", "formaction", "poster", "data", "srcset", "xlink:href", "background"}


class Page(HTMLParser):
    """The links of a page, its visible text, and what in it would run."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.active: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag in {"iframe", "object", "embed", "base"} or (tag == "script" and not given.get("nonce")):
            self.active.append(f"<{tag} {given}>")
        for name, value in attrs:
            scheme = (value or "").strip().partition(":")[0].lower()
            leads_to_code = name in ADDRESSES and scheme in {"javascript", "vbscript", "data"}
            if leads_to_code or name.startswith("on") or name in {"srcdoc", "style"}:
                self.active.append(f"<{tag} {name}={value}>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def crawl(visitor: Visitor, *starts: str) -> Iterator[tuple[str, int, Page]]:
    """(path, status, page) of everything that can be reached from `starts` by links within the tool."""
    waiting, seen = list(starts), set(starts)
    while waiting:
        path = waiting.pop(0)
        answer = visitor.open(path)
        if answer.status in REDIRECTS:
            found = [answer.headers["Location"]]
        elif "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        else:
            page = Page(answer.text)
            yield path, answer.status, page
            found = page.links
        for link in found:
            parts = urlsplit(urljoin(f"{visitor.tool_url}{path}", link))
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            is_ours = f"{parts.scheme}://{parts.netloc}" == visitor.tool_url
            if is_ours and target not in seen and len(seen) < MOST_PAGES:
                seen.add(target)
                waiting.append(target)
