"""Submission reviews (case list 2.16): from a column of the gradebook to one person's work."""

import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lti_tool.identity.models import Member
from lti_tool.ledger import services
from lti_tool.ledger.models import Activity, ActivityStatus, LineItem, Placement
from lti_tool.ledger.rules import Outcome
from quizzes.papers.rules import Settings
from tests.lms_client import ENDPOINT_CLAIM
from tests.lti.world import ORIGIN, World, csrf_of
from tests.quizzes.conftest import Quizzes


@pytest.fixture
def activity(world: World) -> Activity:
    """Shown by link-a, which has a column; member1 has opened it and begun, member2 has opened it only."""
    activity = world.bound()
    for person in ("member1", "member2"):
        assert world.launch(world.browser(), person).status_code == 303
    learner = member_id(world, "member1")
    with world.runtime.database.writing() as session:
        services.record(
            session,
            activity_id=activity.id,
            member_id=learner,
            outcome=Outcome(Decimal(1), None, completed=True),
            verb="submitted",
            source="test:1",
            now=world.runtime.clock.now(),
        )
    return activity


def member_id(world: World, sub: str) -> int:
    with world.runtime.database.reading() as session:
        return session.scalars(select(Member.id).where(Member.sub == sub)).one()


def review(world: World, browser: FlaskClient, person: str, for_user: Any, **changes: Any) -> TestResponse:
    """The message as Moodle sends it: for_user has the id and nothing else."""
    named = {"user_id": for_user} if isinstance(for_user, str) else for_user
    return world.forge(browser, person=person, message_type="LtiSubmissionReviewRequest", for_user=named, **changes)


