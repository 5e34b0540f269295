"""Frames and windows in a browser: no stranger's page shows us (WS-12), and no window opens by itself (WS-13)."""

from urllib.parse import urlencode, urljoin

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import link_of
from tests.browser.screens import PASSING, assert_axe
from tests.lms_transport import HttpTransport
from tests.stack import Stack

pytestmark = pytest.mark.once

STRANGERS = ("http://127.0.0.1:9", "http://evil.example")
"""The first is the same site as the tool (a site has no port), so its frame gets the member's cookie; only the policy
stands between. The second is a site of its own."""


def frame_of_a_stranger(page: Page, stranger: str, address: str) -> str:
    """Where a frame with `address` ends on a page of `stranger`, which no server needs to give."""
    body = f'<!doctype html><title>x</title><iframe src="{address}"></iframe>'

    def give(route: Route) -> None:
        route.fulfill(body=body, content_type="text/html")

    page.route(f"{stranger}/", give)
    page.goto(f"{stranger}/", wait_until="load")
    handle = page.wait_for_selector("iframe")
    frame = handle.content_frame() if handle else None
    assert frame is not None
    frame.wait_for_load_state("load")
    return frame.url


def test_WS_12_a_site_that_is_not_registered_cannot_frame_us(new_screen: NewScreen, stack: Stack) -> None:
    desk = Desk(stack, new_screen(stack), "member1").sign_in()
    link = link_of(stack, "quiz")
    # The LMS itself may.
    assert desk.open(link).url.startswith(stack.tool_url)
    # The same member in a window of its own, so that the tool's cookie belongs to the tool's own site.
    form = stack.driver.login_form("member1", link)
    desk.page.goto(f"{stack.tool_url}/lti/login?{urlencode(form)}")
    desk.page.wait_for_url(lambda url: url.startswith(stack.tool_url) and not PASSING.search(url))
    inside = desk.page.url
    desk.screen.expect_problem("frame-ancestors")
    desk.screen.expect_problem("ERR_")  # the strangers have no icon
    for stranger in STRANGERS:
        for address in (inside, f"{stack.tool_url}/lti/launch", f"{stack.tool_url}/privacy"):
            found = frame_of_a_stranger(desk.page, stranger, address)
            assert found.startswith("chrome-error:"), (stranger, address, found)
    # And it was not that there is nothing to see.
    desk.page.goto(inside)
    expect(desk.page.locator("h1").first).to_be_visible()


def test_WS_05_signing_out_in_the_frame_takes_the_cookie_of_the_frame_away(new_screen: NewScreen, stack: Stack) -> None:
    """The cookie is Partitioned: it lies with the LMS's site, and goes only if it is taken away as it was given."""
    screen = new_screen(stack, width=360, height=780)
    desk = Desk(stack, screen, "member3").sign_in()
    frame = desk.open(link_of(stack, "quiz"))
    inside = frame.url
    held = [each for each in screen.context.cookies() if each.get("name") == "__Host-dk"]
    assert len(held) == 1
    frame.locator("summary.role").click()
    assert_axe(screen.page)
    screen.screenshot("menu-with-the-way-out")
    frame.get_by_role("button", name="在这里退出登录").click()
    expect(frame.get_by_role("heading", name="已经退出登录")).to_be_visible()
    assert_axe(screen.page)
    screen.screenshot("signed-out")
    assert [each for each in screen.context.cookies() if each.get("name") == "__Host-dk"] == []
    screen.expect_problem("404")
    assert frame.evaluate("(address) => fetch(address).then((answer) => answer.status)", inside) == 404
    assert desk.open(link_of(stack, "quiz")).url == inside


def test_WS_13_a_new_window_opens_by_a_press_only(new_screen: NewScreen, stack: Stack) -> None:
    """The page of a browser that keeps no cookies in frames: it waits, and one press opens one window."""
    screen = new_screen(stack)
    desk = Desk(stack, screen, "member2").sign_in()
    form = stack.driver.login_form("member2", link_of(stack, "quiz"))
    # Begun outside, so that the cookie is not in this browser when it comes to the probe.
    begun = HttpTransport().request("POST", f"{stack.tool_url}/lti/login", form=form)
    assert begun.status == 303
    desk.page.goto(urljoin(stack.tool_url, begun.headers["Location"]))
    button = desk.page.locator("form[target=_blank] button")
    expect(button).to_be_visible()
    desk.page.wait_for_load_state("networkidle")
    assert len(screen.context.pages) == 1
    with screen.context.expect_page() as opened:
        button.click()
    opened.value.wait_for_url(lambda url: url.startswith(stack.tool_url) and not PASSING.search(url))
    assert len(screen.context.pages) == 2
