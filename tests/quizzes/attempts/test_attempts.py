"""Beginning, running without JavaScript, handing in, previews, and what staff may give."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from lti_tool.core.clock import FakeClock
from lti_tool.identity.models import Enrolment
from lti_tool.ledger import services as ledger
from lti_tool.ledger.models import Activity, AuditEvent, Entry, Override, Placement, Result
from quizzes.attempts.models import Attempt
from quizzes.attempts.rules import AttemptState
from quizzes.marking.rules import GradeMethod
from quizzes.papers.rules import Settings
from tests.quizzes.conftest import RIGHT, SINGLE, TRUTH, Quizzes, Sitting
from tests.school import School

TWO = Settings(time_limit_seconds=600, attempts_allowed=2, shuffle_options=False)


def test_beginning_twice_continues_the_same_attempt(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE)
    first = quizzes.begin(activity, school.member)
    again = quizzes.begin(activity, school.member)
    assert first.attempt_id == again.attempt_id
    assert len(quizzes.attempts()) == 1


@pytest.mark.shows("H-07")
def test_WS_09_database_holds_one_open_attempt_per_member_and_activity(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE)
    first = quizzes.attempt(quizzes.begin(activity, school.member).attempt_id)
    again = {column.name: getattr(first, column.name) for column in Attempt.__table__.columns if column.name != "id"}
    with pytest.raises(IntegrityError), school.database.writing() as session:
        session.execute(insert(Attempt).values({**again, "number": 2}))
    with school.database.writing() as session:
        session.execute(insert(Attempt).values({**again, "is_preview": True}))


def test_attempts_are_counted(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE)
    sitting = quizzes.begin(activity, school.member)
    sitting.submit()
    refused = sitting.client.post_form(f"/quizzes/{activity.id}/attempts")
    assert refused.status_code == 409
    assert "作答机会已用完" in sitting.client.get(f"/quizzes/{activity.id}").get_data(as_text=True)


def test_quiz_that_is_not_open_cannot_be_begun(quizzes: Quizzes, school: School) -> None:
    early = quizzes.quiz(SINGLE, opens_at=school.now + timedelta(hours=1))
    late = quizzes.quiz(SINGLE, closes_at=school.now)
    for activity in (early, late):
        client = school.client(school.member)
        assert client.get(f"/quizzes/{activity.id}").status_code == 200
        assert client.post_form(f"/quizzes/{activity.id}/attempts").status_code == 409


def test_quiz_without_questions_cannot_be_begun(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE)
    instructor = school.client(school.instructor)
    page = instructor.get(f"/quizzes/{activity.id}/edit").get_data(as_text=True)
    version = page.partition("remove:")[2].partition('"')[0]
    instructor.post_form(f"/quizzes/{activity.id}/arrange", {"do": f"remove:{version}"})
    client = school.client(school.member)
    assert client.post_form(f"/quizzes/{activity.id}/attempts").status_code == 409


def test_rules_stand_on_the_start_page_in_words(quizzes: Quizzes, school: School) -> None:
    closes = school.now + timedelta(minutes=30)
    activity = quizzes.quiz(settings=TWO, closes_at=closes)
    with school.database.writing() as session:
        session.add(Override(activity_id=activity.id, member_id=school.member.member_id, extra_seconds=300, reason=""))
    page = school.client(school.member).get(f"/quizzes/{activity.id}").get_data(as_text=True)
    assert "限时 <b>15 分钟</b>，最迟 <b>10:30</b> 收卷" in page
    assert "一般为 10 分钟，你多 5 分钟" in page
    assert "<b>2 次</b>" in page


def test_best_of_two_attempts_counts(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE, TRUTH, settings=TWO)
    client = school.client(school.member)
    for responses in ({1: "a", 2: False}, {1: "a"}):
        sitting = quizzes.begin(activity, school.member, client)
        for slot, response in responses.items():
            sitting.answer(slot, response)
        sitting.submit()
    result = school.result(activity.id, school.member)
    assert result is not None
    assert result.score == Decimal(100)
    page = client.get(f"/quizzes/{activity.id}").get_data(as_text=True)
    assert "用了 2 次，还有 0 次" in page


@pytest.mark.parametrize(
    ("method", "score"),
    [(GradeMethod.highest, 100), (GradeMethod.average, 50), (GradeMethod.first, 100), (GradeMethod.last, 0)],
)
def test_grade_method_decides_which_attempt_counts(
    method: GradeMethod, score: int, quizzes: Quizzes, school: School
) -> None:
    settings = Settings(attempts_allowed=None, grade_method=method)
    activity = quizzes.quiz(SINGLE, settings=settings)
    for response in ("a", "b"):
        sitting = quizzes.begin(activity, school.member)
        sitting.answer(1, response)
        sitting.submit()
    result = school.result(activity.id, school.member)
    assert result is not None
    assert result.score == score


def test_AG_19_attempt_that_is_worse_leaves_what_the_lms_is_told(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE, settings=Settings(attempts_allowed=None, grade_method=GradeMethod.highest))
    column = school.placement(activity)
    for response, revision in (("b", 1), ("a", 2), ("b", 2)):
        sitting = quizzes.begin(activity, school.member)
        sitting.answer(1, response)
        sitting.submit()
        post = school.post(column, school.member)
        assert post is not None
        assert post.revision == revision
    result = school.result(activity.id, school.member)
    assert result is not None
    assert result.score == 100


def test_WS_09_handing_in_twice_is_handing_in_once(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE)
    sitting = quizzes.begin(activity, school.member)
    sitting.answer(1, "a")
    assert [sitting.submit().status_code for _ in range(2)] == [303, 303]
    with school.database.reading() as session:
        verbs = session.scalars(select(Entry.verb).where(Entry.activity_id == activity.id).order_by(Entry.id)).all()
    assert verbs == ["started", "submitted"]


def test_page_is_saved_without_javascript(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz()
    sitting = quizzes.begin(activity, school.member)
    fields = {
        "page": "1",
        "go": "2",
        "shown": ["1", "2", "3", "4"],
        "q1": "a",
        "q2": ["a", "b"],
        "q3": "false",
        "q4": ["KEYDATE", "KEYPLACE"],
        "q5": "ignored: not shown",
    }
    moved = sitting.client.post_form(f"{sitting.url}/page", fields)
    assert moved.headers["Location"].endswith("page=2")
    assert quizzes.answers(sitting.attempt_id) == {slot: RIGHT[slot] for slot in range(1, 5)}
    assert sitting.client.get(f"{sitting.url}?page=2").status_code == 200
    cleared = sitting.client.post_form(f"{sitting.url}/page", {"shown": ["2"], "flag": "2", "go": ""})
    assert cleared.status_code == 303
    assert quizzes.answers(sitting.attempt_id)[2] is None
    assert quizzes.attempt(sitting.attempt_id).flags == [2]
    over = sitting.client.post_form(f"{sitting.url}/page", {"shown": ["5"], "q5": "98765", "go": "over"})
    assert over.headers["Location"].endswith("/submit")
    page = sitting.client.get(f"{sitting.url}/submit").get_data(as_text=True)
    assert "还有 1 题没答全" in page


def test_page_that_brings_an_answer_of_another_question_is_refused(quizzes: Quizzes, school: School) -> None:
    sitting = quizzes.begin(quizzes.quiz(SINGLE), school.member)
    bad = sitting.client.post_form(f"{sitting.url}/page", {"shown": "1", "q1": "no such option"})
    assert bad.status_code == 400


def test_page_wins_over_an_older_autosave_of_another_tab(quizzes: Quizzes, school: School) -> None:
    sitting = quizzes.begin(quizzes.quiz(SINGLE), school.member)
    sitting.answer(1, "a", seq=2**61)
    sitting.client.post_form(f"{sitting.url}/page", {"shown": "1", "q1": "b"})
    assert quizzes.answers(sitting.attempt_id) == {1: "b"}


def test_last_answers_come_with_handing_in_at_zero(quizzes: Quizzes, school: School, clock: FakeClock) -> None:
    sitting = quizzes.begin(quizzes.quiz(SINGLE, settings=TWO), school.member)
    clock.advance(timedelta(minutes=10, seconds=1))
    done = sitting.submit(timeup="1", shown="1", q1="a")
    assert done.headers["Location"].endswith("/result")
    attempt = quizzes.attempt(sitting.attempt_id)
    assert (attempt.score, attempt.finished_at) == (Decimal(2), attempt.ends_at)


def test_WS_09_hand_in_by_the_clock_of_a_fast_browser_does_not_close(
    quizzes: Quizzes, school: School, clock: FakeClock
) -> None:
    sitting = quizzes.begin(quizzes.quiz(SINGLE, settings=TWO), school.member)
    clock.advance(timedelta(minutes=5))
    assert sitting.submit(timeup="1", shown="1", q1="a").headers["Location"].endswith(sitting.url)
    assert quizzes.attempt(sitting.attempt_id).state is AttemptState.in_progress
    assert quizzes.answers(sitting.attempt_id) == {1: "a"}


def test_stored_paper_is_shuffled_by_the_seed_and_shown(quizzes: Quizzes, school: School) -> None:
    settings = Settings(shuffle_questions=True, attempts_allowed=None)
    activity = quizzes.quiz(settings=settings)
    papers = []
    for _ in range(4):
        sitting = quizzes.begin(activity, school.member)
        papers.append(json.dumps(quizzes.attempt(sitting.attempt_id).paper))
        sitting.submit()
    assert len(set(papers)) > 1
    stored = json.loads(papers[0])
    assert sorted(stored[next(i for i, item in enumerate(stored) if len(item["order"]) == 3)]["order"]) == [
        "a",
        "b",
        "c",
    ]


def test_preview_leaves_no_trace(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE)
    school.placement(activity)
    for client in (school.client(school.instructor), school.client(school.member, preview=True)):
        sitting = quizzes.begin(activity, school.member, client)
        assert sitting.answer(1, "a").status_code == 200
        sitting.submit()
        assert client.get(f"{sitting.url}/result").status_code == 200
        quizzes.begin(activity, school.member, client)
    with school.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Result)) == 0
        assert session.scalar(select(func.count()).select_from(Entry)) == 0
        assert session.scalar(select(func.count()).where(Attempt.is_preview.is_(False))) == 0
        assert session.scalar(select(func.count()).select_from(Attempt)) == 2


def test_instructor_gives_one_more_attempt_with_a_reason(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE)
    sitting = quizzes.begin(activity, school.member)
    sitting.submit()
    give = f"/quizzes/{activity.id}/members/{school.member.member_id}/attempts"
    instructor = school.client(school.instructor)
    assert instructor.post_form(give, {"reason": " "}).status_code == 400
    for _ in range(2):
        assert instructor.post_form(give, {"reason": "power cut"}).status_code == 303
        second = quizzes.begin(activity, school.member)
        assert second.attempt_id != sitting.attempt_id
        second.submit()
    with school.database.reading() as session:
        assert session.scalars(select(AuditEvent.reason)).all() == ["power cut", "power cut"]


def test_instructor_reopens_an_attempt_with_a_reason(quizzes: Quizzes, school: School, clock: FakeClock) -> None:
    activity = quizzes.quiz(SINGLE, settings=TWO, closes_at=school.now + timedelta(minutes=30))
    sitting = quizzes.begin(activity, school.member)
    sitting.answer(1, "b", seq=5)
    sitting.submit()
    clock.advance(timedelta(hours=2))
    reopen = f"/quizzes/{activity.id}/attempts/{sitting.attempt_id}/reopen"
    instructor = school.client(school.instructor)
    without_reason = instructor.post_form(reopen, {"minutes": "15"})
    assert without_reason.status_code == 400
    assert without_reason.text.count("请写明理由，理由会一起留存。") == 1
    refused = instructor.post_form(reopen, {"minutes": "0", "reason": "网络断了"})
    assert refused.status_code == 400
    form = refused.text[refused.text.index(f'action="{reopen}"') :].partition("</form>")[0]
    assert 'value="网络断了"' in form, "what was typed is kept"
    assert "请填写分钟数，1 到 1440。" in form
    give = f"/quizzes/{activity.id}/members/{school.member.member_id}/attempts"
    refused = instructor.post_form(give, {"reason": " "})
    assert refused.status_code == 400
    form = refused.text[refused.text.index(f'action="{give}"') :].partition("</form>")[0]
    assert "请写明理由，理由会一起留存。" in form
    assert instructor.post_form(reopen, {"minutes": "15", "reason": "network was gone"}).status_code == 303
    attempt = quizzes.attempt(sitting.attempt_id)
    assert (attempt.state, attempt.ends_at) == (AttemptState.in_progress, school.now + timedelta(minutes=15))
    back = Sitting(school.client(school.member), sitting.attempt_id)
    assert back.answer(1, "a", seq=6).status_code == 200
    back.submit()
    result = school.result(activity.id, school.member)
    assert result is not None
    assert result.score == 100
    quizzes.begin(quizzes.quiz(SINGLE, settings=TWO), school.member)
    assert instructor.post_form(reopen, {"minutes": "15", "reason": "again"}).status_code == 303
    assert instructor.post_form(reopen, {"minutes": "15", "reason": "again"}).status_code == 409


def narrow(school: School, activity: Activity, closes: datetime) -> None:
    """The LMS closes the quiz's link at `closes`."""
    school.placement(activity)
    with school.database.writing() as session:
        session.execute(update(Placement).where(Placement.activity_id == activity.id).values(lms_closes_at=closes))
        ledger.schedule_changed(session, activity.id)


