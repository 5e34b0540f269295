"""A backup of an installation in use is put into an empty place, and the course goes on there."""

import os
from pathlib import Path

import pytest

from tests.flows.campus import link_of
from tests.flows.visitor import RIGHT, Visitor, number_in
from tests.flows.waiting import eventually
from tests.plugins.engine import SERVER, on_postgresql
from tests.postgres import drop_database
from tests.stack import DANGKE, Stack, database_url, must_run, running_stack


def scores(stack: Stack) -> dict[str, float]:
    """What the LMS shows of the quiz, by person."""
    cells = stack.driver.gradebook("course-1")
    return {person: row["score"] for (_, person), row in cells.items() if row["score"] is not None}


@pytest.mark.slow
def test_course_goes_on_after_a_restore_into_an_empty_place(tmp_path: Path) -> None:
    with running_stack(
        tmp_path / "stack", command="web", DANGKE_WEB_PROCESSES="1", DANGKE_LOG_LEVEL="WARNING"
    ) as stack:
        link = link_of(stack.config, "quiz")
        first, second = (Visitor(person, stack.driver, stack.tool_url) for person in ("member1", "member2"))
        first.launch(link)
        quiz = number_in(first.address)
        first.take(quiz, right=4)
        second.launch(link)
        attempt = second.begin(quiz)
        assert second.answer(attempt, 1, RIGHT[1]).status == 200
        assert scores(stack) == {}
        must_run(dict(stack.tool.environment), "backup", str(tmp_path / "backup.tar"))
        stack.tool.kill()

        former = dict(stack.tool.environment)
        (tmp_path / "new").mkdir()
        place = {
            "DANGKE_DATABASE_URL": database_url(tmp_path / "new"),
            "DANGKE_DATA_DIR": str(tmp_path / "new" / "data"),
        }
        stack.tool.environment = former | place
        stack.tool.command = [DANGKE, "serve"]
        must_run(dict(stack.tool.environment), "restore", str(tmp_path / "backup.tar"))
        stack.tool.start()

        # What waited is sent, the answer is there, the attempt goes on in the same session, and a new launch works.
        for slot in list(RIGHT)[1:]:
            assert second.answer(attempt, slot, RIGHT[slot]).status == 200
        assert second.submit(attempt).status == 303
        third = Visitor("member3", stack.driver, stack.tool_url)
        third.launch(link)
        third.take(quiz, right=3)
        wanted = {"member1": 80.0, "member2": 100.0, "member3": 60.0}
        eventually(lambda: scores(stack) == wanted, within=30, what="an equal gradebook")
        if on_postgresql():
            drop_database(os.environ[SERVER], place["DANGKE_DATABASE_URL"].rsplit("/", 1)[1].partition("?")[0])


@pytest.mark.once
def test_backups_name_no_host_and_no_password_on_a_command_line() -> None:
    """Every user of a machine may read the arguments of its processes."""
    source = (Path(__file__).parents[2] / "lti_tool/cli/backup/engines.py").read_text("utf-8")
    assert not [word for word in ("--host", "--password", "--username", "render_as_string") if word in source]
