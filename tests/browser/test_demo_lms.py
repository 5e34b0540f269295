"""The demo LMS's own pages in a browser, with the smallest possible tool on another site."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.screens import assert_axe, assert_no_sideways_scrolling
from tests.demo.conftest import tool_config
from tests.demo.sample_tool import running_tool
from tests.demo.test_login import auth_request
from tests.demo.test_process import process
from tests.lms_client import LmsDriver
from tests.processes import free_port

pytestmark = pytest.mark.once


@pytest.fixture
def lms(tmp_path: Path) -> Iterator[LmsDriver]:
    lms_port, tool_port = free_port(), free_port()
    config = json.dumps(tool_config()).replace("127.0.0.1:9081", f"127.0.0.1:{tool_port}")
    (tmp_path / "tool.json").write_text(config, "utf-8")
    with running_tool(f"http://localhost:{lms_port}", tool_port), process(lms_port, tmp_path) as driver:
        yield driver


def tool_frame(page: Page) -> Frame:
    expect(page.frame_locator("iframe[name=tool-frame]").locator("#roles")).to_be_visible()
    frame = page.frame("tool-frame")
    assert frame is not None
    return frame


def enter(page: Page, lms: LmsDriver, person: str) -> None:
    page.goto(f"{lms.base_url}/login")
    page.click(f"[data-person={person}] >> nth=0")
    page.click("[data-course=course-1]")


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_are_accessible_and_fit(browser: Browser, lms: LmsDriver, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, locale="zh-CN")
    page.goto(f"{lms.base_url}/login")
    assert_axe(page)
    enter(page, lms, "teacher")
    for path in ("", "/gradebook", "/links/link-quiz", "/deep-link", "?lti_msg=hello&added=1"):
        page.goto(f"{lms.base_url}/courses/course-1{path}")
        if page.locator("iframe").count():
            tool_frame(page)
        assert_axe(page)
        assert_no_sideways_scrolling(page)
    page.context.close()


def test_activity_launches_into_its_frame_from_another_site(browser: Browser, lms: LmsDriver) -> None:
    page = browser.new_page()
    enter(page, lms, "member1")
    page.click("[data-link=link-quiz] [data-open]")
    frame = tool_frame(page)
    assert frame.url.startswith("http://127.0.0.1:")
    expect(page.frame_locator("iframe").locator("h1")).to_have_text("李小明")
    expect(page.frame_locator("iframe").locator("#presented")).to_contain_text('"document_target": "iframe"')
    page.context.close()


def test_login_that_the_tool_itself_sends_into_the_frame_still_finds_the_person(
    browser: Browser, lms: LmsDriver
) -> None:
    """The tool's navigation carries no SameSite=Lax cookie of the LMS, so the LMS asks itself once more."""
    page = browser.new_page()
    enter(page, lms, "member1")
    page.goto(f"{lms.base_url}/courses/course-1/links/link-quiz")
    frame = tool_frame(page)
    asked = auth_request(lms.login_form("member1", "link-late"), redirect_uri=frame.url)
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/auth")):
        frame.evaluate("(url) => location.assign(url)", f"{lms.base_url}/auth?{asked.url.partition('?')[2]}")
    expect(page.frame_locator("iframe").locator("#link")).to_have_text("link-late")
    page.context.close()


def test_activity_launches_without_scripts_by_its_buttons(browser: Browser, lms: LmsDriver) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    enter(page, lms, "member1")
    page.goto(f"{lms.base_url}/courses/course-1/links/link-quiz")
    page.click("#launch button")
    inside = page.frame_locator("iframe")
    inside.get_by_role("button").click()
    expect(inside.locator("#link")).to_have_text("link-quiz")
    page.context.close()


def test_activity_opens_in_a_window_of_its_own(browser: Browser, lms: LmsDriver) -> None:
    page = browser.new_page()
    enter(page, lms, "member1")
    with page.expect_popup() as opened:
        page.click("[data-link=link-quiz] [data-open-window]")
    expect(opened.value.locator("#link")).to_have_text("link-quiz")
    expect(opened.value.locator("#presented")).to_contain_text('"document_target": "window"')
    page.context.close()


def test_picked_activity_comes_back_to_the_course(browser: Browser, lms: LmsDriver) -> None:
    page = browser.new_page()
    enter(page, lms, "teacher")
    page.click("[data-deep-link]")
    page.frame_locator("iframe").get_by_role("button", name="Pick").click()
    page.wait_for_url("**/courses/course-1?added=1")
    expect(page.locator("[data-link]").last).to_contain_text("选来的活动")
    page.goto(f"{lms.base_url}/courses/course-1/gradebook")
    expect(page.locator("th[data-column='选来的活动']")).to_be_visible()
    page.context.close()


def test_picked_activity_waits_for_save_in_the_moodle_profile(browser: Browser, lms: LmsDriver) -> None:
    lms.profile("moodle")
    lms.deep_linking(data="x")  # the smallest tool sends it back
    page = browser.new_page()
    enter(page, lms, "teacher")
    page.click("[data-deep-link]")
    inside = page.frame_locator("iframe")
    inside.get_by_role("button", name="Pick").click()
    inside.get_by_role("button", name="保存").click()
    page.wait_for_url("**/courses/course-1?added=1")
    expect(page.locator("[data-link]").last).to_contain_text("选来的活动")
    page.context.close()
