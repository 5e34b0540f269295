"""Launches: the login request that begins one, and the claims that end it."""

import json
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from lti_tool.demo import moodle
from lti_tool.demo.copying import history
from lti_tool.demo.moodle import shown_person
from lti_tool.demo.names import (
    CLAIM,
    CONTEXT_ROLE,
    COURSE_SECTION,
    DEEP_LINK_SETTINGS,
    DEEP_LINKING_REQUEST,
    ENDPOINT_CLAIM,
    GRADE_SCOPES,
    GROUPS_CLAIM,
    RESOURCE_LINK_REQUEST,
    ROSTER_CLAIM,
    SCOPE_GROUPS,
    SCOPE_LINE_ITEM,
)
from lti_tool.demo.runtime import Lms, Profile, Tool, find_tool, first_tool, profile, registered_custom
from lti_tool.demo.storage import platform_storage
from lti_tool.demo.store import read_setting, stamp

HINT_MINUTES = 30


class NoSuchLaunch(LookupError):
    """The person, course or link of a launch does not exist, or they do not belong together."""


@dataclass(frozen=True)
class Launch:
    """What is launched, by whom, and where it will be shown."""

    id: str
    person_id: str
    course_id: str
    link_id: str | None
    message_type: str
    document_target: str
    locale: str

    @classmethod
    def of(cls, row: sqlite3.Row) -> "Launch":
        return cls(
            row["id"], row["person_id"], row["course_id"], row["link_id"], row["message_type"],
            row["document_target"], row["locale"],
        )  # fmt: skip


def begin(
    connection: sqlite3.Connection, lms: Lms, *, person_id: str, link_id: str | None = None,
    course_id: str | None = None, document_target: str = "iframe", locale: str = "zh-CN",
) -> tuple[str, dict[str, str]]:  # fmt: skip
    """Begin a launch: (the tool's login URL, the form values to POST there). Without a link: deep linking.

    Raises NoSuchLaunch. Whether the person may launch is asked at the authorization endpoint, not here.
    """
    link = None if link_id is None else find_link(connection, link_id)
    if link is None and course_id is None:
        raise NoSuchLaunch("a launch needs a link or a course")
    launch = Launch(
        secrets.token_urlsafe(18), person_id, str(link["course_id"] if link else course_id), link_id,
        RESOURCE_LINK_REQUEST if link else DEEP_LINKING_REQUEST, document_target, locale,
    )  # fmt: skip
    connection.execute(
        "INSERT INTO launch (id, person_id, course_id, link_id, message_type, document_target, locale, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (launch.id, launch.person_id, launch.course_id, launch.link_id, launch.message_type, launch.document_target,
         launch.locale, stamp(lms.now())),
    )  # fmt: skip
    tool = tool_of(connection, link, launch.course_id)
    return tool.login_url, {
        "iss": lms.issuer,
        "target_link_uri": str(link["url"]) if link else tool.deep_link_url,
        "login_hint": shown_person(connection, profile(connection), person_id),
        "lti_message_hint": json.dumps(({} if link is None else {"cmid": link_id}) | {"launchid": launch.id}),
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
        **platform_storage(connection).parameter,
    }


def find_launch(connection: sqlite3.Connection, hint: str) -> sqlite3.Row | None:
    """The launch that an lti_message_hint names, or None."""
    try:
        named = json.loads(hint)["launchid"]
    except (ValueError, KeyError, TypeError):
        return None
    found: sqlite3.Row | None = connection.execute("SELECT * FROM launch WHERE id = ?", (str(named),)).fetchone()
    return found


def find_link(connection: sqlite3.Connection, link_id: str) -> sqlite3.Row:
    """A link's row. Raises NoSuchLaunch."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM link WHERE id = ?", (link_id,)).fetchone()
    if row is None:
        raise NoSuchLaunch(f"no link {link_id}")
    return row


def tool_of(connection: sqlite3.Connection, link: sqlite3.Row | None, course_id: str) -> Tool:
    """The tool of a link; for deep linking that of the course's first link, and the first of all in an empty course."""
    if link is None:
        link = connection.execute(
            "SELECT * FROM link WHERE course_id = ? ORDER BY position, rowid LIMIT 1", (course_id,)
        ).fetchone()
    return (find_tool(connection, link["client_id"]) if link else None) or first_tool(connection)


