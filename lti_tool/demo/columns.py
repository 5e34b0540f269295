"""The gradebook's columns as the platform itself makes them: one per link, when the teacher allows grades."""

import sqlite3
from collections.abc import Mapping


def allow_grades(connection: sqlite3.Connection, link_id: str, *, allowed: bool) -> None:
    """Tick or untick "allow grades" of a link. The first tick makes the column; unticking keeps it, unannounced.

    Raises LookupError for an unknown link.
    """
    link = connection.execute("SELECT * FROM link WHERE id = ?", (link_id,)).fetchone()
    if link is None:
        raise LookupError(f"no link {link_id}")
    connection.execute("UPDATE link SET allows_grades = ? WHERE id = ?", (int(allowed), link_id))
    if allowed and connection.execute("SELECT 1 FROM line_item WHERE link_id = ?", (link_id,)).fetchone() is None:
        add_column(connection, link, label=str(link["title"]), maximum=float(link["maximum"]))


def add_column(
    connection: sqlite3.Connection,
    link: sqlite3.Row,
    *,
    label: str,
    maximum: float,
    resource_id: str = "",
    tag: str = "",
) -> int:
    """Make a link's column and return the line item's id."""
    cursor = connection.execute(
        "INSERT INTO line_item (course_id, link_id, client_id, label, maximum, resource_id, tag, made_by)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'platform')",
        (link["course_id"], link["id"], link["client_id"], label, maximum, resource_id, tag),
    )
    return int(cursor.lastrowid or 0)


def type_over(
    connection: sqlite3.Connection,
    line_item_id: int,
    person_id: str,
    score: float,
    *,
    locked: bool,
    now: str,
) -> None:
    """A teacher's own grade: it stays, whatever a tool sends later; a locked one is not even accepted."""
    connection.execute(
        "INSERT INTO grade (line_item_id, person_id, score, comment, activity_progress, grading_progress, timestamp,"
        " received_at) VALUES (?, ?, ?, '', 'Completed', 'FullyGraded', '1970-01-01T00:00:00.000000+00:00', ?)"
        " ON CONFLICT (line_item_id, person_id) DO UPDATE SET score = excluded.score, received_at = excluded.received_at",
        (line_item_id, person_id, score, now),
    )
    connection.execute(
        "INSERT OR REPLACE INTO teacher_grade (line_item_id, person_id, is_locked) VALUES (?, ?, ?)",
        (line_item_id, person_id, int(locked)),
    )


def fill_column(connection: sqlite3.Connection, line_item_id: int, scores: Mapping[str, float], now: str) -> None:
    """A whole column as tools have sent it, by person; what stands there already is replaced."""
    connection.executemany(
        "INSERT OR REPLACE INTO grade (line_item_id, person_id, score, comment, activity_progress, grading_progress,"
        " timestamp, received_at) VALUES (?, ?, ?, '', 'Completed', 'FullyGraded', ?, ?)",
        [(line_item_id, person, float(score), now, now) for person, score in scores.items()],
    )


def change_grade(
    connection: sqlite3.Connection, line_item_id: int, person_id: str, score: float | None, *, protected: bool, now: str
) -> None:
    """What a teacher does in the gradebook: another number, or none.

    `protected`: it stays whatever a tool sends later, as in Moodle; elsewhere the tool's next score takes its place.
    """
    if protected and score is not None:
        type_over(connection, line_item_id, person_id, score, locked=False, now=now)
        return
    connection.execute(
        "INSERT INTO grade (line_item_id, person_id, score, comment, activity_progress, grading_progress, timestamp,"
        " received_at) VALUES (?, ?, ?, '', 'Completed', 'FullyGraded', '1970-01-01T00:00:00.000000+00:00', ?)"
        " ON CONFLICT (line_item_id, person_id) DO UPDATE SET score = excluded.score, received_at = excluded.received_at",
        (line_item_id, person_id, score, now),
    )
    connection.execute("DELETE FROM teacher_grade WHERE line_item_id = ? AND person_id = ?", (line_item_id, person_id))


def comment_on(connection: sqlite3.Connection, line_item_id: int, person_id: str, comment: str) -> None:
    """A teacher's comment on a grade that is there."""
    connection.execute(
        "UPDATE grade SET comment = ? WHERE line_item_id = ? AND person_id = ?", (comment, line_item_id, person_id)
    )


def drop_column(connection: sqlite3.Connection, line_item_id: int) -> None:
    """Delete a column with its grades, as a teacher can."""
    connection.execute("DELETE FROM line_item WHERE id = ?", (line_item_id,))
