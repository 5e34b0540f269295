"""What a launch says of its course and its LMS beside their ids (case list 2.7)."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.identity.models import Context, Registration
from tests.lms_client import CLAIM
from tests.lti.world import World

LIS = "http://purl.imsglobal.org/vocab/lis/v2/course#"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ([LIS + "CourseSection"], "CourseSection"),
        (["CourseSection"], "CourseSection"),
        ([LIS + "Group", LIS + "CourseSection"], "Group"),
        (["urn:lti:context-type:ims/lis/CourseTemplate"], "CourseTemplate"),
        (["Something/else#unheard-of"], "unheard-of"),
        ([], ""),
        ("CourseSection", ""),
        ([7, None], ""),
    ],
)
def test_CT_09_type_of_a_course_is_kept_and_changes_nothing(
    world: World, browser: FlaskClient, told: Any, kept: str
) -> None:
    changes: dict[str, Any] = {CLAIM + "context": {"id": "course-1", "title": "入门课 2026 秋", "type": told}}
    assert world.forge(browser, person="teacher", **changes).status_code == 303
    with world.runtime.database.reading() as session:
        assert session.scalars(select(Context.kind)).all() == [kept]


def guid(world: World) -> str:
    with world.runtime.database.reading() as session:
        return session.scalars(select(Registration.platform_guid)).one()


def test_CT_11_another_installation_is_told_and_blocks_nobody(
    world: World, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[str] = []
    monkeypatch.setattr("lti_tool.launch.views.launch.note", lambda event, **_: noted.append(event))
    for platform, expected in (("one", "one"), ("one", "one"), ("two", "two"), (None, "two")):
        changes: dict[str, Any] = {CLAIM + "tool_platform": {"guid": platform} if platform else {}}
        assert world.forge(browser, **changes).status_code == 303
        assert guid(world) == expected
    assert noted.count("platform_guid_changed") == 1
    assert noted.count("launch") == 4
