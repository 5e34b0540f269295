"""What a teacher does in the LMS: add links, allow and change grades, choose content by deep linking, stop the services."""

import json
import secrets

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from lti_tool.demo import gradebook as book
from lti_tool.demo.columns import allow_grades, change_grade
from lti_tool.demo.copying import copy_course
from lti_tool.demo.faults import Fault, FaultKind
from lti_tool.demo.names import INSTRUCTOR
from lti_tool.demo.pages import launch_page
from lti_tool.demo.runtime import first_tool, lms, profile
from lti_tool.demo.store import stamp

blueprint = Blueprint("demo_teaching", __name__)

LONGEST_TITLE = 200


@blueprint.get("/courses/<course_id>/deep-link")
def deep_link(course_id: str) -> ResponseReturnValue:
    """The tool in a frame, to choose content there."""
    _must_teach(course_id)
    return launch_page(course_id, None, "demo/deep_link.html", "iframe")


@blueprint.post("/courses/<course_id>/links")
def add_link(course_id: str) -> ResponseReturnValue:
    """Add a link that leads to the tool and says nothing about what to show there."""
    _must_teach(course_id)
    title = request.form.get("title", "").strip()
    try:
        maximum = float(request.form.get("maximum", "100"))
    except ValueError as error:
        raise BadRequest("the maximum must be a number") from error
    if not title or len(title) > LONGEST_TITLE or not 0 < maximum <= 1000:
        raise BadRequest("a link needs a title and a maximum")
    with lms().store.writing() as connection:
        tool = first_tool(connection)
        connection.execute(
            "INSERT INTO link (id, course_id, client_id, title, url, custom, allows_grades, maximum, position)"
            " SELECT ?, ?, ?, ?, ?, ?, 0, ?, coalesce(max(position), 0) + 1 FROM link WHERE course_id = ?",
            (f"link-{secrets.token_hex(6)}", course_id, tool.client_id, title, tool.launch_url, json.dumps({}), maximum,
             course_id),
        )  # fmt: skip
    return _course(course_id)


@blueprint.post("/courses/<course_id>/links/<link_id>/settings")
def change_link(course_id: str, link_id: str) -> ResponseReturnValue:
    """Allow or forbid grades (the first permission makes the column), and choose frame or window."""
    _must_teach(course_id)
    with lms().store.writing() as connection:
        if (
            connection.execute("SELECT 1 FROM link WHERE id = ? AND course_id = ?", (link_id, course_id)).fetchone()
            is None
        ):
            raise NotFound
        allow_grades(connection, link_id, allowed="allows_grades" in request.form)
        connection.execute("UPDATE link SET opens_window = ? WHERE id = ?", ("opens_window" in request.form, link_id))
    return _course(course_id)


@blueprint.post("/courses/<course_id>/gradebook")
def change_cell(course_id: str) -> ResponseReturnValue:
    """Put another grade into a cell of the gradebook, or none."""
    _must_teach(course_id)
    typed = request.form.get("score", "").strip()
    try:
        column_id, score = int(request.form.get("column", "")), float(typed) if typed else None
    except ValueError as error:
        raise BadRequest("a grade is a number") from error
    with lms().store.writing() as connection:
        column = next((each for each in book.columns(connection, course_id) if each["id"] == column_id), None)
        person = request.form.get("person", "")
        if column is None or person not in {each["id"] for each in book.members(connection, course_id)}:
            raise NotFound
        if score is not None and not 0 <= score <= column["maximum"]:
            raise BadRequest("a grade is a number from 0 to the maximum")
        protected = profile(connection).is_moodle
        change_grade(connection, column_id, person, score, protected=protected, now=stamp(lms().now()))
    return redirect(url_for("demo_pages.gradebook", course_id=course_id), 303)


@blueprint.post("/courses/<course_id>/copy")
def copy(course_id: str) -> ResponseReturnValue:
    """Copy the course with its links; the people come along."""
    _must_teach(course_id)
    title = request.form.get("title", "").strip()
    if len(title) > LONGEST_TITLE:
        raise BadRequest("this title is too long")
    with lms().store.writing() as connection:
        copied = copy_course(connection, course_id, title)
    return _course(copied)


@blueprint.post("/courses/<course_id>/outage")
def outage(course_id: str) -> ResponseReturnValue:
    """Stop answering the tool's service calls (503), or answer them again."""
    if "person" not in session:
        raise NotFound
    lms().faults.reset()
    if request.form.get("stop"):
        lms().faults.add("services", Fault(FaultKind.STATUS, 503))
    return _course(course_id)


def _must_teach(course_id: str) -> None:
    with lms().store.reading() as connection:
        row = connection.execute(
            "SELECT role FROM enrolment WHERE course_id = ? AND person_id = ? AND status = 'Active'",
            (course_id, session.get("person", "")),
        ).fetchone()
    if row is None or row["role"] != INSTRUCTOR:
        raise NotFound


def _course(course_id: str) -> Response:
    return redirect(url_for("demo_pages.course", course_id=course_id), 303)
