"""The base of all tables and the column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    DateTime,
    Dialect,
    Enum,
    Integer,
    MetaData,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all models."""

    metadata = MetaData(naming_convention=_NAMES)


BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; on SQLite INTEGER, so that it is the rowid."""

Json = JSON().with_variant(postgresql.JSONB(), "postgresql")
"""A JSON document."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Points(TypeDecorator[Decimal]):
    """Marks, exact to 7 decimal places on both engines.

    Stored as an integer count of 10**-7, because SQLite would store NUMERIC as a binary float. Rounded half up.
    """

    impl = BigInteger
    cache_ok = True
    SCALE = Decimal(10_000_000)

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        return int((Decimal(value) * self.SCALE).to_integral_value(rounding=ROUND_HALF_UP))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else (Decimal(value) / self.SCALE).normalize() + 0


def text_enum(kind: type[StrEnum], length: int = 24, *, check: str = "") -> Enum:
    """A StrEnum stored as its value, with a CHECK constraint. `check` names it where a table has two columns of one kind."""
    return Enum(
        kind,
        native_enum=False,
        length=length,
        create_constraint=True,
        validate_strings=True,
        name=check or kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


def upsert(table: Any, dialect: str) -> Any:
    """The dialect's INSERT, which knows `on_conflict_do_update`."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def left_open(table: Any, *names: str) -> dict[str, BindParameter[Any]]:
    """For `values()`: these columns of a table as parameters of their names, with the columns' types."""
    return {name: bindparam(name, type_=table.c[name].type) for name in names}


__all__ = ["Base", "BigId", "Json", "Points", "UtcDateTime", "left_open", "text_enum", "upsert"]
