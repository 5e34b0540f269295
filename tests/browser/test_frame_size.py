"""The course home asks the LMS for a frame as high as it is, where the LMS says that it can do that (PM-05)."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import link_of
from tests.stack import Stack

pytestmark = pytest.mark.once

HEIGHT = "() => parseInt(document.querySelector('iframe[name=tool-frame]').style.height || '0')"


@pytest.fixture
def able(stack: Stack) -> Iterator[Stack]:
    """An LMS that answers lti.capabilities and resizes frames."""
    stack.driver.storage("parent")
    yield stack
    stack.driver.storage("none")


@pytest.mark.parametrize(("person", "width"), [("member1", 1280), ("member1", 360), ("teacher", 1280)])
def test_PM_05_course_home_gets_its_height(able: Stack, new_screen: NewScreen, person: str, width: int) -> None:
    desk = Desk(able, new_screen(able, width=width), person).sign_in()
    frame = desk.open(link_of(able, "outline"))
    expect(desk.page.locator("iframe[name=tool-frame]")).to_have_attribute("style", re.compile(r"height: \d{3,4}px"))
    shown = frame.evaluate("[document.documentElement.scrollHeight, document.documentElement.clientHeight]")
    assert shown[0] <= shown[1] + 4, "nothing is left to scroll inside but the border that the LMS draws"


def test_PM_05_without_the_capability_nothing_is_asked_for(stack: Stack, new_screen: NewScreen) -> None:
    desk = Desk(stack, new_screen(stack), "member1").sign_in()
    frame = desk.open(link_of(stack, "outline"))
    frame.wait_for_load_state("networkidle")
    assert desk.page.evaluate(HEIGHT) == 0


def test_PM_05_a_quiz_keeps_the_frame_that_it_has(able: Stack, new_screen: NewScreen) -> None:
    desk = Desk(able, new_screen(able), "member2").sign_in()
    frame = desk.open(link_of(able, "quiz"))
    frame.wait_for_load_state("networkidle")
    assert desk.page.evaluate(HEIGHT) == 0
