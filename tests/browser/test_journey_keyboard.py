"""The keyboard only: from the LMS's course page through lesson, quiz and discussion; the focus is always seen."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Frame, Locator, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.records import studied_before
from tests.browser.sample import RIGHT_CHOICES, SAVED, column_of, link_of
from tests.stack import Stack

pytestmark = pytest.mark.once

MOST_TABS = 80
MOST_ARROWS = 120
END_IS_SEEN = """(part) => {
  const at = (part.querySelector(".part-end") ?? part.lastElementChild).getBoundingClientRect();
  return at.top < innerHeight - 80;
}"""
# The focus is seen if the element, or what stands for it (the row of a choice, the card of an editor), has an outline or
# a shadow that it has not without the focus.
IS_SEEN = """() => {
  const focused = document.activeElement;
  const rings = (each) => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
  };
  for (let each = focused; each && each !== document.body; each = each.parentElement) if (rings(each)) return true;
  return false;
}"""


@dataclass
class Keys:
    """Somebody with a keyboard and no pointer, in the tool's frame."""

    desk: Desk
    frame: Frame

    def press(self, key: str) -> None:
        """One key, wherever the focus is."""
        self.desk.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self.desk.page.keyboard.type(text)

    def go_to(self, target: Locator, key: str = "Tab") -> None:
        """Tab until `target` has the focus; it must be seen to have it."""
        target.wait_for()
        for _ in range(MOST_TABS):
            if target.evaluate("each => each === document.activeElement"):
                break
            self.press(key)
        else:
            raise AssertionError(f"{MOST_TABS} times {key} do not reach {target}")
        assert self.frame.evaluate(IS_SEEN), f"the focus on {target} cannot be seen"
        assert target.evaluate("each => each.getBoundingClientRect().bottom > 0"), f"{target} is out of sight"

    def activate(self, target: Locator, key: str = "Enter") -> None:
        """Tab to it and press it."""
        self.go_to(target)
        self.press(key)


def launch(desk: Desk, kind: str) -> Keys:
    """From the LMS's course page into the frame, by Tab and Enter."""
    page = desk.open_course()
    link = page.locator(f'[data-link="{link_of(desk.stack, kind)}"] [data-open]')
    for _ in range(MOST_TABS):
        if link.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    frame = desk.screen.frame()
    for _ in range(MOST_TABS):
        if frame.evaluate("document.hasFocus() && document.activeElement !== document.body"):
            break
        page.keyboard.press("Tab")
    return Keys(desk, frame)


def choose(keys: Keys, section: Locator, is_right: Callable[[str], bool]) -> None:
    """Tick the right boxes, or move the radio group's mark to the right option with the arrows."""
    inputs = section.locator("label.choice input")
    if inputs.first.get_attribute("type") == "checkbox":
        for choice in section.locator("label.choice").all():
            keys.go_to(choice.locator("input"))
            if is_right(choice.inner_text()):
                keys.press("Space")
        return
    keys.go_to(inputs.first)
    keys.press("Space")
    for choice in section.locator("label.choice").all():
        if is_right(choice.inner_text()) and choice.locator("input").is_checked():
            return
        keys.press("ArrowDown")


def read_all(keys: Keys) -> None:
    """Scroll through the lesson with the arrow keys; each part is seen to be marked as read."""
    for part in keys.frame.locator("[data-part]").all():
        for _ in range(MOST_ARROWS):
            if part.evaluate(END_IS_SEEN):
                break
            keys.press("ArrowDown")
        expect(part).to_have_attribute("data-seen", "")


@pytest.fixture
def desk(stack: Stack, new_screen: NewScreen) -> Desk:
    return Desk(stack, new_screen(stack), "both").sign_in()


def wanted(parts: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a text holds one of `parts`."""
    return lambda text: any(part in text for part in parts)


@pytest.mark.shows("J-31")
def test_lesson_by_keyboard(stack: Stack, desk: Desk) -> None:
    keys = launch(desk, "lesson")
    studied_before(stack, "both", 60)
    frame = keys.frame
    skip = frame.locator("a.skip")
    assert skip.evaluate("each => each === document.activeElement")
    keys.press("Enter")
    read_all(keys)
    choose(keys, frame.locator("section.ask"), lambda text: "a pet name" in text)
    keys.activate(frame.locator("section.ask button.btn--main"))
    expect(frame.locator("section.ask .state--done")).to_be_visible()
    expect(frame.locator("[data-checklist]").first.locator("li.is-met")).to_have_count(3, timeout=30_000)
    keys.activate(frame.locator("[data-opens=contents]"), "Space")
    expect(frame.locator("#contents")).to_be_visible()
    keys.press("Escape")
    expect(frame.locator("#contents")).to_be_hidden()
    assert frame.locator("[data-opens=contents]").evaluate("each => each === document.activeElement")
    assert desk.wait_for_grade(column_of(stack, "lesson"), "both", 100)


@pytest.mark.shows("J-31")
def test_quiz_by_keyboard(stack: Stack, desk: Desk) -> None:
    keys = launch(desk, "quiz")
    frame = keys.frame
    keys.activate(frame.locator("main form button.btn--main"))
    frame.wait_for_url(re.compile(r"/attempts/\d+"))
    for section in frame.locator("section.q").all():
        kind = section.get_attribute("data-kind")
        if kind == "fill_in":
            for field, text in zip(section.locator("input.blank").all(), ("日期", "date"), strict=True):
                keys.go_to(field)
                keys.type(text)
        elif kind == "true_false":
            choose(keys, section, lambda text: bool(re.search("错|False", text)))
        else:
            stem = section.inner_text()
            choose(keys, section, wanted(next(words for part, words in RIGHT_CHOICES.items() if part in stem)))
    keys.activate(frame.locator("form#answers button[name=go]").filter(has_text="下一页"))
    frame.wait_for_url(re.compile(r"page=2"))
    keys.go_to(frame.locator("section.q input.input--num"))
    keys.type("60")
    frame.locator("section.q [data-saved]").filter(has_text=SAVED).wait_for()
    keys.activate(frame.locator("button[name=go][value=over]").filter(visible=True).first)
    frame.wait_for_url(re.compile(r"/attempts/\d+/(over|submit)"))
    keys.activate(frame.locator("form#answers button.btn--main"))
    expect(frame.locator(".score__n")).to_contain_text("100")
    assert desk.wait_for_grade(column_of(stack, "quiz"), "both", 100)


@pytest.mark.shows("J-31")
def test_discussion_by_keyboard(stack: Stack, desk: Desk) -> None:
    keys = launch(desk, "forum")
    frame = keys.frame
    keys.activate(frame.locator('a.btn--main[href$="/new"]'))
    keys.go_to(frame.locator("#f-title"))
    keys.type("只用键盘")
    keys.press("Tab")
    keys.type("这篇帖子没有用过鼠标。")
    keys.activate(frame.locator("main form button.btn--main"))
    frame.wait_for_url(re.compile(r"/threads/\d+"))
    for number, text in enumerate(("第一条回复。", "第二条回复。"), 2):
        keys.go_to(frame.locator("#body"))
        keys.type(text)
        keys.activate(frame.locator("form.composer button.btn--main"))
        expect(frame.locator("article.post")).to_have_count(number)
    menu = frame.locator("main .post .drop > summary").first
    keys.activate(menu)
    expect(frame.locator("main .post .menu").first).to_be_visible()
    keys.press("Escape")
    expect(frame.locator("main .post .menu").first).to_be_hidden()
    assert desk.wait_for_grade(column_of(stack, "forum"), "both", 100)
