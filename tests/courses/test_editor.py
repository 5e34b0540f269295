"""The editor: drafts, blocks by buttons, publishing, versions, settings."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from courses.lessons import queries
from courses.lessons.models import LessonVersion
from lti_tool.ledger.models import Activity
from tests.courses.conftest import QUESTION, TEXTS, Makers
from tests.school import School


def draft(school: School, lesson: Activity) -> queries.Draft:
    with school.database.reading_core() as connection:
        return queries.draft(connection, lesson.id)


def form(title: str = "Title", revision: int | str = "", **blocks: str) -> dict[str, Any]:
    """A form with text blocks by key."""
    fields: dict[str, Any] = {"title": title, "revision": revision, "key": list(blocks)}
    for key, source in blocks.items():
        fields |= {f"kind-{key}": "text", f"source-{key}": source}
    return fields


@pytest.mark.shows("J-16")
def test_draft_is_saved_and_members_see_it_only_when_it_is_published(school: School, make: Makers) -> None:
    lesson = make.lesson()
    author, member = school.client(school.instructor), school.client(school.member)
    revision = draft(school, lesson).revision
    answer = author.post_form(
        f"/lessons/{lesson.id}/edit", form("New title", revision, t1="# New\n\nwords of **mine**")
    )
    assert answer.status_code == 303
    assert "words of" not in member.get(f"/lessons/{lesson.id}").text
    assert "<strong>mine</strong>" in author.get(f"/lessons/{lesson.id}/edit").text

    assert author.post_form(f"/lessons/{lesson.id}/publish").status_code == 303
    page = member.get(f"/lessons/{lesson.id}").text
    assert "<strong>mine</strong>" in page
    assert "New title" in page
    assert "More words." not in page
    with school.database.reading() as session:
        numbers = session.scalars(select(LessonVersion.number).order_by(LessonVersion.number)).all()
    assert numbers == [1, 2]


@pytest.mark.once
@pytest.mark.parametrize("field", ["reference", "captions"])
def test_address_that_is_no_uploaded_file_is_refused_beside_its_field_and_stays_as_typed(
    field: str, school: School, make: Makers
) -> None:
    lesson = make.lesson()
    typed = {
        "title": "Title",
        "revision": "",
        "key": ["v1"],
        "kind-v1": "video",
        f"{field}-v1": "https://x.example/a b",
    }
    answer = school.client(school.instructor).post_form(f"/lessons/{lesson.id}/edit", typed)
    assert answer.status_code == 400
    wrong = re.findall(r'<input[^>]*aria-invalid="true"[^>]*>', answer.text)
    assert [re.findall(r'(?:name|value)="([^"]*)"', each) for each in wrong] == [
        [f"{field}-v1", "https://x.example/a b"]
    ]


@pytest.mark.once
def test_image_without_a_file_is_not_published_and_its_field_says_so(school: School, make: Makers) -> None:
    lesson = make.lesson()
    typed = {"title": "Title", "revision": "", "key": ["i1"], "kind-i1": "image", "alt-i1": ""}
    answer = school.client(school.instructor).post_form(f"/lessons/{lesson.id}/publish", typed)
    assert answer.status_code == 400
    assert re.search(r'<input[^>]*name="reference-i1"[^>]*aria-invalid="true"', answer.text)


def test_publishing_without_a_change_makes_no_version(school: School, make: Makers) -> None:
    lesson = make.lesson()
    author = school.client(school.instructor)
    for _ in range(2):
        assert author.post_form(f"/lessons/{lesson.id}/publish").status_code == 303
    assert [row.number for row in draft(school, lesson).versions] == [1]


def test_buttons_move_add_and_remove_blocks(school: School, make: Makers) -> None:
    lesson = make.lesson()
    author = school.client(school.instructor)

    def press(button: str) -> list[str]:
        blocks = {block.key: block.source for block in draft(school, lesson).blocks}
        answer = author.post_form(f"/lessons/{lesson.id}/edit", {**form(**blocks), "do": button})
        assert answer.status_code == 303
        return [block.key for block in draft(school, lesson).blocks]

    assert press("up:t2") == ["t2", "t1"]
    assert press("down:t2") == ["t1", "t2"]
    assert press("down:t2") == ["t1", "t2"]
    assert len(press("add:text")) == 3
    assert press("remove:t1")[0] == "t2"
    assert press("up:nothing")[0] == "t2"


def test_second_editor_is_told_and_keeps_the_text_when_the_first_has_saved(school: School, make: Makers) -> None:
    lesson = make.lesson()
    first, second = school.client(school.instructor), school.client(school.instructor)
    revision = draft(school, lesson).revision
    assert first.post_form(f"/lessons/{lesson.id}/edit", form("A", revision, t1="of the first")).status_code == 303
    answer = second.post_form(f"/lessons/{lesson.id}/edit", form("B", revision, t1="of the second"))
    assert answer.status_code == 409
    assert "of the second" in answer.text
    assert draft(school, lesson).blocks[0].source == "of the first"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": ""}, "请填写标题"),
        ({"source-t1": "x" * 40_001}, "太长"),
        ({"source-t1": "[" * 4000}, ""),
    ],
)
def test_nothing_is_saved_and_the_text_is_kept_when_a_field_is_wrong(
    school: School, make: Makers, fields: dict[str, str], expected: str
) -> None:
    lesson = make.lesson()
    author = school.client(school.instructor)
    before = draft(school, lesson)
    answer = author.post_form(f"/lessons/{lesson.id}/edit", {**form(t1="kept words", t2="more kept"), **fields})
    assert answer.status_code == 400
    assert "more kept" in answer.text
    assert expected in answer.text
    assert draft(school, lesson) == before


def test_hostile_markdown_is_harmless_in_lesson_and_preview(school: School, make: Makers) -> None:
    lesson = make.lesson()
    author = school.client(school.instructor)
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"
    answer = author.post_form(f"/lessons/{lesson.id}/preview", form(t1=hostile), headers={"Accept": "application/json"})
    assert answer.json is not None
    for text in ("<script>", 'href="javascript', "<img"):
        assert text not in answer.json["html"]
    assert draft(school, lesson).blocks == TEXTS


def test_image_without_description_or_of_another_course_is_refused(school: School, make: Makers) -> None:
    lesson = make.lesson()
    author = school.client(school.instructor)
    fields = {"title": "T", "key": ["i1"], "kind-i1": "image", "alt-i1": "", "reference-i1": "/media/" + "a" * 22}
    answer = author.post_form(f"/lessons/{lesson.id}/edit", fields)
    assert answer.status_code == 400
    assert "没有这个文件" in answer.text
    fields["reference-i1"] = ""
    assert author.post_form(f"/lessons/{lesson.id}/edit", fields).status_code == 303
    assert author.post_form(f"/lessons/{lesson.id}/publish").status_code == 400


def test_question_is_kept_as_typed_until_it_is_complete(school: School, make: Makers) -> None:
    lesson = make.lesson()
    author, member = school.client(school.instructor), school.client(school.member)
    fields: dict[str, Any] = {
        "title": "T",
        "key": ["t1", "q1"],
        "kind-t1": "text",
        "source-t1": "words",
        "kind-q1": "question",
        "qkind-q1": "single",
        "source-q1": "Which?",
        "option-q1": ["first", "second", "", ""],
    }
    assert author.post_form(f"/lessons/{lesson.id}/edit", fields).status_code == 303
    assert 'value="second"' in author.get(f"/lessons/{lesson.id}/edit").text
    assert author.post_form(f"/lessons/{lesson.id}/publish").status_code == 400
    fields["correct-q1"] = ["1"]
    assert author.post_form(f"/lessons/{lesson.id}/publish", fields).status_code == 303
    page = member.get(f"/lessons/{lesson.id}").text
    assert "Which?" in page
    assert "second" in page


def test_version_is_shown_and_restored_into_the_draft(school: School, make: Makers) -> None:
    lesson = make.lesson()
    author, member = school.client(school.instructor), school.client(school.member)
    author.post_form(f"/lessons/{lesson.id}/publish", form("T", t1="the second version"))
    assert "Some words." in author.get(f"/lessons/{lesson.id}/versions/1").text
    assert author.post_form(f"/lessons/{lesson.id}/versions/1/restore").status_code == 303
    assert [block.source for block in draft(school, lesson).blocks] == [block.source for block in TEXTS]
    assert "the second version" in member.get(f"/lessons/{lesson.id}").text
    assert author.get(f"/lessons/{lesson.id}/versions/9").status_code == 404


def test_score_and_completion_stay_when_a_new_version_is_published(school: School, make: Makers) -> None:
    lesson = make.lesson()
    author, member = school.client(school.instructor), school.client(school.member)
    member.post_form(f"/lessons/{lesson.id}/progress", {"upto": ""})
    before = school.result(lesson.id, school.member)
    author.post_form(f"/lessons/{lesson.id}/publish", form("T", t1="a", t2="b", t3="c"))
    member.post_json(f"/lessons/{lesson.id}/progress", {"seen": ["t1"]})
    after = school.result(lesson.id, school.member)
    assert before is not None
    assert after is not None
    assert (after.score, after.completed_at, after.state) == (before.score, before.completed_at, before.state)


def test_settings_change_criteria_dates_and_effort(school: School, make: Makers) -> None:
    lesson = make.lesson(blocks=(*TEXTS, QUESTION))
    author = school.client(school.instructor)
    fields = {
        "title": "Renamed",
        "section": "November",
        "is_required": "1",
        "due_at": "2026-11-27T18:00",
        "effort": "12",
        "needs_blocks": "1",
        "minutes": "5",
        "question_rule": "correct",
    }
    assert author.post_form(f"/lessons/{lesson.id}/settings", fields).status_code == 303
    with school.database.reading() as session:
        found = session.get_one(Activity, lesson.id)
    assert found.criteria == [["blocks", 3], ["seconds", 300], ["question", "correct"]]
    assert (found.title, found.section, found.effort_minutes, found.schedule_version) == ("Renamed", "November", 12, 2)
    assert found.due_at is not None
    assert found.due_at.isoformat() == "2026-11-27T10:00:00+00:00"
    page = author.get(f"/lessons/{lesson.id}/settings").text
    assert "2026-11-27T18:00" in page


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"due_at": "soon"},
        {"opens_at": "2026-11-27T18:00", "due_at": "2026-11-26T18:00"},
        {"minutes": "-1"},
    ],
)
def test_settings_keep_what_was_typed_when_something_is_wrong(
    school: School, make: Makers, fields: dict[str, str]
) -> None:
    lesson = make.lesson()
    answer = school.client(school.instructor).post_form(
        f"/lessons/{lesson.id}/settings", {"title": "T", "section": "kept heading", **fields}
    )
    assert answer.status_code == 400
    assert "kept heading" in answer.text
