"""Nobody is at the browser when the time is up: the worker hands in, the grade arrives, and the member reads so later."""

from collections.abc import Callable
from time import monotonic

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import SAVED, begin_attempt, column_of, link_of
from tests.browser.screens import Look, assert_sound
from tests.stack import Stack

WORDS = {
    Look(): "时间到，已自动交卷",
    Look(width=360, height=780, scheme="dark", language="en"): "The time was up, your answers were handed in",
}
SHORTEST = 60
"""Seconds: the shortest limit that the settings take is one minute."""


@pytest.mark.slow
@pytest.mark.shows("J-11", "J-12")
def test_worker_hands_in_at_the_deadline_when_the_browser_is_closed(
    own_stack: Callable[..., Stack], new_screen: NewScreen
) -> None:
    """The limit is the instructor's, and the minute is a real one: nothing is put into the records."""
    stack = own_stack()
    set_limit(Desk(stack, new_screen(stack), "teacher").sign_in(), minutes=1)
    leaving = new_screen(stack)
    frame = Desk(stack, leaving, "member1").sign_in().open(link_of(stack, "quiz"))
    expect(frame.locator("ul.rules")).to_contain_text("限时 1 分钟")
    began = monotonic()
    begin_attempt(frame)
    statement = frame.locator('section.q[data-kind="true_false"]')
    statement.locator('input[value="false"]').check()
    statement.locator("[data-saved]").filter(has_text=SAVED).wait_for()
    leaving.context.close()

    # Who waits for the grade is another person: nobody opens the quiz while it runs out.
    waiting = Desk(stack, new_screen(stack), "teacher").sign_in()
    cell = waiting.wait_for_grade(column_of(stack, "quiz"), "member1", 20, within=SHORTEST + 30)
    assert monotonic() - began >= SHORTEST, "handed in before the time was up"
    assert (cell["activity-progress"], cell["grading-progress"]) == ("Completed", "FullyGraded")
    for look, words in WORDS.items():
        later = new_screen(stack, **vars(look))
        frame = Desk(stack, later, "member1").sign_in().open(link_of(stack, "quiz"))
        frame.locator("table.table a").click()
        expect(frame.locator("main")).to_contain_text(words)
        assert_sound(later.page)
        later.screenshot("time-was-up")


def set_limit(teacher: Desk, minutes: int) -> None:
    """The instructor gives the quiz this limit on its settings page; less than a minute is refused before."""
    frame = teacher.open(link_of(teacher.stack, "quiz"))
    frame.goto(f"{frame.url.rstrip('/')}/settings")
    teacher.screen.expect_problem("400")
    frame.locator("#f-time_limit").fill("0")
    frame.locator("main form button.btn--main").first.click()
    expect(frame.locator("#f-time_limit")).to_have_attribute("aria-invalid", "true")
    assert_sound(teacher.page)
    frame.locator("#f-time_limit").fill(str(minutes))
    frame.locator("main form button.btn--main").first.click()
    expect(frame.locator("#toasts .toast")).to_be_visible()
