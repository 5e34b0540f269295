"""Statements that run on the driver's own connection give what SQLAlchemy gives."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Integer,
    String,
    bindparam,
    event,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from lti_tool.core.columns import Points, UtcDateTime, text_enum
from lti_tool.core.database import Database
from lti_tool.core.errors import Invalid
from lti_tool.core.hot import Hot
from lti_tool.identity.actor import Role
from lti_tool.identity.models import Context, Tenant
from lti_tool.ledger.models import Activity

MOMENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ROLE = text_enum(Role)


def open_value(name: str, kind: Any) -> Any:
    return bindparam(name, type_=kind)


ALL_TYPES = select(
    open_value("number", Integer()).label("number"),
    open_value("words", String()).label("words"),
    open_value("moment", UtcDateTime()).label("moment"),
    open_value("points", Points()).label("points"),
    open_value("is_so", Boolean()).label("is_so"),
    open_value("role", ROLE).label("role"),
    literal(["a", 1], JSON()).label("known"),
    literal(MOMENT, UtcDateTime()).label("fixed"),
)
VALUES = {"number": 7, "words": "党课", "moment": MOMENT, "points": Decimal("71.5"), "is_so": True, "role": Role.member}


def test_hot_statement_gives_the_values_that_sqlalchemy_gives(database: Database) -> None:
    with database.reading_core() as connection:
        expected = [tuple(row) for row in connection.execute(ALL_TYPES, VALUES)]
        assert Hot(ALL_TYPES).all(connection, VALUES) == expected
        assert expected[0][:4] == (7, "党课", MOMENT, Decimal("71.5"))


def test_hot_statement_is_seen_by_who_listens(database: Database) -> None:
    seen: list[str] = []

    def note(*given: Any) -> None:
        seen.append(given[2])

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.reading_core() as connection:
            assert Hot(ALL_TYPES).all(connection, VALUES)[0][0] == 7
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert len(seen) == 1


def test_hot_change_belongs_to_the_transaction_around_it(database: Database) -> None:
    tenant = Tenant.__table__.c
    renamed = Hot(update(Tenant).values(name=open_value("title", String())).returning(tenant.name))
    with database.writing() as session:
        session.add(Tenant(name="甲"))

    def rename_and_fail() -> None:
        with database.writing_core() as connection:
            assert renamed.all(connection, {"title": "乙"}) == [("乙",)]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rename_and_fail()
    with database.reading_core() as connection:
        assert connection.scalar(select(tenant.name)) == "甲"
    with database.writing() as session:
        assert renamed.all(session, {"title": "丙"}) == [("丙",)]
    with database.reading_core() as connection:
        assert connection.scalar(select(tenant.name)) == "丙"


def test_number_that_no_column_holds_is_invalid(database: Database) -> None:
    with pytest.raises(Invalid), database.reading_core() as connection:
        Hot(select(open_value("given", Integer()))).all(connection, {"given": 2**70})


def test_fault_of_the_driver_is_sqlalchemys(database: Database) -> None:
    broken = Hot(select(text("nothing_of_that_name")).select_from(Tenant.__table__))
    with pytest.raises(DBAPIError) as caught, database.engine.connect() as connection:
        broken.all(connection, {})
    assert caught.value.orig is not None


def test_list_is_refused_when_it_is_compiled(database: Database) -> None:
    several = Hot(select(Tenant.__table__.c.id).where(Tenant.__table__.c.id.in_([1, 2])))
    with pytest.raises(TypeError), database.reading_core() as connection:
        several.all(connection, {})


def test_type_without_a_driver_of_its_own_is_converted(database: Database) -> None:
    naive = select(literal(MOMENT.replace(tzinfo=None), DateTime()).label("moment"))
    with database.reading_core() as connection:
        assert Hot(naive).all(connection, {}) == [(MOMENT.replace(tzinfo=None),)]


def test_constant_default_of_a_column_is_written_as_sqlalchemy_writes_it(database: Database) -> None:
    tenant = Tenant.__table__.c
    added = insert(Tenant).values(name=open_value("title", String())).returning(tenant.locale, tenant.timezone)
    with database.writing_core() as connection:
        expected = [tuple(row) for row in connection.execute(added, {"title": "甲"})]
        assert Hot(added).all(connection, {"title": "乙"}) == expected == [("zh-CN", "Asia/Shanghai")]


@pytest.mark.parametrize(
    "change",
    [
        insert(Context).values(title=open_value("title", String())).returning(Context.id),
        update(Activity).values(title=open_value("title", String())).returning(Activity.id),
    ],
    ids=["insert", "update"],
)
def test_value_that_sqlalchemy_would_make_up_is_refused_when_it_is_compiled(database: Database, change: Any) -> None:
    with pytest.raises(TypeError), database.writing_core() as connection:
        Hot(change).all(connection, {"title": "甲"})
