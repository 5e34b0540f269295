"""Creating and editing: forms with clear errors, versions, settings, archive; nothing typed is lost."""

import re

import pytest
from sqlalchemy import select

from lti_tool.ledger.models import ActivityStatus, AuditEvent
from lti_tool.questions.model import QuestionKind
from quizzes.papers.queries import use_of
from quizzes.papers.rules import Settings
from tests.quizzes.conftest import SINGLE, TRUTH, Quizzes
from tests.school import School, SignedInClient

FIELDS: dict[str, dict[str, object]] = {
    "single": {"option": ["one", "two", ""], "correct": "1", "feedback": ["", "well done", ""]},
    "multiple": {"option": ["one", "two", "three"], "correct": ["0", "2"], "rule": "cn_half"},
    "true_false": {"answer": "false"},
    "fill_in": {"blank": ["date\ntime", ""]},
    "numeric": {"value": "3.5", "tolerance": "0.1", "unit": "m"},
}


@pytest.fixture
def instructor(school: School) -> SignedInClient:
    return school.client(school.instructor)


@pytest.mark.parametrize("kind", FIELDS)
def test_question_of_each_kind_is_added_and_opened_again(
    kind: str, quizzes: Quizzes, school: School, instructor: SignedInClient
) -> None:
    activity = quizzes.quiz(SINGLE)
    new = f"/quizzes/{activity.id}/questions/new?kind={kind}"
    assert instructor.get(new).status_code == 200
    answer = instructor.post_form(new, {"stem": "What is **new**?", "points": "2.5", **FIELDS[kind]})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    with school.database.reading() as session:
        items = use_of(session, activity.id).items
    assert len(items) == 2
    assert str(items[1].points) == "2.5"
    edit = f"/quizzes/{activity.id}/questions/{items[1].version}"
    page = instructor.get(edit)
    assert page.status_code == 200
    assert "What is **new**?" in page.get_data(as_text=True)
    assert instructor.post_form(edit, {"stem": "Newer", "points": "1", **FIELDS[kind]}).status_code == 303
    assert "Newer" in instructor.get(f"/quizzes/{activity.id}/edit").get_data(as_text=True)


