"""Without JavaScript: launch, lesson, quiz and discussion complete; cookies are enough."""

import re

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import column_of, link_of
from tests.browser.screens import Look, assert_no_sideways_scrolling
from tests.stack import Stack

pytestmark = pytest.mark.once

COURSE = "course-2"
PLAIN = Look(width=360, height=780, javascript=False)


def open_plain(desk: Desk, kind: str) -> Frame:
    """Launches the second course's activity of this kind."""
    return desk.open(link_of(desk.stack, kind, course=1))


@pytest.fixture
def member(stack: Stack, new_screen: NewScreen) -> Desk:
    """The second course's member, whose browser runs no scripts."""
    return Desk(stack, new_screen(stack, **vars(PLAIN)), "member5", COURSE).sign_in()


def grade(stack: Stack, new_screen: NewScreen, kind: str) -> float:
    """What the gradebook says in the end; the teacher's browser has scripts, so it can wait."""
    desk = Desk(stack, new_screen(stack), "teacher2", COURSE).sign_in()
    return float(desk.wait_for_grade(column_of(stack, kind, course=1), "member5")["score"])


@pytest.mark.shows("J-32")
def test_lesson_without_javascript(stack: Stack, new_screen: NewScreen, member: Desk) -> None:
    teacher = Desk(stack, new_screen(stack, javascript=False), "teacher2", COURSE).sign_in()
    frame = open_plain(teacher, "lesson")
    frame.locator('a.btn[href$="/edit"]').click()
    frame.locator('.seg a[href$="/settings"]').click()
    frame.locator("#f-minutes").fill("")
    frame.locator("main form button.btn--main").click()
    frame.wait_for_url(re.compile(r"/edit$"))

    frame = open_plain(member, "outline")
    frame.locator('li.task h3 a[href^="/lessons/"]').click()
    expect(frame.locator("#reader [data-part]")).to_have_count(6)
    assert_no_sideways_scrolling(member.page)
    frame = open_plain(member, "lesson")
    question = frame.locator("section.ask")
    question.locator("label.choice").filter(has_text="a pet name").locator("input").check()
    question.locator("button.btn--main").click()
    expect(frame.locator("section.ask .state--done")).to_be_visible()
    frame.locator("form[data-plain] button").last.click()
    expect(frame.locator("main .notice--done")).to_be_visible()
    member.screen.screenshot("plain-lesson")
    assert grade(stack, new_screen, "lesson") == 100


@pytest.mark.shows("J-32")
def test_quiz_without_javascript(stack: Stack, new_screen: NewScreen, member: Desk) -> None:
    frame = open_plain(member, "quiz")
    frame.locator("main form button.btn--main").click()
    expect(frame.locator("section.q").first).to_be_visible()
    frame.locator('section.q[data-kind="true_false"] input[value="false"]').check()
    frame.locator('section.q[data-kind="single"] label.choice').filter(has_text="known chronology").click()
    frame.locator("[data-plain-save]").click()
    expect(frame.locator('section.q[data-kind="true_false"] [data-saved]')).to_be_visible()
    frame.locator("form#answers button[name=go]").filter(has_text=re.compile("下一页|Next page")).click()
    frame.locator("section.q input.input--num").fill("60")
    assert_no_sideways_scrolling(member.page)
    frame.locator("button[name=go][value=over]").filter(visible=True).first.click()
    expect(frame.locator("form#answers button.btn--main")).to_be_visible()
    member.screen.screenshot("plain-look-over")
    frame.locator("form#answers button.btn--main").click()
    expect(frame.locator(".score__n")).to_contain_text("60")
    assert grade(stack, new_screen, "quiz") == 60


@pytest.mark.shows("J-32")
def test_discussion_without_javascript(stack: Stack, new_screen: NewScreen, member: Desk) -> None:
    frame = open_plain(member, "forum")
    frame.locator('a.btn--main[href$="/new"]').click()
    frame.locator("#f-title").fill("一张通知")
    frame.locator("#f-body").fill("通知是写给谁看的？")
    frame.locator("main form button.btn--main").click()
    for number, text in enumerate(("写给所有人。", "有日期吗？"), 2):
        frame.locator("#body").fill(text)
        frame.locator("form.composer button.btn--main").click()
        expect(frame.locator("article.post")).to_have_count(number)
    frame.locator("main .post .drop > summary").first.click()
    expect(frame.locator("main .post .menu").first).to_be_visible()
    assert grade(stack, new_screen, "forum") == 100
    frame = open_plain(member, "forum")
    expect(frame.locator(".checks li.is-met")).to_have_count(2)
