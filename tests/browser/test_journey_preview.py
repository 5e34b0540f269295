"""Who teaches views the course as a member, tries everything, and comes back to find nothing changed."""

import re

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import begin_attempt, hand_in, link_of
from tests.browser.screens import Look, assert_axe, assert_no_sideways_scrolling, assert_sound
from tests.stack import Stack

LOOKS = [Look(), Look(width=360, height=780, scheme="dark"), Look(width=360, height=780, language="en")]
STRIP = "section.viewing"


@pytest.fixture(params=LOOKS, ids=lambda look: look.suffix)
def teacher(request: pytest.FixtureRequest, stack: Stack, new_screen: NewScreen) -> Desk:
    return Desk(stack, new_screen(stack, **vars(request.param)), "teacher").sign_in()


def check(desk: Desk, name: str) -> None:
    assert_axe(desk.page)
    assert_no_sideways_scrolling(desk.page)
    desk.screen.screenshot(name)


def press(frame: Frame, selector: str) -> None:
    with frame.expect_navigation():
        frame.locator(selector).click()


def test_teacher_views_the_course_as_a_member_and_comes_back(stack: Stack, teacher: Desk) -> None:
    frame = teacher.open(link_of(stack, "outline"))
    check(teacher, "preview-button")
    press(frame, 'form[action$="/preview"] button')
    expect(frame.locator(STRIP)).to_be_visible()
    expect(frame.locator('form[action$="/preview"]')).to_have_count(0)
    assert not frame.locator('a[href$="/members"]').count()
    check(teacher, "preview-home")

    press(frame, "ul.tasks h3 a >> nth=0")
    expect(frame.locator(STRIP)).to_be_visible()
    check(teacher, "preview-lesson")
    # The LMS's link of the quiz is a new launch, which would end the view: the tasks lead there too.
    press(frame, ".crumbs a:visible >> nth=0")
    press(frame, 'ul.tasks h3 a[href^="/quizzes/"] >> nth=0')
    begin_attempt(frame)
    expect(frame.locator(STRIP)).to_be_visible()
    check(teacher, "preview-runner")
    hand_in(frame)
    expect(frame.locator(STRIP)).to_be_visible()
    check(teacher, "preview-result")
    result = frame.url
    press(frame, f"{STRIP} button")
    expect(frame.locator(STRIP)).to_have_count(0)
    # Back at the quiz, where who teaches sees everybody's attempts; the own one is gone.
    expect(frame.locator('a.btn[href$="/edit"]')).to_be_visible()
    teacher.screen.expect_problem("404")
    answer = frame.goto(result)
    assert answer is not None
    assert answer.status == 404


def test_forum_says_why_nobody_writes_in_the_view(stack: Stack, teacher: Desk) -> None:
    frame = teacher.open(link_of(stack, "forum"))
    press(frame, 'form[action$="/preview"] button')
    expect(frame.locator(STRIP)).to_be_visible()
    assert not frame.locator('a[href$="/new"]').count()
    check(teacher, "preview-forum")
    forum = frame.url
    teacher.screen.expect_problem("409")
    frame.goto(f"{forum}/settings")
    expect(frame.locator("main")).to_contain_text(re.compile("请先结束查看|End the view first"))
    check(teacher, "preview-refused")
    press(frame, f"{STRIP} button")
    assert frame.url == forum
    assert_sound(teacher.page)
