"""The instructor opens the same links: members' progress, every score's way, editing, more attempts, archiving."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Frame, expect

from tests.browser.conftest import NewScreen
from tests.browser.desk import Desk
from tests.browser.sample import SAVED, begin_attempt, column_of, hand_in, link_of
from tests.browser.screens import Look, assert_sound
from tests.browser.test_journey_forum import reply, write_thread
from tests.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this module's own: its tests refuse scores and change the sample's activities."""
    with running_stack(tmp_path_factory.mktemp("instructor")) as running:
        yield running


@pytest.fixture(autouse=True)
def well_behaved(stack: Stack) -> Iterator[None]:
    """What one test breaks in the LMS is whole for the next."""
    yield
    stack.driver.behave()
    stack.driver.allow_grades(link_of(stack, "forum"), allowed=True)


def hand_in_one_answer(frame: Frame) -> None:
    """A whole attempt with one right answer of five: 20 of 100."""
    begin_attempt(frame)
    statement = frame.locator('section.q[data-kind="true_false"]')
    statement.locator('input[value="false"]').check()
    statement.locator("[data-saved]").filter(has_text=SAVED).wait_for()
    hand_in(frame)


def row_of(frame: Frame, name: str) -> str:
    """The text of the first table row that names this person."""
    return frame.locator("main tr").filter(has_text=name).first.inner_text()


@pytest.mark.shows("J-14", "J-15", "A-01")
def test_instructor_sees_progress_and_the_way_of_every_score(stack: Stack, new_screen: NewScreen) -> None:
    quiz = link_of(stack, "quiz")
    stack.driver.allow_grades(link_of(stack, "forum"), allowed=False)
    members = {person: Desk(stack, new_screen(stack), person).sign_in() for person in ("member1", "member2", "member3")}
    hand_in_one_answer(members["member1"].open(quiz))
    members["member1"].wait_for_grade(column_of(stack, "quiz"), "member1", 20)
    stack.driver.fault(endpoint="scores", kind="status", status=400, times=1)
    hand_in_one_answer(members["member2"].open(quiz))
    frame = members["member3"].open(link_of(stack, "forum"))
    write_thread(frame, "一封信", "谁写的，写给谁。")
    for text in ("为什么可信？", "谢谢。"):
        reply(frame, text)

    teacher = Desk(stack, new_screen(stack), "teacher").sign_in()
    home = teacher.open(link_of(stack, "outline"))
    expect(home.locator(".task--edit").filter(has_text="小测").locator(".state--refused")).to_be_visible()
    assert_sound(teacher.page, "details.drop > summary.btn", "summary.role")
    teacher.screen.screenshot("home-instructor")
    home.locator('a.btn[href$="/members"]').click()
    # Whoever never came is listed too once the roster has been read: so not how many there are, but that these are.
    for name in ("李小明", "王静", "陈晨"):
        expect(home.locator("table.grid tbody tr").filter(has_text=name)).to_have_count(1)
    row = home.locator("table.grid tbody tr").filter(has_text="李小明")
    assert re.search(r"进行中，\d+%", row.inner_text()), row.inner_text()
    assert_sound(teacher.page)
    teacher.screen.screenshot("progress")

    stack.driver.fault(endpoint="scores", kind="nothing")
    hand_in_one_answer(members["member3"].open(quiz))
    frame = teacher.open(link_of(stack, "outline"))
    frame.locator('a.btn[href*="/scores/"]').click()
    frame.locator('nav.chips a[href*="show=all"]').click()
    rows = {kind: frame.locator("main tbody tr").filter(has_text=kind) for kind in ("小测", "讨论")}
    refused = rows["小测"].filter(has_text="王静")
    assert re.search(r"被退回", refused.inner_text()), refused.inner_text()
    assert re.search(r"平台不给这名学员在本课程记成绩", refused.inner_text()), refused.inner_text()
    assert re.search(r"平台已接收|已确认|已接收", rows["小测"].filter(has_text="李小明").inner_text())
    assert re.search(r"等待发送|正在发送", rows["小测"].filter(has_text="陈晨").inner_text())
    assert "等待平台建列" in rows["讨论"].filter(has_text="陈晨").inner_text()
    expect(frame.locator("main .notice").first).to_contain_text("成绩")
    assert_sound(teacher.page)
    teacher.screen.screenshot("scores")

    stack.driver.behave()
    refused.locator("form button").click()
    teacher.wait_for_grade(column_of(stack, "quiz"), "member2", 20, within=60)
    stack.driver.allow_grades(link_of(stack, "forum"), allowed=True)
    teacher.open(link_of(stack, "forum"))
    teacher.wait_for_grade(column_of(stack, "forum"), "member3", 100, within=60)