@pytest.mark.parametrize("own", [None, 30, 90])
def test_attempt_is_not_reopened_after_the_lms_has_closed_the_quiz(
    own: int | None, quizzes: Quizzes, school: School, clock: FakeClock
) -> None:
    """Whenever we ourselves would close it."""
    closes = None if own is None else school.now + timedelta(minutes=own)
    activity = quizzes.quiz(SINGLE, settings=TWO, closes_at=closes)
    narrow(school, activity, school.now + timedelta(minutes=60))
    sitting = quizzes.begin(activity, school.member)
    sitting.submit()
    clock.advance(timedelta(hours=2))
    reopen = f"/quizzes/{activity.id}/attempts/{sitting.attempt_id}/reopen"
    refused = school.client(school.instructor).post_form(reopen, {"minutes": "15", "reason": "network was gone"})
    assert refused.status_code == 409
    assert "平台已关闭本测验" in refused.text
    assert quizzes.attempt(sitting.attempt_id).state is AttemptState.finished
    with school.database.reading() as session:
        assert session.scalar(select(Override.id)) is None


def test_reopened_attempt_is_open_until_the_lms_closes_the_quiz(
    quizzes: Quizzes, school: School, clock: FakeClock
) -> None:
    activity = quizzes.quiz(SINGLE, settings=Settings(attempts_allowed=2, time_limit_seconds=300))
    lms_closes = school.now + timedelta(minutes=60)
    narrow(school, activity, lms_closes)
    sitting = quizzes.begin(activity, school.member)
    sitting.submit()
    clock.advance(timedelta(minutes=50))
    reopen = f"/quizzes/{activity.id}/attempts/{sitting.attempt_id}/reopen"
    fields = {"minutes": "15", "reason": "network was gone"}
    assert school.client(school.instructor).post_form(reopen, fields).status_code == 303
    attempt = quizzes.attempt(sitting.attempt_id)
    assert (attempt.state, attempt.ends_at) == (AttemptState.in_progress, lms_closes)
    assert Sitting(school.client(school.member), sitting.attempt_id).answer(1, "a", seq=9).status_code == 200
    with school.database.reading() as session:
        assert session.scalar(select(Override.closes_at)) is None


