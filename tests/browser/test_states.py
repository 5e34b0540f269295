"""The states of pages beside their first sight: refused forms, menus and dialogs, links that show nothing yet."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import begin_attempt, hand_in, link_of
from tests.browser.screens import Look, assert_sound
from tests.stack import Stack, running_stack

pytestmark = [pytest.mark.once, pytest.mark.shows("A-01", "A-02")]
LOOKS = [Look(scheme="dark"), Look(width=360, height=780, language="en"), Look(width=360, height=780, scheme="dark")]
KINDS = ("outline", "lesson", "quiz", "forum")


@dataclass(frozen=True)
class Mistake:
    """A form of the instructor, and what is typed into it that cannot be taken."""

    page: str
    field: str
    typed: str = ""

    @property
    def name(self) -> str:
        return "refused-" + re.sub(r"\W+", "-", re.sub(r"\{\w+\}", "", self.page)).strip("-")


MISTAKES = (
    Mistake("/home/{outline}/tasks/{quiz}", "#f-title"),
    Mistake("/home/{outline}/tasks/{forum}/archive", "#f-reason"),
    Mistake("/lessons/{lesson}/settings", "#f-minutes", "99999"),
    Mistake("/quizzes/{quiz}/settings", "#f-attempts", "many"),
    Mistake("/quizzes/{quiz}/questions/new?kind=single", "#f-stem"),
    Mistake("/quizzes/{quiz}/questions/new?kind=numeric", "#f-value", "about ten"),
    Mistake("/forum/{forum}/settings", "#f-title"),
    Mistake("/forum/{forum}/new", "#f-body"),
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this module's own: what its tests try to save may not meet what others save."""
    with running_stack(tmp_path_factory.mktemp("states")) as running:
        yield running


@pytest.fixture(params=LOOKS, ids=lambda look: look.suffix)
def look(request: pytest.FixtureRequest) -> Look:
    chosen: Look = request.param
    return chosen


@pytest.fixture
def teacher(stack: Stack, new_screen: NewScreen, look: Look) -> Desk:
    return Desk(stack, new_screen(stack, **vars(look)), "teacher").sign_in()


def numbers_of(desk: Desk) -> tuple[Frame, dict[str, str]]:
    """The tool's frame, and the numbers of the sample course's activities by kind."""
    frame, numbers = desk.open(link_of(desk.stack, "outline")), {}
    for kind in KINDS:
        frame = desk.open(link_of(desk.stack, kind))
        numbers[kind] = re.findall(r"\d+", frame.url.rpartition("/")[2])[0]
    return frame, numbers


def submit(frame: Frame, field: str, typed: str) -> None:
    """Send the form of this field with a mistake in it, past what the browser itself would refuse."""
    form = frame.locator("main form").filter(has=frame.locator(field)).first
    form.evaluate("each => { each.noValidate = true }")
    form.locator(field).fill(typed)
    with frame.expect_navigation():
        form.locator("button.btn--main, button.btn--danger, button.btn").last.click()


def test_refused_forms_are_sound_and_keep_what_was_typed(teacher: Desk) -> None:
    frame, numbers = numbers_of(teacher)
    teacher.screen.expect_problem("400")
    for mistake in MISTAKES:
        frame.goto(f"{teacher.stack.tool_url}{mistake.page.format(**numbers)}")
        submit(frame, mistake.field, mistake.typed)
        expect(frame.locator("main [role=alert], main [aria-invalid=true], main code").first).to_be_visible()
        if frame.locator("main [aria-invalid=true]").count():
            expect(frame.locator("main [aria-invalid=true]").first).to_be_focused()
        if frame.locator(mistake.field).count():
            expect(frame.locator(mistake.field)).to_have_value(mistake.typed)
        assert_sound(teacher.page)
        teacher.screen.screenshot(mistake.name)


def test_refused_answer_to_what_a_link_shall_show_is_sound(teacher: Desk) -> None:
    teacher.open(link_of(teacher.stack, "unset"))
    assert_sound(teacher.page)
    teacher.screen.screenshot("states-unset-link")
    opened = teacher.open_deep_linking()
    assert_sound(teacher.page)
    teacher.screen.screenshot("states-deep-linking")
    teacher.screen.expect_problem("400")
    with opened.expect_navigation():
        opened.locator("main form button.btn--main").click()
    first = opened.locator("#choices input[name=activity_id]").first
    expect(first).to_be_focused()
    expect(first).to_have_accessible_description(re.compile("请先选一项活动|Choose an activity first"))
    assert_sound(teacher.page)
    teacher.screen.screenshot("states-nothing-chosen")
    for kind in ("lessons/new", "quizzes/create", "forum/create"):
        opened = teacher.open(link_of(teacher.stack, "unset"))
        opened.locator(f'a.pick[href*="{kind.split("/")[0]}"]').click()
        opened.locator("#f-title").wait_for()
        assert_sound(teacher.page)
        submit(opened, "#f-title", "")
        expect(opened.locator("#f-title")).to_have_attribute("aria-invalid", "true")
        assert_sound(teacher.page)
        teacher.screen.screenshot(f"states-{kind.replace('/', '-')}")


def test_member_who_may_not_yet_or_no_more_sees_sound_pages(stack: Stack, new_screen: NewScreen, look: Look) -> None:
    person = f"member{LOOKS.index(look) + 1}"
    member = Desk(stack, new_screen(stack, **vars(look)), person).sign_in()
    frame = member.open(link_of(stack, "unset"))
    assert_sound(member.page)
    member.screen.screenshot("states-not-set-up")
    frame = member.open(link_of(stack, "quiz"))
    begin_attempt(frame)
    if frame.locator("[data-opens]").first.is_visible():
        frame.locator("[data-opens]").first.click()
        assert_sound(member.page)
        member.screen.screenshot("states-answer-card")
        member.page.keyboard.press("Escape")
    hand_in(frame)
    assert_sound(member.page)
    member.screen.expect_problem("404")
    frame.goto(f"{stack.tool_url}/quizzes/999999")
    assert_sound(member.page)
    member.screen.screenshot("states-error")


@pytest.mark.parametrize("width", [1280, 360])
def test_menus_and_dialogs_of_every_page_are_sound(stack: Stack, new_screen: NewScreen, width: int) -> None:
    teacher = Desk(stack, new_screen(stack, width=width, height=800, scheme="dark"), "teacher").sign_in()
    frame, numbers = numbers_of(teacher)
    for address in (
        "/home/{outline}", "/lessons/{lesson}", "/lessons/{lesson}/edit", "/quizzes/{quiz}", "/quizzes/{quiz}/edit",
        "/forum/{forum}", "/forum/{forum}/settings",
    ):  # fmt: skip
        frame.goto(f"{stack.tool_url}{address.format(**numbers)}")
        menus = [menu for menu in ("summary.role", "main details.drop > summary") if frame.locator(menu).count()]
        assert_sound(teacher.page, *[menu for menu in menus if frame.locator(menu).first.is_visible()])
        for opener in frame.locator("[data-opens]").all():
            if opener.is_visible():
                opener.click()
                assert_sound(teacher.page)
                teacher.page.keyboard.press("Escape")
