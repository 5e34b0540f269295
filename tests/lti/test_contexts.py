"""What LMSs say about a course and about themselves (CT-09, CT-11; the other CT rows stand with launches and copies)."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.core.logs import log
from lti_tool.identity.models import Context
from tests.lti.world import World, path_of

COURSE = "http://purl.imsglobal.org/vocab/lis/v2/course#"


@pytest.mark.parametrize(
    "kind",
    [
        [COURSE + "CourseSection"],
        [COURSE + "Group"],
        ["CourseSection"],
        ["urn:lti:context-type:ims/lis/CourseOffering"],
        ["https://lms.example/unknown"],
        [],
        None,
        "CourseSection",
        [5, {}, None],
    ],
)
def test_CT_09_type_of_a_course_has_no_effect(world: World, browser: FlaskClient, kind: Any) -> None:
    activity = world.bound()
    context = {"id": "course-1", "title": "x"} | ({} if kind is None else {"type": kind})
    assert path_of(world.forge(browser, context=context)) == f"/probe/{activity.id}"
    with world.runtime.database.reading() as session:
        assert session.scalars(select(Context.context_key)).all() == ["c:course-1"]


def test_CT_11_platform_that_calls_itself_otherwise_is_noted_and_not_refused(
    world: World, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity = world.bound()
    world.runtime.services.pop("platform_guids", None)
    lines = list[dict[str, Any]]()
    monkeypatch.setattr(log, "info", lambda event, **fields: lines.append({"event": event, **fields}))
    for guid in ("one", "one", "two", None, "", 5, {"x": 1}, "two", "on\u202ee"):
        platform = None if guid is None else {"guid": guid}
        answer = world.forge(world.browser(), tool_platform=platform)
        assert path_of(answer) == f"/probe/{activity.id}"
    assert path_of(world.forge(browser, tool_platform="x")) == f"/probe/{activity.id}"
    told = [each["guid"] for each in lines if each["event"] == "platform_guid_changed"]
    assert told == ["two", "5", "two", "one"]
