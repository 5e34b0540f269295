"""The member's whole journey in a frame whose browser keeps no cookies: the tool never gets one."""

import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Download, FrameLocator, Locator, Page, Route, expect

import courses
from lti_tool.core.secrets import Keys
from lti_tool.media import tickets
from lti_tool.media.storage import Storage
from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.films import stretch
from tests.browser.sample import SAVED, _answer, column_of, link_of
from tests.browser.screens import Look, Screen, assert_axe
from tests.flows.waiting import eventually
from tests.media.samples import PDF
from tests.stack import Stack, running_stack

LOGIN = re.compile(r"/lti/login(\?|$)")

pytestmark = pytest.mark.whole_browser


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A tool of its own, whose whole log is read at the end."""
    with running_stack(tmp_path_factory.mktemp("bearer"), DANGKE_LOG_LEVEL="INFO") as running:
        yield running


@pytest.fixture(params=["frame", pytest.param("parent", marks=pytest.mark.once)])
def storage(request: pytest.FixtureRequest, stack: Stack) -> Iterator[str]:
    """The LMS keeps things in its page, or in a frame of its own."""
    stack.driver.storage(request.param)
    yield request.param
    stack.driver.storage("none")


def keep_no_cookies(screen: Screen) -> None:
    """The browser forgets what the login wants it to keep, as WebViews do that block cookies in frames."""

    def forget(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        screen.context.clear_cookies(domain="127.0.0.1")  # fetch() has put them into the browser's jar
        route.fulfill(response=answer, headers={k: v for k, v in answer.headers.items() if k != "set-cookie"})

    screen.context.route(LOGIN, forget)


def open_link(desk: Desk, link: str, page: Page | None = None) -> FrameLocator:
    """Clicks an activity in the course; the page that the tool shows inside its own page."""
    page = desk.open_course(page)
    page.locator(f'[data-link="{link}"] [data-open]').click()
    inner = page.frame_locator("iframe[name=tool-frame]").frame_locator("#carried-page")
    inner.locator("main").wait_for()
    return inner


def requests_of(stack: Stack) -> list[dict[str, object]]:
    lines = stack.tool.log.read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    return [event for event in events if event["event"] == "request"]


def look(frame: FrameLocator) -> None:
    """The lesson's image and its video come by tickets."""
    frame.locator("#reader").wait_for()
    picture = frame.locator("#reader img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert "ticket=" in (picture.get_attribute("src") or "")
    video = frame.locator("#reader video")
    video.scroll_into_view_if_needed()
    assert video.evaluate("""async (video) => {
      video.muted = true;
      await video.play();
      video.pause();
      return video.currentSrc.includes("ticket=") || video.querySelector("source")?.src.includes("ticket=");
    }""")


def learn(frame: FrameLocator) -> None:
    """The lesson: what is to be seen is seen, its parts are read, its clock counts."""
    look(frame)
    for part in frame.locator("[data-part]").all():
        part.locator(".part-end").scroll_into_view_if_needed()
        expect(part).to_have_attribute("data-seen", "")


def take_quiz(frame: FrameLocator) -> None:
    frame.locator("main form button.btn--main").click()
    while True:
        frame.locator("section.q[data-question]").first.wait_for()
        for section in frame.locator("section.q[data-question]").all():
            _answer(section, section.get_attribute("data-kind") or "", is_right=True, press=lambda field: field.check())
            section.locator("[data-saved]").filter(has_text=SAVED).wait_for()
        following = frame.locator('form#answers button[name=go]:has-text("下一页")')
        if not following.count():
            break
        number = frame.locator("section.q[data-question]").first.get_attribute("data-question")
        following.click()
        frame.locator(f'section.q[data-question="{number}"]').wait_for(state="detached")
    frame.locator("button[name=go][value=over]:visible").first.click()
    frame.locator("form#answers button.btn--main").filter(visible=True).click()
    expect(frame.locator(".score__n")).to_contain_text("100")


def discuss(frame: FrameLocator) -> None:
    frame.locator('a.btn--main[href$="/new"]').click()
    frame.locator("#f-title").fill("一份会议记录")
    frame.locator("#f-body").fill("谁写的？")
    frame.locator("main form button.btn--main").click()
    for count, text in enumerate(("当天写的。", "所以可信。"), start=1):
        expect(frame.locator("article.post")).to_have_count(count)
        frame.locator("#body").fill(text)
        frame.locator("form.composer button.btn--main").click()
    expect(frame.locator("article.post")).to_have_count(3)


def test_PS_08_whole_journey_passes_without_any_cookie(stack: Stack, new_screen: NewScreen, storage: str) -> None:
    person = {"parent": "member1", "frame": "member2"}[storage]
    screen = new_screen(stack, **vars(Look(width=360, height=780) if storage == "frame" else Look()))
    keep_no_cookies(screen)
    desk = Desk(stack, screen, person).sign_in()
    begun = len(requests_of(stack))

    frame = open_link(desk, link_of(stack, "outline"))
    expect(frame.locator("li.task")).to_have_count(3)
    assert_axe(screen.page)
    screen.screenshot(f"bearer-home-{storage}")
    frame.locator('li.task a[href^="/lessons/"]').click()
    learn(frame)

    # Back, forward and a reload stay in the session: the address names the page, never the bearer.
    outer = screen.page.frame(name="tool-frame")
    assert outer is not None
    assert re.search(r"/lti/frame/\d+\?k=[\w-]+#/lessons/\d+$", outer.url)
    outer.evaluate("history.back()")
    expect(frame.locator("li.task")).to_have_count(3)
    outer.evaluate("location.reload()")
    expect(frame.locator("li.task")).to_have_count(3)
    take_quiz(open_link(desk, link_of(stack, "quiz")))
    screen.screenshot(f"bearer-result-{storage}")
    discuss(open_link(desk, link_of(stack, "forum")))
    for kind in ("quiz", "forum"):
        desk.wait_for_grade(column_of(stack, kind), person, 100)

    seen = requests_of(stack)[begun:]
    endpoints = {str(event["endpoint"]) for event in seen}
    assert {"media.show", "media.issue_tickets", "courses_lessons.beat", "quizzes_attempts.save_answer"} <= endpoints
    assert any(event["endpoint"] == "media.show" and event["status"] == 206 for event in seen), "a part of the video"
    assert [event for event in seen if event["cookies"]] == [], "a Cookie header arrived"


@pytest.mark.once
def test_PS_05_silent_storage_leads_to_the_new_window(stack: Stack, new_screen: NewScreen) -> None:
    stack.driver.storage("silent")
    try:
        screen = new_screen(stack)
        keep_no_cookies(screen)
        page = Desk(stack, screen, "member3").sign_in().open_course()
        page.locator(f'[data-link="{link_of(stack, "forum")}"] [data-open]').click()
        button = page.frame_locator("iframe[name=tool-frame]").locator("form[target=_blank] button")
        button.wait_for(timeout=15_000)
        assert_axe(page)
        screen.context.unroute_all()
        with screen.context.expect_page() as opened:
            button.click()
        opened.value.wait_for_url(re.compile(r"/forum/\d+"))
    finally:
        stack.driver.storage("none")


def test_WS_05_two_tabs_and_another_person_in_the_same_browser_keep_apart_and_one_signs_out(
    stack: Stack, new_screen: NewScreen
) -> None:
    stack.driver.storage("parent")
    try:
        screen = new_screen(stack)
        keep_no_cookies(screen)
        first = open_link(Desk(stack, screen, "member3").sign_in(), link_of(stack, "outline"))
        tab = screen.context.new_page()
        screen.context.clear_cookies()
        other = Desk(stack, screen, "member4")
        tab.goto(f"{stack.lms_url}/login")
        tab.locator('[data-person="member4"]').first.click()
        tab.wait_for_url(f"{stack.lms_url}/courses*")
        second = open_link(other, link_of(stack, "outline"), tab)
        names = [each.locator("summary.role").inner_text() for each in (first, second)]
        assert names[0] != names[1]
        # The first page is still the first person's, also for what it asks from now on.
        first.locator('li.task a[href^="/quizzes/"]').click()
        expect(first.locator("summary.role")).to_have_text(re.compile(re.escape(names[0].strip().split()[0])))
        first.locator("summary.role").click()
        first.get_by_role("button", name="在这里退出登录").click()
        expect(first.get_by_role("heading", name="已经退出登录")).to_be_visible()
        screen.page.frame(name="tool-frame").evaluate("location.reload()")  # type: ignore[union-attr]  # it is there
        screen.expect_problem("404")
        expect(first.locator(".ref code").first).to_be_visible()
        # The other person's page is still the other person's.
        second.locator('li.task a[href^="/quizzes/"]').click()
        expect(second.locator("summary.role")).to_have_text(re.compile(re.escape(names[1].strip().split()[0])))
    finally:
        stack.driver.storage("none")


def without_cookies(stack: Stack, begun: int) -> list[dict[str, object]]:
    """What has been asked of the tool since; no request brought a cookie."""
    seen = requests_of(stack)[begun:]
    assert [event for event in seen if event["cookies"]] == [], "a Cookie header arrived"
    return seen


@pytest.mark.once
def test_PS_08_view_as_a_member_without_any_cookie(stack: Stack, new_screen: NewScreen) -> None:
    stack.driver.storage("parent")
    try:
        screen = new_screen(stack, width=360, height=780)
        keep_no_cookies(screen)
        desk, begun = Desk(stack, screen, "teacher").sign_in(), len(requests_of(stack))
        frame = open_link(desk, link_of(stack, "outline"))
        frame.locator('form[action$="/preview"] button').click()
        strip = frame.locator("section.viewing")
        expect(strip).to_be_visible()
        expect(frame.locator('a[href$="/members"]')).to_have_count(0)
        frame.locator('ul.tasks h3 a[href^="/lessons/"]').first.click()
        look(frame)
        expect(strip).to_be_visible()
        assert_axe(screen.page)
        screen.screenshot("bearer-preview")
        strip.locator("button").click()
        expect(strip).to_have_count(0)
        expect(frame.locator('a[href$="/edit"]').first).to_be_visible()
        seen = without_cookies(stack, begun)
        assert {"launch.begin_preview", "media.show", "launch.end_preview"} <= {str(each["endpoint"]) for each in seen}
    finally:
        stack.driver.storage("none")


def taken_home(screen: Screen, link: Locator) -> tuple[str, bytes]:
    """(name, bytes) of what a click on the link downloads."""
    # The browser opens a tab for it and shuts it again: the download is said to be of either page.
    kept: list[Download] = []

    def keep(download: Download) -> None:
        kept.append(download)

    screen.page.on("download", keep)
    screen.context.on("page", lambda tab: tab.on("download", keep))
    link.click()
    for _ in range(300):
        if not kept:
            screen.page.evaluate("() => new Promise((done) => setTimeout(done, 50))")
    (download,) = kept
    return download.suggested_filename, Path(download.path()).read_bytes()


def put_up(screen: Screen, frame: FrameLocator) -> str:
    """Uploads the handout at the lesson's form; its address."""
    frame.locator('a[href$="/edit"]').first.click()
    upload = frame.locator("details:has(input[type=file])")
    upload.locator("summary").click()
    handout = {"name": "讲义.pdf", "mimeType": "application/pdf", "buffer": PDF}
    upload.locator("input[name=file]").set_input_files(handout)  # type: ignore[arg-type]  # FilePayload
    frame.locator("#f-title").fill("还没有保存")
    upload.locator("button").click()
    # What is typed in the form beside is not lost without a question.
    asked = screen.page.frame_locator("iframe[name=tool-frame]").locator("#leave")
    asked.locator("button[value=leave]").click()
    expect(frame.locator("main input.input")).to_have_count(1)
    address = re.search(r"/media/[\w-]+", frame.locator("main input.input").input_value())
    assert address is not None
    return address[0]


def test_PS_08_handout_of_the_teacher_is_taken_home_by_a_member_without_any_cookie(
    stack: Stack, new_screen: NewScreen
) -> None:
    stack.driver.storage("parent")
    try:
        screen = new_screen(stack)
        keep_no_cookies(screen)
        desk, begun = Desk(stack, screen, "teacher").sign_in(), len(requests_of(stack))
        address = put_up(screen, open_link(desk, link_of(stack, "lesson")))
        frame = open_link(desk, link_of(stack, "forum"))
        frame.locator('a.btn--main[href$="/new"]').click()
        frame.locator("#f-title").fill("这一讲的讲义")
        frame.locator("#f-body").fill(f"[讲义]({address})")
        frame.locator("main form button.btn--main").click()
        assert taken_home(screen, frame.locator(f'article.post a[href^="{address}"]')) == ("讲义.pdf", PDF)
        without_cookies(stack, begun)

        theirs = new_screen(stack, width=360, height=780)
        keep_no_cookies(theirs)
        member, begun = Desk(stack, theirs, "member3").sign_in(), len(requests_of(stack))
        frame = open_link(member, link_of(stack, "forum"))
        frame.locator(".thread__t a", has_text="这一讲的讲义").click()
        link = frame.locator(f'article.post a[href^="{address}"]')
        assert taken_home(theirs, link) == ("讲义.pdf", PDF)
        fetched = [each for each in without_cookies(stack, begun) if each["endpoint"] == "media.show"]
        assert [each["status"] for each in fetched] == [200]
    finally:
        stack.driver.storage("none")


@dataclass
class Doorkeeper:
    """Between the browser and the media: lets tickets run out, and can shut the door."""

    keys: Keys
    seen: set[str] = field(default_factory=set)
    outdated: set[str] = field(default_factory=set)
    refused: int = 0
    is_shut: bool = False

    def let_run_out(self) -> None:
        """All tickets that were given so far are eleven minutes older from now on.

        One given in the same second would be the same ticket, so this waits until the second is over.
        """
        self.outdated |= self.seen
        newest = max(int(each.split(".")[1]) for each in self.seen)
        given = newest - tickets.LIFETIME.total_seconds()
        eventually(lambda: time.time() > given + 1, within=5, every=0.05, what="the next second")

    def __call__(self, route: Route) -> None:
        found = re.search(r"/media/([\w-]+)\?ticket=(\d+)\.(\d+)\.", route.request.url)
        if self.is_shut:
            route.abort()
            return
        if found is None:
            route.continue_()
            return
        self.seen.add(found[0])
        if found[0] not in self.outdated:
            route.continue_()
            return
        self.refused += 1
        reference, grant, expiry = found[1], int(found[2]), int(found[3])
        given = datetime.fromtimestamp(expiry - 2 * 660, UTC)
        old = tickets.issue(self.keys.derive(tickets.PURPOSE), reference, grant, given)
        route.continue_(url=re.sub(r"ticket=.*", f"ticket={old}", route.request.url))


def goes_on(video: Locator, place: float) -> None:
    """Waits until the film plays beyond that place."""
    video.evaluate(
        """(video, place) => new Promise((done, failed) => {
            let left = 400;
            const look = () => {
                if (video.currentTime > place && !video.error) done();
                else if (left--) setTimeout(look, 50);
                else failed(new Error(JSON.stringify([video.currentTime, video.paused, video.readyState, video.error?.message, video.src])));
            };
            look();
        })""",
        place,
    )


@pytest.mark.once
def test_PS_08_film_whose_ticket_runs_out_goes_on_where_it_was(stack: Stack, new_screen: NewScreen) -> None:
    film = Path(courses.__file__).parent / "data" / "reading.mp4"
    kept = Storage(stack.folder / "tool").path(hashlib.sha256(film.read_bytes()).hexdigest())
    stretch(kept, 48 * 1024 * 1024)
    door = Doorkeeper(Keys(stack.tool.environment["DANGKE_SECRET"]))
    stack.driver.storage("parent")
    try:
        screen = new_screen(stack)
        keep_no_cookies(screen)
        screen.context.route(re.compile("/media/"), door)
        desk, begun = Desk(stack, screen, "member4").sign_in(), len(requests_of(stack))
        frame = open_link(desk, link_of(stack, "lesson"))
        video = frame.locator("#reader video")
        video.scroll_into_view_if_needed()
        video.evaluate("video => { video.muted = true; video.playbackRate = 0.5; return video.play(); }")
        first, half = video.get_attribute("src"), video.evaluate("video => video.duration / 2")

        door.let_run_out()
        screen.expect_problem("404")
        video.evaluate("(video, place) => { video.currentTime = place; }", half + 0.5)
        goes_on(video, half + 0.5)
        assert door.refused >= 1
        assert video.get_attribute("src") != first
        assert video.evaluate("video => video.paused") is False
        trouble = frame.locator("[data-trouble]")
        expect(trouble).to_be_hidden()

        # The network goes, too: a sentence and a button, and nothing of the place is lost.
        door.is_shut = True
        screen.expect_problem("net::ERR_FAILED")
        video.evaluate("video => { video.load(); return null; }")
        expect(trouble).to_be_visible()
        expect(trouble).to_contain_text("视频没有加载出来")
        assert_axe(screen.page)
        screen.screenshot("bearer-video-lost")
        door.is_shut = False
        trouble.locator("button").click()
        goes_on(video, half)
        expect(trouble).to_be_hidden()
        seen = without_cookies(stack, begun)
        assert any(each["endpoint"] == "media.show" and each["status"] == 404 for each in seen), "a ticket was refused"
    finally:
        stack.driver.storage("none")


@pytest.mark.once
def test_film_that_does_not_come_says_so_where_there_are_cookies_too(stack: Stack, new_screen: NewScreen) -> None:
    screen = new_screen(stack)
    frame = Desk(stack, screen, "member4").sign_in().open(link_of(stack, "lesson"))
    video, trouble = frame.locator("#reader video"), frame.locator("[data-trouble]")
    video.evaluate("video => { video.muted = true; return video.play(); }")
    screen.expect_problem("net::ERR_FAILED")
    screen.context.route(re.compile("/media/"), lambda route: route.abort())
    video.evaluate("video => { video.currentTime = 1; video.load(); }")
    expect(trouble).to_be_visible()
    assert_axe(screen.page)
    screen.context.unroute_all()
    trouble.locator("button").click()
    goes_on(video, 0.1)
    expect(trouble).to_be_hidden()
