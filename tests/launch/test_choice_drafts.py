"""Drafts that were made while choosing: remembered, listed, and cleared away when nobody has touched them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from courses.lessons.models import Lesson, LessonUse, LessonVersion
from forum.threads.models import ForumUse, Thread
from lti_tool.core.columns import Base
from lti_tool.launch.models import ChoiceDraft, DeepLinkRequest
from lti_tool.launch.services import drafts
from lti_tool.launch.sweeps import FORGOTTEN_DRAFTS
from lti_tool.ledger.models import Activity, ActivityStatus, Override, Placement
from quizzes.papers.models import Quiz, QuizUse, QuizVersion
from tests import tool_key
from tests.school import School, SignedInClient

WEEK = timedelta(days=7)
CREATE = {
    "lesson": ("/lessons/new", {"title": "Fresh", "source": "words"}),
    "quiz": ("/quizzes/create", {"title": "Fresh"}),
    "forum": ("/forum/create", {"title": "Fresh", "body": "words", "threads": "1", "replies": "2"}),
}
CONTENT = (Lesson, LessonUse, LessonVersion, Quiz, QuizUse, QuizVersion, ForumUse)


def choice(school: School, author: SignedInClient, **fields: Any) -> int:
    """An LMS waits for several activities of the first course."""
    values = {
        "return_url": "https://lms.example/return",
        "accept_types": ["ltiResourceLink"],
        "targets": ["iframe"],
        "accepts_multiple": True,
    } | fields
    with school.database.writing() as session:
        request = DeepLinkRequest(
            context_id=school.context_id,
            member_id=school.instructor.member_id,
            session_id=int(author.csrf.split(".")[0]),
            deployment_id=school.deployment_id,
            created_at=school.now,
            expires_at=school.now.replace(year=2027),
            **values,
        )
        session.add(request)
        session.flush()
        return request.id


def create(school: School, author: SignedInClient, kind: str, choice_id: int) -> Activity:
    """Fill in the kind's own form, as the author does from the page to choose on."""
    address, form = CREATE[kind]
    answer = author.post_form(f"{address}?choice={choice_id}", form)
    assert answer.status_code == 303, answer.text
    assert author.get(answer.location).location.startswith(f"/lti/choose/{choice_id}?picked=")
    with school.database.reading() as session:
        found: Activity = session.scalars(select(Activity).order_by(Activity.id.desc()).limit(1)).one()
    return found


@pytest.fixture
def author(school: School) -> SignedInClient:
    tool_key.install(school.runtime)
    return school.client(school.instructor)


def sweep(school: School, after: timedelta = WEEK) -> int:
    """Rows settled by the sweep so much later; 0 if it is not due."""
    now = school.now + after
    with school.database.reading_core() as connection:
        if not FORGOTTEN_DRAFTS.due(connection, now):
            return 0
    return FORGOTTEN_DRAFTS.run(school.runtime, now)


def rows(school: School, *tables: type[Base]) -> int:
    with school.database.reading() as session:
        return sum(len(session.scalars(select(each)).all()) for each in tables)


def is_there(school: School, activity: Activity) -> bool:
    with school.database.reading() as session:
        return session.get(Activity, activity.id) is not None


@pytest.mark.parametrize("kind", CREATE)
def test_untouched_draft_goes_after_seven_days_with_its_content(
    school: School, author: SignedInClient, kind: str
) -> None:
    before = rows(school, *CONTENT)
    draft = create(school, author, kind, choice(school, author))
    assert draft.status is ActivityStatus.draft
    assert rows(school, ChoiceDraft) == 1
    assert sweep(school, WEEK - timedelta(seconds=1)) == 0
    assert is_there(school, draft)
    assert sweep(school) == 1
    assert not is_there(school, draft)
    assert rows(school, ChoiceDraft) == 0
    assert rows(school, *CONTENT) == before
    assert sweep(school) == 0


def test_what_is_ticked_stays_ticked_while_something_is_created(school: School, author: SignedInClient) -> None:
    there = school.activity("forum", "There")
    wanted = choice(school, author)
    form = {"kind": "quiz", "activity_id": [str(there.id), "999"]}
    gone = author.post_form(f"/lti/choose/{wanted}/create", form)
    assert gone.location == f"/quizzes/create?choice={wanted}"
    draft = create(school, author, "quiz", wanted)
    page = author.get(f"/lti/choose/{wanted}").text
    assert sorted(re.findall(r'value="(\d+)" checked', page)) == sorted([str(there.id), str(draft.id)])
    assert author.post_form(f"/lti/choose/{wanted}/create", {"kind": "nothing"}).status_code == 404


@pytest.mark.parametrize("kind", CREATE)
def test_cancelled_creation_leaves_a_draft_on_the_page(school: School, author: SignedInClient, kind: str) -> None:
    first = choice(school, author)
    draft = create(school, author, kind, first)
    cancelled = author.post_form(f"/lti/choose/{first}/cancel")
    assert cancelled.status_code == 200, cancelled.text
    page = author.get(f"/lti/choose/{choice(school, author)}").text
    assert f'value="{draft.id}">' in page
    assert "11月27日" in page
    assert school.client(school.member).get(f"/lti/open/{draft.token}").status_code == 200


@pytest.mark.parametrize("kind", CREATE)
def test_chosen_draft_is_published_with_its_content_and_stays(
    school: School, author: SignedInClient, kind: str
) -> None:
    first = choice(school, author)
    draft = create(school, author, kind, first)
    assert author.post_form(f"/lti/chosen/{first}", {"activity_id": draft.id}).status_code == 200
    assert rows(school, ChoiceDraft) == 0
    assert sweep(school) == 0
    page = school.client(school.member).get(f"/lti/open/{draft.token}", follow_redirects=True)
    assert page.status_code == 200
    assert "Fresh" in page.text
    if kind == "lesson":
        assert "words" in page.text


