"""Line items (Assignment and Grade Services 2.0, 3.2): the columns of the gradebook as a tool sees and makes them."""

import json
import math
import sqlite3
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from lti_tool.demo.columns import drop_column
from lti_tool.demo.faults import strike
from lti_tool.demo.launches import line_item_url
from lti_tool.demo.names import SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ, TYPE_LINE_ITEM, TYPE_LINE_ITEMS
from lti_tool.demo.runtime import lms, profile
from lti_tool.demo.services import cut, must_accept, must_send, typed
from lti_tool.demo.tokens import ServiceRefused, require

blueprint = Blueprint("demo_ags", __name__, url_prefix="/lti/ags/<course_id>/lineitems")

OWN_MEMBERS = {"id", "label", "scoreMaximum", "resourceId", "tag", "resourceLinkId"}
LONGEST_LABEL = 255
# What a tool may see: its own columns, and those of links whose teacher allows grades.
VISIBLE = (
    "SELECT line_item.* FROM line_item LEFT JOIN link ON link.id = line_item.link_id"
    " WHERE line_item.course_id = :course AND line_item.client_id = :client"
    " AND (line_item.made_by = 'tool' OR link.allows_grades = 1)"
)


@blueprint.get("")
def line_items(course_id: str) -> ResponseReturnValue:
    """All columns, filtered by resource_link_id, resource_id and tag, in pages."""
    answer, _ = strike(lms().faults, "lineitems")
    if answer is not None:
        return answer
    with lms().store.reading() as connection:
        client = require(connection, SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ)
        must_accept(profile(connection), TYPE_LINE_ITEMS, moodle_takes_any=False)
        rows = connection.execute(f"{VISIBLE} ORDER BY line_item.id", {"course": course_id, "client": client})
        page, link = cut([row for row in rows if _is_asked_for(row)])
        answer = typed([_shown(connection, row) for row in page], TYPE_LINE_ITEMS)
        if profile(connection).is_moodle:  # a language pack's quotes, and HTML in a header
            curly = {name: value.replace('"next"', "“next”").replace("&", "&amp;") for name, value in link.items()}
            link = {name: value.encode().decode("latin-1") for name, value in curly.items()}
    answer.headers.update(link)
    return answer


@blueprint.post("")
def create(course_id: str) -> ResponseReturnValue:
    """A new column of the tool's own."""
    answer, _ = strike(lms().faults, "lineitems")
    if answer is not None:
        return answer
    with lms().store.writing() as connection:
        client = require(connection, SCOPE_LINE_ITEM)
        values = _values(connection, must_send(profile(connection), TYPE_LINE_ITEM), course_id)
        if connection.execute("SELECT 1 FROM course WHERE id = ?", (course_id,)).fetchone() is None:
            raise ServiceRefused(404, "no such course")
        made = connection.execute(
            "INSERT INTO line_item (course_id, link_id, client_id, label, maximum, resource_id, tag, extra, made_by)"
            " VALUES (:course, :link, :client, :label, :maximum, :resource_id, :tag, :extra, 'tool')",
            values | {"course": course_id, "client": client},
        ).lastrowid
        shown = _shown(connection, find(connection, course_id, int(made or 0), client))
        if profile(connection).is_moodle:  # dates and the like are echoed, and forgotten
            connection.execute("UPDATE line_item SET extra = '{}' WHERE id = ?", (made,))
    return typed(shown, TYPE_LINE_ITEM, 201)


@blueprint.get("/<int:item_id>/lineitem")
def line_item(course_id: str, item_id: int) -> ResponseReturnValue:
    answer, _ = strike(lms().faults, "lineitem")
    if answer is not None:
        return answer
    with lms().store.reading() as connection:
        client = require(connection, SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READ)
        must_accept(profile(connection), TYPE_LINE_ITEM)
        return typed(_shown(connection, find(connection, course_id, item_id, client)), TYPE_LINE_ITEM)