@pytest.mark.shows("J-16")
def test_instructor_edits_the_lesson_with_a_live_preview(stack: Stack, new_screen: NewScreen) -> None:
    teacher = Desk(stack, new_screen(stack), "teacher").sign_in()
    frame = teacher.open(link_of(stack, "lesson"))
    frame.locator('a.btn[href$="/edit"]').click()
    frame.locator("section.block .cm-content").first.click()
    teacher.page.keyboard.press("Control+Home")
    teacher.page.keyboard.type("## 新的开头\n\n这一段是**刚刚**写的。\n\n")
    expect(frame.locator("#preview strong").filter(has_text="刚刚")).to_be_visible()
    expect(frame.locator("#draft-state")).to_contain_text(re.compile(r"\d\d:\d\d"))
    assert_sound(teacher.page, ".ebar details.drop > summary")
    teacher.screen.screenshot("lesson-editor")
    member = Desk(stack, new_screen(stack), "member4").sign_in()
    before = member.open(link_of(stack, "lesson"))
    expect(before.locator("#reader")).not_to_contain_text("新的开头")
    frame.locator(".ebar button.btn--main").click()
    expect(frame.locator("#reader")).to_contain_text("新的开头")
    frame.locator('a.btn[href$="/edit"]').click()
    frame.locator(".ebar details.drop > summary").click()
    expect(frame.locator(".ebar .menu a")).to_have_count(2)
    after = member.open(link_of(stack, "lesson"))
    expect(after.locator("#reader")).to_contain_text("新的开头")


@pytest.mark.shows("J-17")
def test_instructor_adds_a_quiz_question(stack: Stack, new_screen: NewScreen) -> None:
    teacher = Desk(stack, new_screen(stack), "teacher").sign_in()
    frame = teacher.open(link_of(stack, "quiz"))
    frame.locator('a.btn--main[href$="/edit"]').click()
    expect(frame.locator("li.qlist__row")).to_have_count(5)
    assert_sound(teacher.page)
    frame.locator('a[href*="kind=single"]').click()
    frame.locator("#f-stem").fill("下面哪一份是原始材料？")
    for place, text in enumerate(("当天的日记", "二十年后的回忆文章")):
        frame.locator("input[name=option]").nth(place).fill(text)
    frame.locator("input[name=correct]").first.check()
    assert_sound(teacher.page)
    frame.locator("main form button.btn--main").click()
    expect(frame.locator("li.qlist__row")).to_have_count(6)
    expect(frame.locator("li.qlist__row").last).to_contain_text("下面哪一份是原始材料")
    teacher.screen.screenshot("quiz-editor")
    frame = Desk(stack, new_screen(stack), "member4").sign_in().open(link_of(stack, "quiz"))
    expect(frame.locator("ul.rules")).to_contain_text("6 题")


@pytest.mark.shows("J-19")
def test_instructor_gives_an_attempt_and_reopens_one_with_a_reason(stack: Stack, new_screen: NewScreen) -> None:
    quiz = link_of(stack, "quiz")
    member = Desk(stack, new_screen(stack), "both").sign_in()
    hand_in_one_answer(member.open(quiz))
    hand_in_one_answer(member.open(quiz))
    frame = member.open(quiz)
    expect(frame.locator("main form button.btn--main")).to_have_count(0)

    teacher = Desk(stack, new_screen(stack), "teacher").sign_in()
    frame = teacher.open(quiz)
    row = frame.locator("main tbody tr").filter(has_text="周宁")
    assert_sound(teacher.page)
    teacher.screen.screenshot("attempts")
    row.locator('form[action$="/attempts"] input[name=reason]').fill("断电，第二次没有做完")
    with teacher.page.expect_response(lambda answer: answer.request.method == "POST"):
        row.locator('form[action$="/attempts"] button').click()
    frame = member.open(quiz)
    expect(frame.locator("main form button.btn--main")).to_be_visible()

    frame = teacher.open(quiz)
    row = frame.locator("main tbody tr").filter(has_text="周宁")
    row.locator("details", has=frame.locator('form[action$="/reopen"]')).first.locator("summary").click()
    reopening = row.locator('form[action$="/reopen"]').first
    reopening.locator("input[name=reason]").fill("误点了交卷")
    reopening.locator("button").click()
    expect(frame.locator("main tbody tr").filter(has_text="周宁")).to_contain_text("作答中")
    frame = member.open(quiz)
    frame.locator("main form button.btn--main, main a.btn--main").first.click()
    frame.wait_for_url(re.compile(r"/attempts/\d+"))
    expect(frame.locator("#timer")).to_contain_text(re.compile(r"1[45]:\d\d"))
    hand_in(frame)


