"""The archive: whole, readable, harmless to a table program, and nobody else's."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.app import KEEPERS
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.core.i18n.language import speaking
from lti_tool.core.web import Runtime
from lti_tool.identity.keeping import Fate
from lti_tool.portability import archive, queries, rules
from quizzes.papers.rules import Moment, Settings, Shown
from tests.media.samples import PNG
from tests.portability.planting import STORED, dump, plant, spoken, word
from tests.quizzes.conftest import SINGLE, Quizzes
from tests.school import School
from tests.tenants.things import Things

NOT_HIS = {
    "browser_session.token_hash", "erased_member.mark", "post.html", "thread.thread", "attempt.paper", "launch_grant",
    "deep_link_request", "login_state", "member_group_member.group_id", "media_reference.reference",
    "question_version", "quiz_version", "lesson", "lesson_version.blocks", "media_file.sha256", "score_post.send_at",
}  # fmt: skip
"""Secrets, rendered twins, what is the course's, and what holds for minutes."""


def opened(runtime: Runtime, member_id: int, folder: Path) -> zipfile.ZipFile:
    """The archive of a member, as the product makes it."""
    now = runtime.clock.now()
    with runtime.database.reading_core() as connection:
        kept = queries.collect(connection, KEEPERS, member_id, now)
    with speaking("en"), archive.build(kept, folder, now) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def data(found: zipfile.ZipFile) -> dict[str, list[dict[str, Any]]]:
    document = json.loads(found.read("data.json"))
    assert document["format"] == "dangke-person/1"
    sheets: dict[str, list[dict[str, Any]]] = document["sheets"]
    return sheets


def text_of(found: zipfile.ZipFile) -> str:
    """Everything in it that is text."""
    return "\n".join(found.read(name).decode("utf-8-sig") for name in found.namelist() if not name.startswith("files/"))


def test_every_word_of_the_person_is_in_it_and_none_of_his_neighbour(
    runtime: Runtime, database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    person, neighbour = plant(database)
    clock.advance(timedelta(days=30))
    text = json.dumps(data(opened(runtime, person.member_id, tmp_path)), ensure_ascii=False)
    planted = "\n".join(spoken(dump(database)))
    missing = [
        f"{name}.{column}"
        for name, stored in STORED.items()
        for column in stored.columns
        if word(name, column, 1) in planted
        and word(name, column, 1) not in text
        and not {name, f"{name}.{column}"} & NOT_HIS
    ]
    assert missing == []
    assert person.sub in text
    assert neighbour.sub not in text
    assert "~2." not in text


def test_what_expires_is_no_persons(database: Database) -> None:
    assert [each.table for keeper in KEEPERS for each in keeper.stored if each.fate is Fate.expires] == ["login_state"]


def test_the_archive_is_a_page_tables_and_json_with_the_same_records(
    runtime: Runtime, school: School, tmp_path: Path
) -> None:
    things = Things(school, school.instructor, school.member)
    found = opened(runtime, school.member.member_id, tmp_path)
    sheets = data(found)
    assert [each["text"] for each in sheets["posts"]] == ["Words."]
    assert [each["response"] for each in sheets["quiz_answers"]] == ["a"]
    assert sheets["person"][0]["name"] == school.member.name
    table = found.read("csv/posts.csv")
    assert table.startswith("﻿".encode())
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert [row["text"] for row in rows] == ["Words."]
    assert rows[0].keys() == sheets["posts"][0].keys()
    page = found.read("index.html").decode()
    for part in ("Words.", school.member.name, "What you wrote in discussions", '<html lang="en">'):
        assert part in page
    assert str(things["thread"]) in table.decode("utf-8-sig")
    for other in (school.member2.name, school.instructor.name):
        assert other not in text_of(found)


def test_uploads_are_in_it_with_their_bytes(runtime: Runtime, school: School) -> None:
    Things(school, school.instructor, school.member)
    folder = runtime.settings.data_dir
    found = opened(runtime, school.instructor.member_id, folder)
    (name,) = (each for each in found.namelist() if each.startswith("files/"))
    assert found.read(name).startswith(PNG)
    assert data(found)["uploads"][0]["file"] == name
    assert not [each for each in opened(runtime, school.member.member_id, folder).namelist() if "files/" in each]


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_score_is_in_it_only_once_the_member_may_see_it(
    runtime: Runtime, school: School, tmp_path: Path, is_shown: bool
) -> None:
    review = frozenset((Shown.marks, moment) for moment in Moment) if is_shown else frozenset()
    quizzes = Quizzes(school)
    quiz = quizzes.quiz(SINGLE, settings=Settings(review=review))
    sitting = quizzes.begin(quiz, school.member)
    sitting.answer(1, "a")
    sitting.submit()
    found = opened(runtime, school.member.member_id, tmp_path)
    (attempt,) = data(found)["quiz_attempts"]
    assert (attempt["score"] is not None) is is_shown
    for secret in ("FEEDBACK-SINGLE-RIGHT", "EXPLAIN-SINGLE", "Which comes first?"):
        assert secret not in text_of(found)


@pytest.mark.once
@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"), ("+86", "'+86"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"), ("＝1", "'＝1"), ("ok", "ok"),
        (-1, "-1"), (None, ""), (True, "true"), ("", ""),
    ],
)  # fmt: skip
def test_a_table_program_finds_no_formula(value: object, written: str) -> None:
    assert rules.cell(value) == written


@pytest.mark.once
@given(st.text(max_size=20))
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert not rules.cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert rules.cell(text).removeprefix("'") == text.removeprefix("'")


def test_files_are_written_outside_transactions(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.database.writing_core(), pytest.raises(RuntimeError, match="outside"):
        archive.build([], tmp_path, runtime.clock.now())
    assert list(tmp_path.iterdir()) == []


def test_an_archive_leaves_no_file_behind(runtime: Runtime, school: School, tmp_path: Path) -> None:
    folder = tmp_path / "archives"
    opened(runtime, school.member.member_id, folder).close()
    assert list(folder.iterdir()) == []
