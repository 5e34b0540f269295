"""What a tool sends back from deep linking (Deep Linking 2.0, 4.5): links, with their own columns."""

import json
import math
import secrets
import sqlite3
from typing import Any

import jwt
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_tool.demo.columns import add_column
from lti_tool.demo.faults import strike
from lti_tool.demo.launches import is_fresh
from lti_tool.demo.names import CLAIM, CONTENT_ITEMS, DEEP_LINK_DATA, DEEP_LINK_MESSAGE, DEEP_LINKING_RESPONSE
from lti_tool.demo.runtime import Tool, first_tool, lms
from lti_tool.demo.store import stamp
from lti_tool.demo.tool_keys import UnknownKey

blueprint = Blueprint("demo_deeplink", __name__)

LEEWAY_SECONDS = 60


class BadResponse(ValueError):
    """The deep linking response cannot be trusted or understood."""


@blueprint.post("/lti/deep-link-return/<launch_id>")
def receive(launch_id: str) -> ResponseReturnValue:
    """Add the chosen links to the course that the request came from; each response counts once."""
    answer, _ = strike(lms().faults, "deep_link_return")
    if answer is not None:
        return answer
    try:
        with lms().store.writing() as connection:
            course_id = _spend(connection, launch_id)
            tool = first_tool(connection)
            claims = _verified(tool, request.form.get("JWT", ""), launch_id)
            count = sum(_add(connection, tool, course_id, item) for item in claims.get(CONTENT_ITEMS, []))
    except BadResponse as bad:
        return render_template("demo/broken.html", description=str(bad)), 400
    target = url_for("demo_pages.course", course_id=course_id, added=count, lti_msg=claims.get(DEEP_LINK_MESSAGE))
    return render_template("demo/returned.html", target=target, count=count)


def _spend(connection: sqlite3.Connection, launch_id: str) -> str:
    """The course of a deep linking request that nobody answered yet; marks it answered."""
    row = connection.execute("SELECT * FROM launch WHERE id = ? AND link_id IS NULL", (launch_id,)).fetchone()
    if row is None or row["used_at"] is None:
        raise BadResponse("nobody asked for this")
    if row["returned_at"] is not None:
        raise BadResponse("this was answered before")
    if not is_fresh(row["created_at"], lms().now()):
        raise BadResponse("this was asked too long ago")
    connection.execute("UPDATE launch SET returned_at = ? WHERE id = ?", (stamp(lms().now()), launch_id))
    return str(row["course_id"])


def _verified(tool: Tool, token: str, launch_id: str) -> dict[str, Any]:
    """The claims of the response, signed by the tool for us, in answer to this request."""
    try:
        kid = str(jwt.get_unverified_header(token).get("kid"))
        claims: dict[str, Any] = jwt.decode(
            token,
            lms().tool_keys.find(tool.jwks_url, kid).key,
            algorithms=["RS256"],
            audience=lms().issuer,
            issuer=tool.client_id,
            options={"require": ["iss", "aud", "iat", "exp", "nonce"], "verify_exp": False, "verify_iat": False},
        )
    except (UnknownKey, jwt.PyJWTError) as error:
        raise BadResponse(f"JWT: {error}") from error
    now = lms().now().timestamp()
    if not claims["iat"] - LEEWAY_SECONDS <= now < claims["exp"] + LEEWAY_SECONDS:
        raise BadResponse("the JWT is expired or not yet valid")
    expected = {CLAIM + "message_type": DEEP_LINKING_RESPONSE, CLAIM + "version": "1.3.0",
                CLAIM + "deployment_id": tool.deployment_id, DEEP_LINK_DATA: f"launch {launch_id}"}  # fmt: skip
    for name, value in expected.items():
        if claims.get(name) != value:
            raise BadResponse(f"{name} is not {value}")
    items = claims.get(CONTENT_ITEMS, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BadResponse("content_items is no list of objects")
    return claims


def _add(connection: sqlite3.Connection, tool: Tool, course_id: str, item: dict[str, Any]) -> int:
    """Add one link; how many were added: things that are no ltiResourceLink are left out."""
    if item.get("type") != "ltiResourceLink":
        return 0
    custom, column = item.get("custom") or {}, item.get("lineItem")
    link_id = f"link-{secrets.token_hex(6)}"
    maximum = _maximum(column)
    connection.execute(
        "INSERT INTO link (id, course_id, client_id, title, description, url, custom, allows_grades, maximum,"
        " opens_window, position) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(max(position), 0) + 1 FROM link"
        " WHERE course_id = ?",
        (link_id, course_id, tool.client_id, str(item.get("title") or "未命名活动"), str(item.get("text") or ""),
         str(item.get("url") or tool.launch_url), json.dumps({str(name): str(value) for name, value in custom.items()}),
         int(column is not None), maximum, int("window" in item and "iframe" not in item), course_id),
    )  # fmt: skip
    if column is not None:
        link = connection.execute("SELECT * FROM link WHERE id = ?", (link_id,)).fetchone()
        add_column(
            connection,
            link,
            label=str(column.get("label") or link["title"]),
            maximum=maximum,
            resource_id=str(column.get("resourceId") or ""),
            tag=str(column.get("tag") or ""),
        )
    return 1


def _maximum(column: Any) -> float:
    if column is None:
        return 100.0
    maximum = column.get("scoreMaximum") if isinstance(column, dict) else None
    if not isinstance(maximum, int | float) or isinstance(maximum, bool) or not 0 < maximum < math.inf:
        raise BadResponse("lineItem needs a positive scoreMaximum")
    return float(maximum)
