"""The pages of members and groups as an instructor sees them: the LMS's list read now, a group made, an exception given."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import link_of
from tests.browser.screens import Look, assert_sound
from tests.stack import Stack, running_stack

pytestmark = pytest.mark.once
LOOKS = [Look(width=360, height=780), Look(scheme="dark", language="en")]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this module's own: its LMS has groups, and people who never come."""
    with running_stack(tmp_path_factory.mktemp("members")) as running:
        running.driver.group("g1", "读书小组", "member1", "member2")
        yield running


@pytest.fixture(params=LOOKS, ids=lambda look: look.suffix)
def teacher(request: pytest.FixtureRequest, stack: Stack, new_screen: NewScreen) -> Desk:
    return Desk(stack, new_screen(stack, **vars(request.param)), "teacher").sign_in()


def go(frame: Frame, part: str) -> None:
    """Click the link in the page's main part whose address holds these words."""
    with frame.expect_navigation():
        frame.locator(f'main a[href*="{part}"]').first.click()


def read_now(frame: Frame) -> None:
    """Press the button, and reload until the worker has read the list."""
    with frame.expect_navigation():
        frame.locator('form[action$="/members/refresh"] button').click()
    expect(frame.locator(".notice").first).to_be_visible()
    for _ in range(60):
        if frame.locator('form[action$="/members/refresh"]').count():
            return
        with frame.expect_navigation():
            frame.evaluate("location.reload()")
    raise AssertionError("the list was not read")


def test_members_and_groups_of_a_course(teacher: Desk) -> None:
    name = f"Group {teacher.screen.look.suffix}"
    frame = teacher.open(link_of(teacher.stack, "outline"))
    go(frame, "/members")
    assert_sound(teacher.page)
    go(frame, "/courses/")
    read_now(frame)
    expect(frame.locator("main table")).to_contain_text("读书小组")
    expect(frame.locator("main .state--todo").first).to_be_visible()
    assert_sound(teacher.page)
    teacher.screen.screenshot("members")
    go(frame, "/groups")
    frame.locator("#f-name").fill(name)
    with frame.expect_navigation():
        frame.locator("main form button.btn--main").click()
    expect(frame.locator("h1")).to_have_text(name)
    frame.locator("main label.choice input").first.check()
    with frame.expect_navigation():
        frame.locator('form[action$="/people"] button.btn--main').click()
    expect(frame.locator('form[action$="/out"]')).to_have_count(1)
    frame.locator("#f-activity_id").select_option(index=1)
    frame.locator("#f-minutes").fill("15")
    with frame.expect_navigation():
        frame.locator('form[action$="/exceptions"] button.btn--main').click()
    expect(frame.locator('form[action$="/remove"]')).not_to_have_count(0)
    assert_sound(teacher.page)
    teacher.screen.screenshot("group")
    with frame.expect_navigation():
        frame.locator('.crumbs a[href$="/groups"]').locator("visible=true").first.click()
    assert_sound(teacher.page)
    for sample in ("第一党小组 · Study group 1", "第二党小组 · Study group 2"):
        expect(frame.locator("main li.task").filter(has_text=sample)).to_contain_text(re.compile(r"[23] (人|people)"))
    teacher.screen.screenshot("groups")
    with frame.expect_navigation():
        frame.locator("main h2 a", has_text="读书小组").click()
    expect(frame.locator('form[action$="/name"]')).to_have_count(0)
    assert_sound(teacher.page)
    teacher.screen.screenshot("group-of-the-lms")
    frame = teacher.open(link_of(teacher.stack, "outline"))
    go(frame, "/members")
    frame.locator("#f-group").select_option(label="读书小组")
    with frame.expect_navigation():
        frame.locator('form[action*="/members"] button').first.click()
    expect(frame.locator("table.grid tbody tr")).to_have_count(2)
    assert re.search(r"group=\d+", frame.url)
    teacher.screen.screenshot("progress-of-a-group")
    done = teacher.stack.dangke("roster", "read")
    assert (done.returncode, "6 people" in done.stdout) == (0, True), done.stderr
