"""The timed quiz, from the start page in words to the gradebook of the LMS."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import KINDS, SAVED, answer_all, begin_attempt, column_of, hand_in, link_of
from tests.browser.screens import ALL_LOOKS, Look, Screen, assert_axe, assert_no_sideways_scrolling
from tests.stack import Stack

LOOKS = {
    "member1": Look(),
    "member2": Look(width=360, height=780, scheme="dark", language="en"),
}
if ALL_LOOKS:
    LOOKS |= {"member3": Look(width=360, height=780), "member4": Look(scheme="dark")}


@pytest.mark.shows("J-05", "J-06", "J-07", "J-09", "J-10", "J-28", "J-29", "J-30", "A-01", "A-02")
@pytest.mark.parametrize("person", list(LOOKS))
def test_member_takes_the_quiz_twice_and_the_best_attempt_counts(
    stack: Stack, new_screen: NewScreen, person: str
) -> None:
    screen = new_screen(stack, **vars(LOOKS[person]))
    desk = Desk(stack, screen, person).sign_in()
    frame = desk.open(link_of(stack, "quiz"))
    words = frame.locator("main").inner_text()
    assert re.search(r"限时\s*10 分钟|Time limit 10 min", words), words
    assert re.search(r"2\s*次|2 attempts", words), words
    assert_axe(screen.page)
    assert_no_sideways_scrolling(screen.page)
    screen.screenshot(f"quiz-start-{person}")

    begin_attempt(frame)
    assert_axe(screen.page)
    assert_no_sideways_scrolling(screen.page)
    assert {each.get_attribute("data-kind") for each in frame.locator("section.q").all()} <= set(KINDS)
    first = frame.locator('section.q[data-kind="single"]')
    first.locator("label.choice input").first.check()
    first.locator("[data-saved]").filter(has_text=SAVED).wait_for()
    screen.screenshot(f"quiz-runner-{person}")
    answer_all(frame)
    hand_in(frame)
    assert_axe(screen.page)
    assert_no_sideways_scrolling(screen.page)
    expect(frame.locator(".score__n")).to_contain_text("100")
    screen.screenshot(f"quiz-result-{person}")
    cell = desk.wait_for_grade(column_of(stack, "quiz"), person, 100)
    assert (cell["activity-progress"], cell["grading-progress"]) == ("Completed", "FullyGraded")

    frame = desk.open(link_of(stack, "quiz"))
    begin_attempt(frame)
    answer_all(frame, wrong=("single", "numeric"))
    hand_in(frame)
    expect(frame.locator(".score__n")).to_contain_text("60")
    frame = desk.open(link_of(stack, "quiz"))
    expect(frame.locator("table.table tbody tr")).to_have_count(2)
    assert desk.wait_for_grade(column_of(stack, "quiz"), person, 100)["score"] in {"100", "100.0"}


@pytest.mark.shows("J-08")
def test_reload_and_relaunch_continue_the_same_attempt(stack: Stack, screen: Screen) -> None:
    desk = Desk(stack, screen, "both").sign_in()
    frame = desk.open(link_of(stack, "quiz"))
    begin_attempt(frame)
    address = frame.url.split("?")[0]
    field = frame.locator('section.q[data-kind="single"] label.choice input').first
    field.check()
    frame.locator('section.q[data-kind="single"] [data-saved]').filter(
        has_text=re.compile(r"\d\d:\d\d:\d\d")
    ).wait_for()
    frame = desk.open(link_of(stack, "quiz"))
    if "/attempts/" not in frame.url:
        frame.locator("main form button.btn--main").click()
        frame.wait_for_url(re.compile(r"/attempts/\d+"))
    assert frame.url.split("?")[0] == address
    assert frame.locator('section.q[data-kind="single"] label.choice input').first.is_checked()


def test_answer_after_the_session_has_ended_says_so_and_stays_on_the_page(stack: Stack, screen: Screen) -> None:
    desk = Desk(stack, screen, "both").sign_in()
    frame = desk.open(link_of(stack, "quiz"))
    if "/attempts/" not in frame.url:
        begin_attempt(frame)
    screen.expect_problem("409")
    screen.context.clear_cookies(name="__Host-dk")
    question = frame.locator('section.q[data-kind="single"]')
    question.locator("label.choice input").nth(1).check()
    said = question.locator("[data-saved]")
    expect(said).to_contain_text("登录已经过期")
    expect(said).to_contain_text("从课程里重新打开")
    expect(said).to_be_visible()
    expect(question.locator("label.choice input").nth(1)).to_be_checked()
    screen.screenshot("quiz-session-ended")
    assert_axe(screen.page)
    frame = desk.open(link_of(stack, "quiz"))
    if "/attempts/" not in frame.url:
        begin_attempt(frame)
    field = frame.locator('section.q[data-kind="single"]')
    field.locator("label.choice input").nth(2).check()
    field.locator("[data-saved]").filter(has_text=SAVED).wait_for()
