"""The instructor with the keyboard only: edits the lesson, adds a question, pins a thread, gives one more attempt."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import link_of
from tests.browser.test_journey_keyboard import launch
from tests.stack import Stack, running_stack

pytestmark = [pytest.mark.once, pytest.mark.shows("J-31")]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this module's own: its tests change the sample's activities."""
    with running_stack(tmp_path_factory.mktemp("keyboard")) as running:
        yield running


@pytest.fixture
def teacher(stack: Stack, new_screen: NewScreen) -> Desk:
    return Desk(stack, new_screen(stack), "teacher").sign_in()


def test_lesson_is_edited_and_published_by_keyboard(teacher: Desk) -> None:
    keys = launch(teacher, "lesson")
    frame = keys.frame
    keys.activate(frame.locator('a.btn[href$="/edit"]'))
    frame.wait_for_url(re.compile(r"/edit$"))
    source = frame.locator("section.block .cm-content").first
    keys.go_to(source)
    keys.press("Control+Home")
    keys.type("只用**键盘**写的一段。\n\n")
    expect(frame.locator("#preview strong").filter(has_text="键盘")).to_be_visible()
    expect(frame.locator("#draft-state")).to_contain_text(re.compile(r"\d\d:\d\d"))
    # The editor is no trap: Tab goes on, Shift and Tab goes back to what publishes.
    keys.press("Tab")
    assert not source.evaluate("each => each === document.activeElement")
    keys.go_to(frame.locator(".ebar button.btn--main"), "Shift+Tab")
    keys.press("Enter")
    expect(frame.locator("#reader")).to_contain_text("只用键盘写的一段")


def test_question_is_added_by_keyboard(teacher: Desk) -> None:
    keys = launch(teacher, "quiz")
    frame = keys.frame
    keys.activate(frame.locator('a.btn--main[href$="/edit"]'))
    keys.activate(frame.locator('a[href*="kind=single"]'))
    keys.go_to(frame.locator("#f-stem"))
    keys.type("哪一份材料离事情最近？")
    for place, text in enumerate(("当天的日记", "后来的教科书")):
        keys.go_to(frame.locator("input[name=option]").nth(place))
        keys.type(text)
    # A radio group is one stop of Tab: the marked option, or the first.
    keys.go_to(frame.locator("input[name=correct]").first, "Shift+Tab")
    keys.press("Space")
    keys.activate(frame.locator("main form button.btn--main"))
    expect(frame.locator("li.qlist__row")).to_have_count(6)
    expect(frame.locator("li.qlist__row").last).to_contain_text("哪一份材料离事情最近")


def test_thread_is_opened_and_pinned_by_keyboard(teacher: Desk) -> None:
    keys = launch(teacher, "forum")
    frame = keys.frame
    keys.activate(frame.locator('a.btn--main[href$="/new"]'))
    keys.go_to(frame.locator("#f-title"))
    keys.type("先读这里")
    keys.go_to(frame.locator("#f-body"))
    keys.type("写下材料的日期和作者。")
    keys.activate(frame.locator("main form button.btn--main"))
    frame.wait_for_url(re.compile(r"/threads/\d+"))
    keys.activate(frame.locator('button[formaction$="/pin"]'))
    expect(frame.locator('button[formaction$="/unpin"]')).to_be_visible()


def test_attempt_is_given_by_keyboard(stack: Stack, new_screen: NewScreen, teacher: Desk) -> None:
    member = Desk(stack, new_screen(stack), "member1").sign_in()
    before = re.search(r"可以做 (\d+) 次", member.open(link_of(stack, "quiz")).locator("ul.rules").inner_text())
    assert before is not None
    keys = launch(teacher, "quiz")
    frame = keys.frame
    giving = frame.locator("main tbody tr").filter(has_text="李小明").locator("details")
    keys.activate(giving.locator("summary"))
    keys.go_to(giving.locator("input[name=reason]"))
    keys.type("机房断电")
    with teacher.page.expect_response(lambda answer: answer.request.method == "POST"):
        keys.activate(giving.locator("form button"))
    after = member.open(link_of(stack, "quiz")).locator("ul.rules")
    expect(after).to_contain_text(f"可以做 {int(before[1]) + 1} 次")
