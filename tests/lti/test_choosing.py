"""The page where an instructor chooses, for a link that shows nothing yet and for deep linking."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_tool.identity.models import Registration
from lti_tool.ledger.models import Activity, ActivityStatus
from tests.lti.linking import asks, cancel, items_of, pick, send
from tests.lti.world import ORIGIN, World, csrf_of, path_of

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def draft(world: World, **fields: Any) -> Activity:
    """A draft in the first course."""
    activity = world.activity(**fields)
    with world.runtime.database.writing() as session:
        session.merge(activity).status = ActivityStatus.draft
    return activity


def status(world: World, activity: Activity) -> ActivityStatus:
    with world.runtime.database.reading() as session:
        return session.get_one(Activity, activity.id).status


def test_activity_created_for_a_link_is_published_and_bound(world: World, browser: FlaskClient) -> None:
    choice = path_of(world.launch(browser, "teacher"))
    activity = draft(world)
    done = browser.get(f"{choice.replace('choose', 'chosen')}?activity={activity.id}", base_url=ORIGIN,
                       headers=SAME_SITE)  # fmt: skip
    assert path_of(done) == f"/probe/{activity.id}"
    member = world.browser()
    page = member.get(world.launch(member).headers["Location"], base_url=ORIGIN)
    assert page.get_json()["title"] == activity.title


def test_choice_page_lists_what_the_course_has(world: World, browser: FlaskClient) -> None:
    choice = path_of(world.launch(browser, "teacher"))
    world.activity(title="Reading <sources>")
    page = browser.get(choice, base_url=ORIGIN).get_data(as_text=True)
    assert "Reading &lt;sources&gt;" in page
    assert re.search(r'href="/probe/new/\d+"', page)
    assert 'type="radio"' in page
    assert "/cancel" not in page


def test_what_is_created_joins_the_others_where_several_are_taken(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, accept_multiple=True)
    there, new = world.activity(title="There"), draft(world, title="New")
    back = browser.get(f"{choice.replace('choose', 'chosen')}?activity={new.id}", base_url=ORIGIN, headers=SAME_SITE)
    assert path_of(back) == choice
    page = browser.get(back.headers["Location"], base_url=ORIGIN).get_data(as_text=True)
    assert re.findall(r'name="activity_id" value="(\d+)" checked', page) == [str(new.id)]
    assert status(world, new) is ActivityStatus.draft
    assert len(items_of(pick(browser, choice, there.id, new.id))) == 2
    assert status(world, new) is ActivityStatus.published


def test_cancelled_choice_publishes_nothing(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, accept_multiple=True)
    new = draft(world, title="New")
    browser.get(f"{choice.replace('choose', 'chosen')}?activity={new.id}", base_url=ORIGIN, headers=SAME_SITE)
    assert items_of(cancel(browser, choice)) == []
    assert status(world, new) is ActivityStatus.draft
    assert pick(browser, choice, new.id).status_code in {403, 409}


def test_page_without_any_activity_can_be_cancelled(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser)
    assert f'action="{choice}/cancel"' in browser.get(choice, base_url=ORIGIN).get_data(as_text=True)


def test_choice_ends_by_our_own_pages_only(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser)
    activity = world.activity()
    chosen = choice.replace("choose", "chosen")
    other = {"Sec-Fetch-Site": "cross-site"}
    assert browser.get(f"{chosen}?activity={activity.id}", base_url=ORIGIN, headers=other).status_code == 404
    assert browser.get(f"{choice}/cancel", base_url=ORIGIN).status_code in {404, 405}
    without = browser.post(chosen, data={"activity_id": str(activity.id)}, base_url=ORIGIN)
    assert without.status_code == 403
    assert len(items_of(pick(browser, choice, activity.id))) == 1


def test_activity_of_another_course_is_not_there(world: World, browser: FlaskClient) -> None:
    world.launch(world.browser(), "teacher2", "link-c")
    choice = asks(world, browser, accept_multiple=True)
    here, there = world.activity(), world.activity("c:course-2")
    assert pick(browser, choice, here.id, there.id).status_code == 404
    chosen = choice.replace("choose", "chosen")
    assert browser.get(f"{chosen}?activity={there.id}", base_url=ORIGIN, headers=SAME_SITE).status_code == 404
    assert len(items_of(pick(browser, choice, here.id))) == 1


def test_archived_activity_is_refused_and_nothing_is_used_up(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, accept_multiple=True)
    good, old = world.activity(title="Good"), world.activity(title="Old")
    with world.runtime.database.writing() as session:
        session.merge(old).status = ActivityStatus.archived
    assert pick(browser, choice, good.id, old.id).status_code == 400
    assert len(items_of(pick(browser, choice, good.id))) == 1


@pytest.mark.parametrize("typed", ["", "x", "-1", "1" * 19, "1e3"])
def test_what_is_no_activity_is_refused(world: World, browser: FlaskClient, typed: str) -> None:
    choice = asks(world, browser)
    world.activity()
    assert says(send(browser, choice, choice.replace("choose", "chosen"), activity_id=typed)) == "请先选一项活动。"


def says(page: TestResponse) -> str:
    """What stands beside the activities, to which each of them is joined."""
    text = page.get_data(as_text=True)
    found = re.search(r'id="f-activity_id-error">(?:<svg.*?</svg>)?([^<]+)<', text)
    assert (page.status_code, bool(found)) == (400, True), text
    fields = re.findall(r'<input type="(?:radio|checkbox)" name="activity_id"[^>]*>', text)
    assert fields
    assert all('aria-invalid="true" aria-describedby="f-activity_id-error"' in each for each in fields)
    return found[1] if found else ""


def test_what_cannot_be_taken_is_said_in_the_form_and_stays_ticked(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, accept_multiple=True)
    first, second, old = (world.activity(title=title) for title in ("A", "B", "C"))
    assert says(pick(browser, choice)) == "请先选一项活动。"
    with world.runtime.database.writing() as session:
        session.merge(old).status = ActivityStatus.archived
    page = pick(browser, choice, second.id, old.id)
    assert says(page) == "这项活动已经归档。请选另一项。"
    assert re.findall(r'value="(\d+)" checked', page.get_data(as_text=True)) == [str(second.id)]
    assert len(items_of(pick(browser, choice, first.id, second.id))) == 2


def test_link_that_shows_nothing_says_what_is_missing_in_its_form(world: World, browser: FlaskClient) -> None:
    choice = path_of(world.launch(browser, "teacher"))
    here = world.activity()
    assert says(pick(browser, choice)) == "请先选一项活动。"
    assert path_of(pick(browser, choice, here.id)) == f"/probe/{here.id}"


def test_family_of_the_lms_says_what_to_press(world: World, browser: FlaskClient) -> None:
    with world.runtime.database.writing() as session:
        session.scalars(select(Registration)).one().family = "moodle"
    choice = asks(world, browser, auto_create=False)
    activity = world.activity()
    assert "保存并返回课程" in browser.get(choice, base_url=ORIGIN).get_data(as_text=True)
    assert "保存并返回课程" in pick(browser, choice, activity.id).get_data(as_text=True)


def test_plain_link_opens_for_who_has_entered_the_course(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    address = f"/lti/open/{activity.token}"
    world.launch(browser)
    assert path_of(browser.get(address, base_url=ORIGIN)) == f"/probe/{activity.id}"
    stranger, outsider = world.browser(), world.browser()
    world.launch(outsider, "teacher2", "link-c")
    pages = [
        each.get(where, base_url=ORIGIN)
        for each in (stranger, outsider)
        for where in (address, f"/lti/open/{'0' * 32}", "/lti/open/x")
    ]
    assert {page.status_code for page in pages} == {200}
    assert all("先从学校平台进入过课程" in page.get_data(as_text=True) for page in pages)
    with world.runtime.database.writing() as session:
        session.merge(activity).status = ActivityStatus.draft
    assert browser.get(address, base_url=ORIGIN).status_code == 200


def test_plain_link_ends_with_the_session(world: World, browser: FlaskClient, clock: Any) -> None:
    activity = world.bound()
    world.launch(browser)
    clock.advance(timedelta(minutes=61))
    assert browser.get(f"/lti/open/{activity.token}", base_url=ORIGIN).status_code == 200


def test_page_says_that_plain_links_bring_no_grades(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, accept_types=["link"])
    page = browser.get(choice, base_url=ORIGIN)
    assert "普通链接不会送回成绩" in page.get_data(as_text=True)
    assert csrf_of(page)
