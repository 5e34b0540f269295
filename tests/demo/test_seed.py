"""What the tool's file puts into a demo LMS, and what seeding again leaves alone."""

from typing import Any

from flask import Flask

from lti_tool.demo import lms_of, seed
from tests.demo.conftest import tool_config

FIRST, SECOND = "第一党小组 · Study group 1", "第二党小组 · Study group 2"


def with_groups() -> dict[str, Any]:
    config = tool_config()
    config["courses"][0]["groups"] = [{"id": "g1", "name": FIRST}, {"id": "g2", "name": SECOND}]
    return config


def groups(app: Flask) -> dict[str, set[str]]:
    with lms_of(app).store.reading() as connection:
        rows = connection.execute(
            "SELECT name, person_id FROM course_group JOIN group_member ON group_id = id WHERE course_id = 'course-1'"
        ).fetchall()
    return {name: {row["person_id"] for row in rows if row["name"] == name} for name in {row["name"] for row in rows}}


def test_learners_are_divided_among_the_groups_of_the_file(app: Flask) -> None:
    assert groups(app) == {}
    seed(lms_of(app), with_groups())
    assert groups(app) == {FIRST: {"both", "member2", "member4"}, SECOND: {"member1", "member3"}}


def test_seeding_again_leaves_groups_as_they_were_made_since(app: Flask) -> None:
    seed(lms_of(app), with_groups())
    with lms_of(app).store.writing() as connection:
        connection.execute("DELETE FROM group_member WHERE person_id <> 'both'")
        connection.execute("UPDATE course_group SET name = '宣传组' WHERE id = 'g1'")
    seed(lms_of(app), with_groups())
    assert groups(app) == {"宣传组": {"both"}}
