"""The pages that a person of the LMS sees: who they are, their courses, an activity with the tool in a frame."""

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from lti_tool.demo.runtime import lms

blueprint = Blueprint("demo_pages", __name__)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    return redirect(url_for("demo_pages.login"))


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    return "", 200


@blueprint.post("/login")
def log_in() -> ResponseReturnValue:
    """Become a person: this LMS asks for no password."""
    person = request.form.get("person", "")
    with lms().store.reading() as connection:
        if connection.execute("SELECT 1 FROM person WHERE id = ?", (person,)).fetchone() is None:
            raise BadRequest("no such person")
    session.clear()
    session["person"] = person
    return redirect(url_for("demo_pages.home"), 303)


@blueprint.post("/logout")
def log_out() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for("demo_pages.login"), 303)
