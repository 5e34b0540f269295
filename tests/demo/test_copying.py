"""A teacher copies a course of the demo LMS: new ids, the same parameters and columns, no grade, a history."""

import json
import re

import pytest
from flask import Flask

from lti_tool.demo import lms_of
from lti_tool.demo.copying import copy_course, history
from tests.lms_client import ENDPOINT_CLAIM, LmsDriver

pytestmark = pytest.mark.once

CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"
ASKED = {"activity": "x", "courses": "$Context.id.history", "links": "$ResourceLink.id.history"}


def copy(lms: LmsDriver, course: str, title: str = "副本") -> str:
    """Press the button; the id of the new course."""
    answer = lms.post("teacher", f"/courses/{course}/copy", title=title)
    assert answer.status == 303
    return answer.headers["Location"].rsplit("/", 1)[-1]


def links(lms: LmsDriver, course: str) -> list[str]:
    return re.findall(r'data-link="([^"]+)"', lms.page("teacher", f"/courses/{course}").text)


@pytest.fixture
def asked(app: Flask) -> None:
    """Every link asks for both histories."""
    with lms_of(app).store.writing() as connection:
        connection.execute("UPDATE link SET custom = ?", (json.dumps(ASKED),))


def test_copy_has_new_links_with_the_same_parameters_and_says_where_they_come_from(lms: LmsDriver, asked: None) -> None:
    first = links(lms, "course-1")
    assert lms.claims_for("member1", first[0])[CUSTOM] == {"activity": "x", "courses": "", "links": ""}
    second = copy(lms, "course-1")
    copied = links(lms, second)
    assert len(copied) == len(first)
    assert not set(copied) & set(first)
    assert lms.claims_for("member1", copied[0])[CUSTOM] == {"activity": "x", "courses": "course-1", "links": first[0]}
    third = copy(lms, second)
    again = links(lms, third)
    claims = lms.claims_for("member1", again[0])[CUSTOM]
    assert claims == {"activity": "x", "courses": f"{second},course-1", "links": f"{copied[0]},{first[0]}"}


def test_moodle_does_not_know_the_history_of_a_link(lms: LmsDriver, asked: None) -> None:
    lms.profile("moodle")
    second = copy(lms, "course-1")
    claims = lms.claims_for("member1", links(lms, second)[0])[CUSTOM]
    assert claims | {"activity": "x", "courses": "course-1", "links": "$ResourceLink.id.history"} == claims


def test_columns_are_new_and_empty(lms: LmsDriver) -> None:
    second = copy(lms, "course-1")
    old = {lms.claims_for("member1", link)[ENDPOINT_CLAIM].get("lineitem") for link in links(lms, "course-1")}
    new = {lms.claims_for("member1", link)[ENDPOINT_CLAIM].get("lineitem") for link in links(lms, second)}
    assert len(new) == len(old)
    assert not (new & old) - {None}
    assert all(each["score"] is None for each in lms.gradebook(second).values())


def test_only_its_teacher_copies_a_course(lms: LmsDriver) -> None:
    for person in ("member1", "teacher2", None):
        assert lms.post(person, "/courses/course-1/copy", title="x").status == 404
    assert lms.post("teacher", "/courses/course-1/copy", title="x" * 201).status == 400
    assert "复制本课程" in lms.page("teacher", "/courses/course-1").text
    assert "复制本课程" not in lms.page("member1", "/courses/course-1").text


def test_what_is_not_there_cannot_be_copied(app: Flask, lms: LmsDriver) -> None:
    with lms_of(app).store.writing() as connection:
        with pytest.raises(LookupError):
            copy_course(connection, "course-9", "")
        assert history(connection, "course-1") == ""
