"""What stands in the gradebook: reads for the pages and for the control interface."""

import sqlite3
from typing import Any


def columns(connection: sqlite3.Connection, course_id: str) -> list[sqlite3.Row]:
    """The columns of a course in the order of its links; those of links without grades are left out."""
    return connection.execute(
        "SELECT line_item.* FROM line_item LEFT JOIN link ON link.id = line_item.link_id"
        " WHERE line_item.course_id = ? AND (line_item.made_by = 'tool' OR link.allows_grades = 1)"
        " ORDER BY link.position IS NULL, link.position, line_item.id",
        (course_id,),
    ).fetchall()


def members(connection: sqlite3.Connection, course_id: str) -> list[sqlite3.Row]:
    """Who gets grades in a course."""
    return connection.execute(
        "SELECT person.* FROM person JOIN enrolment ON enrolment.person_id = person.id WHERE course_id = ?"
        " AND role = 'Learner' ORDER BY person.id",
        (course_id,),
    ).fetchall()


def cells(connection: sqlite3.Connection, course_id: str | None = None) -> list[dict[str, Any]]:
    """Every cell that something was sent for, of one course or of all."""
    rows = connection.execute(
        'SELECT line_item.label AS "column", person_id AS user, course_id AS course, line_item.id AS line_item,'
        " link_id AS link, score, maximum, comment, activity_progress, grading_progress, timestamp, received_at"
        " FROM grade JOIN line_item ON line_item.id = grade.line_item_id"
        " WHERE course_id = coalesce(?, course_id) ORDER BY line_item.id, person_id",
        (course_id,),
    )
    return [dict(row) for row in rows]


def score_log(connection: sqlite3.Connection, after: int = 0) -> list[dict[str, Any]]:
    """Every score POST after the given id, oldest first."""
    return [dict(row) for row in connection.execute("SELECT * FROM score_log WHERE id > ? ORDER BY id", (after,))]


def recent(connection: sqlite3.Connection, course_id: str, person_id: str | None, count: int = 5) -> list[sqlite3.Row]:
    """The score POSTs that came in last, newest first; of one person or of all."""
    return connection.execute(
        "SELECT score_log.*, line_item.label, family_name || given_name AS name FROM score_log"
        " JOIN line_item ON line_item.id = score_log.line_item_id LEFT JOIN person ON person.id = person_id"
        " WHERE course_id = ? AND person_id = coalesce(?, person_id) ORDER BY score_log.id DESC LIMIT ?",
        (course_id, person_id, count),
    ).fetchall()
