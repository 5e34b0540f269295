"""A teacher chooses for the course: two activities at once, a creation that is cancelled, places that take less."""

import re

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import link_of
from tests.browser.screens import Look, assert_axe, assert_no_sideways_scrolling
from tests.browser.test_journey_bearer import keep_no_cookies
from tests.stack import Stack

LOOKS = [
    Look(),
    Look(width=360, height=780, scheme="dark"),
    Look(width=360, height=780, language="en", javascript=False),
]


def tick(frame: Frame, title: str) -> None:
    # By keyboard: the frame may still be growing to its content, and a press of the mouse would land beside it.
    box = frame.locator("label.choice").filter(has_text=title).first.locator("input")
    box.press("Space")
    expect(box).to_be_checked()


def hand_over(desk: Desk, frame: Frame, button: str) -> None:
    """Press the button; without scripts also the one of the page that carries the answer."""
    frame.locator(button).click()
    if desk.screen.look.javascript:
        desk.page.locator("[role=status]").first.wait_for()
        return
    frame.wait_for_selector("form[action*='/lti/deep-link-return/']")
    assert_no_sideways_scrolling(desk.page)
    desk.screen.screenshot("deep-linking-hand-over")
    frame.locator("main form button").click()
    frame.wait_for_selector("[data-added]")
    desk.open_course()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.suffix)
def test_two_activities_at_once_become_two_links(stack: Stack, new_screen: NewScreen, look: Look) -> None:
    desk = Desk(stack, new_screen(stack, **vars(look)), "teacher").sign_in()
    before = desk.open_course().locator("[data-link]").count()
    frame = desk.open_deep_linking()
    if look.javascript:
        assert_axe(desk.page)
    assert_no_sideways_scrolling(desk.page)
    words = ("小测", "讨论") if look.language == "zh-CN" else ("Quiz", "Discussion")
    for each in words:
        tick(frame, each)
    desk.screen.screenshot("deep-linking-two")
    hand_over(desk, frame, "main form button.btn--main")
    links = desk.page.locator("[data-link]")
    expect(links).to_have_count(before + 2)
    last = links.last.get_attribute("data-link") or ""
    frame = desk.open(last)
    assert re.search(r"/(forum|quizzes)/\d+", frame.url)
    columns = {each.get_attribute("data-line-item") for each in desk.open_gradebook().locator("td[data-column]").all()}
    assert len(columns) >= 2


@pytest.mark.parametrize("look", LOOKS[:2], ids=lambda look: look.suffix)
def test_cancelled_creation_is_a_draft_on_the_course_home(stack: Stack, new_screen: NewScreen, look: Look) -> None:
    desk = Desk(stack, new_screen(stack, **vars(look)), "teacher").sign_in()
    before = desk.open_course().locator("[data-link]").count()
    frame = desk.open_deep_linking()
    tick(frame, "讨论")
    frame.locator('button.pick[value="quiz"]').click()
    title = f"想一想 {look.width}"
    frame.locator("main form [name=title]").fill(title)
    frame.locator("main form button.btn--main").click()
    frame.wait_for_url(re.compile(r"/lti/choose/\d+\?picked="))
    expect(frame.locator("label.choice").filter(has_text=title).locator("input")).to_be_checked()
    expect(frame.locator("label.choice input:checked")).to_have_count(2)
    assert_axe(desk.page)
    assert_no_sideways_scrolling(desk.page)
    desk.screen.screenshot("deep-linking-created")
    hand_over(desk, frame, "button[form=cancel]")
    expect(desk.page.locator("[data-link]")).to_have_count(before)
    expect(desk.page.locator("main")).to_contain_text("没有添加任何活动")
    frame = desk.open(link_of(stack, "outline"))
    row = frame.locator("li.task").filter(has_text=title)
    expect(row).to_contain_text("草稿")
    expect(row).to_contain_text("就会清理")
    # Before scrolling: what the head of the page covers for a moment is no target that is too small.
    assert_axe(desk.page)
    row.scroll_into_view_if_needed()
    assert_no_sideways_scrolling(desk.page)
    desk.screen.screenshot("draft-of-a-choice")


@pytest.mark.parametrize("look", LOOKS[:2], ids=lambda look: look.suffix)
@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        (
            "plain-links",
            {"accept_types": ["link", "html"], "accept_multiple": False, "auto_create": False},
            "不会送回成绩",
        ),
        ("nothing-fits", {"accept_types": ["file"]}, "放不了党课的内容"),
    ],
)
def test_places_that_take_less_are_told_apart(
    stack: Stack, new_screen: NewScreen, look: Look, name: str, settings: dict[str, object], words: str
) -> None:
    lms = stack.driver
    desk = Desk(stack, new_screen(stack, **vars(look)), "teacher").sign_in()
    lms.deep_linking(**settings)
    try:
        frame = desk.open_deep_linking()
        expect(frame.locator("main")).to_contain_text(words)
        assert_axe(desk.page)
        assert_no_sideways_scrolling(desk.page)
        desk.screen.screenshot(f"deep-linking-{name}")
    finally:
        lms.deep_linking()


@pytest.mark.parametrize("look", LOOKS[:2], ids=lambda look: look.suffix)
def test_page_that_carries_the_answer_is_one_to_stand_on(stack: Stack, new_screen: NewScreen, look: Look) -> None:
    desk = Desk(stack, new_screen(stack, **vars(look)), "teacher").sign_in()
    frame = desk.open_deep_linking()
    tick(frame, "小测")
    # The LMS answers nothing at first, so the browser stays on our page.
    desk.page.route("**/lti/deep-link-return/*", lambda route: route.fulfill(status=204))
    frame.locator("main form button.btn--main").click()
    expect(frame.locator("h1")).to_have_text("选好了 1 项活动")
    assert_axe(desk.page)
    assert_no_sideways_scrolling(desk.page)
    desk.screen.screenshot("deep-linking-hand-over")
    desk.page.unroute_all()
    frame.locator("main form button").click()
    desk.page.locator("[role=status]").first.wait_for()


def test_teacher_chooses_in_a_frame_without_cookies(stack: Stack, new_screen: NewScreen) -> None:
    screen = new_screen(stack)
    keep_no_cookies(screen)
    stack.driver.storage("parent")
    try:
        desk = Desk(stack, screen, "teacher").sign_in()
        page = desk.open_course()
        before = page.locator("[data-link]").count()
        page.locator("[data-deep-link]").click()
        inner = page.frame_locator("iframe[name=tool-frame]").frame_locator("#carried-page")
        inner.locator("label.choice").filter(has_text="讨论").first.locator("input").check()
        inner.locator('button.pick[value="quiz"]').click()
        inner.locator("main form [name=title]").fill("没有 Cookie 的小测")
        inner.locator("main form button.btn--main").click()
        expect(inner.locator("label.choice input:checked")).to_have_count(2)
        screen.screenshot("deep-linking-bearer")
        inner.locator("main form button.btn--main").click()
        page.locator("[role=status]").first.wait_for()
        expect(page.locator("[data-link]")).to_have_count(before + 2)
    finally:
        stack.driver.storage("none")
