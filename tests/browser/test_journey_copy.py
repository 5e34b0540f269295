"""A teacher copies the course in the LMS; members open the copy, grades go to its own columns; a link is changed."""

import re

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import column_of, link_of
from tests.browser.screens import Screen, assert_axe, assert_no_sideways_scrolling
from tests.browser.test_journey_forum import reply, write_thread
from tests.stack import Stack


def copied(desk: Desk, title: str) -> Desk:
    """Press "copy this course"; the same desk in the copy."""
    page = desk.open_course()
    page.locator("#copy-course [name=title]").fill(title)
    page.locator("#copy-course button").click()
    page.wait_for_url(re.compile(r"/courses/course-[0-9a-f]{8}$"))
    return Desk(desk.stack, desk.screen, desk.person, page.url.rsplit("/", 1)[-1])


def links(desk: Desk, stack: Stack) -> dict[str, str]:
    """Links of the copy by those of the source that they were copied from: they stand in the same order."""
    page = desk.open_course()
    new = page.locator("[data-link]").evaluate_all("all => all.map((each) => each.dataset.link)")
    kinds = ("outline", "lesson", "quiz", "forum", "unset")
    page.goto(f"{stack.lms_url}/courses/course-1")
    old = page.locator("[data-link]").evaluate_all("all => all.map((each) => each.dataset.link)")
    return {kind: new[old.index(link_of(stack, kind))] for kind in kinds}


def see_picture(frame: Frame) -> None:
    """The picture of the lesson has come."""
    picture = frame.locator("main img").first
    picture.scroll_into_view_if_needed()
    picture.evaluate("image => image.decode()")


def test_copied_course_works_from_the_first_click(stack: Stack, new_screen: NewScreen) -> None:
    teacher = copied(Desk(stack, new_screen(stack), "teacher").sign_in(), "入门课 2027 春")
    link = links(teacher, stack)
    member = Desk(stack, new_screen(stack, width=360, height=780), "member2", teacher.course).sign_in()
    frame = member.open(link["lesson"])
    expect(frame.locator("h1")).to_contain_text("怎样阅读原始材料")
    see_picture(frame)
    frame = member.open(link["forum"])
    write_thread(frame, "副本里的话题", "写在副本里。")
    for text in ("第一条", "第二条"):
        reply(frame, text)
    assert member.wait_for_grade(column_of(stack, "forum"), "member2", 100, within=40)["score"] in {"100", "100.0"}
    frame = member.open(link["unset"])
    expect(frame.locator("h1")).to_have_text("还没有设置好")
    # What was written and earned in the copy stands there only.
    source = Desk(stack, member.screen, "member2")
    frame = source.open(link_of(stack, "forum"))
    assert "副本里的话题" not in frame.locator("main").inner_text()
    frame = teacher.open(link["outline"])
    expect(frame.locator(".head")).to_contain_text("复制自")
    assert_axe(teacher.page)
    assert_no_sideways_scrolling(teacher.page)
    teacher.screen.screenshot("copied-course")


@pytest.mark.parametrize("width", [360, 1280])
def test_teacher_changes_what_a_link_shows(stack: Stack, new_screen: NewScreen, width: int) -> None:
    screen = new_screen(stack, width=width, height=780)
    teacher = copied(Desk(stack, screen, "teacher").sign_in(), f"换链接 {width}")
    link = links(teacher, stack)
    teacher.open(link["forum"])
    frame = teacher.open(link["outline"])
    frame.locator('a[href$="/links"]').click()
    frame.wait_for_url(re.compile(r"/lti/courses/\d+/links$"))
    assert_axe(teacher.page)
    assert_no_sideways_scrolling(teacher.page)
    screen.screenshot("links-of-a-course")
    row = frame.locator("li.task").filter(has=frame.locator('a[href^="/forum/"]'))
    row.locator(".btn").click()
    frame.wait_for_url(re.compile(r"/lti/links/\d+$"))
    frame.locator("label.choice").filter(has_text="小测").locator("input").check()
    screen.expect_problem("400")
    frame.locator("main form button.btn--main").click()
    # Nothing was said about the column: that is asked for beside the choices, and the other choice stays.
    expect(frame.locator("main form .error")).to_be_visible()
    expect(frame.locator("label.choice").filter(has_text="小测").locator("input")).to_be_checked()
    assert_axe(teacher.page)
    assert_no_sideways_scrolling(teacher.page)
    frame.locator("label.choice").filter(has_text="保持不变").locator("input").check()
    screen.screenshot("relink")
    frame.locator("main form button.btn--main").click()
    frame.wait_for_url(re.compile(r"/lti/courses/\d+/links$"))
    expect(frame.locator("main")).to_contain_text("它的成绩列里是")
    assert "/quizzes/" in teacher.open(link["forum"]).url


def test_LP_07_pages_fit_into_320_pixels(stack: Stack, new_screen: NewScreen) -> None:
    screen = new_screen(stack, width=320, height=600)
    member = Desk(stack, screen, "member3").sign_in()
    for kind in ("outline", "lesson", "quiz", "forum", "unset"):
        frame = member.open(link_of(stack, kind))
        frame.wait_for_load_state("networkidle")
        wide = frame.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, kind


def test_LP_05_window_without_a_way_back_can_be_closed(screen: Screen) -> None:
    page = screen.page
    screen.expect_problem("status of 400")
    page.goto(f"{screen.tool_url}/lti/launch?id_token=x")
    with page.expect_popup() as opened:
        page.evaluate("open(location.href)")
    popup = opened.value
    popup.wait_for_load_state("networkidle")
    with popup.expect_event("close"):
        popup.locator("[data-close-tab]").evaluate("button => setTimeout(() => button.click())")
