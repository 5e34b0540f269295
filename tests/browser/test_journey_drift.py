"""A teacher changes grades in the LMS's gradebook: the instructor compares, sees both numbers, keeps one, sends one again."""

import re

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import NewScreen, NewStack
from tests.browser.desk import Desk
from tests.browser.sample import answer_all, begin_attempt, column_of, hand_in, link_of
from tests.browser.screens import assert_axe, assert_no_sideways_scrolling, open_disclosures
from tests.stack import Stack

# Asks for the page anew at every poll; synchronously, because Playwright takes a promise for "yes".
SHOWS = """(texts) => {
  const request = new XMLHttpRequest();
  request.open("GET", location.href, false);
  request.send();
  return texts.every((text) => request.responseText.includes(text));
}"""


def change_in_gradebook(teacher: Desk, column: str, person: str, score: str) -> None:
    """As a teacher does on the LMS's own page."""
    page = teacher.open_gradebook()
    cell = page.locator(f'td[data-column="{column}"][data-user="{person}"]').first
    cell.locator("summary").click()
    cell.locator("input[name=score]").fill(score)
    cell.locator("button").click()
    expect(page.locator(f'td[data-column="{column}"][data-user="{person}"]').first).to_have_attribute(
        "data-score", score
    )


def scores_of(desk: Desk, stack: Stack) -> Frame:
    """From the course home to the page of all scores."""
    frame = desk.open(link_of(stack, "outline"))
    frame.locator('main a.btn[href^="/scores/"]').click()
    frame.wait_for_url(re.compile(r"/scores/\d+"))
    return frame


def row_of(score: str) -> str:
    """The row in which both the score here and a way to keep the other stand."""
    return f'tr:has(a[href*="/keep/"]):has(b:text-is("{score}"))'


def assert_sound_at_both_widths(desk: Desk) -> None:
    """No violation, and nothing scrolls sideways, at a desktop and on a phone."""
    assert_axe(desk.page)
    assert_no_sideways_scrolling(desk.page)
    desk.page.set_viewport_size({"width": 360, "height": 780})
    assert_no_sideways_scrolling(desk.page)
    desk.page.set_viewport_size({"width": desk.screen.look.width, "height": desk.screen.look.height})


@pytest.mark.shows("J-15")
def test_instructor_settles_what_the_teacher_changed_in_the_gradebook(
    own_stack: NewStack, new_screen: NewScreen
) -> None:
    stack: Stack = own_stack()
    quiz, column = link_of(stack, "quiz"), column_of(stack, "quiz")
    for person, wrong in (("member1", ()), ("member2", ("single",))):
        frame = Desk(stack, new_screen(stack), person).sign_in().open(quiz)
        begin_attempt(frame)
        answer_all(frame, wrong=wrong)
        hand_in(frame)
    screen = new_screen(stack)
    teacher = Desk(stack, screen, "teacher").sign_in()
    teacher.wait_for_grade(column, "member1", 100, within=30)
    teacher.wait_for_grade(column, "member2", 80, within=30)
    change_in_gradebook(teacher, column, "member1", "95")
    change_in_gradebook(teacher, column, "member2", "60")
    assert_axe(teacher.page)

    frame = scores_of(teacher, stack)
    frame.locator('form[action*="/compare"] button').click()
    frame.wait_for_function(SHOWS, arg=["95", "60", "/keep/"], timeout=30_000, polling=500)
    frame.goto(frame.url)
    screen.screenshot("drift-scores")
    assert_sound_at_both_widths(teacher)

    frame.locator(row_of("100")).locator('a[href*="/keep/"]').click()
    frame.locator("input[name=reason]").fill("口试 oral exam")
    screen.screenshot("drift-keep")
    assert_sound_at_both_widths(teacher)
    frame.locator("main form button.btn--main").click()
    frame.wait_for_url(re.compile(r"/scores/\d+\?show="))
    frame.locator(row_of("80")).locator('form[action*="/send/"] button').click()
    frame.wait_for_url(re.compile(r"/scores/\d+\?show="))
    teacher.wait_for_grade(column, "member2", 80, within=30)
    assert teacher.wait_for_grade(column, "member1")["score"] == "95"

    frame = scores_of(teacher, stack)
    frame.locator('nav.chips a[href*="show=all"]').click()
    frame.locator('tr:has(b:text-is("100")) a[href*="/of/"]').first.click()
    frame.wait_for_url(re.compile(r"/of/\d+"))
    expect(frame.locator("ol.steps")).to_contain_text("口试 oral exam")
    screen.screenshot("drift-one-score")
    assert_sound_at_both_widths(teacher)

    screen = new_screen(stack, width=360, height=780, scheme="dark", language="en")
    member = Desk(stack, screen, "member1").sign_in()
    frame = member.open(link_of(stack, "outline"))
    frame.locator('main a.btn[href$="/mine"]').click()
    frame.wait_for_url(re.compile(r"/scores/\d+/mine"))
    open_disclosures(member.page)
    expect(frame.locator("main")).to_contain_text("95")
    expect(frame.locator("main")).not_to_contain_text("oral exam")
    screen.screenshot("drift-mine")
    assert_axe(member.page)
    assert_no_sideways_scrolling(member.page)