def where(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


@pytest.mark.parametrize("person", ["teacher", "assistant"])
def test_SR_01_review_by_who_teaches(world: World, browser: FlaskClient, activity: Activity, person: str) -> None:
    role = "Instructor" if person == "teacher" else "TeachingAssistant"
    answer = review(world, browser, "teacher", "member1", roles=[role])
    assert where(answer) == f"/probe/{activity.id}?member_id={member_id(world, 'member1')}"
    assert browser.get(where(answer), base_url=ORIGIN).status_code == 200
    # The column is the LMS's word on what is reviewed; a link need not come along.
    without_link = review(world, world.browser(), "teacher", "member1", resource_link=None)
    assert where(without_link) == where(answer)


def test_SR_01_review_changes_neither_link_nor_column(world: World, browser: FlaskClient, activity: Activity) -> None:
    before = world.column()
    endpoint = world.claims("")[ENDPOINT_CLAIM] | {"scope": []}
    assert review(world, browser, "teacher", "member1", **{ENDPOINT_CLAIM: endpoint}).status_code == 303
    after = world.column()
    assert (after.url, after.state, after.checked_at) == (before.url, before.state, before.checked_at)


def test_SR_02_learner_for_another_user(world: World, browser: FlaskClient, activity: Activity) -> None:
    answer = review(world, browser, "member2", "member1")
    world.refused(answer, 404, "review_not_yours")
    assert "LTI-SR-02" in answer.get_data(as_text=True)
    assert world.reasons() == ["review_not_yours"]
    # To whom it is refused, everybody else looks alike, known or not.
    assert review(world, world.browser(), "member2", "nobody").status_code == 404


def test_SR_02_learner_for_self(world: World, browser: FlaskClient, activity: Activity) -> None:
    """The member's own page, where what is released is shown and nothing else (tests/quizzes/attempts)."""
    answer = review(world, browser, "member1", "member1")
    assert where(answer) == f"/probe/{activity.id}"
    assert browser.get(where(answer), base_url=ORIGIN).get_json()["role"] == "member"


def test_SR_02_own_work_in_an_archived_activity(world: World, browser: FlaskClient, activity: Activity) -> None:
    with world.runtime.database.writing() as session:
        session.get_one(Activity, activity.id).status = ActivityStatus.archived
    assert where(review(world, browser, "member1", "member1")).startswith("/lti/waiting/")
    assert where(review(world, world.browser(), "teacher", "member1")).startswith("/probe/")


@pytest.mark.parametrize("roles", [[], ["http://x/Unknown"]])
def test_SR_02_guest_for_another_user(world: World, browser: FlaskClient, activity: Activity, roles: list[str]) -> None:
    world.refused(review(world, browser, "member2", "member1", roles=roles), 404, "review_not_yours")


def test_SR_02_mentor_sees_those_whom_the_platform_names(
    world: World, browser: FlaskClient, activity: Activity
) -> None:
    answer = review(world, browser, "member2", "member1", roles=["Mentor"], role_scope_mentor=["member1"])
    assert "/mentoring" in where(answer)
    other = review(world, world.browser(), "member2", "member1", roles=["Mentor"], role_scope_mentor=["member3"])
    world.refused(other, 404, "review_not_yours")


@pytest.mark.parametrize("for_user", [None, {}, {"user_id": None}, {"user_id": ""}, {"user_id": 5}, [], "x" * 256])
def test_SR_03_for_user_missing(world: World, browser: FlaskClient, activity: Activity, for_user: Any) -> None:
    world.refused(review(world, browser, "teacher", for_user), 400, "for_user")


@pytest.mark.parametrize("endpoint", [None, {}, {"lineitem": ""}, {"lineitem": 5}, {"lineitems": "https://x/items"}])
def test_SR_03_line_item_missing(world: World, browser: FlaskClient, activity: Activity, endpoint: Any) -> None:
    world.refused(review(world, browser, "teacher", "member1", **{ENDPOINT_CLAIM: endpoint}), 400, "review_column")


def test_SR_03_line_item_foreign(world: World, browser: FlaskClient, activity: Activity) -> None:
    contexts = world.sessions()
    for foreign in ("https://other.example/items/1", f"{world.column().url}x"):
        answer = review(world, browser, "teacher", "member1", **{ENDPOINT_CLAIM: {"lineitem": foreign}})
        assert (answer.status_code, world.reasons()[-1]) == (404, "review_unknown")
    assert world.sessions() == contexts


def test_SR_03_line_item_of_another_course(world: World, browser: FlaskClient, activity: Activity) -> None:
    """A teacher of the second course names the first one's column."""
    world.bound("link-c", "course-2", "teacher2")
    endpoint: Any = {"lineitem": world.column("link-a").url}
    answer = world.forge(
        browser, person="teacher2", link="link-c", message_type="LtiSubmissionReviewRequest",
        for_user={"user_id": "member1"}, **{ENDPOINT_CLAIM: endpoint},
    )  # fmt: skip
    assert (answer.status_code, world.reasons()[-1]) == (404, "review_unknown")


@pytest.mark.parametrize(
    ("person", "words"), [("member2", "还没有做这项任务"), ("stranger", "还没有在这里打开过这门课")]
)
def test_SR_04_nothing_submitted_yet(
    world: World, browser: FlaskClient, activity: Activity, person: str, words: str
) -> None:
    page = browser.get(where(review(world, browser, "teacher", person)), base_url=ORIGIN)
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "还没有提交" in text
    assert words in text


def test_SR_04_page_is_for_who_teaches_the_course(world: World, browser: FlaskClient, activity: Activity) -> None:
    page = where(review(world, browser, "teacher", "member2"))
    member, stranger = world.browser(), world.browser()
    world.launch(member, "member1")
    world.launch(stranger, "teacher2", "link-c")
    assert [each.get(page, base_url=ORIGIN).status_code for each in (member, stranger, world.browser())] == [404] * 3
    other = f"/lti/reviews/{activity.id}?member="
    for odd in ("999999", "9" * 40):
        assert browser.get(other + odd, base_url=ORIGIN).status_code in {200, 404}
    assert browser.get(f"{other}999999", base_url=ORIGIN).status_code == 404


def test_message_without_context_is_refused_when_it_has_no_link_either(
    world: World, browser: FlaskClient, activity: Activity
) -> None:
    answer = review(world, browser, "teacher", "member1", resource_link=None, context=None)
    world.refused(answer, 400, "context")


@pytest.fixture
def attempt(world: World) -> tuple[Activity, int]:
    """A real quiz behind link-a, whose results are not released yet, and member1's attempt that has been handed in."""
    probe = world.bound()
    course: Any = SimpleNamespace(runtime=world.runtime, now=world.runtime.clock.now(), context_id=probe.context_id)
    quiz = Quizzes(course).quiz(settings=Settings(shuffle_options=False, review=frozenset()))
    with world.runtime.database.writing() as session:
        for table in (LineItem, Placement):
            session.execute(update(table).values(activity_id=quiz.id))
    member = world.browser()
    page = where(world.launch(member, "member1"))
    form = {"csrf_token": csrf_of(member.get(page, base_url=ORIGIN))}
    begun = member.post(f"{page}/attempts", data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    number = int(where(begun).rsplit("/", 1)[-1])
    done = member.post(f"/attempts/{number}/submit", data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    assert done.status_code == 303
    return quiz, number


def test_SR_01_attempt_of_the_named_member_is_shown(
    world: World, browser: FlaskClient, attempt: tuple[Activity, int]
) -> None:
    quiz, number = attempt
    page = where(review(world, browser, "teacher", "member1"))
    assert page == f"/quizzes/{quiz.id}/members/{member_id(world, 'member1')}"
    shown = browser.get(page, base_url=ORIGIN)
    assert shown.status_code == 200
    assert f"/quizzes/{quiz.id}/attempts/{number}" in shown.get_data(as_text=True)
    looked = browser.get(f"/quizzes/{quiz.id}/attempts/{number}", base_url=ORIGIN).get_data(as_text=True)
    assert "EXPLAIN-SINGLE" in looked
    # Read-only: nothing on the attempt's page sends anything but the reader's own choices, the way out and the view as a member.
    sent = {each for each in re.findall(r'action="([^"]+)"', looked) if not each.endswith("/preview")}
    assert sent == {"/preferences", "/leave"}


def test_SR_02_own_review_shows_what_is_released_and_no_more(
    world: World, browser: FlaskClient, attempt: tuple[Activity, int]
) -> None:
    quiz, number = attempt
    page = where(review(world, browser, "member1", "member1"))
    assert page == f"/quizzes/{quiz.id}"
    for path in (page, f"/attempts/{number}/result"):
        shown = browser.get(path, base_url=ORIGIN)
        assert shown.status_code == 200
        assert "EXPLAIN-" not in shown.get_data(as_text=True)
    assert browser.get(f"/quizzes/{quiz.id}/attempts/{number}", base_url=ORIGIN).status_code == 404
