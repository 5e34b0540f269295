"""What Moodle 4.5 was seen to send and to answer, where it differs from the specifications' plain reading.

Courses and links keep their names as ids (Moodle's are numbers as well), so that the sample course is found under both
profiles. What Moodle is lax about (audience, jti, unknown progress) stays strict: a tool that works here works there.
"""

import sqlite3
from typing import Any

from flask import Response

from lti_tool.demo.names import CLAIM, DEEP_LINK_SETTINGS, ENDPOINT_CLAIM, GRADE_SCOPES, ROSTER_CLAIM
from lti_tool.demo.runtime import Lms, Profile

OUTCOME_CLAIM = "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"
GUEST_AND_ADMIN = 2
"""The first two numbers of people are taken."""
FAMILY = "moodle"
VERSION = "2024100706"
DEEP_LINKING = {
    "accept_types": ["ltiResourceLink"], "accept_presentation_document_targets": ["frame", "iframe", "window"],
    "accept_copy_advice": False, "accept_multiple": True, "accept_unsigned": False, "auto_create": False,
    "can_confirm": False, "accept_lineitem": None, "data": None, "title": "t", "text": "x",
}  # fmt: skip


def shown_person(connection: sqlite3.Connection, kind: Profile, person_id: str) -> str:
    """The id of a person as tools see it: Moodle's are numbers, written as texts."""
    if not kind.is_moodle:
        return person_id
    row = connection.execute("SELECT rowid FROM person WHERE id = ?", (person_id,)).fetchone()
    return "0" if row is None else str(row["rowid"] + GUEST_AND_ADMIN)


def meant_person(connection: sqlite3.Connection, kind: Profile, shown: str) -> str:
    """The person whom a tool means by an id; the id itself when it is nobody's."""
    if not kind.is_moodle or not (shown.isascii() and shown.isdigit()):
        return shown
    row = connection.execute("SELECT id FROM person WHERE rowid = ?", (int(shown) - GUEST_AND_ADMIN,)).fetchone()
    return shown if row is None else str(row["id"])


def dress(found: dict[str, Any], lms: Lms, person: sqlite3.Row, course: sqlite3.Row, link: sqlite3.Row | None) -> None:
    """Spell the claims of an id_token as Moodle does."""
    found["name"] = f"{person['given_name']} {person['family_name']}"
    found[CLAIM + "context"]["type"] = ["CourseSection"]
    found[CLAIM + "ext"] = {"lms": "moodle-2", "user_username": person["id"]}
    found[CLAIM + "lis"] = {"course_section_sourcedid": "", "person_sourcedid": f"ID{person['id']}"}
    found[CLAIM + "tool_platform"] = {
        "guid": "2951f557ba2d14a21a5f83e48b84e84e", "name": "tm", "description": "Test Moodle", "version": VERSION,
        "product_family_code": FAMILY,
    }  # fmt: skip
    presented = found[CLAIM + "launch_presentation"]
    presented["locale"] = presented["locale"].lower().replace("-", "_")
    if link is None:
        found[CLAIM + "launch_presentation"] = {"locale": presented["locale"]}
        found[DEEP_LINK_SETTINGS]["deep_link_return_url"] += f"?course={course['id']}&id=1&sesskey=z8MflCUQX9"
    found[ROSTER_CLAIM]["service_versions"] = ["1.0", "2.0"]
    found[CLAIM + "custom"] = _custom(found[CLAIM + "custom"], lms, str(course["id"]))
    if link is not None:
        _grades(found, lms, link)


def _custom(custom: dict[str, str], lms: Lms, course_id: str) -> dict[str, str]:
    """Names with capitals or dashes come twice; the services add addresses of theirs, one of them half filled in."""
    doubled = {name.lower().replace("-", "_"): value for name, value in custom.items()} | custom
    base = f"{lms.issuer}/mod/lti/services.php"
    return doubled | {
        "context_memberships_url": f"{lms.issuer}/lti/nrps/{course_id}/memberships",
        "context_setting_url": f"{base}/CourseSection/{course_id}/bindings/tool/1/custom",
        "link_setting_url": f"{base}/links/{{link_id}}/custom",
        "system_setting_url": f"{base}/tool/1/custom",
    }


def _grades(found: dict[str, Any], lms: Lms, link: sqlite3.Row) -> None:
    """All scopes in any case, and the older outcome service when the teacher allows grades."""
    found[ENDPOINT_CLAIM]["scope"] = list(GRADE_SCOPES)
    if link["allows_grades"]:
        found[OUTCOME_CLAIM] = {
            "lis_outcome_service_url": f"{lms.issuer}/mod/lti/service.php",
            "lis_result_sourcedid": '{"data":{"instanceid":"3","userid":"4","typeid":"1"},"hash":"6bf4f86b"}',
        }


def named_in_the_status_line(answer: Response, reason: str) -> Response:
    """Moodle says why in the reason phrase of the status line."""
    phrase = "".join(each for each in reason if " " <= each <= "~")
    answer.status = f"{answer.status_code} {phrase}"
    return answer


def error_page() -> Response:
    """The page of an exception that nobody caught: 404, HTML, and nothing that says why."""
    return Response("<!DOCTYPE html><html><title>Error</title><p>Invalid request</p></html>", 404, mimetype="text/html")
