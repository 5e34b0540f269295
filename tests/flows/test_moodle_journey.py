"""The whole journey on an LMS that does what Moodle 4.5 does: hints that burn, ids as numbers, no column until a tick."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import update

from lti_tool.identity.models import Registration
from lti_tool.ledger.rules import PostState
from tests.flows.campus import Campus
from tests.flows.linking import add_link
from tests.flows.visitor import Visitor
from tests.lti.registering import Admin

People = Callable[[str], Visitor]


@pytest.fixture
def campus(campus: Campus) -> Campus:
    """The campus's LMS is a Moodle, and registered as one."""
    campus.lms.profile("moodle")
    with campus.runtime.database.writing() as session:
        session.execute(update(Registration).values(family="moodle"))
    return campus


def test_score_waits_for_the_tick_and_then_stands_in_moodles_own_column(campus: Campus, visitor: People) -> None:
    quiz, link, member = campus.activity("quiz"), campus.link("quiz"), visitor("member1")
    campus.lms.allow_grades(link, allowed=False)
    campus.lms.control("DELETE", f"columns/{column_of(campus, link)['id']}")
    assert member.launch(link).status == 200
    member.take(quiz.id, right=3)
    campus.work()
    campus.work(after=400)
    assert [post.state for post in campus.posts().values()] == [PostState.waiting_for_column]
    assert not [one for one in columns(campus) if one["link"] == link]
    teacher = visitor("teacher")
    teacher.launch(link)
    shown = unescape(teacher.open(f"/scores/{quiz.id}").text)
    assert "Allow … to add grades in the gradebook" in shown, "the box as Moodle calls it"
    assert "李小明" in shown, "ID-04: Moodle sends the given name first"
    campus.lms.allow_grades(link)
    teacher.launch(link)
    campus.work()
    assert campus.grade("member1") == 60
    assert column_of(campus, link)["made_by"] == "platform"
    again = visitor("member1")
    again.launch(link)
    again.take(quiz.id, right=5)
    campus.work(after=60)
    assert campus.grade("member1") == 100
    assert [row["status"] for row in campus.lms.score_log()] == [200, 200]
    assert campus.lms.refusals() == []


def test_from_the_registration_link_to_the_gradebook(campus: Campus, visitor: People) -> None:
    """Moodle's "Update" of a tool that is there: the client id stays, the answer is thin, the tool waits to be activated."""
    with campus.runtime.database.writing() as session:
        session.execute(update(Registration).values(family=""))
    admin = Admin(campus.app, campus.lms, campus.runtime.settings.public_url)
    client_id = campus.config["client_id"]
    done = admin.confirm(admin.look(admin.invited("Demo"), client_id), replaces=client_id)
    assert done.status_code == 200
    [registered] = admin.rows()
    assert (registered.client_id, registered.family) == (client_id, "moodle")
    link = admin.place(client_id)
    teacher = visitor("teacher")
    assert teacher.launch(link).status == 200
    assert teacher.address.startswith("/lti/choose/")
    quiz = campus.activity("quiz")
    assert teacher.send(teacher.address.replace("choose", "chosen"), activity_id=str(quiz.id)).status == 303
    campus.lms.allow_grades(link)
    member = visitor("member4")
    assert member.launch(link).status == 200
    assert member.address == f"/quizzes/{quiz.id}"
    member.take(quiz.id, right=5)
    campus.work()
    column = column_of(campus, link)
    cells = [cell for cell in campus.lms.gradebook("course-1").values() if cell["line_item"] == column["id"]]
    assert [(cell["user"], cell["score"]) for cell in cells] == [("member4", 100)]


def test_column_that_was_deleted_is_not_made_by_us(campus: Campus, visitor: People) -> None:
    """The launch then carries `"lineitem": ""` until the teacher saves the activity again."""
    quiz, link, member = campus.activity("quiz"), campus.link("quiz"), visitor("member1")
    campus.lms.control("DELETE", f"columns/{column_of(campus, link)['id']}")
    member.launch(link)
    member.take(quiz.id, right=4)
    campus.work()
    campus.work(after=400)
    assert not [one for one in columns(campus) if one["link"] == link]
    campus.lms.allow_grades(link)
    visitor("teacher").launch(link)
    campus.work()
    assert campus.grade("member1") == 80
    assert column_of(campus, link)["made_by"] == "platform"


def test_hint_is_asked_for_once_only_and_its_second_use_is_a_404(campus: Campus, visitor: People) -> None:
    """SN-10: the cookie is probed before the browser goes to the LMS, so that the one use of the hint is the good one."""
    member, link = visitor("member1"), campus.link("quiz")
    first = member.log_in(link)
    action, values = campus.lms.authorize(first.url)
    assert member.arrive(member.browser.request("POST", action, form=values)).status == 200
    again = campus.lms.authorize_reply(first.url)
    assert again.status == 404
    assert "id_token" not in again.text
    reloaded = member.browser.request("POST", action, form=values)
    assert reloaded.status == 409
    assert "回到课程" in reloaded.text


def test_two_tabs_have_a_hint_each_in_both_orders(campus: Campus, visitor: People) -> None:
    member = visitor("member1")
    for order in ((0, 1), (1, 0)):
        begun = [member.log_in(campus.link(kind)) for kind in ("quiz", "lesson")]
        for tab in order:
            action, values = campus.lms.authorize(begun[tab].url)
            assert member.arrive(member.browser.request("POST", action, form=values)).status == 200


def test_deep_linking_fills_moodles_form_and_the_link_has_its_own_column(campus: Campus, visitor: People) -> None:
    quiz = campus.activity("quiz")
    assert add_link(campus, visitor("teacher"), quiz.id).status == 200
    page = campus.lms.page("teacher", "/courses/course-1").text
    added = re.findall(r'data-link="([^"]+)"', page)[-1]
    member = visitor("member2")
    assert member.launch(added).status == 200
    assert member.address == f"/quizzes/{quiz.id}"
    member.take(quiz.id, right=2)
    campus.work()
    column = column_of(campus, added)
    cells = [cell for cell in campus.lms.gradebook("course-1").values() if cell["line_item"] == column["id"]]
    assert [(cell["user"], cell["score"]) for cell in cells] == [("member2", 40)]
    assert campus.lms.refusals() == []


def columns(campus: Campus) -> list[dict[str, object]]:
    found: list[dict[str, object]] = campus.lms.control("GET", "columns?course=course-1")
    return found


def column_of(campus: Campus, link: str) -> dict[str, object]:
    [found] = [one for one in columns(campus) if one["link"] == link]
    return found