@pytest.mark.shows("J-20")
def test_instructor_archives_and_results_are_kept(stack: Stack, new_screen: NewScreen) -> None:
    forum = link_of(stack, "forum")
    member = Desk(stack, new_screen(stack), "both").sign_in()
    frame = member.open(forum)
    write_thread(frame, "一张照片", "什么时候拍的？")
    for text in ("谁在里面？", "谢谢。"):
        reply(frame, text)
    teacher = Desk(stack, new_screen(stack), "teacher").sign_in()
    stack.driver.allow_grades(forum, allowed=True)
    teacher.open(forum)
    member.wait_for_grade(column_of(stack, "forum"), "both", 100)
    home = teacher.open(link_of(stack, "outline"))
    task = home.locator("li.task--edit").filter(has_text="讨论")
    assert not home.locator("button, a").filter(has_text=re.compile("删除|Delete")).count()
    task.locator('a.iconbtn[href$="/archive"]').click()
    home.locator("#f-reason").wait_for()
    assert_sound(teacher.page)
    home.locator("#f-reason").fill("换成下一期的讨论")
    home.locator("main form button.btn--danger").click()
    archived = home.locator("details.month").last
    archived.locator("summary").click()
    expect(archived).to_contain_text("讨论")
    assert_sound(teacher.page)
    frame = member.open(link_of(stack, "outline"))
    expect(frame.locator("li.task")).to_have_count(2)
    assert float(member.wait_for_grade(column_of(stack, "forum"), "both")["score"]) == 100
    home = teacher.open(link_of(stack, "outline"))
    archived = home.locator("details.month").last
    archived.locator("summary").click()
    archived.locator("form button").click()
    expect(home.locator("li.task--edit").filter(has_text="讨论").locator(".tally")).to_contain_text("已完成")
    frame = member.open(forum)
    expect(frame.locator(".checks li.is-met")).to_have_count(2)


TOUR = (
    "/home/{outline}", "/home/{outline}/members", "/scores/{outline}?show=all", "/home/{outline}/tasks/{quiz}",
    "/home/{outline}/tasks/{forum}/archive", "/lessons/{lesson}", "/lessons/{lesson}/edit", "/lessons/{lesson}/settings",
    "/quizzes/{quiz}", "/quizzes/{quiz}/edit", "/quizzes/{quiz}/settings", "/quizzes/{quiz}/questions/new?kind=single",
    "/quizzes/{quiz}/questions/new?kind=multiple", "/quizzes/{quiz}/questions/new?kind=true_false",
    "/quizzes/{quiz}/questions/new?kind=fill_in", "/quizzes/{quiz}/questions/new?kind=numeric",
    "/forum/{forum}", "/forum/{forum}/settings", "/privacy",
)  # fmt: skip
"""Every page of the instructor that an address alone opens."""


@pytest.mark.once
@pytest.mark.shows("A-01", "A-02", "J-28", "J-29", "J-30")
@pytest.mark.parametrize("look", [Look(scheme="dark"), Look(width=360, height=780, language="en")])
def test_every_page_of_the_instructor_is_sound(stack: Stack, new_screen: NewScreen, look: Look) -> None:
    screen = new_screen(stack, **vars(look))
    desk = Desk(stack, screen, "teacher").sign_in()
    numbers = {}
    frame = desk.open(link_of(stack, "outline"))
    for kind in ("outline", "lesson", "quiz", "forum"):
        frame = desk.open(link_of(stack, kind))
        numbers[kind] = re.findall(r"\d+", frame.url.rpartition("/")[2])[0]
    for address in TOUR:
        frame.goto(f"{stack.tool_url}{address.format(**numbers)}")
        assert_sound(screen.page)
        name = re.sub(r"[^a-z_]+", "-", address.format(**dict.fromkeys(numbers, ""))).strip("-")
        screen.screenshot(f"instructor-{name}")


@pytest.mark.once
@pytest.mark.shows("A-01")
@pytest.mark.parametrize(
    ("kind", "page", "field"),
    [("lesson", "lessons/{}/settings", "title"), ("quiz", "quizzes/{}/settings", "title"), ("forum", "forum/{}/settings", "title")],
)  # fmt: skip
def test_forms_with_errors_are_sound(stack: Stack, new_screen: NewScreen, kind: str, page: str, field: str) -> None:
    screen = new_screen(stack)
    desk = Desk(stack, screen, "teacher").sign_in()
    frame = desk.open(link_of(stack, kind))
    frame.goto(f"{stack.tool_url}/{page.format(re.findall(r'[0-9]+', frame.url.rpartition('/')[2])[0])}")
    frame.locator(f"#f-{field}").evaluate("each => { each.required = false; each.value = '' }")
    screen.expect_problem("400")
    frame.locator("main form button.btn--main").first.click()
    expect(frame.locator(f"#f-{field}")).to_have_attribute("aria-invalid", "true")
    assert_sound(screen.page)
