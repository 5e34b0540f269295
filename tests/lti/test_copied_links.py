"""A course copied in the demo LMS, opened by real launches; what a teacher sees when a link cannot be followed."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lti_tool.identity.models import Context
from lti_tool.ledger.models import Activity, ActivityStatus, Placement
from tests.lti.world import ORIGIN, World, csrf_of, path_of

UNSET = "还没有设置好"


def copied_links(world: World, course: str = "course-1", title: str = "入门课 2027 春") -> dict[str, str]:
    """Let the teacher copy a course in the LMS; its new links by title."""
    answer = world.lms.post("teacher", f"/courses/{course}/copy", title=title)
    page = world.lms.page("teacher", answer.headers["Location"]).text
    found = re.findall(r'data-link="([^"]+)"><a href="[^"]*"[^>]*data-open>([^<]*)</a>', page)
    return {name: link for link, name in found}


def activities(world: World) -> list[Activity]:
    """Those of the copied course."""
    with world.runtime.database.reading() as session:
        return list(
            session.scalars(
                select(Activity)
                .join(Context, Context.id == Activity.context_id)
                .where(Context.context_key.not_in(["c:course-1", "c:course-2"]))
                .order_by(Activity.position)
            )
        )


def post(browser: FlaskClient, page: TestResponse, address: str, **form: str) -> TestResponse:
    return browser.post(address, data=form | {"csrf_token": csrf_of(page)}, headers={"Origin": ORIGIN}, base_url=ORIGIN)


@pytest.fixture
def histories(world: World) -> None:
    """The LMS gives its histories to every link of ours."""
    world.lms.control(
        "POST", "custom",
        {"custom": {"context_id_history": "$Context.id.history", "resource_link_id_history": "$ResourceLink.id.history"}},
    )  # fmt: skip


def test_CT_05_link_made_by_hand_is_found_again_in_the_copy(world: World, histories: None) -> None:
    activity = world.bound("link-a", title="Reading")
    copied = copied_links(world)
    answer = world.launch(world.browser(), "member1", copied["第一讲"])
    [copy] = activities(world)
    assert (copy.title, copy.origin_id) == ("Reading", activity.id)
    assert path_of(answer) == f"/probe/{copy.id}"
    # The link that showed nothing shows nothing.
    browser = world.browser()
    unset = world.launch(browser, "member2", copied["小测"])
    assert UNSET in browser.get(unset.headers["Location"], base_url=ORIGIN).text


def test_CT_06_moodle_does_not_say_which_link_it_was_so_the_teacher_chooses(world: World, histories: None) -> None:
    world.bound("link-a", title="第一讲")
    world.bound("link-b", title="Something else")
    world.lms.profile("moodle")
    copied = copied_links(world)
    member = world.browser()
    waiting = world.launch(member, "member1", copied["第一讲"])
    assert UNSET in member.get(waiting.headers["Location"], base_url=ORIGIN).text
    assert [each.title for each in activities(world)] == ["第一讲", "Something else"]
    teacher = world.browser()
    choose = world.launch(teacher, "teacher", copied["第一讲"])
    page = teacher.get(choose.headers["Location"], base_url=ORIGIN)
    titles = re.findall(r"</svg><span>([^<]+)<span", page.text)
    assert titles == ["第一讲", "Something else"]
    assert page.text.count("可能是它：标题相同") == 1
    chosen = path_of(choose).replace("choose", "chosen")
    assert post(teacher, page, chosen, activity_id=str(activities(world)[0].id)).status_code == 303
    again = member.get(waiting.headers["Location"], base_url=ORIGIN)
    assert path_of(again) == f"/probe/{activities(world)[0].id}"


@pytest.mark.parametrize("where", ["source", "copy"])
def test_CT_05_what_is_archived_is_brought_back_by_the_teacher(world: World, histories: None, where: str) -> None:
    activity = world.bound("link-a", title="Reading")
    world.bound("link-b", title="Other")
    copied = copied_links(world)
    if where == "source":
        archive(world, activity.id)
    world.launch(world.browser(), "member1", copied["小测"])
    if where == "copy":
        archive(world, next(each.id for each in activities(world) if each.title == "Reading"))
    member, teacher = world.browser(), world.browser()
    waiting = world.launch(member, "member1", copied["第一讲"])
    members_page = member.get(waiting.headers["Location"], base_url=ORIGIN)
    assert UNSET in members_page.text
    choose = world.launch(teacher, "teacher", copied["第一讲"])
    page = teacher.get(choose.headers["Location"], base_url=ORIGIN)
    assert "这个链接原来显示「Reading」" in page.text
    form = re.search(r'action="([^"]*/bring)">.*?name="activity_id" value="(\d+)"', page.text)
    assert form is not None
    # Nothing else can be brought: not the source's other activities, not what does not exist.
    for wrong in ("999999", "x", str(activity.id + 1)):
        assert post(teacher, page, form[1], activity_id=wrong).status_code == 404
    assert post(member, members_page, form[1], activity_id=form[2]).status_code == 404
    done = post(teacher, page, form[1], activity_id=form[2])
    back = next(each for each in activities(world) if each.title == "Reading")
    assert path_of(done) == f"/probe/{back.id}"
    assert back.status is ActivityStatus.published
    assert path_of(member.get(waiting.headers["Location"], base_url=ORIGIN)) == f"/probe/{back.id}"
    with world.runtime.database.reading() as session:
        assert session.get_one(Activity, activity.id).status is (
            ActivityStatus.archived if where == "source" else ActivityStatus.published
        )


def archive(world: World, activity_id: int) -> None:
    with world.runtime.database.writing() as session:
        session.execute(update(Activity).where(Activity.id == activity_id).values(status=ActivityStatus.archived))


def test_CT_07_pasted_token_leads_a_teacher_to_the_page_that_everybody_gets(world: World) -> None:
    activity = world.bound("link-a", title="Reading")
    pasted, invented = world.browser(), world.browser()
    answers = [
        world.forge(browser, person="teacher2", link="link-c", custom={"activity": token})
        for browser, token in ((pasted, activity.token), (invented, "f" * 32))
    ]
    pages = [
        browser.get(answer.headers["Location"], base_url=ORIGIN)
        for browser, answer in zip((pasted, invented), answers, strict=True)
    ]
    assert [page.status_code for page in pages] == [200, 200]
    texts = [re.sub(r"\d{5,}|content=\"[^\"]*\"|value=\"[^\"]*\"|nonce=\"[^\"]*\"", "", page.text) for page in pages]
    assert texts[0] == texts[1]
    assert "Reading" not in texts[0]
    assert "可能是它" not in texts[0]
    assert activities(world) == []


def test_bound_link_of_a_draft_says_not_set_up_to_members_only(world: World) -> None:
    activity = world.bound("link-a")
    with world.runtime.database.writing() as session:
        session.execute(update(Activity).where(Activity.id == activity.id).values(status=ActivityStatus.draft))
    member, teacher = world.browser(), world.browser()
    answer = world.launch(member, "member1")
    assert UNSET in member.get(answer.headers["Location"], base_url=ORIGIN).text
    assert path_of(world.launch(teacher, "teacher")) == f"/probe/{activity.id}"
    with world.runtime.database.reading() as session:
        assert session.scalars(select(Placement.activity_id)).all() == [activity.id]