@pytest.mark.parametrize("kind", CREATE)
def test_course_home_lists_it_as_a_draft_that_goes(school: School, author: SignedInClient, kind: str) -> None:
    home = school.activity("outline", "Home")
    draft = create(school, author, kind, choice(school, author))
    page = author.get(f"/home/{home.id}").text
    assert f'id="task-{draft.id}"' in page
    assert "11月27日" in page
    assert "草稿" in page
    assert "Fresh" not in school.client(school.member).get(f"/home/{home.id}").text
    with school.database.writing() as session:
        session.execute(update(ChoiceDraft).values(created_at=school.now - WEEK))
    assert sweep(school, timedelta()) == 1
    assert f'id="task-{draft.id}"' not in author.get(f"/home/{home.id}").text


EDITS = {
    "lesson": [
        update(Lesson).values(draft_revision=Lesson.draft_revision + 1),
        update(LessonUse).values(min_seconds=60),
    ],
    "quiz": [update(QuizUse).values(settings={"pass_percent": 50})],
    "forum": [update(ForumUse).values(source="other words")],
}


@pytest.mark.parametrize(("kind", "edit"), [(kind, edit) for kind, edits in EDITS.items() for edit in edits])
def test_edited_content_is_kept_for_good(school: School, author: SignedInClient, kind: str, edit: Any) -> None:
    draft = create(school, author, kind, choice(school, author))
    with school.database.writing() as session:
        session.execute(edit)
    assert sweep(school) == 1
    assert is_there(school, draft)
    assert sweep(school, 2 * WEEK) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"}, {"summary": "x"}, {"maximum": 7}, {"due_at": "now"}, {"is_required": True},
        {"section": "Week 1"}, {"criteria": [["blocks", 3]]}, {"status": ActivityStatus.archived},
    ],
)  # fmt: skip
def test_edited_activity_is_kept_for_good(school: School, author: SignedInClient, change: dict[str, Any]) -> None:
    draft = create(school, author, "forum", choice(school, author))
    with school.database.writing() as session:
        session.execute(
            update(Activity).values({name: school.now if value == "now" else value for name, value in change.items()})
        )
    assert sweep(school) == 1
    assert is_there(school, draft)


def test_draft_that_anything_names_is_kept(school: School, author: SignedInClient) -> None:
    named = [create(school, author, "forum", choice(school, author)) for _ in range(4)]
    with school.database.writing() as session:
        session.add(
            Thread(activity_id=named[0].id, author_id=school.member.member_id, title="x", created_at=school.now,
                   last_post_at=school.now),
        )  # fmt: skip
        session.add(Override(activity_id=named[1].id, member_id=school.member.member_id, reason="x"))
        session.add(
            Placement(
                context_id=school.context_id, resource_link_id="l", activity_id=named[2].id, created_at=school.now
            )
        )
    assert sweep(school) == 4
    assert [is_there(school, each) for each in named] == [True, True, True, False]


def test_taking_it_into_the_course_home_is_no_edit(school: School, author: SignedInClient) -> None:
    draft = create(school, author, "forum", choice(school, author))
    home = school.activity("outline", "Home")
    with school.database.writing() as session:
        session.execute(update(Activity).where(Activity.id == draft.id).values(parent_id=home.id, position=9))
    assert sweep(school) == 1
    assert not is_there(school, draft)


def test_at_most_fifty_in_one_transaction_and_the_rest_the_next_time(school: School, author: SignedInClient) -> None:
    with school.database.writing() as session:
        for _ in range(60):
            activity = Activity(
                context_id=school.context_id, kind="forum", title="x", token=f"{_:032x}", created_at=school.now
            )
            session.add(activity)
            session.flush()
            session.add(
                ChoiceDraft(activity_id=activity.id, choice_id=1, fingerprint="not this", created_at=school.now)
            )
    assert [sweep(school) for _ in range(3)] == [50, 10, 0]


def test_interrupted_sweep_leaves_all_as_it_was(
    school: School, author: SignedInClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [create(school, author, kind, choice(school, author)) for kind in CREATE]

    class Killed(BaseException):
        """Stands for a process that dies there."""

    asked: list[int] = []

    def dies(*values: Any) -> bool:
        asked.append(1)
        if len(asked) == 3:
            raise Killed
        return was(*values)

    was = drafts._is_named
    monkeypatch.setattr(drafts, "_is_named", dies)
    with pytest.raises(Killed):
        sweep(school)
    assert all(is_there(school, each) for each in kept)
    assert rows(school, ChoiceDraft) == 3
    monkeypatch.undo()
    assert sweep(school) == 3
    assert not any(is_there(school, each) for each in kept)


def test_new_task_of_the_course_home_is_never_cleared_away(school: School, author: SignedInClient) -> None:
    wanted = choice(school, author, return_url="", accepts_multiple=False)
    assert author.post_form(f"/quizzes/create?choice={wanted}", {"title": "Fresh"}).status_code == 303
    assert rows(school, ChoiceDraft) == 0
    assert sweep(school) == 0


def test_lesson_with_a_gap_is_not_handed_over(school: School, author: SignedInClient) -> None:
    first = choice(school, author)
    draft = create(school, author, "lesson", first)
    with school.database.writing() as session:
        session.execute(update(Lesson).values(draft=[{"key": "a", "kind": "text", "source": "", "html": ""}]))
    refused = author.post_form(f"/lti/chosen/{first}", {"activity_id": draft.id})
    assert refused.status_code == 400
    assert author.get(f"/lti/choose/{first}").status_code == 200
    with school.database.reading() as session:
        assert session.get_one(Activity, draft.id).status is ActivityStatus.draft