def test_instructor_sees_everybody(quizzes: Quizzes, school: School) -> None:
    activity = quizzes.quiz(SINGLE)
    school.placement(activity, column=False)
    sitting = quizzes.begin(activity, school.member)
    sitting.answer(1, "a")
    sitting.submit()
    for person in (school.instructor, school.assistant):
        client = school.client(person)
        page = client.get(f"/quizzes/{activity.id}").get_data(as_text=True)
        assert school.member.name in page
        assert school.member2.name in page
        assert "等待平台建列" in page
        one = client.get(f"/quizzes/{activity.id}/members/{school.member.member_id}").get_data(as_text=True)
        assert school.member.name in one
        assert school.member2.name not in one
        assert client.get(f"/quizzes/{activity.id}/attempts/{sitting.attempt_id}").status_code == 200
        assert client.get(f"/quizzes/{activity.id}/members/999999").status_code == 404


def test_RO_14_test_user_is_shown_and_not_counted(quizzes: Quizzes, school: School) -> None:
    quiz = quizzes.quiz()
    person = school.new_member("Test")
    with school.database.writing() as session:
        session.execute(update(Enrolment).where(Enrolment.member_id == person.member_id).values(gradable=False))
    quizzes.begin(quiz, person).submit()
    page = school.client(school.instructor).get(f"/quizzes/{quiz.id}").text
    assert "2 人中 0 人已开始" in page
    assert page.count("测试用户") == 1
