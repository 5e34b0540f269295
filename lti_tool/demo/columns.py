"""The gradebook's columns as the platform itself makes them: one per link, when the teacher allows grades."""

import sqlite3


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


def drop_column(connection: sqlite3.Connection, line_item_id: int) -> None:
    """Delete a column with its grades, as a teacher can."""
    connection.execute("DELETE FROM line_item WHERE id = ?", (line_item_id,))
