"""Names and Role Provisioning Services 2.0: who is in a course; Course Groups Service 1.0: who is with whom.

The setting `roster` changes the day: {"differences": true} offers the list of changes (2.4.3), {"anonymous": true} tells no
names, {"most": n} refuses courses with more people as Open edX does, {"refuses_links": true} answers 403 to `rlid`,
{"ignores_role": true} overlooks the role filter, {"page": n} sends at most n at once, {"without": id} forgets a person,
{"names_groups": true} says everybody's groups without being asked, {"foreign_group": id} says that everybody is in that one.
"""

import json
import re
import sqlite3
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lti_tool.demo.faults import strike
from lti_tool.demo.launches import groups_of, knows_groups, service_base
from lti_tool.demo.moodle import shown_person
from lti_tool.demo.names import CONTEXT_ROLE, SCOPE_GROUPS, SCOPE_ROSTER, TYPE_GROUPS, TYPE_MEMBERS
from lti_tool.demo.runtime import Profile, lms, profile
from lti_tool.demo.services import LARGEST_PAGE, cut, must_accept, next_link, typed, window
from lti_tool.demo.store import read_setting
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
        kind, setting = profile(connection), json.loads(read_setting(connection, "roster") or "{}")
        _refuse(connection, course_id, setting)
        rows, link = _page(connection, course_id, kind, setting)
        container = {
            "id": f"{service_base(lms(), 'nrps', course_id)}/memberships",
            "context": {"id": course["id"], "label": course["label"], "title": course["title"]},
            "members": [_member(connection, row, kind, setting) for row in rows],
        }
        if setting.get("differences") and not link:
            since = connection.execute("SELECT coalesce(max(id), 0) AS last FROM enrolment_change").fetchone()["last"]
            link = {"Link": f'<{container["id"]}?since={since}>; rel="differences"'}
        if kind.is_moodle:
            link = {name: re.sub("role=[^&>]*&", "", value) for name, value in link.items()}  # it loses the filter
    answer = typed(container, TYPE_MEMBERS)
    answer.headers.update(link)
    return answer


@blueprint.get("/lti/gs/<course_id>/groups")
def groups(course_id: str) -> ResponseReturnValue:
    """The groups of a course, all or those of `user_id`, in pages (of at most what the setting `roster` says, as members)."""
    answer, _ = strike(lms().faults, "groups")
    if answer is not None:
        return answer
    with lms().store.reading() as connection:
        require(connection, SCOPE_GROUPS)
        must_accept(profile(connection), TYPE_GROUPS)
        if not knows_groups(connection):
            raise ServiceRefused(404, "no such service")
        rows = connection.execute(
            "SELECT id, course_group.name, set_id FROM course_group LEFT JOIN group_set ON group_id = id"
            " WHERE course_id = ? ORDER BY id", (course_id,),
        ).fetchall()  # fmt: skip
        if (person := request.args.get("user_id")) is not None:
            rows = [row for row in rows if row["id"] in groups_of(connection, course_id, person)]
        return _of_groups(connection, course_id, "groups", [_group(row) for row in rows])


def _group(row: sqlite3.Row) -> dict[str, str]:
    return {"id": row["id"], "name": row["name"]} | ({} if row["set_id"] is None else {"set_id": row["set_id"]})


@blueprint.get("/lti/gs/<course_id>/sets")
def group_sets(course_id: str) -> ResponseReturnValue:
    """The sets that groups of a course stand in, in pages likewise."""
    answer, _ = strike(lms().faults, "group_sets")
    if answer is not None:
        return answer
    with lms().store.reading() as connection:
        require(connection, SCOPE_GROUPS)
        must_accept(profile(connection), TYPE_GROUPS)
        rows = connection.execute(
            "SELECT DISTINCT set_id AS id, group_set.name FROM group_set JOIN course_group ON course_group.id = group_id"
            " WHERE course_id = ? ORDER BY set_id", (course_id,),
        ).fetchall()  # fmt: skip
        return _of_groups(connection, course_id, "sets", [{"id": row["id"], "name": row["name"]} for row in rows])


