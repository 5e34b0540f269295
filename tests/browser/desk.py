"""A person at the demo LMS in a browser: signs in, opens a course and its activities, reads the gradebook."""

from dataclasses import dataclass

from playwright.sync_api import Frame, Page

from tests.browser.screens import Screen
from tests.stack import Stack

# Asks the LMS anew at every poll; synchronously, because Playwright takes a promise for "yes".
FIND_CELL = """([column, person, score]) => {
  const request = new XMLHttpRequest();
  request.open("GET", location.href, false);
  request.send();
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const cells = [...page.querySelectorAll("td[data-column]")];
  const cell = cells.find((one) => one.dataset.column === column && one.dataset.user === person);
  return Boolean(cell && cell.dataset.score !== "" && (score === null || Number(cell.dataset.score) === score));
}"""


@dataclass
class Desk:
    """One person in front of one screen."""

    stack: Stack
    screen: Screen
    person: str
    course: str = "course-1"

    @property
    def page(self) -> Page:
        """The first tab."""
        return self.screen.page

    def sign_in(self) -> "Desk":
        """Chooses the person on the LMS's first page, in the language of the look."""
        self.page.goto(f"{self.stack.lms_url}/login")
        self._speak()
        self.page.locator(f'[data-person="{self.person}"]').first.click()
        self.page.wait_for_url(f"{self.stack.lms_url}/courses*")
        return self

    def open_course(self, page: Page | None = None) -> Page:
        """The course's page in the LMS."""
        page = page or self.page
        page.goto(f"{self.stack.lms_url}/courses/{self.course}")
        return page

    def open(self, link: str, page: Page | None = None) -> Frame:
        """Clicks an activity in the course and returns the tool's frame, launched."""
        page = self.open_course(page)
        page.locator(f'[data-link="{link}"] [data-open]').click()
        return self._launched(page)

    def open_deep_linking(self) -> Frame:
        """The tool's choosing page, as a teacher adds an activity."""
        page = self.open_course()
        page.locator("[data-deep-link]").click()
        return self._launched(page)

    def _launched(self, page: Page) -> Frame:
        """The tool's frame; without scripts the forms in between want a button pressed."""
        if not self.screen.look.javascript:
            page.locator("form[target=tool-frame] button").click()
            page.frame_locator("iframe").locator("#launch-answer button").click()
        return self._in_scheme(self.screen.frame(page))

    def _speak(self) -> None:
        """Switches the LMS to the look's language; its launches then ask the tool for the same."""
        if self.page.locator("html").get_attribute("lang") != self.screen.look.language:
            self.page.locator(f'[name=locale][value="{self.screen.look.language}"]').click()
            self.page.locator(f'html[lang="{self.screen.look.language}"]').wait_for(state="attached")

    def _in_scheme(self, frame: Frame) -> Frame:
        """In a frame the tool is light until the person chooses otherwise; so the person chooses."""
        if self.screen.look.scheme == "dark" and frame.locator("html").get_attribute("data-scheme") != "dark":
            menu = frame.locator("details.drop > summary.role")
            if menu.count():
                menu.click()
                frame.locator('button[name=scheme][value="dark"]').click()
                frame.locator('html[data-scheme="dark"]').wait_for(state="attached")
        return frame

    def open_gradebook(self) -> Page:
        """The LMS's own gradebook page."""
        self.page.goto(f"{self.stack.lms_url}/courses/{self.course}/gradebook")
        return self.page

    def wait_for_grade(
        self, column: str, person: str, score: float | None = None, *, within: float = 15
    ) -> dict[str, str]:
        """Returns the cell's data once a score (this one, if given) stands in the gradebook; TimeoutError after `within` s."""
        page = self.open_gradebook()
        page.wait_for_function(FIND_CELL, arg=[column, person, score], timeout=within * 1000, polling=250)
        page.reload()
        # A deep link may have added a second column of this name; its scores are the same.
        cell = page.locator(f'td[data-column="{column}"][data-user="{person}"]:not([data-score=""])').first
        names = ("score", "maximum", "activity-progress", "grading-progress")
        return {name: cell.get_attribute(f"data-{name}") or "" for name in names}
