"""Fixtures of the browser tests: the running stack, Chromium, and people in front of it.

Every test in this folder is marked `browser`. A console error that the test has not announced fails it.
"""

import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Browser, Playwright, ViewportSize, sync_playwright

from tests.browser.screens import ALL_LOOKS, Look, Screen
from tests.plugins.engine import on_postgresql
from tests.stack import Stack, running_stack
from tools.programs import chromium, windowless_chromium

FAILURES = Path(__file__).resolve().parents[2] / "build" / "failures"
# Nothing of Chromium's own may reach for the network; as root it refuses its sandbox.
ARGUMENTS = [
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
]
FAILED = pytest.StashKey[bool]()

NewScreen = Callable[..., Screen]
NewStack = Callable[..., Stack]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what stands in this folder; on PostgreSQL each journey is made in its first look only.

    What a page looks like does not depend on where its rows are kept, and Chromium is what a run spends its time on.
    """
    mine = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.browser)
    if on_postgresql():
        first: dict[tuple[str, str], str] = {}
        again = {item for item in mine for journey, look in [_look(item)] if first.setdefault(journey, look) != look}
        items[:] = [item for item in items if item not in again]


def _look(item: pytest.Item) -> tuple[tuple[str, str], str]:
    """(which journey, in which look): a parameter that is a look, a width, or a person of a table of looks."""
    parameters: dict[str, object] = (
        dict(item.callspec.params) if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    )
    has_table = isinstance(getattr(getattr(item, "module", None), "LOOKS", None), dict)
    looks = {
        name: value
        for name, value in parameters.items()
        if isinstance(value, Look) or name in {"every_look", "width"} or (name == "person" and has_table)
    }
    rest = {name: value for name, value in parameters.items() if name not in looks and not (name == "person" and looks)}
    return (f"{item.path}::{getattr(item, 'originalname', item.name)}", str(rest)), str(looks)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remembers a failed call, so that its screens can keep a picture of it."""
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The tool and the demo LMS, shared by all tests that leave them running."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Stacks for one test alone, for those that kill, wait for deadlines or change the LMS; arguments are settings."""
    with ExitStack() as running:

        def start(**settings: str) -> Stack:
            folder = Path(tempfile.mkdtemp(prefix="stack-", dir=tmp_path))
            return running.enter_context(running_stack(folder, **settings))

        yield start


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    """The distribution's Chromium; the one without a window where there is one, for it takes a third less of CPU time."""
    yield from opened(playwright_driver, windowless_chromium() or chromium())


@pytest.fixture(scope="session")
def whole_browser(playwright_driver: Playwright) -> Iterator[Browser]:
    """Chromium as people have it, for tests marked `whole_browser`: films, and cookies that are kept from it."""
    yield from opened(playwright_driver, chromium())


def opened(driver: Playwright, program: Path | None) -> Iterator[Browser]:
    """Headless; where there is none the test is skipped, by name."""
    if program is None:
        pytest.skip("Chromium is not on this machine: run `make setup-test`, or `apt install chromium`")
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    started = driver.chromium.launch(executable_path=program, args=arguments)
    yield started
    started.close()


@pytest.fixture
def new_screen(request: pytest.FixtureRequest) -> Iterator[NewScreen]:
    """Makes people with a browser each; after the stack come the fields of Look."""
    is_whole = request.node.get_closest_marker("whole_browser") is not None
    browser: Browser = request.getfixturevalue("whole_browser" if is_whole else "browser")
    screens: list[Screen] = []

    def make(stack: Stack, **look: object) -> Screen:
        seen = Look(**look)  # type: ignore[arg-type]  # Look names and types its fields
        context = browser.new_context(
            viewport=cast("ViewportSize", {"width": seen.width, "height": seen.height}),
            color_scheme="dark" if seen.scheme == "dark" else "light",
            locale=seen.language,
            timezone_id="Asia/Shanghai",
            java_script_enabled=seen.javascript,
            has_touch=seen.width < 600,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        page = context.new_page()
        screen = Screen(context, page, seen, stack.tool_url)
        context.on("page", screen.watch)
        screen.watch(page)
        screens.append(screen)
        return screen

    yield make
    problems = []
    for number, screen in enumerate(screens):
        if request.node.stash.get(FAILED, False):
            keep_picture(screen, f"{request.node.name}-{number}")
        problems += screen.unexpected_problems()
        screen.context.close()
    assert not problems, "\n".join(problems)


def keep_picture(screen: Screen, name: str) -> None:
    """Saves what a failed test was looking at under build/failures."""
    FAILURES.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(screen.context.pages):
        if not page.is_closed():
            page.screenshot(path=FAILURES / f"{name}-{number}.png")
            (FAILURES / f"{name}-{number}.html").write_text("\n".join(each.content() for each in page.frames))


@pytest.fixture
def screen(new_screen: NewScreen, stack: Stack) -> Screen:
    """One person at a desktop, in Chinese, in the light scheme."""
    return new_screen(stack)


EVERY_LOOK = ["1280-light-zh-CN", "360-dark-en", *(["1280-dark-zh-CN", "360-light-zh-CN"] if ALL_LOOKS else [])]


@pytest.fixture(params=EVERY_LOOK)
def every_look(request: pytest.FixtureRequest) -> Look:
    """Each width, scheme and language; with `make looks` in more combinations."""
    width, scheme, language = str(request.param).split("-", 2)
    return Look(width=int(width), scheme=scheme, language=language)
