"""Whatever tells something of a person stands in a keeper's list, and docs/data.md has the same lines."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Column, Enum, LargeBinary, String
from sqlalchemy.types import JSON

from lti_tool.app import KEEPERS, METADATA
from lti_tool.identity.keeping import Fate, Stored
from tools import data_sheet

HIS = {each.table for keeper in KEEPERS for each in keeper.stored if each.fate in {Fate.deleted, Fate.emptied}}
STORED: dict[str, Stored] = {each.table: each for keeper in KEEPERS for each in keeper.stored}

# Columns with texts that no person fills with something of himself, and that name nobody: who adds a text to a table says
# here why it is no one's, or puts it into the list of a keeper.
NOBODYS: dict[str, str] = {
    "tenant": "the school",
    "org_unit": "a part of the school",
    "registration": "the LMS",
    "deployment": "the LMS",
    "context": "the course",
    "member_group": "a group of the course",
    "erasure_key": "a key of ours",
    "admin_link": "operators, who run the server and are no members",
    "admin_session": "operators",
    "admin_event": "operators; what they did to persons is written down by numbers",
    "tool_key": "a key of ours",
    "access_token": "the LMS's",
    "allowed_host": "operators",
    "login_state": "random values beside what keeper `launch` lists",
    "launch_failure": "reason and reference, nothing about a person",
    "registration_invite": "the LMS",
    "choice_draft": "random values and sums",
    "activity": "the course's, as its teachers wrote it",
    "placement": "the LMS's link",
    "line_item": "the LMS's column",
    "quiz_use": "the course's",
    "forum_use": "the course's task in words",
    "lesson_use": "the course's",
    "job": "numbers of rows",
    "worker_beat": "a process of ours",
    "roster_row": "a list while it is read, for minutes; who was erased is left out of it and of what it brings",
    "roster_sync": "the course's list: codes and an address of the LMS",
    "media_reference.reference": "random",
}  # fmt: skip


def is_text(column: Column[object]) -> bool:
    """Whether somebody's words can stand in it; a name out of a fixed list is no text."""
    return isinstance(column.type, String | JSON | LargeBinary) and not isinstance(column.type, Enum)


def leads_to_a_member(column: Column[object]) -> bool:
    """To him, or to a row that is his: an attempt, a post, a session."""
    return any(key.column.table.name in HIS for key in column.foreign_keys)


def undeclared(listed: Mapping[str, Stored]) -> list[str]:
    found = []
    for table in METADATA.sorted_tables:
        stored = listed.get(table.name)
        if stored is None and any(map(leads_to_a_member, table.columns)):
            found.append(f"{table.name}: it leads to a member, and no keeper lists it")
        if table.name not in NOBODYS:
            declared = stored.columns if stored else ()
            texts = [column.name for column in table.columns if is_text(column) and column.name not in declared]
            found += [f"{table.name}.{name}: a text that no keeper lists" for name in texts]
    return [each for each in found if each.partition(":")[0] not in NOBODYS]


def test_every_table_and_text_that_tells_of_a_member_is_in_a_keepers_list() -> None:
    assert undeclared(STORED) == []


def test_what_a_keeper_does_not_list_is_noticed() -> None:
    post = replace(STORED["post"], columns=tuple(name for name in STORED["post"].columns if name != "source"))
    assert undeclared({**STORED, "post": post}) == ["post.source: a text that no keeper lists"]
    for table in ("read_mark", "answer", "score_event", "enrolment"):
        without = {name: stored for name, stored in STORED.items() if name != table}
        assert f"{table}: it leads to a member, and no keeper lists it" in undeclared(without)


def test_keepers_list_what_there_is_once() -> None:
    listed = [each.table for keeper in KEEPERS for each in keeper.stored]
    assert len(set(listed)) == len(listed)
    for each in STORED.values():
        assert set(each.columns) <= set(METADATA.tables[each.table].columns.keys()), each.table
    assert {name.partition(".")[0] for name in NOBODYS} <= set(METADATA.tables)
    assert len({keeper.name for keeper in KEEPERS}) == len(KEEPERS)


def test_the_data_sheet_has_the_same_lines() -> None:
    written = (Path(data_sheet.__file__).parents[1] / data_sheet.DOCUMENT).read_text("utf-8")
    assert written == data_sheet.render(written), "run `make data-sheet`"
