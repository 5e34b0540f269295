"""An LMS's administrator registers the tool by a link, in the LMS's frame, and a teacher launches from it."""

import re

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.conftest import NewScreen
from tests.browser.screens import Look, Screen, assert_sound
from tests.stack import Stack

pytestmark = pytest.mark.once


def invitation(stack: Stack, tenant: str = "Demo") -> str:
    """A fresh link."""
    made = stack.dangke("invite", "--tenant", tenant)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def open_in_lms(stack: Stack, screen: Screen, link: str) -> FrameLocator:
    """Pastes the link into the LMS's page for tools; the tool's page in its frame."""
    page = screen.page
    page.goto(f"{stack.lms_url}/admin/tools")
    page.locator("#register-tool input[name=url]").fill(link)
    page.locator("#register-tool button").click()
    return page.frame_locator("iframe[name=tool-frame]")


def test_DR_01_registered_switched_on_and_launched(stack: Stack, new_screen: NewScreen, every_look: Look) -> None:
    screen = new_screen(stack, **vars(every_look))
    page = screen.page
    frame = open_in_lms(stack, screen, invitation(stack))
    # The code came from behind the #: nobody has to type it.
    confirm = frame.locator("form[action$='/confirm'] button.btn--main")
    expect(confirm).to_be_visible()
    screen.screenshot("register-look")
    assert_sound(page)
    confirm.click()
    # The tool's last page asks the LMS to close it, and the LMS shows the tool, waiting.
    page.wait_for_url(re.compile("/admin/tools$"))
    card = page.locator("[data-tool][data-state=pending]").last
    client_id = card.get_attribute("data-tool")
    card.locator("[data-activate]").click()
    card = page.locator(f"[data-tool='{client_id}'][data-state=active]")
    title = f"新活动 {client_id}"
    card.locator("input[name=title]").fill(title)
    card.locator("[data-place]").click()
    page.wait_for_url(re.compile("/admin/tools$"))
    page.goto(f"{stack.lms_url}/login")
    page.locator('[data-person="teacher"]').first.click()
    page.goto(f"{stack.lms_url}/courses/course-1")
    page.get_by_role("link", name=title, exact=True).last.click()
    launched = screen.frame()
    expect(launched.locator("main")).to_be_visible()
    assert "/lti/choose/" in launched.url
    assert f"client {client_id}" in stack.dangke("registrations").stdout


def test_DR_01_last_page_says_what_comes_next(stack: Stack, new_screen: NewScreen, every_look: Look) -> None:
    """In a window that nobody opened there is nobody to tell; the page stays and says what to do."""
    screen = new_screen(stack, **vars(every_look))
    page = screen.page
    frame = open_in_lms(stack, screen, invitation(stack))
    frame.locator("form[action$='/confirm'] button.btn--main").wait_for()
    source = page.locator("iframe[name=tool-frame]").get_attribute("src") or ""
    page.goto(source)
    page.locator("form[action$='/confirm'] button.btn--main").click()
    expect(page.locator("[data-close-window]")).to_be_visible()
    expect(page.locator("[data-close]")).to_be_hidden()
    screen.screenshot("register-done")
    assert_sound(page)


def test_DR_01_pages_along_the_way(stack: Stack, new_screen: NewScreen, every_look: Look) -> None:
    screen = new_screen(stack, **vars(every_look))
    page = screen.page
    page.goto(f"{stack.tool_url}/lti/register")
    screen.screenshot("register-link")
    assert_sound(page)
    configuration = f"{stack.lms_url}/.well-known/openid-configuration"
    page.goto(f"{stack.tool_url}/lti/register?openid_configuration={configuration}&registration_token=t")
    screen.screenshot("register-open")
    assert_sound(page)
    screen.expect_problem("403")
    page.locator("#f-code").fill("a code that nobody was given")
    page.locator("button.btn--main").click()
    expect(page.locator("h1")).to_be_visible()
    screen.screenshot("register-trouble")
    assert_sound(page)


@pytest.mark.parametrize("width", [1280, 360])
def test_DR_11_a_known_lms_is_told_and_nothing_is_replaced_unasked(
    stack: Stack, new_screen: NewScreen, width: int
) -> None:
    screen = new_screen(stack, width=width)
    page = screen.page
    frame = open_in_lms(stack, screen, invitation(stack))
    expect(frame.locator("input[name=replaces]").first).to_be_checked()
    frame.locator("input[name=replaces]").first.scroll_into_view_if_needed()
    screen.screenshot("register-known")
    page.goto(f"{stack.lms_url}/admin/tools")
    page.locator("#register-tool input[name=url]").fill(invitation(stack))
    page.locator("#register-tool select[name=client_id]").select_option("dangke-demo")
    page.locator("#register-tool button").click()
    frame = page.frame_locator("iframe[name=tool-frame]")
    frame.locator("form[action$='/confirm'] button.btn--main").click()
    replace = frame.locator("form[action$='/replace'] button")
    expect(replace).to_be_visible()
    screen.screenshot("register-replace")
    assert_sound(page)


def test_DR_01_without_javascript_the_code_is_pasted(stack: Stack, new_screen: NewScreen) -> None:
    screen = new_screen(stack, javascript=False)
    link = invitation(stack)
    frame = open_in_lms(stack, screen, link)
    frame.locator("#f-code").fill(link.split("#")[1])
    frame.locator("form button.btn--main").click()
    frame.locator("form[action$='/confirm'] button.btn--main").click()
    expect(frame.locator("[data-close-window]")).to_be_visible()
