"""The discussion: a post and two replies meet the criteria and reach the gradebook; the instructor pins."""

import re

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import column_of, link_of
from tests.browser.screens import Look, assert_axe, assert_no_sideways_scrolling, assert_sound
from tests.stack import Stack


def write_thread(frame: Frame, title: str, body: str) -> None:
    frame.locator('a.btn--main[href$="/new"]').click()
    frame.locator("#f-title").fill(title)
    frame.locator("#f-body").fill(body)
    frame.locator("main form button.btn--main").click()
    frame.wait_for_url(re.compile(r"/threads/\d+"))


def reply(frame: Frame, body: str) -> None:
    posts = frame.locator("article.post").count()
    frame.locator("#body").fill(body)
    frame.locator("form.composer button.btn--main").click()
    expect(frame.locator("article.post")).to_have_count(posts + 1)


@pytest.mark.shows("J-13", "J-28", "J-29", "J-30", "A-01", "A-02")
@pytest.mark.parametrize(
    ("person", "look"),
    [("member1", Look()), ("member2", Look(width=360, height=780, scheme="dark")), ("member3", Look(language="en"))],
)
def test_a_post_and_two_replies_reach_the_gradebook(
    stack: Stack, new_screen: NewScreen, person: str, look: Look
) -> None:
    screen = new_screen(stack, **vars(look))
    desk = Desk(stack, screen, person).sign_in()
    frame = desk.open(link_of(stack, "forum"))
    assert_axe(screen.page)
    frame.locator('a.btn--main[href$="/new"]').click()
    frame.locator("#f-title").wait_for()
    assert_axe(screen.page)
    frame = desk.open(link_of(stack, "forum"))
    write_thread(frame, "一份会议记录", "我读了一份**会议记录**。\n\n> 谁写的？\n\n- 秘书\n- 当天")
    assert frame.locator("article.post strong").first.inner_text() == "会议记录"
    for text in ("那么读者是谁？", "可信，因为当天就写下来了。"):
        reply(frame, text)
    assert_sound(screen.page, "main .post .drop > summary", "summary.role")
    screen.screenshot(f"thread-{person}")
    frame = desk.open(link_of(stack, "forum"))
    expect(frame.locator(".checks li.is-met")).to_have_count(2)
    assert_no_sideways_scrolling(screen.page)
    screen.screenshot(f"forum-{person}")
    cell = desk.wait_for_grade(column_of(stack, "forum"), person, 100)
    assert (cell["activity-progress"], cell["grading-progress"]) == ("Completed", "FullyGraded")


@pytest.mark.shows("J-18")
def test_instructor_opens_and_pins_a_thread(stack: Stack, new_screen: NewScreen) -> None:
    teacher = new_screen(stack)
    desk = Desk(stack, teacher, "teacher").sign_in()
    frame = desk.open(link_of(stack, "forum"))
    write_thread(frame, "写作提示", "先写材料的日期。")
    frame.locator('button[formaction$="/pin"]').click()
    expect(frame.locator('button[formaction$="/unpin"]')).to_be_visible()
    assert_axe(teacher.page)
    member = new_screen(stack)
    frame = Desk(stack, member, "member4").sign_in().open(link_of(stack, "forum"))
    assert "写作提示" in frame.locator("ol.threads li").first.inner_text()
