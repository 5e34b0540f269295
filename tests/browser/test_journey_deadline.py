"""Nobody is at the browser when the time is up: the worker hands in, the grade arrives, and the member reads so later."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.records import time_is_up
from tests.browser.sample import SAVED, begin_attempt, column_of, link_of
from tests.browser.screens import Look, assert_sound
from tests.stack import Stack


@pytest.mark.shows("J-11", "J-12")
@pytest.mark.parametrize(
    ("look", "words"),
    [
        (Look(), "时间到，已自动交卷"),
        (Look(width=360, height=780, scheme="dark", language="en"), "The time was up, your answers were handed in"),
    ],
)
def test_worker_hands_in_at_the_deadline_when_the_browser_is_closed(
    own_stack: Callable[..., Stack], new_screen: NewScreen, look: Look, words: str
) -> None:
    stack = own_stack()
    leaving = new_screen(stack)
    frame = Desk(stack, leaving, "member1").sign_in().open(link_of(stack, "quiz"))
    begin_attempt(frame)
    statement = frame.locator('section.q[data-kind="true_false"]')
    statement.locator('input[value="false"]').check()
    statement.locator("[data-saved]").filter(has_text=SAVED).wait_for()
    leaving.context.close()

    time_is_up(stack, "member1")
    later = new_screen(stack, **vars(look))
    desk = Desk(stack, later, "member1").sign_in()
    cell = desk.wait_for_grade(column_of(stack, "quiz"), "member1", 20, within=30)
    assert (cell["activity-progress"], cell["grading-progress"]) == ("Completed", "FullyGraded")
    frame = desk.open(link_of(stack, "quiz"))
    frame.locator("table.table a").click()
    expect(frame.locator("main")).to_contain_text(words)
    assert_sound(later.page)
    later.screenshot("time-was-up")