def _of_groups(
    connection: sqlite3.Connection, course_id: str, name: str, items: list[dict[str, str]]
) -> ResponseReturnValue:
    """One page of a list of the groups service."""
    page, link = cut(items, json.loads(read_setting(connection, "roster") or "{}").get("page", LARGEST_PAGE))
    answer = typed({"id": f"{service_base(lms(), 'gs', course_id)}/{name}", name: page}, TYPE_GROUPS)
    answer.headers.update(link)
    return answer


def _knows_link(connection: sqlite3.Connection, course_id: str) -> bool:
    asked = request.args.get("rlid")
    found = connection.execute("SELECT 1 FROM link WHERE id = ? AND course_id = ?", (asked, course_id)).fetchone()
    return asked is None or found is not None


def _refuse(connection: sqlite3.Connection, course_id: str, setting: dict[str, Any]) -> None:
    if setting.get("refuses_links") and "rlid" in request.args:
        raise ServiceRefused(403, "no lists by link")
    most = setting.get("most")
    if most is not None:
        count = connection.execute("SELECT count(*) AS n FROM enrolment WHERE course_id = ?", (course_id,)).fetchone()
        if count["n"] > most:
            raise ServiceRefused(403, "above_response_limit")


def _page(
    connection: sqlite3.Connection, course_id: str, kind: Profile, setting: dict[str, Any]
) -> tuple[list[sqlite3.Row], dict[str, str]]:
    """The rows of the page that was asked for, and the header that leads on."""
    limit, start = window(setting.get("page", LARGEST_PAGE))
    where, values = ["enrolment.course_id = ?", "person.id <> ?"], [course_id, str(setting.get("without", ""))]
    role = request.args.get("role")
    if role is not None and not setting.get("ignores_role"):
        where.append("enrolment.role = ?")
        values.append(role.removeprefix(CONTEXT_ROLE))
    if kind.short_roster_roles:
        where.append("enrolment.status = 'Active'")
    if "since" in request.args:
        where.append("person.id IN (SELECT person_id FROM enrolment_change WHERE course_id = ? AND id > ?)")
        values += [course_id, request.args["since"]]
    rows = connection.execute(
        "SELECT person.*, enrolment.role, enrolment.status FROM enrolment JOIN person ON person.id = enrolment.person_id"
        f" WHERE {' AND '.join(where)} ORDER BY person.id LIMIT ? OFFSET ?",
        (*values, limit + 1, start),
    ).fetchall()
    return rows[:limit], next_link(limit, start, has_more=len(rows) > limit)


def _member(connection: sqlite3.Connection, row: sqlite3.Row, kind: Profile, setting: dict[str, Any]) -> dict[str, Any]:
    found = {
        "status": row["status"],
        "user_id": shown_person(connection, kind, row["id"]),
        "roles": [row["role"] if kind.short_roster_roles else CONTEXT_ROLE + row["role"]],
    }
    if kind.is_moodle:
        found |= {"lis_person_sourcedid": f"ID{row['id']}", "ext_user_username": row["id"]}
    if not setting.get("anonymous"):
        found |= {
            "name": f"{row['family_name']}{row['given_name']}",
            "given_name": row["given_name"],
            "family_name": row["family_name"],
            "email": row["email"],
        }
        if kind.is_moodle:
            found["name"] = f"{row['given_name']} {row['family_name']}"
    is_asked = request.args.get("groups") == "true" and knows_groups(connection)
    if is_asked or setting.get("names_groups"):
        ids = groups_of(connection, request.view_args["course_id"], row["id"]) if request.view_args else []
        ids += [setting["foreign_group"]] if "foreign_group" in setting else []
        found["group_enrollments"] = [{"group_id": each} for each in ids]
    if "rlid" in request.args:
        found["message"] = [{"https://purl.imsglobal.org/spec/lti/claim/message_type": "LtiResourceLinkRequest"}]
    return found
