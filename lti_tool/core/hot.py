"""Statements of hot paths: compiled once per engine, then run on the driver's own connection.

SQLAlchemy looks a statement up, makes a context and a result for it each time it runs; for a statement of one row that costs more
than the engine's own work. A `Hot` statement keeps its SQL text and what turns Python values into the engine's and back, from the
same types. It runs inside whatever transaction the connection has. On SQLite a reading connection that has run nothing else has
none yet: the statement then sees one state of the database by itself, and its thread need not wait for its turn twice more, to
begin and to end.

Values that differ from call to call are parameters by name without a value of their own; lists of a varying length are for
SQLAlchemy, and so are values that it would make up anew for each row. A column's constant default is like any fixed value.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lti_tool.core.errors import Invalid

_Convert = Callable[[Any], Any] | None


class Hot:
    """One statement that gives rows."""

    def __init__(self, statement: Any) -> None:
        """`statement`: a SELECT, or a change with RETURNING. Compiled when it is first used."""
        self.statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def all(self, database: Session | Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows as plain tuples, in the order of the statement's columns.

        `values` gives each parameter that the statement leaves open. Raises what SQLAlchemy would, and Invalid for a value that no
        column can hold.
        """
        connection = database.connection() if isinstance(database, Session) else database
        if connection.engine.dispatch.before_cursor_execute:
            # Somebody listens to what is run, as tests do that count: it goes the way on which they hear of it.
            return [tuple(row) for row in connection.execute(self.statement, values)]
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = self._compiled[connection.dialect.name] = _Compiled(self.statement, connection.dialect)
        return compiled.run(connection, values)


class _Compiled:
    """The statement for one engine."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        taken: dict[str, _Convert] = {}
        self._fixed: dict[str, Any] = {}
        constants = _constants(compiled) if compiled.isinsert or compiled.isupdate else {}
        for parameter, name in compiled.bind_names.items():
            if parameter.expanding or parameter.literal_execute:
                raise TypeError(f"{name}: a list, or a value that is written into the text, is for SQLAlchemy")
            convert = parameter.type.dialect_impl(dialect).bind_processor(dialect)
            if parameter.required:
                taken[name] = convert
            else:
                value = constants.get(name, parameter.effective_value)
                self._fixed[name] = convert(value) if convert else value
        self._open = list(taken.items())
        self._order: list[str] | None = compiled.positiontup
        converts = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in statement.exported_columns
        ]
        self._results = [(place, convert) for place, convert in enumerate(converts) if convert is not None]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        given: Any = dict(self._fixed)
        for name, convert in self._open:
            value = values[name]
            given[name] = convert(value) if convert else value
        if self._order is not None:
            given = [given[name] for name in self._order]
        driver: Any = connection.connection.dbapi_connection
        try:
            rows: list[tuple[Any, ...]] = driver.execute(self._sql, given).fetchall()
        except OverflowError:
            raise Invalid from None
        except connection.dialect.loaded_dbapi.DataError:
            raise Invalid from None
        except connection.dialect.loaded_dbapi.Error as error:
            raise _translated(self._sql, connection, error) from error
        if not self._results:
            return rows
        return [self._converted(row) for row in rows]

    def _converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        found = list(row)
        for place, convert in self._results:
            found[place] = convert(found[place])
        return tuple(found)


def _constants(compiled: Any) -> dict[str, Any]:
    """The constant defaults of columns that a change does not name. Raises TypeError for other defaults."""
    found = {}
    for column, default in (
        *((column, column.default) for column in compiled.insert_prefetch),
        *((column, column.onupdate) for column in compiled.update_prefetch),
    ):
        if not default.is_scalar:
            raise TypeError(f"{column}: a value that SQLAlchemy makes up for each row is for SQLAlchemy")
        found[column.key] = default.arg
    return found


def _translated(sql: str, connection: Connection, error: Exception) -> Exception:
    """The driver's error as SQLAlchemy's; a connection that is lost is not used again."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection.driver_connection, None)  # type: ignore[arg-type]  # as any driver has it
    found = DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    if is_lost:
        connection.invalidate(error)
    return found
