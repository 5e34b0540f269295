"""Deep linking from the LMS's course to the gradebook: several activities at once, cancelled, plain links."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import select, update

from lti_tool.identity.models import Registration
from lti_tool.ledger.models import Activity, ActivityStatus, Placement
from tests.flows.campus import Campus
from tests.flows.visitor import Visitor
from tests.lms_client import ENDPOINT_CLAIM, form_of
from tests.lms_transport import Reply

People = Callable[[str], Visitor]


def ask(teacher: Visitor) -> str:
    """The LMS sends the teacher to choose; the path of the page."""
    page = teacher.launch(course="course-1")
    assert page.status == 200, page.text
    return teacher.address


def hand_over(teacher: Visitor, campus: Campus, answer: Reply) -> Reply:
    """The teacher's browser carries the signed answer to the LMS; the LMS's page."""
    assert answer.status == 200, answer.text
    address, values = form_of(answer.text)
    return campus.lms.browser(teacher.person).request(
        "POST", str(address), form=values, headers={"Origin": teacher.tool_url}
    )


def pick(teacher: Visitor, choice: str, *activities: Activity) -> Reply:
    """Send the page's form with these ticked."""
    pairs = [("csrf_token", teacher.csrf), *(("activity_id", str(each.id)) for each in activities)]
    headers = {"Origin": teacher.tool_url, "Content-Type": "application/x-www-form-urlencoded"}
    address = f"{teacher.tool_url}{choice.replace('choose', 'chosen')}"
    return teacher.browser.request("POST", address, body=urlencode(pairs).encode(), headers=headers)


def create(teacher: Visitor, campus: Campus, choice: str, path: str, **form: str) -> Activity:
    """Fill in a domain's form from the page; it comes back ticked."""
    number = choice.rpartition("/")[2]
    made = teacher.send(f"{path}?choice={number}", **form)
    assert made.status == 303, made.text
    page = teacher.arrive(made)
    with campus.runtime.database.reading() as session:
        activity = session.scalars(select(Activity).order_by(Activity.id.desc()).limit(1)).one()
    assert f'value="{activity.id}" checked' in page.text
    assert activity.status is ActivityStatus.draft
    teacher.address = choice
    return activity


def links(campus: Campus) -> list[str]:
    return re.findall(r'data-link="([^"]+)"', campus.lms.page("teacher", "/courses/course-1").text)


def test_two_created_and_one_that_was_there_become_links_with_columns(campus: Campus, visitor: People) -> None:
    teacher, before = visitor("teacher"), links(campus)
    choice = ask(teacher)
    quiz = create(teacher, campus, choice, "/quizzes/create", title="新的小测")
    talk = create(teacher, campus, choice, "/forum/create", title="新的讨论", body="说一说", threads="1", replies="0")
    closes = campus.clock.now() + timedelta(days=9)
    with campus.runtime.database.writing() as session:
        session.execute(update(Activity).where(Activity.id == talk.id).values(closes_at=closes))
    page = hand_over(teacher, campus, pick(teacher, choice, talk, quiz, campus.activity("lesson")))
    assert page.status == 200, page.text
    assert 'data-added="3"' in page.text
    assert campus.lms.refusals() == []
    new = [each for each in links(campus) if each not in before]
    assert len(new) == 3
    titles = [campus.lms.claims_for("member1", each)["https://purl.imsglobal.org/spec/lti/claim/resource_link"]["title"]
              for each in new]  # fmt: skip
    assert titles == [campus.activity("lesson").title, "新的小测", "新的讨论"]
    for each in new:
        assert "lineitem" in campus.lms.claims_for("member1", each)[ENDPOINT_CLAIM]
    member = visitor("member1")
    assert member.launch(new[2]).status == 200
    assert member.address == f"/forum/{talk.id}"
    with campus.runtime.database.reading() as session:
        placement = session.scalars(select(Placement).where(Placement.resource_link_id == new[2])).one()
    assert (placement.lms_opens_at, placement.lms_closes_at) == (None, closes.replace(microsecond=0))


def test_cancelled_creation_leaves_drafts_for_seven_days(campus: Campus, visitor: People) -> None:
    teacher, before = visitor("teacher"), links(campus)
    choice = ask(teacher)
    forgotten = create(teacher, campus, choice, "/quizzes/create", title="忘掉的小测")
    edited = create(teacher, campus, choice, "/quizzes/create", title="改过的小测")
    page = hand_over(teacher, campus, teacher.send(f"{choice}/cancel"))
    assert page.status == 200
    assert "lti_msg=" in page.text
    assert campus.lms.refusals() == []
    assert links(campus) == before
    home = teacher.launch(campus.link("outline"))
    assert "忘掉的小测" in home.text
    assert "就会清理" in home.text
    assert "忘掉的小测" not in visitor("member1").launch(campus.link("outline")).text
    with campus.runtime.database.writing() as session:
        session.execute(update(Activity).where(Activity.id == edited.id).values(title="改好的小测"))
    campus.work(after=timedelta(days=7).total_seconds())
    with campus.runtime.database.reading() as session:
        assert session.get(Activity, forgotten.id) is None
        assert session.get_one(Activity, edited.id).status is ActivityStatus.draft


def test_place_for_plain_links_gets_one_that_opens_after_a_launch(campus: Campus, visitor: People) -> None:
    campus.lms.deep_linking(accept_types=["link", "html"], accept_multiple=False, auto_create=None, data=None)
    teacher = visitor("teacher")
    choice = ask(teacher)
    quiz = campus.activity("quiz")
    assert hand_over(teacher, campus, pick(teacher, choice, quiz)).status == 200
    assert campus.lms.refusals() == []
    shown = campus.lms.page("member1", "/courses/course-1").text
    found = re.search(r'href="[^"]*(/lti/open/\w+)"', shown)
    assert found is not None
    member = visitor("member1")
    assert member.open(found[1]).status == 200
    assert member.address != f"/quizzes/{quiz.id}"
    member.launch(campus.link("outline"))
    member.arrive(member.open(found[1]))
    assert member.address == f"/quizzes/{quiz.id}"


def test_choice_that_ran_out_is_an_error_in_the_lms(campus: Campus, visitor: People) -> None:
    teacher = visitor("teacher")
    choice = ask(teacher)
    for _ in range(10):
        campus.clock.advance(timedelta(minutes=50))
        teacher.open("/privacy")
    late = teacher.open(choice)
    assert late.status == 409
    # The demo LMS forgets after half an hour whom it asked; what it would show is in the answer.
    answer = hand_over(teacher, campus, teacher.send(f"{choice}/cancel"))
    assert answer.status == 400
    assert campus.lms.refusals() == ["this was asked too long ago"]


def test_moodle_fills_its_own_form_and_our_page_says_so(campus: Campus, visitor: People) -> None:
    with campus.runtime.database.writing() as session:
        session.execute(update(Registration).values(family="moodle"))
    campus.lms.deep_linking(
        accept_types=["ltiResourceLink"],
        accept_presentation_document_targets=["frame", "iframe", "window"],
        accept_copy_advice=False,
        accept_unsigned=False,
        auto_create=False,
        can_confirm=False,
        accept_lineitem=None,
        data=None,
        title="t",
        text="x",
    )
    teacher = visitor("teacher")
    page = teacher.launch(course="course-1")
    assert "保存并返回课程" in page.text
    lesson, quiz = campus.activity("lesson"), campus.activity("quiz")
    assert hand_over(teacher, campus, pick(teacher, teacher.address, lesson, quiz)).status == 200
    assert campus.lms.refusals() == []
