"""The OpenID Connect side of a launch: authorization endpoint and key set (Security Framework 1.0, 5.1.1)."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, session
from flask.typing import ResponseReturnValue

from lti_tool.demo import keys
from lti_tool.demo.faults import strike
from lti_tool.demo.launches import Launch, NoSuchLaunch, claims, find_launch, is_fresh
from lti_tool.demo.moodle import shown_person
from lti_tool.demo.runtime import Profile, Tool, find_tool, lms, profile
from lti_tool.demo.storage import platform_storage
from lti_tool.demo.store import stamp

blueprint = Blueprint("demo_login", __name__)


@dataclass
class Refused(Exception):
    """The authorization request is refused; code and description go back to the tool (OAuth 2.0, 4.2.2.1)."""

    code: str
    description: str


@dataclass
class Broken(Exception):
    """Nobody can be told but the person in front of the browser: the tool or its address is not ours."""

    description: str


@blueprint.get("/jwks")
def jwks() -> ResponseReturnValue:
    answer, _ = strike(lms().faults, "jwks")
    if answer is not None:
        return answer
    with lms().store.reading() as connection:
        return jsonify(keys.key_set(connection))


@blueprint.route("/auth", methods=["GET", "POST"])
def authorize() -> ResponseReturnValue:
    """Answer an authorization request with an auto-submitted form that carries the id_token, or an error."""
    answer, _ = strike(lms().faults, "authorize")
    if answer is not None:
        return answer
    if "person" not in session and "repost" not in request.form:
        # Our SameSite=Lax cookie does not come along when another site sends a frame here. Posting the same
        # request once more from our own page brings it. (Moodle does the same.)
        return _page("demo/repost.html", fields=request.values.items(multi=True))
    try:
        with lms().store.writing() as connection:
            tool = _known_tool(connection)
            values = _answer(connection, tool)
    except Broken as broken:
        lms().note_refusal("authorize", broken.description)
        with lms().store.reading() as connection:
            is_moodle = profile(connection).is_moodle
        return _page("demo/broken.html", status=404 if is_moodle else 400, description=broken.description)
    return _page("demo/autopost.html", action=request.values["redirect_uri"], values=values)


def _known_tool(connection: sqlite3.Connection) -> Tool:
    tool = find_tool(connection, request.values.get("client_id", ""))
    if tool is None:
        raise Broken("client_id")
    if request.values.get("redirect_uri") not in tool.redirect_uris:
        raise Broken("redirect_uri")
    return tool


def _answer(connection: sqlite3.Connection, tool: Tool) -> dict[str, str]:
    """The form values for the tool: id_token and state, or error and state."""
    state = {"state": request.values["state"]} if "state" in request.values else {}
    try:
        _check_protocol(profile(connection))
        launch = _check_hint(connection)
        found = _claims(connection, launch, tool)
    except Refused as refused:
        lms().note_refusal("authorize", f"{refused.code} {refused.description}")
        return {"error": refused.code, "error_description": refused.description} | state
    except NoSuchLaunch as missing:
        return {"error": "access_denied", "error_description": str(missing)} | state
    connection.execute("UPDATE launch SET used_at = ? WHERE id = ?", (stamp(lms().now()), launch.id))
    return {"id_token": keys.sign(connection, found)} | state | platform_storage(connection).repeated


def _claims(connection: sqlite3.Connection, launch: Launch, tool: Tool) -> dict[str, Any]:
    found = claims(connection, lms(), launch, request.values["nonce"])
    if found["aud"] != tool.client_id:
        raise Refused("unauthorized_client", "the link belongs to another tool")
    return found


def _check_protocol(kind: Profile) -> None:
    asked = request.values
    for name, value, code in (
        ("scope", "openid", "invalid_scope"),
        ("response_type", "id_token", "unsupported_response_type"),
        ("response_mode", "form_post", "invalid_request"),
        ("prompt", "none", "invalid_request"),
    ):
        if asked.get(name) != value and name == "scope" and kind.is_moodle:
            raise Broken(name)
        if asked.get(name) != value:
            raise Refused(code, f"{name} must be {value}")
    for name in ("state", "nonce", "login_hint", "lti_message_hint"):
        if not asked.get(name):
            raise Refused("invalid_request", f"{name} is missing")
    for name in ("client_id", "redirect_uri", "nonce", "state", "login_hint", "lti_message_hint"):
        if len(asked.getlist(name)) > 1:
            raise Refused("invalid_request", f"{name} is there twice")


def _check_hint(connection: sqlite3.Connection) -> Launch:
    person_id = session.get("person")
    if person_id is None:
        raise Refused("login_required", "nobody is logged in")
    row = find_launch(connection, request.values["lti_message_hint"])
    if row is None:
        raise Refused("invalid_request", "lti_message_hint is unknown")
    hint = request.values["login_hint"]
    if hint != shown_person(connection, profile(connection), person_id) or person_id != row["person_id"]:
        raise Refused("access_denied", "login_hint is not the person who is logged in")
    if not is_fresh(row["created_at"], lms().now()):
        raise Refused("launch_no_longer_valid", "this launch was begun too long ago")
    if row["used_at"] is not None and profile(connection).one_time_hint:
        raise Broken("lti_message_hint")
    return Launch.of(row)


def _page(template: str, status: int = 200, **context: object) -> Response:
    answer = Response(render_template(template, **context), status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
