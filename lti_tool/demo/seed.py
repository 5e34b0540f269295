"""What a demo LMS holds on its first day: persons and enrolments of its own, courses, links and groups as the tool's file says.

Seeding again adds what is new in the file and changes nothing that is there, except the tool's addresses.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from lti_tool.demo.columns import allow_grades
from lti_tool.demo.names import INSTRUCTOR, LEARNER
from lti_tool.demo.runtime import Lms, origin_of

PERSONS = (
    ("teacher", "张", "丽华"), ("member1", "李", "小明"), ("member2", "王", "静"), ("member3", "陈", "晨"),
    ("member4", "刘", "洋"), ("teacher2", "孙", "悦"), ("member5", "吴", "桐"), ("both", "周", "宁"),
)  # fmt: skip
# One row per course, in the order of the file; `both` learns in the first and teaches in the second.
ENROLMENTS = (
    (("teacher", INSTRUCTOR), ("member1", LEARNER), ("member2", LEARNER), ("member3", LEARNER), ("member4", LEARNER),
     ("both", LEARNER)),
    (("teacher2", INSTRUCTOR), ("member5", LEARNER), ("both", INSTRUCTOR)),
)  # fmt: skip


def seed(lms: Lms, config: Mapping[str, Any]) -> None:
    """Take over the tool's file (client_id, deployment_id, its URLs, courses with links). Raises KeyError if incomplete."""
    with lms.store.writing() as connection:
        _persons(connection)
        _tool(connection, config)
        for position, course in enumerate(config.get("courses", ())):
            _course(connection, course, position)
            _groups(connection, str(course["context_id"]), course.get("groups", ()))
            for place, link in enumerate(course.get("links", ())):
                _link(connection, str(config["client_id"]), str(course["context_id"]), link, place)


def _persons(connection: sqlite3.Connection) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO person (id, family_name, given_name, email) VALUES (?, ?, ?, ?)",
        [(name, family, given, f"{name}@school.example") for name, family, given in PERSONS],
    )


def _tool(connection: sqlite3.Connection, config: Mapping[str, Any]) -> None:
    """The tool's row. When the tool moved to another port, the links that led to the old place follow it."""
    before = connection.execute("SELECT login_url FROM tool WHERE client_id = ?", (config["client_id"],)).fetchone()
    connection.execute(
        "INSERT INTO tool (client_id, deployment_id, login_url, launch_url, jwks_url, deep_link_url, redirect_uris)"
        " VALUES (:client_id, :deployment_id, :login_url, :launch_url, :jwks_url, :deep_link_url, :uris)"
        " ON CONFLICT (client_id) DO UPDATE SET deployment_id = :deployment_id, login_url = :login_url,"
        " launch_url = :launch_url, jwks_url = :jwks_url, deep_link_url = :deep_link_url, redirect_uris = :uris",
        {name: config[name] for name in ("client_id", "deployment_id", "login_url", "launch_url", "jwks_url")}
        | {"deep_link_url": config.get("deep_link_url", config["launch_url"]),
           "uris": json.dumps(list(config["redirect_uris"]))},
    )  # fmt: skip
    if before is not None:
        old, new = origin_of(before["login_url"]), origin_of(config["login_url"])
        connection.execute(
            "UPDATE link SET url = ? || substr(url, ?) WHERE client_id = ? AND substr(url, 1, ?) = ?",
            (new, len(old) + 1, config["client_id"], len(old) + 1, old + "/"),
        )


def _course(connection: sqlite3.Connection, course: Mapping[str, Any], position: int) -> None:
    context_id = str(course["context_id"])
    connection.execute(
        "INSERT OR IGNORE INTO course (id, label, title, position) VALUES (?, ?, ?, ?)",
        (context_id, course.get("label", ""), course["title"], position),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO enrolment (course_id, person_id, role) VALUES (?, ?, ?)",
        [(context_id, person, role) for person, role in ENROLMENTS[position % len(ENROLMENTS)]],
    )


def _groups(connection: sqlite3.Connection, course_id: str, groups: Sequence[Mapping[str, Any]]) -> None:
    """The groups that are new, the course's learners divided among all of the file by turns."""
    learners = connection.execute(
        "SELECT person_id FROM enrolment WHERE course_id = ? AND role = ? ORDER BY person_id", (course_id, LEARNER)
    ).fetchall()
    for place, group in enumerate(groups):
        added = connection.execute(
            "INSERT OR IGNORE INTO course_group (id, course_id, name) VALUES (?, ?, ?)",
            (group["id"], course_id, group["name"]),
        ).rowcount
        if added:
            connection.executemany(
                "INSERT INTO group_member (group_id, person_id) VALUES (?, ?)",
                [(group["id"], row["person_id"]) for row in learners[place :: len(groups)]],
            )


def _link(
    connection: sqlite3.Connection, client_id: str, course_id: str, link: Mapping[str, Any], position: int
) -> None:
    """One link, unless a link of this id is there."""
    link_id = str(link["resource_link_id"])
    added = connection.execute(
        "INSERT OR IGNORE INTO link (id, course_id, client_id, title, url, custom, allows_grades, maximum, position)"
        " VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)",
        (link_id, course_id, client_id, link["title"], link["url"], json.dumps(link.get("custom", {})),
         float(link.get("maximum", 100)), position),
    ).rowcount  # fmt: skip
    if added and link.get("graded", True):
        allow_grades(connection, link_id, allowed=True)
