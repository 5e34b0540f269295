"""Links that show nothing yet, deep linking, two courses in two tabs, two people in one browser."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import column_of, link_of
from tests.browser.screens import Look, Screen, assert_axe, assert_no_sideways_scrolling
from tests.browser.test_journey_forum import reply, write_thread
from tests.stack import Stack


@pytest.mark.shows("J-21")
def test_instructor_chooses_what_an_unset_link_shows(stack: Stack, new_screen: NewScreen) -> None:
    unset = link_of(stack, "unset")
    member = Desk(stack, new_screen(stack, width=360, height=780), "member1").sign_in()
    frame = member.open(unset)
    expect(frame.locator("h1")).to_have_text("还没有设置好")
    assert_axe(member.page)
    teacher = Desk(stack, new_screen(stack), "teacher").sign_in()
    frame = teacher.open(unset)
    assert_axe(teacher.page)
    assert_no_sideways_scrolling(teacher.page)
    teacher.screen.screenshot("unset-link")
    frame.locator("label.choice").filter(has_text="讨论").locator("input").check()
    frame.locator("main form button.btn--main").click()
    frame.wait_for_url(re.compile(r"/forum/\d+"))
    frame = member.open(unset)
    assert "/forum/" in frame.url


@pytest.mark.shows("J-21")
def test_instructor_creates_what_an_unset_link_shows(stack: Stack, new_screen: NewScreen) -> None:
    unset = link_of(stack, "unset", course=1)
    teacher = Desk(stack, new_screen(stack), "teacher2", "course-2").sign_in()
    frame = teacher.open(unset)
    frame.locator('a.pick[href*="/forum/create"]').click()
    frame.locator("#f-title").fill("新的讨论")
    assert_axe(teacher.page)
    frame.locator("main form button.btn--main").click()
    frame.wait_for_url(re.compile(r"/forum/\d+$"))
    expect(frame.locator("h1")).to_have_text("新的讨论")
    member = Desk(stack, new_screen(stack), "member5", "course-2").sign_in()
    frame = member.open(unset)
    write_thread(frame, "读过的书", "一本关于方法的书。")
    for text in ("还有别的吗？", "谢谢。"):
        reply(frame, text)
    assert member.wait_for_grade(column_of(stack, "unset", course=1), "member5", 100)["maximum"] in {"100", "100.0"}


@pytest.mark.shows("J-22")
def test_deep_linking_adds_the_picked_activity_with_its_own_column(stack: Stack, screen: Screen) -> None:
    desk = Desk(stack, screen, "teacher").sign_in()
    frame = desk.open_deep_linking()
    assert_axe(screen.page)
    screen.screenshot("deep-linking")
    frame.locator("label.choice").filter(has_text="小测：").locator("input").check()
    frame.locator("main form button.btn--main").click()
    screen.page.locator("[data-added]").first.wait_for()
    course = desk.open_course()
    added = course.locator("[data-link]").last
    assert "小测" in added.inner_text()
    frame = desk.open(added.get_attribute("data-link") or "")
    assert "/quizzes/" in frame.url
    gradebook = desk.open_gradebook()
    labels = {each.get_attribute("data-line-item") for each in gradebook.locator("td[data-column]").all()}
    own = {each.get_attribute("data-line-item") for each in gradebook.locator('td[data-column*="小测"]').all()}
    assert len(own) >= 2
    assert own < labels


@pytest.mark.shows("J-23", "E-09")
def test_two_courses_in_two_tabs_keep_their_roles(stack: Stack, new_screen: NewScreen) -> None:
    screen = new_screen(stack)
    first = Desk(stack, screen, "both").sign_in()
    member_frame = first.open(link_of(stack, "forum"))
    second_tab = screen.context.new_page()
    teacher = Desk(stack, screen, "both", "course-2")
    staff_frame = teacher.open(link_of(stack, "forum", course=1), second_tab)
    assert staff_frame.locator('a[href$="/settings"]').count() == 1
    forum = member_frame.url
    member_frame.goto(forum)
    assert member_frame.locator('a[href$="/settings"]').count() == 0
    write_thread(member_frame, "两门课程", "第一门课里我是学员。")
    assert member_frame.locator('button[formaction$="/pin"]').count() == 0
    screen.expect_problem("404")
    refused = member_frame.goto(f"{forum}/settings")
    assert refused is not None
    assert refused.status == 404
    allowed = staff_frame.goto(f"{staff_frame.url}/settings")
    assert allowed is not None
    assert allowed.status == 200


@pytest.mark.shows("J-24")
def test_second_person_in_one_browser_gets_nothing_of_the_first(stack: Stack, new_screen: NewScreen) -> None:
    screen = new_screen(stack)
    first = Desk(stack, screen, "member3").sign_in()
    frame = first.open(link_of(stack, "forum"))
    frame.locator('a.btn--main[href$="/new"]').click()
    frame.locator("#f-title").fill("没有发出去的帖子")
    frame.locator("#f-body").fill("这段话不能丢。")
    other_tab = screen.context.new_page()
    second = Desk(stack, screen, "member4")
    other_tab.goto(f"{stack.lms_url}/login")
    other_tab.locator('[data-person="member4"]').first.click()
    other_tab.wait_for_url(f"{stack.lms_url}/courses*")
    other = second.open(link_of(stack, "forum"), other_tab)
    assert "没有发出去的帖子" not in other.content()
    screen.expect_problem("409")
    frame.locator("main form button.btn--main").click()
    expect(frame.locator("#kept")).to_contain_text("这段话不能丢。")
    assert "没有发出去的帖子" not in second.open(link_of(stack, "forum"), other_tab).content()
    screen.screenshot("session-changed")


@pytest.mark.shows("E-06")
@pytest.mark.whole_browser
def test_blocked_cookies_lead_to_one_button_into_a_new_window(stack: Stack, new_screen: NewScreen) -> None:
    screen = new_screen(stack, **vars(Look(width=360, height=780)))
    desk = Desk(stack, screen, "member1").sign_in()

    def without_cookies(route: Route) -> None:
        """The tool's answer, but the browser keeps no cookie of it, as WebViews do that block them in frames."""
        answer = route.fetch(max_redirects=0)
        route.fulfill(response=answer, headers={k: v for k, v in answer.headers.items() if k != "set-cookie"})

    screen.context.route(f"{stack.tool_url}/lti/login", without_cookies)
    page = desk.open_course()
    page.locator(f'[data-link="{link_of(stack, "forum")}"] [data-open]').click()
    element = page.wait_for_selector("iframe")
    frame = element.content_frame() if element else None
    assert frame is not None
    button = frame.locator("form[target=_blank] button")
    button.wait_for()
    assert_axe(page)
    screen.screenshot("new-window")
    screen.context.unroute_all()
    with screen.context.expect_page() as opened:
        button.click()
    window = opened.value
    window.wait_for_url(re.compile(r"/forum/\d+"))
    assert window.url.startswith(stack.tool_url)
