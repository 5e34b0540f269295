"""What a newcomer sees first: choose a person, open the course, click an activity, and it opens in a frame."""

import pytest

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.screens import Look, Screen, assert_axe, assert_no_sideways_scrolling
from tests.stack import Stack

pytestmark = pytest.mark.once


def first_link(stack: Stack, course: int = 0) -> str:
    return str(stack.config["courses"][course]["links"][0]["resource_link_id"])


@pytest.mark.shows("N-03")
def test_lms_offers_a_teacher_four_members_and_a_second_course(stack: Stack, screen: Screen) -> None:
    screen.page.goto(f"{stack.lms_url}/login")
    sections = screen.page.locator("main section")
    assert sections.count() == 2
    people = sections.first.locator("[data-person]").all_inner_texts()
    assert len(people) >= 5
    assert sum("教师" in name for name in people) == 1
    others = sections.last.locator("[data-person]").all_inner_texts()
    assert any("教师" in name for name in others)
    assert any("教师" not in name for name in others)


@pytest.mark.shows("N-02", "N-04")
@pytest.mark.parametrize("person", ["member1", "teacher"])
def test_clicking_an_activity_opens_it_in_a_frame_of_another_site(
    stack: Stack, new_screen: NewScreen, every_look: Look, person: str
) -> None:
    screen = new_screen(stack, **vars(every_look))
    desk = Desk(stack, screen, person).sign_in()
    frame = desk.open(first_link(stack))
    assert screen.page.url.startswith(stack.lms_url)
    assert frame.url.startswith(stack.tool_url)
    frame.locator("main h1").first.wait_for()
    assert_axe(screen.page)
    assert_no_sideways_scrolling(screen.page)
    screen.screenshot(f"first-visit-{person}")


@pytest.mark.shows("J-32")
def test_activity_opens_without_javascript(stack: Stack, new_screen: NewScreen) -> None:
    screen = new_screen(stack, javascript=False)
    frame = Desk(stack, screen, "member1").sign_in().open(first_link(stack))
    assert frame.locator("main h1").first.is_visible()
