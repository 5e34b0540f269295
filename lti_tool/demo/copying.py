"""Copying a course as LMSs do: links with their custom parameters, settings and columns; never a grade.

Ids are new; where they come from is what `$Context.id.history` and `$ResourceLink.id.history` say, the latest copy first.
Other than in a real LMS the people are enrolled in the copy as well, so that it can be tried out at once.
"""

import secrets
import sqlite3
from urllib.parse import quote

from lti_tool.demo.columns import add_column


def copy_course(connection: sqlite3.Connection, course_id: str, title: str) -> str:
    """Copy a course; returns the id of the new one. Raises LookupError for an unknown course."""
    course = connection.execute("SELECT * FROM course WHERE id = ?", (course_id,)).fetchone()
    if course is None:
        raise LookupError(f"no course {course_id}")
    copied = f"course-{secrets.token_hex(4)}"
    connection.execute(
        "INSERT INTO course (id, label, title, position) SELECT ?, ?, ?, max(position) + 1 FROM course",
        (copied, course["label"], title or course["title"]),
    )
    connection.execute(
        "INSERT INTO enrolment (course_id, person_id, role, status)"
        " SELECT ?, person_id, role, status FROM enrolment WHERE course_id = ?",
        (copied, course_id),
    )
    _note(connection, copied, course_id)
    links = connection.execute(
        "SELECT * FROM link WHERE course_id = ? ORDER BY position, rowid", (course_id,)
    ).fetchall()
    for link in links:
        _copy_link(connection, link, copied)
    return copied


def _copy_link(connection: sqlite3.Connection, link: sqlite3.Row, course_id: str) -> None:
    """One link with its columns; resource id and tag of a column stay the same (Moodle keeps them)."""
    copied = f"link-{secrets.token_hex(6)}"
    connection.execute(
        "INSERT INTO link (id, course_id, client_id, title, description, url, custom, allows_grades, maximum, opens_window,"
        " position) SELECT ?, ?, client_id, title, description, url, custom, allows_grades, maximum, opens_window, position"
        " FROM link WHERE id = ?",
        (copied, course_id, link["id"]),
    )
    _note(connection, copied, str(link["id"]))
    made = connection.execute("SELECT * FROM link WHERE id = ?", (copied,)).fetchone()
    for column in connection.execute("SELECT * FROM line_item WHERE link_id = ?", (link["id"],)).fetchall():
        add_column(
            connection, made, label=column["label"], maximum=column["maximum"], resource_id=column["resource_id"],
            tag=column["tag"],
        )  # fmt: skip


def _note(connection: sqlite3.Connection, copied: str, source: str) -> None:
    connection.execute("INSERT INTO copied_from (id, source_id) VALUES (?, ?)", (copied, source))


def history(connection: sqlite3.Connection, copied: str) -> str:
    """The ids that a course or a link was copied from, as the substitution variables say it; "" for an original."""
    found: list[str] = []
    while row := connection.execute("SELECT source_id FROM copied_from WHERE id = ?", (copied,)).fetchone():
        copied = str(row["source_id"])
        found.append(quote(copied, safe=""))
    return ",".join(found)