def claims(connection: sqlite3.Connection, lms: Lms, launch: Launch, nonce: str) -> dict[str, Any]:
    """All claims of the id_token for a launch. Raises NoSuchLaunch when the person is not in the course."""
    person, course = _member(connection, launch)
    link = None if launch.link_id is None else find_link(connection, launch.link_id)
    tool, kind, now = tool_of(connection, link, launch.course_id), profile(connection), int(lms.now().timestamp())
    found = _identity(person) | {
        "sub": shown_person(connection, kind, launch.person_id),
        "iss": lms.issuer,
        "aud": tool.client_id,
        "iat": now,
        "exp": now + kind.token_seconds,
        "nonce": nonce,
        CLAIM + "message_type": launch.message_type,
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": tool.deployment_id,
        CLAIM + "target_link_uri": str(link["url"]) if link else tool.deep_link_url,
        CLAIM + "roles": [CONTEXT_ROLE + str(person["role"])],
        CLAIM + "context": {"id": course["id"], "label": course["label"], "title": course["title"],
                            "type": [COURSE_SECTION]},
        CLAIM + "launch_presentation": {
            "document_target": launch.document_target, "locale": launch.locale,
            "return_url": f"{lms.issuer}/courses/{quote(launch.course_id, safe='')}?returned=1",
        },
        CLAIM + "tool_platform": {"guid": "dangke-demo-lms", "name": "示范教学平台", "version": "1",
                                  "product_family_code": "dangke-demo"},
        CLAIM + "custom": _custom(connection, tool, link, person, course),
        ENDPOINT_CLAIM: _endpoint(connection, lms, kind, launch.course_id, launch.link_id),
        ROSTER_CLAIM: {"context_memberships_url": f"{service_base(lms, 'nrps', launch.course_id)}/memberships",
                       "service_versions": ["2.0"]},
        GROUPS_CLAIM: {"context_groups_url": f"{service_base(lms, 'gs', launch.course_id)}/groups",
                       "scope": [SCOPE_GROUPS], "service_versions": ["1.0"]},
    }  # fmt: skip
    if not knows_groups(connection):
        del found[GROUPS_CLAIM]
    elif connection.execute("SELECT 1 FROM group_set LIMIT 1").fetchone() is not None:
        found[GROUPS_CLAIM]["context_group_sets_url"] = f"{service_base(lms, 'gs', launch.course_id)}/sets"
    if kind.has_azp:
        found["azp"] = tool.client_id
    if link is not None:
        found[CLAIM + "resource_link"] = {"id": link["id"], "title": link["title"], "description": link["description"]}
    else:
        found[DEEP_LINK_SETTINGS] = deep_link_settings(connection, lms, launch.id)
    if kind.is_moodle:
        moodle.dress(found, lms, person, course, link)
    return found


def service_base(lms: Lms, service: str, course_id: str) -> str:
    """The address of a service for one course, without a slash at its end."""
    return f"{lms.issuer}/lti/{service}/{quote(course_id, safe='')}"


def line_item_url(lms: Lms, kind: Profile, course_id: str, line_item_id: int) -> str:
    """The id of a line item as the tool sees it."""
    return f"{service_base(lms, 'ags', course_id)}/lineitems/{line_item_id}/lineitem{kind.line_item_query}"


def is_fresh(created_at: str, now: datetime) -> bool:
    """Whether a launch begun then may still be finished."""
    return (now - datetime.fromisoformat(created_at)).total_seconds() < HINT_MINUTES * 60


def knows_groups(connection: sqlite3.Connection) -> bool:
    """Whether this LMS has a groups service: Moodle has none, and none is offered before there is a group."""
    has_any = connection.execute("SELECT 1 FROM course_group LIMIT 1").fetchone() is not None
    return has_any and not profile(connection).is_moodle


def groups_of(connection: sqlite3.Connection, course_id: str, person_id: str) -> list[str]:
    """The ids of a person's groups in a course."""
    rows = connection.execute(
        "SELECT group_id FROM group_member JOIN course_group ON course_group.id = group_id"
        " WHERE course_id = ? AND person_id = ? ORDER BY group_id", (course_id, person_id),
    ).fetchall()  # fmt: skip
    return [str(row["group_id"]) for row in rows]


def _member(connection: sqlite3.Connection, launch: Launch) -> tuple[sqlite3.Row, sqlite3.Row]:
    person = connection.execute(
        "SELECT person.*, enrolment.role FROM person JOIN enrolment ON enrolment.person_id = person.id"
        " WHERE person.id = ? AND enrolment.course_id = ? AND enrolment.status = 'Active'",
        (launch.person_id, launch.course_id),
    ).fetchone()
    course = connection.execute("SELECT * FROM course WHERE id = ?", (launch.course_id,)).fetchone()
    if person is None or course is None:
        raise NoSuchLaunch(f"{launch.person_id} is not in course {launch.course_id}")
    return person, course


