"""Letting a link show something else: proposals, the column only by an explicit word, and nobody but its teacher."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from lti_tool.identity.actor import Role
from lti_tool.identity.models import BrowserSession
from lti_tool.launch.models import DeepLinkRequest
from lti_tool.ledger import services as ledger
from lti_tool.ledger.models import Activity, ActivityStatus, AuditEvent, LineItem, Placement, ScorePost
from lti_tool.ledger.rules import Outcome, PostState
from tests.school import Person, School


@pytest.fixture
def old(school: School) -> Activity:
    return school.activity("lesson", "Old")


@pytest.fixture
def new(school: School) -> Activity:
    return school.activity("lesson", "New")


@pytest.fixture
def column(school: School, old: Activity) -> int:
    """The column of the link that shows the old activity."""
    return school.placement(old)


def reach(school: School, activity: Activity, person: Person, score: int) -> None:
    with school.database.writing() as session:
        ledger.record(
            session, activity_id=activity.id, member_id=person.member_id, verb="scored", now=school.now,
            outcome=Outcome(Decimal(1), Decimal(score), completed=True), source=f"x:{activity.id}:{person.member_id}",
        )  # fmt: skip


def link(school: School, line_item_id: int) -> int:
    with school.database.reading() as session:
        found: int = session.get_one(LineItem, line_item_id).placement_id
    return found


def page(school: School, line_item_id: int) -> str:
    return f"/lti/links/{link(school, line_item_id)}"


def shows(school: School, line_item_id: int) -> tuple[int | None, int]:
    """(what the link shows, whose results its column holds)."""
    with school.database.reading() as session:
        row = session.execute(
            select(Placement.activity_id, LineItem.activity_id)
            .join(LineItem, LineItem.placement_id == Placement.id)
            .where(LineItem.id == line_item_id)
        ).one()
    return row[0], row[1]


def posts(school: School, line_item_id: int) -> dict[int, tuple[PostState, str]]:
    with school.database.reading() as session:
        rows = session.scalars(select(ScorePost).where(ScorePost.line_item_id == line_item_id))
        return {row.member_id: (row.state, row.cause) for row in rows}


def sent(school: School, line_item_id: int) -> None:
    with school.database.writing() as session:
        session.execute(update(ScorePost).where(ScorePost.line_item_id == line_item_id).values(state=PostState.sent))


def test_grades_are_not_moved_without_a_word(school: School, old: Activity, new: Activity, column: int) -> None:
    reach(school, old, school.member, 7)
    client = school.client(school.instructor)
    before = shows(school, column), posts(school, column)
    answer = client.post_form(page(school, column), {"activity_id": str(new.id)})
    assert answer.status_code == 400
    assert re.search(r'id="f-column-error">.*成绩册里的那一列怎么处理', answer.text)
    assert f'value="{new.id}" checked>' in answer.text, "what was picked stays picked"
    assert answer.text.count('aria-describedby="f-column-error"') == 2
    assert (shows(school, column), posts(school, column)) == before
    for wrong in ("both", "Keep"):
        form = {"activity_id": str(new.id), "column": wrong}
        assert client.post_form(page(school, column), form).status_code == 400
    assert (shows(school, column), posts(school, column)) == before


def test_button_pressed_with_nothing_chosen_says_so_in_the_form(
    school: School, old: Activity, new: Activity, column: int
) -> None:
    before = shows(school, column)
    for typed in ("", "x", "1" * 19):
        form = {"activity_id": typed, "column": "keep"}
        answer = school.client(school.instructor).post_form(page(school, column), form)
        assert answer.status_code == 400
        assert re.search(r'id="f-activity_id-error">.*请先选一项活动。', answer.text)
        assert 'aria-describedby="f-activity_id-error"' in answer.text
        assert 'value="keep" checked>' in answer.text
    assert shows(school, column) == before


def test_column_that_is_kept_goes_on_with_the_old_activity(
    school: School, old: Activity, new: Activity, column: int
) -> None:
    reach(school, old, school.member, 7)
    sent(school, column)
    reach(school, new, school.member, 3)
    answer = school.client(school.instructor).post_form(
        page(school, column), {"activity_id": str(new.id), "column": "keep"}
    )
    assert answer.status_code == 303
    assert shows(school, column) == (new.id, old.id)
    assert posts(school, column) == {school.member.member_id: (PostState.sent, "")}
    # What is reached in the new one later does not go there; what is reached in the old one does.
    reach(school, new, school.member2, 4)
    assert school.member2.member_id not in posts(school, column)
    reach(school, old, school.member2, 9)
    assert posts(school, column)[school.member2.member_id] == (PostState.waiting, "")
    listed = school.client(school.instructor).get(f"/lti/courses/{school.context_id}/links").text
    assert "它的成绩列里是「Old」的成绩" in listed


def test_column_that_is_handed_over_gets_the_new_grades_and_loses_none(
    school: School, old: Activity, new: Activity, column: int
) -> None:
    reach(school, old, school.member, 7)
    reach(school, old, school.member2, 8)
    sent(school, column)
    reach(school, new, school.member, 3)
    client = school.client(school.instructor)
    assert client.post_form(page(school, column), {"activity_id": str(new.id), "column": "send"}).status_code == 303
    assert shows(school, column) == (new.id, new.id)
    assert posts(school, column) == {
        school.member.member_id: (PostState.waiting, ""),
        school.member2.member_id: (PostState.kept, "relinked"),
    }
    # The results stay with their activities.
    for activity, person, score in ((old, school.member, 7), (old, school.member2, 8), (new, school.member, 3)):
        result = school.result(activity.id, person)
        assert result is not None
        assert result.score == score
    reach(school, new, school.member2, 5)
    assert posts(school, column)[school.member2.member_id] == (PostState.waiting, "")
    assert client.get(f"/scores/{new.id}").status_code == 200


def test_column_that_was_kept_can_be_handed_over_later(
    school: School, old: Activity, new: Activity, column: int
) -> None:
    third = school.activity("lesson", "Third")
    client = school.client(school.instructor)
    for activity, word, expected in (
        (new, "keep", (new.id, old.id)), (third, "send", (third.id, third.id)), (old, "keep", (old.id, third.id)),
    ):  # fmt: skip
        form = {"activity_id": str(activity.id), "column": word}
        assert client.post_form(page(school, column), form).status_code == 303
        assert shows(school, column) == expected
    # Back to the activity whose results stand in the column: there is nothing to ask.
    assert client.post_form(page(school, column), {"activity_id": str(third.id)}).status_code == 303


def test_change_is_written_down(school: School, old: Activity, new: Activity, column: int) -> None:
    school.client(school.instructor).post_form(page(school, column), {"activity_id": str(new.id), "column": "send"})
    with school.database.reading() as session:
        found = session.scalars(select(AuditEvent)).one()
    assert (found.action, found.activity_id, found.actor_id) == ("relink", new.id, school.instructor.member_id)
    assert found.reason == f"link {link(school, column)}: {old.id} -> {new.id}, column send"


def test_link_that_shows_nothing_is_bound_without_a_question(school: School, new: Activity) -> None:
    with school.database.writing() as session:
        placement = Placement(context_id=school.context_id, resource_link_id="x", title="Nw", created_at=school.now)
        session.add(placement)
        session.flush()
        placement_id = placement.id
    client = school.client(school.instructor)
    shown = client.get(f"/lti/links/{placement_id}").text
    assert "可能是它：标题相近" in shown
    assert 'name="column"' not in shown
    assert client.post_form(f"/lti/links/{placement_id}", {"activity_id": str(new.id)}).status_code == 303
    with school.database.reading() as session:
        assert session.get_one(Placement, placement_id).activity_id == new.id


def test_draft_is_published_and_archived_is_refused(school: School, column: int) -> None:
    draft = school.activity("forum", "Draft", status="draft")
    archived = school.activity("lesson", "Archived", status="archived")
    client = school.client(school.instructor)
    shown = client.get(page(school, column)).text
    assert "Draft" in shown
    assert "Archived" not in shown
    form = {"activity_id": str(archived.id), "column": "keep"}
    assert client.post_form(page(school, column), form).status_code == 400
    assert client.post_form(page(school, column), form | {"activity_id": str(draft.id)}).status_code == 303
    with school.database.reading() as session:
        assert session.get_one(Activity, draft.id).status is ActivityStatus.published


def test_likely_activities_come_first(school: School, column: int) -> None:
    school.activity("quiz", "Something else")
    school.activity("lesson", "Link title")
    with school.database.writing() as session:
        session.execute(update(Placement).values(title="link TITLE"))
    shown = school.client(school.instructor).get(page(school, column)).text
    titles = re.findall(r"</svg><span>([^<]+)<span", shown)
    assert titles == ["Link title", "Something else"]
    assert shown.count("可能是它") == 1


def test_pasted_token_of_another_course_proposes_nothing(school: School, new: Activity) -> None:
    foreign = school.activity("lesson", "Foreign", context_id=school.other_context_id)
    with school.database.writing() as session:
        placement = Placement(
            context_id=school.context_id, resource_link_id="x", title="Foreign", hint_token=foreign.token,
            link_history=["link-of-another-course"], created_at=school.now,
        )  # fmt: skip
        session.add(placement)
        session.flush()
        placement_id = placement.id
    client = school.client(school.instructor)
    shown = client.get(f"/lti/links/{placement_id}").text
    assert f'value="{foreign.id}"' not in shown
    assert "可能是它" not in shown
    assert client.post_form(f"/lti/links/{placement_id}", {"activity_id": str(foreign.id)}).status_code == 404


@pytest.mark.parametrize("where", ["link", "links"])
def test_only_its_teacher_may(school: School, new: Activity, column: int, where: str) -> None:
    address = page(school, column) if where == "link" else f"/lti/courses/{school.context_id}/links"
    assert school.client(school.instructor).get(address).status_code == 200
    nowhere = "/lti/links/999999" if where == "link" else "/lti/courses/999999/links"
    for person in (school.member, school.assistant, *school.strangers, None):
        client = school.client(person)
        assert client.get(address).status_code == client.get(nowhere).status_code == 404
        if where == "link" and person is not None:
            form = {"activity_id": str(new.id), "column": "send"}
            assert client.post_form(address, form).status_code == 404
            assert client.post_form(nowhere, form).status_code == 404
    assert shows(school, column)[0] != new.id
    with school.database.reading() as session:
        assert session.scalars(select(AuditEvent)).all() == []


@pytest.mark.parametrize("wrong", ["", "x", "-1", "9" * 19])
def test_what_is_no_number_is_refused(school: School, column: int, wrong: str) -> None:
    answer = school.client(school.instructor).post_form(page(school, column), {"activity_id": wrong, "column": "keep"})
    assert answer.status_code == 400


def test_only_who_has_the_choice_brings_something_back(school: School) -> None:
    gone = school.activity("lesson", "Gone", status="archived")
    with school.database.writing() as session:
        placement = Placement(
            context_id=school.context_id, resource_link_id="x", title="", hint_token=gone.token, created_at=school.now
        )
        session.add(placement)
        session.flush()
    owner = school.client(school.instructor)
    with school.database.writing() as session:
        choice = DeepLinkRequest(
            context_id=school.context_id, member_id=school.instructor.member_id, deployment_id=school.deployment_id,
            session_id=session.scalars(select(BrowserSession.id)).one(), placement_id=placement.id,
            created_at=school.now, expires_at=school.now + timedelta(hours=1),
        )  # fmt: skip
        session.add(choice)
        session.flush()
        address = f"/lti/choose/{choice.id}/bring"
    form = {"activity_id": str(gone.id)}
    nowhere = "/lti/choose/1/bring"
    for person in (school.member, school.assistant, *school.strangers, school.new_member("W", Role.instructor)):
        client = school.client(person)
        assert client.post_form(address, form).status_code == client.post_form(nowhere, form).status_code == 404
    assert owner.post_form(address, form).status_code == 303
    assert owner.post_form(address, form).status_code == 409
    with school.database.reading() as session:
        assert session.get_one(Activity, gone.id).status is ActivityStatus.published
        assert session.get_one(Placement, placement.id).activity_id == gone.id
