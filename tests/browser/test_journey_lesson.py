"""The course home and the micro-lesson: read, answered, timed by heartbeats, green on the home and in the gradebook."""

import re
from collections.abc import Iterator
from itertools import pairwise
from time import monotonic

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.records import studied_before
from tests.browser.sample import column_of, link_of
from tests.browser.screens import ALL_LOOKS, Look, assert_sound
from tests.stack import Stack, running_stack

LOOKS = {
    "member1": Look(),
    "member2": Look(width=360, height=780, scheme="dark", language="en"),
}
if ALL_LOOKS:
    LOOKS |= {"member3": Look(width=360, height=780), "member4": Look(scheme="dark")}
NEEDED = 60
"""Seconds of study time that the sample lesson asks for."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this module's own: on the home of its members nothing is done yet."""
    with running_stack(tmp_path_factory.mktemp("lesson")) as running:
        yield running


def task_of(frame: Frame, kind: str) -> str:
    """The selector of the home's row of this kind."""
    return f'li.task:has(a[href^="/{kind}/"])'


def read_all(frame: Frame) -> None:
    """Scroll from part to part; each is seen to be marked as read."""
    for part in frame.locator("[data-part]").all():
        part.locator(".part-end").scroll_into_view_if_needed()
        expect(part).to_have_attribute("data-seen", "")


@pytest.mark.shows("J-01")
def test_home_tells_what_is_required_and_due(stack: Stack, new_screen: NewScreen) -> None:
    desk = Desk(stack, new_screen(stack), "both").sign_in()
    frame = desk.open(link_of(stack, "outline"))
    expect(frame.locator("li.task")).to_have_count(3)
    assert re.search(r"必修 0/2", frame.locator("details.month").first.inner_text())
    expect(frame.locator(".over svg.ring")).to_have_attribute("aria-label", re.compile("2"))
    forum = frame.locator(task_of(frame, "forum"))
    assert "选修" in forum.inner_text()
    quiz = frame.locator(task_of(frame, "quizzes"))
    assert re.search(r"\d+月\d+日.*截止", quiz.inner_text()), quiz.inner_text()
    lesson = frame.locator(task_of(frame, "lessons"))
    expect(lesson.locator(".checks li")).to_have_count(3)
    assert re.search(r"还剩 \d 天", lesson.inner_text()), lesson.inner_text()
    assert re.search(r"未开始|进行中", quiz.inner_text()), quiz.inner_text()


@pytest.mark.shows("J-01", "J-02", "J-04", "J-28", "J-29", "J-30", "A-01", "A-02")
@pytest.mark.parametrize("person", list(LOOKS))
def test_member_completes_the_lesson(stack: Stack, new_screen: NewScreen, person: str) -> None:
    screen = new_screen(stack, **vars(LOOKS[person]))
    desk = Desk(stack, screen, person).sign_in()
    home = desk.open(link_of(stack, "outline"))
    expect(home.locator(".over svg.ring")).to_be_visible()
    assert_sound(screen.page, "summary.role")
    studied_before(stack, person, NEEDED - 10)
    screen.screenshot(f"home-before-{person}")
    lesson = desk.open(link_of(stack, "lesson"))
    expect(lesson.locator("#reader table")).to_be_visible()
    assert (lesson.locator("#reader img").get_attribute("alt") or "").strip()
    assert lesson.locator("#reader img").evaluate("each => each.complete && each.naturalWidth > 0")
    video = lesson.locator("#reader video")
    video.evaluate(
        "film => film.readyState >= 1 || new Promise((done) => film.addEventListener('loadedmetadata', () => done(true)))"
    )
    expect(video.locator("track[kind=captions]")).to_have_count(1)
    screen.screenshot(f"lesson-{person}")
    assert_sound(screen.page)

    read_all(lesson)
    question = lesson.locator("section.ask")
    question.locator("label.choice").filter(has_text="a pet name").locator("input").check()
    question.locator("button.btn--main").click()
    expect(lesson.locator("section.ask .state--done")).to_be_visible()
    assert_sound(screen.page)
    expect(lesson.locator("[data-checklist]").first.locator("li.is-met")).to_have_count(3, timeout=40_000)
    expect(lesson.locator("[data-clock]").first).to_have_text(re.compile(r"1"))
    if screen.look.width < 600:
        expect(lesson.locator(".crumbs .back a")).to_be_visible()
        lesson.locator("[data-opens=contents]").click()
        assert_sound(screen.page)
        screen.screenshot(f"lesson-sheet-{person}")

    cell = desk.wait_for_grade(column_of(stack, "lesson"), person, 100)
    assert (cell["activity-progress"], cell["grading-progress"]) == ("Completed", "FullyGraded")
    home = desk.open(link_of(stack, "outline"))
    expect(home.locator("li.task--done")).to_have_count(1)
    home.locator("details.month").first.evaluate("each => { each.open = true }")
    expect(home.locator("li.task--done .state--done").first).to_be_visible()
    assert_sound(screen.page)
    screen.screenshot(f"home-{person}")


@pytest.mark.slow
@pytest.mark.shows("J-03", "J-04")
def test_minute_of_study_is_credited_by_heartbeats_alone(stack: Stack, new_screen: NewScreen) -> None:
    """A real minute before the page: nothing of it is put into the records."""
    desk = Desk(stack, new_screen(stack), "both").sign_in()
    began = monotonic()
    lesson = desk.open(link_of(stack, "lesson"))
    time_needed = lesson.locator("[data-checklist]").first.locator("li").filter(has_text=re.compile("学习满|分钟"))
    expect(time_needed).not_to_have_class(re.compile("is-met"))
    credited = [0]
    while credited[-1] < NEEDED:
        with desk.page.expect_response(re.compile(r"/beat$"), timeout=20_000) as beat:
            desk.page.mouse.move(300 + len(credited), 400)
        credited.append(beat.value.json()["credited"])
        assert credited[-1] <= monotonic() - began, "more is credited than has passed"
    # The first beat, as the page opened, said that somebody is there; each later one credits the time since the one before.
    told = [0, *filter(None, credited)]
    assert len(told) >= 4, "a minute is not credited at once"
    assert all(0 < after - before <= 30 for before, after in pairwise(told)), told
    expect(time_needed).to_have_class(re.compile("is-met"))
    expect(lesson.locator("[data-clock]").first).to_have_text(re.compile(r"1"))
    read_all(lesson)
    question = lesson.locator("section.ask")
    question.locator("label.choice").filter(has_text="a pet name").locator("input").check()
    question.locator("button.btn--main").click()
    expect(lesson.locator("[data-checklist]").first.locator("li.is-met")).to_have_count(3)
    cell = desk.wait_for_grade(column_of(stack, "lesson"), "both", 100)
    assert (cell["activity-progress"], cell["grading-progress"]) == ("Completed", "FullyGraded")
