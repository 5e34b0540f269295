"""What a tool sends back from deep linking (Deep Linking 2.0, 4.5): links, with their own columns."""

import json
import secrets
import sqlite3
from datetime import timedelta
from typing import Any

import jwt
from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from lti_tool.demo.columns import add_column
from lti_tool.demo.deep_link_rules import LONGEST_SECONDS, WINDOWS, BadResponse, check_claims, checked_items
from lti_tool.demo.faults import strike
from lti_tool.demo.launches import deep_link_settings, is_fresh, tool_of
from lti_tool.demo.names import DEEP_LINK_ERROR, DEEP_LINK_MESSAGE
from lti_tool.demo.runtime import Tool, find_tool, lms, profile
from lti_tool.demo.store import stamp
from lti_tool.demo.tool_keys import UnknownKey

blueprint = Blueprint("demo_deeplink", __name__)


@blueprint.post("/lti/deep-link-return/<launch_id>")
def receive(launch_id: str) -> ResponseReturnValue:
    """Add the chosen links to the course that the request came from; each response counts once."""
    answer, _ = strike(lms().faults, "deep_link_return")
    if answer is not None:
        return answer
    try:
        with lms().store.writing() as connection:
            course_id = _spend(connection, launch_id)
            tool = tool_of(connection, None, course_id)
            settings = deep_link_settings(connection, lms(), launch_id)
            claims = _verified(connection, tool, request.form.get("JWT", ""), settings.get("data"))
            items = checked_items(claims, settings, tool)
            waits = bool(items) and profile(connection).is_moodle
            if waits:
                connection.execute(
                    "INSERT INTO offered (launch_id, course_id, client_id, items) VALUES (?, ?, ?, ?)",
                    (launch_id, course_id, tool.client_id, json.dumps(items)),
                )
            for item in () if waits else items:
                _add(connection, tool, course_id, item)
    except BadResponse as bad:
        lms().note_refusal("deep_link_return", str(bad))
        return render_template("demo/broken.html", description=str(bad)), 400
    if waits:
        return render_template("demo/offered.html", items=items, launch_id=launch_id)
    target = url_for(
        "demo_pages.course",
        course_id=course_id,
        added=len(items),
        lti_msg=claims.get(DEEP_LINK_MESSAGE),
        lti_errormsg=claims.get(DEEP_LINK_ERROR),
    )
    return render_template("demo/returned.html", target=target, items=items)


@blueprint.post("/deep-link-save/<launch_id>")
def save(launch_id: str) -> ResponseReturnValue:
    """Moodle's form: only now, when the teacher who asked presses Save, are the links made."""
    with lms().store.writing() as connection:
        row = connection.execute(
            "SELECT offered.* FROM offered JOIN launch ON launch.id = launch_id WHERE launch_id = ? AND person_id = ?",
            (launch_id, session.get("person", "")),
        ).fetchone()
        tool = None if row is None else find_tool(connection, row["client_id"])
        if row is None or tool is None:
            raise NotFound
        connection.execute("DELETE FROM offered WHERE launch_id = ?", (launch_id,))
        items = json.loads(row["items"])
        for item in items:
            _add(connection, tool, row["course_id"], item)
    return redirect(url_for("demo_pages.course", course_id=row["course_id"], added=len(items)), 303)


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


def _verified(connection: sqlite3.Connection, tool: Tool, token: str, data: str | None) -> dict[str, Any]:
    """The claims of the response, signed by the tool for us, in answer to this request; its nonce counts once."""
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
    check_claims(claims, tool, data, lms().now().timestamp())
    fresh = connection.execute(
        "INSERT OR IGNORE INTO used_assertion (client_id, jti, expires_at) VALUES (?, ?, ?)",
        (tool.client_id, f"nonce {claims['nonce']}", stamp(lms().now() + timedelta(seconds=2 * LONGEST_SECONDS))),
    ).rowcount
    if not fresh:
        raise BadResponse("this nonce was used before")
    return claims


def _add(connection: sqlite3.Connection, tool: Tool, course_id: str, item: dict[str, Any]) -> None:
    """Add one link with its column and dates, or what is no launch to the course's material."""
    if item["type"] != "ltiResourceLink":
        connection.execute(
            "INSERT INTO material (course_id, title, url, html) VALUES (?, ?, ?, ?)",
            (course_id, item.get("title") or item["type"], item.get("url", ""), item.get("html", "")),
        )
        return
    custom, column = item.get("custom") or {}, item.get("lineItem")
    link_id = f"link-{secrets.token_hex(6)}"
    maximum = 100.0 if column is None else float(column["scoreMaximum"])
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
            label=str(link["title"] if profile(connection).is_moodle else column.get("label") or link["title"]),
            maximum=maximum,
            resource_id=str(column.get("resourceId") or ""),
            tag=str(column.get("tag") or ""),
        )
    if profile(connection).is_moodle:
        return  # it overlooks dates
    dates = [(link_id, f"{name}.{end}", item[name][end]) for name, ends in WINDOWS.items() for end in ends
             if end in item.get(name, {})]  # fmt: skip
    connection.executemany("INSERT INTO link_date (link_id, name, moment) VALUES (?, ?, ?)", dates)
