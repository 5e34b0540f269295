"""The control interface's half about people: who is in a course and in which groups, and what the roster does."""

import json
import sqlite3

from flask import jsonify
from flask.typing import ResponseReturnValue

from lti_tool.demo.control import blueprint, body
from lti_tool.demo.moodle import shown_person
from lti_tool.demo.runtime import lms, profile
from lti_tool.demo.store import write_setting

__all__ = ["blueprint"]


@blueprint.get("/people")
def show_people() -> ResponseReturnValue:
    """{person: id that tools see}; the same but in the moodle profile."""
    with lms().store.reading() as connection:
        kind = profile(connection)
        rows = connection.execute("SELECT id FROM person").fetchall()
        return jsonify({row["id"]: shown_person(connection, kind, row["id"]) for row in rows})


@blueprint.post("/enrolment")
def set_enrolment() -> ResponseReturnValue:
    """{course, person, role, status?}: enrol a person, or change their role or status."""
    asked = body()
    with lms().store.writing() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO enrolment (course_id, person_id, role, status) VALUES (?, ?, ?, ?)",
            (asked["course"], asked["person"], asked["role"], asked.get("status", "Active")),
        )
        _note_change(connection, asked["course"], asked["person"])
    return "", 204


@blueprint.delete("/enrolment")
def end_enrolment() -> ResponseReturnValue:
    """{course, person}: take somebody out, so that the list does not name them any more."""
    asked = body()
    with lms().store.writing() as connection:
        connection.execute(
            "DELETE FROM enrolment WHERE course_id = ? AND person_id = ?", (asked["course"], asked["person"])
        )
    return "", 204


def _note_change(connection: sqlite3.Connection, course_id: str, person_id: str) -> None:
    connection.execute("INSERT INTO enrolment_change (course_id, person_id) VALUES (?, ?)", (course_id, person_id))


@blueprint.post("/roster")
def set_roster() -> ResponseReturnValue:
    """What the roster service does from now on: see nrps; {} as before."""
    with lms().store.writing() as connection:
        write_setting(connection, "roster", json.dumps(body()))
    return "", 204


@blueprint.post("/person")
def set_person() -> ResponseReturnValue:
    """{id, family_name, given_name}: make a person, or give one another name."""
    asked = body()
    with lms().store.writing() as connection:
        connection.execute(
            "INSERT INTO person (id, family_name, given_name, email) VALUES (?, ?, ?, '')"
            " ON CONFLICT (id) DO UPDATE SET family_name = excluded.family_name, given_name = excluded.given_name",
            (asked["id"], asked["family_name"], asked["given_name"]),
        )
    return "", 204


@blueprint.post("/group")
def set_group() -> ResponseReturnValue:
    """{course, id, name, persons, set}: make a group, or change its name, people and set's name; persons null: delete it."""
    asked = body()
    with lms().store.writing() as connection:
        connection.execute("DELETE FROM group_member WHERE group_id = ?", (asked["id"],))
        if asked["persons"] is None:
            connection.execute("DELETE FROM course_group WHERE id = ?", (asked["id"],))
            return "", 204
        connection.execute(
            "INSERT INTO course_group (id, course_id, name) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            (asked["id"], asked["course"], asked["name"]),
        )
        connection.execute("DELETE FROM group_set WHERE group_id = ?", (asked["id"],))
        if asked.get("set"):
            connection.execute(
                "INSERT INTO group_set (group_id, set_id, name) VALUES (?, ?, ?)",
                (asked["id"], f"set of {asked['set']}", asked["set"]),
            )
        connection.executemany(
            "INSERT INTO group_member (group_id, person_id) VALUES (?, ?)",
            [(asked["id"], person) for person in asked["persons"]],
        )
    return "", 204


@blueprint.post("/members")
def add_members() -> ResponseReturnValue:
    """{course, count}: enrol `count` made-up members m000001 ..., for benchmarks."""
    asked = body()
    names = [f"m{number:06}" for number in range(1, int(asked["count"]) + 1)]
    with lms().store.writing() as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO person (id, family_name, given_name, email) VALUES (?, '成员', ?, '')",
            [(name, name[1:]) for name in names],
        )
        connection.executemany(
            "INSERT OR IGNORE INTO enrolment (course_id, person_id, role) VALUES (?, ?, 'Learner')",
            [(asked["course"], name) for name in names],
        )
    return "", 204
