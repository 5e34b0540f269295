"""The gradebook must end up right: an LMS that is down, killed processes, a column that appears late, a closed browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewScreen, NewStack
from tests.browser.desk import Desk
from tests.browser.sample import answer_all, begin_attempt, column_of, hand_in, link_of
from tests.browser.screens import assert_axe
from tests.stack import Stack


@pytest.mark.shows("J-25", "J-26")
def test_grade_follows_when_the_lms_was_down_and_the_tool_was_killed(
    own_stack: NewStack, new_screen: NewScreen
) -> None:
    stack: Stack = own_stack()
    screen = new_screen(stack)
    desk = Desk(stack, screen, "member1").sign_in()
    frame = desk.open(link_of(stack, "quiz"))
    begin_attempt(frame)
    answer_all(frame, wrong=("single",))
    stack.driver.fault(endpoint="services", kind="nothing")
    hand_in(frame)
    expect(frame.locator(".score__n")).to_contain_text("80")
    expect(frame.locator("dl.kv .state")).to_have_text("成绩等待平台接收")
    screen.screenshot("lms-down")
    stack.tool.kill()
    stack.driver.behave()
    stack.tool.start()
    cell = desk.wait_for_grade(column_of(stack, "quiz"), "member1", 80, within=60)
    assert (cell["activity-progress"], cell["grading-progress"]) == ("Completed", "FullyGraded")
    frame = desk.open(link_of(stack, "outline"))
    assert_axe(screen.page)


@pytest.mark.shows("J-27")
def test_all_earlier_results_are_sent_when_the_column_appears(own_stack: NewStack, new_screen: NewScreen) -> None:
    stack: Stack = own_stack()
    quiz = link_of(stack, "quiz")
    stack.driver.allow_grades(quiz, allowed=False)
    for person, wrong in (("member1", ()), ("member2", ("single",))):
        screen = new_screen(stack)
        desk = Desk(stack, screen, person).sign_in()
        frame = desk.open(quiz)
        begin_attempt(frame)
        answer_all(frame, wrong=wrong)
        hand_in(frame)
    teacher = Desk(stack, new_screen(stack), "teacher").sign_in()
    frame = teacher.open(quiz)
    stack.driver.allow_grades(quiz, allowed=True)
    teacher.open(quiz)
    assert float(teacher.wait_for_grade(column_of(stack, "quiz"), "member1", 100, within=30)["score"]) == 100
    assert float(teacher.wait_for_grade(column_of(stack, "quiz"), "member2", 80, within=30)["score"]) == 80
