"""What an administrator of the LMS does: register tools, switch them on, place a link. Anybody is one: it is a demo."""

import json
import secrets
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from lti_tool.demo.registration import new_token
from lti_tool.demo.runtime import find_tool, lms, origin_of

blueprint = Blueprint("demo_admin", __name__, url_prefix="/admin")


@blueprint.get("/tools")
def tools() -> ResponseReturnValue:
    """All tools, and the form for one more."""
    with lms().store.reading() as connection:
        rows = connection.execute(
            "SELECT tool.client_id, tool.launch_url, name, state, scopes FROM tool"
            " LEFT JOIN tool_registration USING (client_id) ORDER BY tool.rowid"
        ).fetchall()
        courses = connection.execute("SELECT id, title FROM course ORDER BY position").fetchall()
    return render_template("demo/tools.html", rows=rows, courses=courses)


@blueprint.post("/tools")
def register() -> ResponseReturnValue:
    """Open the tool's registration page in a frame (Dynamic Registration 1.0, 3.3)."""
    address = request.form.get("url", "").strip()
    if urlsplit(address).scheme not in ("http", "https"):
        raise BadRequest("the tool's registration address is missing")
    known = request.form.get("client_id") or None
    with lms().store.writing() as connection:
        if known is not None and find_tool(connection, known) is None:
            raise NotFound
        token = new_token(connection, known)
    g.tool_origin = origin_of(address)
    return render_template("demo/register.html", source=opened(address, lms().issuer, token))


def opened(address: str, issuer: str, token: str) -> str:
    """The tool's registration address with our two parameters; what stands behind its # stays."""
    parts = urlsplit(address)
    more = urlencode(
        {"openid_configuration": f"{issuer}/.well-known/openid-configuration", "registration_token": token}
    )
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, more)))))


@blueprint.post("/tools/<client_id>/activate")
def activate(client_id: str) -> ResponseReturnValue:
    """Switch a registered tool on."""
    with lms().store.writing() as connection:
        changed = connection.execute(
            "UPDATE tool_registration SET state = 'active' WHERE client_id = ?", (client_id,)
        ).rowcount
    if not changed:
        raise NotFound
    return _tools()


@blueprint.post("/tools/<client_id>/links")
def place(client_id: str) -> ResponseReturnValue:
    """Place a link to a tool that is switched on into a course."""
    title, course_id = request.form.get("title", "").strip(), request.form.get("course", "")
    if not 0 < len(title) <= 200:
        raise BadRequest("a link needs a title")
    with lms().store.writing() as connection:
        tool = connection.execute(
            "SELECT launch_url FROM tool JOIN tool_registration USING (client_id)"
            " WHERE client_id = ? AND state = 'active'",
            (client_id,),
        ).fetchone()
        if tool is None or connection.execute("SELECT 1 FROM course WHERE id = ?", (course_id,)).fetchone() is None:
            raise NotFound
        connection.execute(
            "INSERT INTO link (id, course_id, client_id, title, url, custom, allows_grades, maximum, position)"
            " SELECT ?, ?, ?, ?, ?, ?, 0, 100, coalesce(max(position), 0) + 1 FROM link WHERE course_id = ?",
            (
                f"link-{secrets.token_hex(6)}",
                course_id,
                client_id,
                title,
                tool["launch_url"],
                json.dumps({}),
                course_id,
            ),
        )
    return _tools()


def _tools() -> Response:
    return redirect(url_for("demo_admin.tools"), 303)
