"""What a browser test asks of a page: a screenshot with its name, the accessibility check, no sideways scrolling."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Frame, Page

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
PASSING = re.compile(r"/lti/(login|launch)")
"""Addresses that a launch only passes through."""
VARYING = re.compile(r'(value|href|src|action|nonce)="[^"]*"|\d+')
SOUND: set[str] = set()
"""What was found sound around the tool's frame, in this process."""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    width: int = 1280
    height: int = 900
    scheme: str = "light"
    language: str = "zh-CN"
    javascript: bool = True

    @property
    def suffix(self) -> str:
        """`1280-light-zh-CN`, for file names."""
        return f"{self.width}-{self.scheme}-{self.language}"


ALL_LOOKS = bool(os.environ.get("DANGKE_ALL_LOOKS"))
"""`make looks`: the journeys also in the looks that only combine what the two ordinary ones show."""


@dataclass
class Screen:
    """One browser context with one person in front of it: the page, its look, and what went wrong in the console."""

    context: BrowserContext
    page: Page
    look: Look
    tool_url: str
    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Collects what a developer would see in red: script errors, refused loads, broken policies."""
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def expect_problem(self, part: str) -> None:
        """Says that a problem with these words is part of the test (an error page, a refused request)."""
        self.expected.append(part)

    def unexpected_problems(self) -> list[str]:
        """What nobody has announced."""
        return [problem for problem in self.problems if not any(part in problem for part in self.expected)]

    def frame(self, page: Page | None = None) -> Frame:
        """The tool's frame inside the LMS's page, once the launch has arrived."""
        handle = (page or self.page).wait_for_selector("iframe[name=tool-frame]")
        frame = handle.content_frame() if handle else None
        assert frame is not None, "the page has no frame"
        frame.wait_for_url(lambda url: url.startswith(self.tool_url) and not PASSING.search(url))
        frame.wait_for_load_state("domcontentloaded")
        return frame

    def screenshot(self, name: str, page: Page | None = None) -> Path:
        """Keeps build/screenshots/<name>-<width>-<scheme>-<language>.png of the window, with the tool's frame in it.

        Not of the whole page: that resizes the window, and what is clicked next may have moved.
        """
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}-{self.look.suffix}.png"
        page = page or self.page
        scroll_to_frame(page)
        page.screenshot(path=path, animations="disabled")
        return path


def scroll_to_frame(page: Page) -> None:
    """Brings the tool's frame into the window, if there is one: not every Chromium does so for a click in a frame."""
    if page.locator("iframe[name=tool-frame]").count():
        page.locator("iframe[name=tool-frame]").scroll_into_view_if_needed()


def frames_of(page: Page) -> Iterator[Frame]:
    """The page and all the frames in it that show something."""
    return (frame for frame in page.frames if frame.url not in ("", "about:blank") and not frame.is_detached())


def violations(frame: Frame) -> list[dict[str, Any]]:
    """What axe finds in one frame: WCAG 2.0, 2.1 and 2.2, A and AA, every rule, every element.

    axe is evaluated by the debugger, so the page's own content security policy stays as it is.
    """
    if not frame.evaluate("typeof axe === 'object'"):
        frame.evaluate(AXE.read_text(encoding="utf-8"))
    asked = {"runOnly": {"type": "tag", "values": WCAG}, "iframes": False, "resultTypes": ["violations"]}
    found: list[dict[str, Any]] = frame.evaluate(
        "(asked) => axe.run(document, asked).then((result) => result.violations)", asked
    )
    return found


def assert_axe(page: Page) -> None:
    """No violation in the page nor in the tool's frame inside it; raises AssertionError naming rule, element and reason.

    The LMS's page around a frame is the same for many pages of the tool: each form of it is checked once.
    """
    around = seen_around(page)
    lines = [
        f"{frame.url}\n  {rule['id']}: {rule['help']}\n    {node['html']}\n    {json.dumps(node['failureSummary'])}"
        for frame in frames_of(page)
        if not (around in SOUND and frame == page.main_frame)
        for rule in violations(frame)
        for node in rule["nodes"]
    ]
    assert not lines, "\n".join(lines)
    SOUND.update(filter(None, [around]))


def seen_around(page: Page) -> str:
    """What stands around the tool's frame and how it is looked at, without numbers and addresses; empty if there is no frame."""
    if not page.locator("iframe[name=tool-frame]").count():
        return ""
    look = page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches].join()")
    return f"{look} {VARYING.sub('', page.main_frame.content())}"


def assert_no_sideways_scrolling(page: Page) -> None:
    """Nothing is wider than the window, in no frame."""
    for frame in frames_of(page):
        width = frame.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert width[0] <= width[1], f"{frame.url} is {width[0]} px wide in a window of {width[1]} px"


SMALL_TARGETS = """() => {
  const isSmall = (one) => {
    const box = one.getBoundingClientRect();
    const isText = one.localName === "a" && getComputedStyle(one).display.startsWith("inline") && !one.matches(".btn, .chip");
    return one.checkVisibility() && box.height > 1 && box.height < 43.5 && !isText && !one.closest(".sr, .skip, .cm-editor");
  };
  const targets = "a[href], button, summary, select, textarea, input:not([type=hidden], [type=radio], [type=checkbox])";
  return [...document.querySelectorAll(targets)].filter(isSmall).map((one) => one.outerHTML.slice(0, 200));
}"""


def assert_fit_for_a_finger(page: Page) -> None:
    """On a screen that is touched, every control of ours is at least 44 px high; links within a text are as high as it."""
    for frame in frames_of(page):
        if frame.evaluate(
            "matchMedia('(pointer: coarse)').matches && Boolean(document.querySelector('meta[name=csrf]'))"
        ):
            small = frame.evaluate(SMALL_TARGETS)
            assert not small, f"{frame.url} has controls that are less than 44 px high:\n" + "\n".join(small)


def open_disclosures(page: Page) -> None:
    """Opens every <details> that is no menu, in the page and in the frame."""
    for frame in frames_of(page):
        frame.evaluate("for (const each of document.querySelectorAll('details:not(.drop)')) each.open = true")


def assert_sound(page: Page, *menus: str) -> None:
    """No violation, no sideways scrolling and, where it is touched, no small control: with all disclosures opened, then with each menu opened by its summary.

    `menus` are selectors in the tool's frame (or in the page, if it has none).
    """
    scroll_to_frame(page)
    open_disclosures(page)
    assert_axe(page)
    assert_no_sideways_scrolling(page)
    assert_fit_for_a_finger(page)
    frame = list(frames_of(page))[-1]
    for menu in menus:
        opener = frame.locator(menu).first
        opener.click()
        assert_axe(page)
        assert_no_sideways_scrolling(page)
        assert_fit_for_a_finger(page)
        opener.press("Escape")