@pytest.mark.parametrize("kind", QuestionKind)
def test_wrong_question_comes_back_with_what_was_typed(
    kind: QuestionKind, quizzes: Quizzes, instructor: SignedInClient
) -> None:
    activity = quizzes.quiz(SINGLE)
    fields = {
        "stem": "",
        "points": "many",
        "explanation": "KEPT-EXPLANATION",
        "option": ["KEPT-OPTION"],
        "blank": ["KEPT-BLANK"],
        "value": "KEPT-NUMBER",
    }
    answer = instructor.post_form(f"/quizzes/{activity.id}/questions/new?kind={kind.value}", fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert 'role="alert"' in page
    assert "KEPT-EXPLANATION" in page
    assert "many" in page
    if kind in {QuestionKind.single, QuestionKind.multiple}:
        assert "KEPT-OPTION" in page
    if kind is QuestionKind.fill_in:
        assert "KEPT-BLANK" in page
    if kind is QuestionKind.numeric:
        assert "KEPT-NUMBER" in page


@pytest.mark.parametrize(
    ("kind", "wrong", "marked"),
    [
        ("single", {"stem": ""}, ["f-stem"]),
        ("single", {"points": "1001"}, ["f-points"]),
        ("single", {"option": ["one", ""], "correct": "0"}, ["f-option"] * 4),
        ("single", {"option": ["one", "", "two", "one"]}, ["f-option-2", "f-option-4"]),
        ("single", {"correct": ""}, ["f-correct"] * 5),
        ("multiple", {"correct": []}, ["f-correct"] * 5),
        ("true_false", {"answer": ""}, ["f-answer"] * 2),
        ("true_false", {"answer": "", "stem": ""}, ["f-stem", "f-answer", "f-answer"]),
        ("fill_in", {"blank": ["a", "*", "c"]}, ["blank-2"]),
        ("fill_in", {"blank": ["", ""]}, ["blank-1"]),
        ("numeric", {"value": "x", "tolerance": "y"}, ["f-value", "f-tolerance"]),
        ("numeric", {"tolerance": "-1", "unit": "u" * 21}, ["f-tolerance", "f-unit"]),
        ("single", {"explanation": "![](/media/abcdefghijklmnopqrstuv)"}, ["f-explanation"]),
        ("single", {"stem": "![](/media/abcdefghijklmnopqrstuv)"}, ["f-stem"]),
    ],
)
def test_refused_question_marks_the_field_that_is_wrong(
    kind: str, wrong: dict[str, object], marked: list[str], quizzes: Quizzes, instructor: SignedInClient
) -> None:
    activity = quizzes.quiz(SINGLE)
    fields = {"stem": "What?", "points": "1", "explanation": "", **FIELDS[kind], **wrong}
    answer = instructor.post_form(f"/quizzes/{activity.id}/questions/new?kind={kind}", fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    controls = re.findall(r'<(?:input|select|textarea)\b[^>]* aria-invalid="true"[^>]*>', page)
    joined = [re.search(r'aria-describedby="(?:\S+-hint)? ?(\S+)-error"', each) for each in controls]
    assert [found[1] for found in joined if found] == marked
    assert len(joined) == len(marked)
    for name in set(marked):
        assert page.count(f'id="{name}-error"') == 1


def test_question_that_somebody_else_changed_meanwhile_keeps_the_text(
    quizzes: Quizzes, school: School, instructor: SignedInClient
) -> None:
    activity = quizzes.quiz(TRUTH)
    with school.database.reading() as session:
        version = use_of(session, activity.id).items[0].version
    url = f"/quizzes/{activity.id}/questions/{version}"
    first = instructor.post_form(url, {"stem": "First", "points": "1", "answer": "true"})
    second = instructor.post_form(url, {"stem": "Second", "points": "1", "answer": "true"})
    assert (first.status_code, second.status_code) == (303, 409)
    assert "Second" in second.get_data(as_text=True)


def test_questions_are_moved_and_removed_by_buttons(
    quizzes: Quizzes, school: School, instructor: SignedInClient
) -> None:
    activity = quizzes.quiz()

    def order() -> list[int]:
        with school.database.reading() as session:
            return [item.version for item in use_of(session, activity.id).items]

    a, b, c, d, e = order()
    arrange = f"/quizzes/{activity.id}/arrange"
    for do in (f"up:{b}", f"down:{d}", f"remove:{c}", f"up:{b}", "up:999999"):
        assert instructor.post_form(arrange, {"do": do}).status_code == 303
    assert order() == [b, a, e, d]
    assert instructor.post_form(arrange, {"do": "burn:1"}).status_code == 400


@pytest.mark.shows("F-07")
def test_running_attempt_keeps_its_paper_when_the_quiz_is_edited(
    quizzes: Quizzes, school: School, instructor: SignedInClient
) -> None:
    activity = quizzes.quiz(SINGLE, TRUTH)
    sitting = quizzes.begin(activity, school.member)
    with school.database.reading() as session:
        first, second = use_of(session, activity.id).items
    changed = {"stem": "A NEW STEM", "points": "9", "option": ["x", "y"], "correct": "1"}
    instructor.post_form(f"/quizzes/{activity.id}/questions/{first.version}", changed)
    instructor.post_form(f"/quizzes/{activity.id}/arrange", {"do": f"remove:{second.version}"})
    page = sitting.client.get(sitting.url).get_data(as_text=True)
    assert "Which comes first?" in page
    assert "A NEW STEM" not in page
    sitting.answer(1, "a")
    sitting.answer(2, False)
    sitting.submit()
    assert quizzes.attempt(sitting.attempt_id).score == 4
    other = quizzes.begin(activity, school.member2)
    assert "A NEW STEM" in other.client.get(other.url).get_data(as_text=True)


def test_settings_are_saved_and_wrong_ones_come_back(
    quizzes: Quizzes, school: School, instructor: SignedInClient
) -> None:
    activity = quizzes.quiz(SINGLE, settings=Settings(attempts_allowed=1))
    url = f"/quizzes/{activity.id}/settings"
    good = {
        "title": "Renamed",
        "time_limit": "30",
        "attempts": "2",
        "delay": "15",
        "grade_method": "average",
        "on_expiry": "grace",
        "grace": "2",
        "pass": "",
        "closes": "2026-11-27T18:00",
        "shuffle_questions": "1",
        "multiple_rule": "exact",
        "review": ["marks:right_after", "attempt:after_close"],
    }
    assert instructor.post_form(url, good).status_code == 303
    with school.database.reading() as session:
        settings = use_of(session, activity.id).settings
    assert (settings.time_limit_seconds, settings.attempts_allowed, settings.grace_seconds) == (1800, 2, 7200)
    assert settings.pass_percent is None
    assert len(settings.review) == 3
    assert instructor.get(url).status_code == 200
    bad = instructor.post_form(url, {**good, "title": "", "time_limit": "KEPT", "opens": "2026-12-01T00:00"})
    page = bad.get_data(as_text=True)
    assert bad.status_code == 400
    assert "KEPT" in page
    assert page.count('aria-invalid="true"') == 3


def test_page_that_is_too_old_to_be_sent_gives_back_every_text_that_was_typed(
    quizzes: Quizzes, instructor: SignedInClient
) -> None:
    activity = quizzes.quiz(SINGLE)
    instructor.csrf = "1.2.too-old"
    typed = {"stem": "谁写的？", "points": "2", "option": ["the author", "编者", ""], "explanation": "看<b>落款</b>。"}
    answer = instructor.post_form(f"/quizzes/{activity.id}/questions/new?kind=single", typed)
    assert answer.status_code == 403
    kept = answer.text[answer.text.index('<textarea class="textarea" id="kept"') :].partition("</textarea>")[0]
    assert kept.partition(">")[2].strip() == "谁写的？\n\nthe author\n\n编者\n\n看&lt;b&gt;落款&lt;/b&gt;。"


def test_what_was_typed_into_no_form_of_ours_is_not_given_back(quizzes: Quizzes, instructor: SignedInClient) -> None:
    """Another site's words must not stand on a page of ours, nor what an LMS sends."""
    activity = quizzes.quiz(SINGLE)
    answer = instructor.post(f"/quizzes/{activity.id}/questions/new?kind=single", data={"stem": "Call this number now"})
    assert answer.status_code == 403
    assert "Call this number" not in answer.text


def test_archived_quiz_is_gone_for_members_and_comes_back(
    quizzes: Quizzes, school: School, instructor: SignedInClient
) -> None:
    activity = quizzes.quiz(SINGLE)
    member = school.client(school.member)
    refused = instructor.post_form(f"/quizzes/{activity.id}/archive", {"reason": " "})
    assert refused.status_code == 400
    dialog = refused.text[refused.text.index('id="archive" open') :].partition("</dialog>")[0]
    assert "请写明归档的原因。" in dialog, "it stands open, with the sentence beside its field"
    assert instructor.post_form(f"/quizzes/{activity.id}/archive", {"reason": "old"}).status_code == 303
    assert member.get(f"/quizzes/{activity.id}").status_code == 404
    assert instructor.post_form(f"/quizzes/{activity.id}/publish").status_code == 303
    assert member.get(f"/quizzes/{activity.id}").status_code == 200
    with school.database.reading() as session:
        assert [row.action for row in session.scalars(select(AuditEvent).order_by(AuditEvent.id))] == [
            "archive",
            "restore",
        ]


def test_draft_is_not_there_for_members(quizzes: Quizzes, school: School, instructor: SignedInClient) -> None:
    activity = quizzes.quiz(SINGLE, status="draft")
    assert activity.status is ActivityStatus.draft
    assert school.client(school.member).get(f"/quizzes/{activity.id}").status_code == 404
    assert instructor.get(f"/quizzes/{activity.id}").status_code == 200
