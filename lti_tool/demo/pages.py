"""The pages that a person of the LMS sees: who they are, their courses, an activity with the tool in a frame."""

import sqlite3
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from lti_tool.demo import gradebook as book
from lti_tool.demo.launches import begin
from lti_tool.demo.names import INSTRUCTOR
from lti_tool.demo.runtime import lms
from lti_tool.demo.texts import LOCALES, locale, text

blueprint = Blueprint("demo_pages", __name__)

ZONE = ZoneInfo("Asia/Shanghai")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    """What every template may use."""
    return {"t": text, "locale": locale(), "points": points, "clock_time": clock_time, "is_out": _is_out()}


@blueprint.get("/")
def home() -> ResponseReturnValue:
    return redirect(url_for("demo_pages.courses" if "person" in session else "demo_pages.login"))


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    with lms().store.reading() as connection:
        rows = connection.execute(
            "SELECT person.*, course.title, role FROM person JOIN enrolment ON person_id = person.id"
            " JOIN course ON course.id = course_id WHERE person.email <> '' ORDER BY course.position, role, person.rowid"
        ).fetchall()
    return render_template("demo/login.html", rows=rows)


@blueprint.post("/login")
def log_in() -> ResponseReturnValue:
    """Become a person: this LMS asks for no password."""
    person = request.form.get("person", "")
    with lms().store.reading() as connection:
        if connection.execute("SELECT 1 FROM person WHERE id = ?", (person,)).fetchone() is None:
            raise BadRequest("no such person")
        course_id = request.form.get("course", "")
        stays = _role(connection, course_id, person) is not None
    session["person"] = person
    return redirect(url_for("demo_pages.course", course_id=course_id) if stays else url_for("demo_pages.courses"), 303)


@blueprint.post("/logout")
def log_out() -> ResponseReturnValue:
    session.pop("person", None)
    return redirect(url_for("demo_pages.login"), 303)


@blueprint.post("/locale")
def set_locale() -> ResponseReturnValue:
    if request.form.get("locale") not in LOCALES:
        raise BadRequest("no such language")
    session["locale"] = request.form["locale"]
    return redirect(url_for("demo_pages.home"), 303)


@blueprint.get("/courses")
def courses() -> ResponseReturnValue:
    if "person" not in session:
        return redirect(url_for("demo_pages.login"))
    with lms().store.reading() as connection:
        rows = connection.execute(
            "SELECT course.*, role FROM course JOIN enrolment ON course_id = course.id WHERE person_id = ?"
            " ORDER BY position",
            (session["person"],),
        ).fetchall()
        return render_template("demo/courses.html", rows=rows, **_frame(connection))


@blueprint.get("/courses/<course_id>")
def course(course_id: str) -> ResponseReturnValue:
    with lms().store.reading() as connection:
        here = visit(connection, course_id)
        materials = connection.execute(
            "SELECT * FROM material WHERE course_id = ? ORDER BY id", (course_id,)
        ).fetchall()
        return render_template("demo/course.html", launch_url=url_for("demo_pages.home"), materials=materials, **here)


@blueprint.get("/courses/<course_id>/links/<link_id>")
def activity(course_id: str, link_id: str) -> ResponseReturnValue:
    """The activity in a frame: a form that is submitted into it begins the launch."""
    return launch_page(course_id, link_id, "demo/activity.html", "iframe")


@blueprint.get("/courses/<course_id>/links/<link_id>/window")
def window(course_id: str, link_id: str) -> ResponseReturnValue:
    """The activity in a window of its own."""
    return launch_page(course_id, link_id, "demo/window.html", "window")


@blueprint.get("/courses/<course_id>/gradebook")
def gradebook(course_id: str) -> ResponseReturnValue:
    """All cells for a teacher, their own row for a member."""
    with lms().store.reading() as connection:
        here = visit(connection, course_id)
        rows = book.members(connection, course_id)
        if not here["is_teacher"]:
            rows = [row for row in rows if row["id"] == session["person"]]
        cells = {(cell["line_item"], cell["user"]): cell for cell in book.cells(connection, course_id)}
        columns = book.columns(connection, course_id)
        return render_template("demo/gradebook.html", members=rows, columns=columns, cells=cells, **here)


@blueprint.get("/courses/<course_id>/panel")
def panel(course_id: str) -> ResponseReturnValue:
    """The side panel alone, for the script that keeps it fresh; nothing once another person is in this browser.

    A page that was left open asks on after somebody else has come in: that is no error for its console to show.
    """
    with lms().store.reading() as connection:
        if _role(connection, course_id, session.get("person", "")) is None:
            return "", 204
        return render_template("demo/panel.html", **visit(connection, course_id))


def launch_page(course_id: str, link_id: str | None, template: str, target: str) -> ResponseReturnValue:
    """A page whose form begins a launch of a link, or without one of deep linking."""
    with lms().store.writing() as connection:
        here = visit(connection, course_id)
        link = next((row for row in here["links"] if row["id"] == link_id), None)
        if link_id is not None and link is None:
            raise NotFound
        action, form = begin(
            connection,
            lms(),
            person_id=session["person"],
            link_id=link_id,
            course_id=course_id,
            document_target=target,
            locale=locale(),
        )
    return render_template(template, link=link, action=action, form=form, **here)


def visit(connection: sqlite3.Connection, course_id: str) -> dict[str, Any]:
    """What every page of a course shows; 404 for who is not in it."""
    person = session.get("person", "")
    role = _role(connection, course_id, person)
    if role is None:
        raise NotFound
    is_teacher = role == INSTRUCTOR
    cells = {cell["line_item"]: cell for cell in book.cells(connection, course_id) if cell["user"] == person}
    return _frame(connection) | {
        "course": connection.execute("SELECT * FROM course WHERE id = ?", (course_id,)).fetchone(),
        "links": connection.execute(
            "SELECT * FROM link WHERE course_id = ? ORDER BY position, rowid", (course_id,)
        ).fetchall(),
        "is_teacher": is_teacher,
        "grades": [(column, cells.get(column["id"])) for column in book.columns(connection, course_id)],
        "log": book.recent(connection, course_id, None if is_teacher else person),
    }


def points(value: float | None) -> str:
    """A number of points without needless digits; a dash for none."""
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def clock_time(moment: str) -> str:
    """The time of day in the course's zone."""
    return datetime.fromisoformat(moment).astimezone(ZONE).strftime("%H:%M:%S")


def _frame(connection: sqlite3.Connection) -> dict[str, Any]:
    """The head of every page: who may be chosen, who is chosen, and where."""
    people = connection.execute("SELECT * FROM person WHERE email <> '' ORDER BY rowid").fetchall()
    return {"people": people, "person": session.get("person")}


def _role(connection: sqlite3.Connection, course_id: str, person: str) -> str | None:
    row = connection.execute(
        "SELECT role FROM enrolment WHERE course_id = ? AND person_id = ? AND status = 'Active'", (course_id, person)
    ).fetchone()
    return None if row is None else str(row["role"])


def _is_out() -> bool:
    return "scores" in lms().faults.planned()
