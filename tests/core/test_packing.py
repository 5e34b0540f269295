"""Rows packed into one JSON text mean the same on both engines."""

import json

from sqlalchemy import column, literal, select, union_all

from lti_tool.core.database import Database
from lti_tool.core.packing import packed


def test_rows_come_as_arrays_with_everything_json_can_hold(database: Database) -> None:
    rows = union_all(
        select(literal(1).label("number"), literal('引"号\\\n').label("text")),
        select(literal(2).label("number"), literal(None).label("text")),
    ).subquery()
    statement = select(rows.c.number, rows.c.text).select_from(rows)
    with database.reading_core() as connection:
        found = connection.execute(select(packed(statement))).scalar_one()
    assert sorted(json.loads(found)) == [[1, '引"号\\\n'], [2, None]]


def test_no_rows_are_an_empty_array(database: Database) -> None:
    rows = select(literal(1).label("number")).subquery()
    statement = select(rows.c.number).select_from(rows).where(column("number") > literal(1))
    with database.reading_core() as connection:
        assert json.loads(connection.execute(select(packed(statement))).scalar_one()) == []
