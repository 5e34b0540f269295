"""What the journeys know of the sample course: its links by kind, and how its quiz is answered."""

import re
from collections.abc import Callable

from playwright.sync_api import Frame, Locator, expect

from tests.stack import Stack

# A part of the stem, and what to choose. Both languages stand in every text, so either look finds it.
RIGHT_CHOICES = {
    "bears no year": ("known chronology",),
    "the minutes of a meeting": ("who was there", "what was decided", "when and where"),
}
KINDS = ("single", "multiple", "true_false", "fill_in", "numeric")
SAVED = re.compile(r"(已保存|Saved) \d\d:\d\d:\d\d")


def link_of(stack: Stack, kind: str, course: int = 0) -> str:
    """The resource link of the sample course's activity of this kind (`unset`: the link that shows nothing yet)."""
    return _link(stack, kind, course)["resource_link_id"]


def column_of(stack: Stack, kind: str, course: int = 0) -> str:
    """The label of its column in the LMS's gradebook."""
    return _link(stack, kind, course)["title"]


def _link(stack: Stack, kind: str, course: int) -> dict[str, str]:
    links: list[dict[str, str]] = stack.config["courses"][course]["links"]
    return next(link for link in links if f"-{kind}" in link["resource_link_id"])


def begin_attempt(frame: Frame) -> None:
    """From the start page into the runner."""
    frame.locator("main form button.btn--main").click()
    frame.wait_for_url(re.compile(r"/attempts/\d+"))


def answer_all(frame: Frame, *, wrong: tuple[str, ...] = (), press: Callable[[Locator], None] = Locator.check) -> None:
    """Answer every question of the sample quiz, page by page; those kinds in `wrong` wrongly. Each is seen saved."""
    while True:
        for section in frame.locator("section.q[data-question]").all():
            kind = section.get_attribute("data-kind") or ""
            _answer(section, kind, is_right=kind not in wrong, press=press)
            section.locator("[data-saved]").filter(has_text=SAVED).wait_for()
        following = frame.locator(
            'form#answers button[name=go]:has-text("下一页"), form#answers button[name=go]:has-text("Next page")'
        )
        if not following.count():
            return
        following.click()
        frame.wait_for_url(re.compile(r"page=\d+"))


def _answer(section: Locator, kind: str, *, is_right: bool, press: Callable[[Locator], None]) -> None:
    if kind in {"single", "multiple"}:
        stem = section.inner_text()
        right = next(words for part, words in RIGHT_CHOICES.items() if part in stem)
        for choice in section.locator("label.choice").all():
            if any(part in choice.inner_text() for part in right) is is_right:
                press(choice.locator("input"))
                if kind == "single":
                    break
    elif kind == "true_false":
        press(section.locator(f'input[value="{"false" if is_right else "true"}"]'))
    elif kind == "fill_in":
        for field, text in zip(section.locator("input.blank").all(), ("日期", "date"), strict=True):
            field.fill(text if is_right else "x")
    else:
        section.locator("input.input--num").fill("60" if is_right else "1")


def hand_in(frame: Frame) -> None:
    """Look over and submit; ends on the result page."""
    frame.locator("button[name=go][value=over]:visible").first.click()
    frame.locator("form#answers button.btn--main").filter(visible=True).wait_for()
    frame.wait_for_url(re.compile(r"/attempts/\d+/(over|submit)"))
    frame.locator("form#answers button.btn--main").click()
    expect(frame.locator(".score")).to_be_visible()
