"""The parts that every page shares: menus, dialogs, messages and the guard of forms, with and without JavaScript."""

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser.conftest import NewScreen
from tests.browser.screens import Look, Screen, assert_axe, assert_no_sideways_scrolling
from tests.stack import Stack

pytestmark = pytest.mark.once

PAGES = ("error", "session_changed", "new_window", "not_set_up", "closed", "choose", "links", "relink", "privacy", "mentoring",
         "nothing_submitted")  # fmt: skip
OPENERS = ("summary.role", "main summary.iconbtn", "[data-opens=c-dialog]", "[data-opens=c-sheet]")


def open_components(screen: Screen, address: str = "") -> None:
    scheme, language = screen.look.scheme, screen.look.language
    screen.page.goto(f"{screen.tool_url}/components{address}?scheme={scheme}&lang={language}")
    screen.page.wait_for_load_state("networkidle")
    # A field with a fault has taken the focus; what the bar covers on a scrolled page is not what is looked at.
    screen.page.evaluate("scrollTo(0, 0)")


def test_every_component_is_accessible(new_screen: NewScreen, stack: Stack, every_look: Look) -> None:
    screen = new_screen(stack, **vars(every_look))
    open_components(screen)
    screen.page.evaluate("for (const each of document.querySelectorAll('details:not(.drop)')) each.open = true")
    assert_axe(screen.page)
    assert_no_sideways_scrolling(screen.page)


def test_what_opens_is_accessible(new_screen: NewScreen, stack: Stack, every_look: Look) -> None:
    screen = new_screen(stack, **vars(every_look))
    for opener in OPENERS:
        open_components(screen)
        screen.page.locator(opener).click()
        assert_axe(screen.page)


def test_every_page_of_the_frame_is_accessible(new_screen: NewScreen, stack: Stack, every_look: Look) -> None:
    screen = new_screen(stack, **vars(every_look))
    for name in PAGES:
        open_components(screen, f"/pages/{name}")
        assert_axe(screen.page)
        assert_no_sideways_scrolling(screen.page)


def test_dialog_opens_and_closes_by_keyboard_and_gives_the_focus_back(screen: Screen) -> None:
    open_components(screen)
    opener = screen.page.locator("[data-opens=c-dialog]")
    dialog = screen.page.locator("#c-dialog")
    opener.press("Space")
    assert dialog.evaluate("each => each.open")
    screen.page.keyboard.press("Escape")
    assert not dialog.evaluate("each => each.open")
    assert opener.evaluate("each => each === document.activeElement")


def test_dialog_stands_in_the_page_without_javascript(new_screen: NewScreen, stack: Stack) -> None:
    screen = new_screen(stack, javascript=False)
    open_components(screen)
    assert not screen.page.locator("#c-dialog").is_visible()
    screen.page.locator("[data-opens=c-dialog]").click()
    assert screen.page.locator("#c-dialog").is_visible()
    screen.page.locator("#c-dialog [data-closes]").click()
    assert not screen.page.locator("#c-dialog").is_visible()


def test_menu_closes_by_a_click_elsewhere_and_by_escape_which_gives_the_focus_back(screen: Screen) -> None:
    open_components(screen)
    menu = screen.page.locator("details.drop > summary").first
    opened = screen.page.locator("details.drop[open]")
    menu.click()
    assert opened.count() == 1
    expect(screen.page.locator("main")).to_have_js_property("inert", value=True)
    screen.page.mouse.click(5, 400)
    assert opened.count() == 0
    menu.click()
    opened.locator("button").first.focus()
    screen.page.keyboard.press("Escape")
    assert opened.count() == 0
    expect(screen.page.locator("main")).to_have_js_property("inert", value=False)
    assert menu.evaluate("each => each === document.activeElement")


def test_form_asks_before_what_was_typed_is_lost(screen: Screen) -> None:
    open_components(screen)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    screen.page.on("dialog", leave)
    screen.page.locator("#f-c-title").fill("typed")
    screen.page.goto(f"{screen.tool_url}/privacy")
    assert asked == ["beforeunload"]


def test_message_moves_to_its_place(screen: Screen) -> None:
    open_components(screen)
    assert screen.page.locator("#toasts .toast").count() == 1
