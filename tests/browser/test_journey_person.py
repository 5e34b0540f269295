"""A member sees what is stored, takes it along and asks to be erased; the operator does it; the discussion reads on."""

import zipfile

from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import link_of
from tests.browser.screens import Look, assert_sound
from tests.browser.test_admin import link
from tests.browser.test_journey_forum import reply, write_thread
from tests.stack import Stack


def test_member_takes_his_data_along_and_is_erased(stack: Stack, new_screen: NewScreen, every_look: Look) -> None:
    person = "member4"
    member = Desk(stack, new_screen(stack, **vars(every_look)), person).sign_in()
    frame = member.open(link_of(stack, "forum"))
    write_thread(frame, f"要删的话题 {person}", "这里的话要删掉。")
    reply(frame, "我自己的回复。")
    thread = frame.url
    frame.goto(f"{stack.tool_url}/privacy")
    assert_sound(member.page)
    frame.locator("main a[href='/data']").click()
    frame.wait_for_url("**/data")
    name = frame.locator("main .metaline span").first.inner_text()
    member.screen.screenshot("own-data")
    assert_sound(member.page)
    with member.page.expect_download() as saved:
        frame.locator("form[action$='/data/archive'] button").click()
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert "这里的话要删掉。" in archive.read("data.json").decode()
    frame.locator("form[action$='/data/wish'] button").click()
    expect(frame.locator(".notice--soon")).to_be_visible()
    frame.locator("h1").scroll_into_view_if_needed()
    member.screen.screenshot("own-data-wish")

    operator = new_screen(stack, **vars(every_look))
    page = operator.page
    page.goto(link(stack))
    page.wait_for_url(f"{stack.tool_url}/admin")
    page.goto(f"{stack.tool_url}/admin/people")
    operator.screenshot("admin-people")
    assert_sound(page)
    page.locator("table a").filter(has_text=name).first.click()
    operator.screenshot("admin-person")
    assert_sound(page)
    erase = page.locator("form[action$='/erase']")
    page.locator("#erase-typed").fill(person)
    operator.screenshot("admin-person-erase")
    erase.locator("button.btn--danger").click()
    page.wait_for_url("**/admin/people?*")

    reader = Desk(stack, new_screen(stack, **vars(every_look)), "member1").sign_in()
    frame = reader.open(link_of(stack, "forum"))
    frame.goto(thread)
    gone = "Account erased" if every_look.language == "en" else "已注销"
    expect(frame.locator(".post__by b").first).to_have_text(gone)
    reader.screen.screenshot("thread-erased")
    assert_sound(reader.page)