@blueprint.put("/<int:item_id>/lineitem")
def replace(course_id: str, item_id: int) -> ResponseReturnValue:
    """Replace a column: what is left out is gone, also the link; another maximum rescales the scores (as Moodle does)."""
    answer, _ = strike(lms().faults, "lineitem")
    if answer is not None:
        return answer
    with lms().store.writing() as connection:
        client = require(connection, SCOPE_LINE_ITEM)
        before = find(connection, course_id, item_id, client)
        values = _values(connection, must_send(profile(connection), TYPE_LINE_ITEM), course_id)
        connection.execute(
            "UPDATE line_item SET link_id = :link, label = :label, maximum = :maximum, resource_id = :resource_id,"
            " tag = :tag, extra = :extra WHERE id = :item",
            values | {"item": item_id},
        )
        connection.execute(
            "UPDATE grade SET score = score * ? / ? WHERE line_item_id = ?",
            (values["maximum"], before["maximum"], item_id),
        )
        return typed(_shown(connection, find(connection, course_id, item_id, client)), TYPE_LINE_ITEM)


@blueprint.delete("/<int:item_id>/lineitem")
def delete(course_id: str, item_id: int) -> ResponseReturnValue:
    """Delete a column with its scores; also one that the teacher made (as Moodle allows)."""
    answer, _ = strike(lms().faults, "lineitem")
    if answer is not None:
        return answer
    with lms().store.writing() as connection:
        find(connection, course_id, item_id, require(connection, SCOPE_LINE_ITEM))
        drop_column(connection, item_id)
    return Response(status=204)


def find(connection: sqlite3.Connection, course_id: str, item_id: int, client: str) -> sqlite3.Row:
    """A column that the tool may see. Raises ServiceRefused (404)."""
    row: sqlite3.Row | None = connection.execute(
        f"{VISIBLE} AND line_item.id = :item", {"course": course_id, "client": client, "item": item_id}
    ).fetchone()
    if row is None:
        raise ServiceRefused(404, "no such line item")
    return row


def _is_asked_for(row: sqlite3.Row) -> bool:
    filters = (("resource_link_id", "link_id"), ("resource_id", "resource_id"), ("tag", "tag"))
    return all((row[column] or "") == request.args[name] for name, column in filters if name in request.args)


def _shown(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    """A line item as JSON; empty optional members are left out."""
    url = line_item_url(lms(), profile(connection), row["course_id"], row["id"])
    shown: dict[str, Any] = json.loads(row["extra"])
    shown |= {"id": url, "label": row["label"], "scoreMaximum": row["maximum"]}
    optional = {"resourceId": row["resource_id"], "tag": row["tag"], "resourceLinkId": row["link_id"]}
    return shown | {name: value for name, value in optional.items() if value}


def _values(connection: sqlite3.Connection, body: dict[str, Any], course_id: str) -> dict[str, Any]:
    """A line item's columns from the JSON of a tool. Raises ServiceRefused (400, 403)."""
    label, maximum = body.get("label"), body.get("scoreMaximum")
    if not isinstance(label, str) or not label.strip() or len(label) > LONGEST_LABEL:
        raise ServiceRefused(400, "label is missing or too long")
    if not isinstance(maximum, int | float) or isinstance(maximum, bool) or not 0 < maximum < math.inf:
        raise ServiceRefused(400, "scoreMaximum must be a positive number")
    for name in ("resourceId", "tag", "resourceLinkId"):
        if not isinstance(body.get(name) or "", str):
            raise ServiceRefused(400, f"{name} must be a string")
    return {
        "link": _link(connection, body.get("resourceLinkId"), course_id),
        "label": label,
        "maximum": float(maximum),
        "resource_id": body.get("resourceId") or "",
        "tag": body.get("tag") or "",
        "extra": json.dumps({name: value for name, value in body.items() if name not in OWN_MEMBERS}),
    }


def _link(connection: sqlite3.Connection, link_id: str | None, course_id: str) -> str | None:
    """A link to attach to: one of this course, whose teacher allows grades."""
    if not link_id:
        return None
    link = connection.execute("SELECT * FROM link WHERE id = ? AND course_id = ?", (link_id, course_id)).fetchone()
    if link is None:
        raise ServiceRefused(403, "resourceLinkId is no link of this course")
    if not link["allows_grades"]:
        raise ServiceRefused(403, "the teacher does not allow grades for this link")
    return link_id