def _identity(person: sqlite3.Row) -> dict[str, Any]:
    return {
        "name": f"{person['family_name']}{person['given_name']}",
        "given_name": person["given_name"],
        "family_name": person["family_name"],
        "email": person["email"],
    }


def _custom(
    connection: sqlite3.Connection, tool: Tool, link: sqlite3.Row | None, person: sqlite3.Row, course: sqlite3.Row
) -> dict[str, str]:
    """The tool's and the link's custom parameters; of two with one name the tool's counts, since a teacher types the link's.

    Variables we know are replaced, the others stay as they are (Moodle does so, and does not know the link's history).
    """
    known = {
        "$User.id": shown_person(connection, profile(connection), person["id"]), "$User.username": person["id"], "$Context.id": course["id"],
        "$Context.id.history": history(connection, course["id"]), "$ResourceLink.id": link["id"] if link else "",
        "$ResourceLink.title": link["title"] if link else "",
    }  # fmt: skip
    if profile(connection).is_moodle:
        known["$Moodle.Person.userGroupIds"] = ",".join(groups_of(connection, course["id"], person["id"]))
    else:
        known["$ResourceLink.id.history"] = history(connection, link["id"]) if link else ""
        known |= _dates(connection, link["id"] if link else "")
    asked = registered_custom(connection, tool.client_id)
    written: dict[str, str] = (json.loads(link["custom"]) if link else {}) | asked
    return {name: str(known.get(value, value)) for name, value in written.items()}


def _dates(connection: sqlite3.Connection, link_id: str) -> dict[str, str]:
    """The variables of a link's dates; "" where it has none."""
    rows = connection.execute("SELECT name, moment FROM link_date WHERE link_id = ?", (link_id,)).fetchall()
    set_dates = {str(row["name"]): str(row["moment"]) for row in rows}
    return {
        f"$ResourceLink.{name}.{end}": set_dates.get(f"{name}.{end}", "")
        for name in ("available", "submission")
        for end in ("startDateTime", "endDateTime")
    }


def _endpoint(
    connection: sqlite3.Connection, lms: Lms, kind: Profile, course_id: str, link_id: str | None
) -> dict[str, Any]:
    """The AGS claim. `lineitem` stands in it only if the link has exactly one column (AGS 2.0, 3.1).

    Until the teacher allows grades, the link has no column and the scope to make one is not offered either.
    """
    base = f"{service_base(lms, 'ags', course_id)}/lineitems{kind.line_item_query}"
    offered = [scope for scope in GRADE_SCOPES if scope != SCOPE_LINE_ITEM or _allows_grades(connection, link_id)]
    endpoint: dict[str, Any] = {"scope": offered, "lineitems": base}
    rows = connection.execute(
        "SELECT line_item.id FROM line_item JOIN link ON link.id = line_item.link_id"
        " WHERE link.id = ? AND link.allows_grades = 1", (link_id,),
    ).fetchall()  # fmt: skip
    if len(rows) == 1:
        endpoint["lineitem"] = line_item_url(lms, kind, course_id, int(rows[0]["id"]))
    elif not rows and link_id is not None and kind.is_moodle and _allows_grades(connection, link_id):
        endpoint["lineitem"] = ""  # a tool has deleted it
    return endpoint


def _allows_grades(connection: sqlite3.Connection, link_id: str | None) -> bool:
    row = connection.execute("SELECT allows_grades FROM link WHERE id = ?", (link_id,)).fetchone()
    return row is None or bool(row["allows_grades"])


def deep_link_settings(connection: sqlite3.Connection, lms: Lms, launch_id: str) -> dict[str, Any]:
    """The settings of a deep linking request; the setting `deep_linking` changes them, its nulls take members away."""
    settings: dict[str, Any] = {
        "deep_link_return_url": f"{lms.issuer}/lti/deep-link-return/{launch_id}",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
        "accept_lineitem": True,
        "auto_create": True,
        "data": f"launch {launch_id}",
    }
    if profile(connection).is_moodle:
        settings |= moodle.DEEP_LINKING
    settings |= json.loads(read_setting(connection, "deep_linking") or "{}")
    return {name: value for name, value in settings.items() if value is not None}
