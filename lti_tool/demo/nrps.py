"""Names and Role Provisioning Services 2.0: who is in a course."""

import re
import sqlite3
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lti_tool.demo.faults import strike
from lti_tool.demo.launches import service_base
from lti_tool.demo.moodle import shown_person
from lti_tool.demo.names import CONTEXT_ROLE, SCOPE_ROSTER, TYPE_MEMBERS
from lti_tool.demo.runtime import Profile, lms, profile
from lti_tool.demo.services import cut, must_accept, typed
from lti_tool.demo.tokens import ServiceRefused, require

blueprint = Blueprint("demo_nrps", __name__)


@blueprint.get("/lti/nrps/<course_id>/memberships")
def memberships(course_id: str) -> ResponseReturnValue:
    """The members, filtered by role and rlid, in pages; who left is listed as Inactive (not in the moodle profile)."""
    answer, _ = strike(lms().faults, "memberships")
    if answer is not None:
        return answer
    with lms().store.reading() as connection:
        require(connection, SCOPE_ROSTER)
        must_accept(profile(connection), TYPE_MEMBERS)
        course = connection.execute("SELECT * FROM course WHERE id = ?", (course_id,)).fetchone()
        if course is None or not _knows_link(connection, course_id):
            raise ServiceRefused(404, "no such course or link")
        kind = profile(connection)
        page, link = cut([row for row in _members(connection, course_id) if _is_asked_for(row, kind)])
        container = {
            "id": f"{service_base(lms(), 'nrps', course_id)}/memberships",
            "context": {"id": course["id"], "label": course["label"], "title": course["title"]},
            "members": [_member(connection, row, kind) for row in page],
        }
        if kind.is_moodle:
            link = {name: re.sub("role=[^&>]*&", "", value) for name, value in link.items()}  # it loses the filter
    answer = typed(container, TYPE_MEMBERS)
    answer.headers.update(link)
    return answer


def _knows_link(connection: sqlite3.Connection, course_id: str) -> bool:
    asked = request.args.get("rlid")
    found = connection.execute("SELECT 1 FROM link WHERE id = ? AND course_id = ?", (asked, course_id)).fetchone()
    return asked is None or found is not None


def _members(connection: sqlite3.Connection, course_id: str) -> list[sqlite3.Row]:
    return connection.execute(
        "SELECT person.*, role, status FROM person JOIN enrolment ON enrolment.person_id = person.id"
        " WHERE course_id = ? ORDER BY person.id",
        (course_id,),
    ).fetchall()


def _is_asked_for(row: sqlite3.Row, kind: Profile) -> bool:
    role = request.args.get("role")
    is_listed = row["status"] == "Active" or not kind.short_roster_roles
    return is_listed and role in (None, row["role"], CONTEXT_ROLE + str(row["role"]))


def _member(connection: sqlite3.Connection, row: sqlite3.Row, kind: Profile) -> dict[str, Any]:
    extra = {"lis_person_sourcedid": f"ID{row['id']}", "ext_user_username": row["id"]} if kind.is_moodle else {}
    return extra | {
        "status": row["status"],
        "user_id": shown_person(connection, kind, row["id"]),
        "roles": [row["role"] if kind.short_roster_roles else CONTEXT_ROLE + row["role"]],
        "name": f"{row['family_name']}{row['given_name']}",
        "given_name": row["given_name"],
        "family_name": row["family_name"],
        "email": row["email"],
    }
