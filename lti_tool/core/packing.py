"""Many small rows as one JSON text, for hot paths that read some dozens of rows.

The drivers let another thread run before every row they fetch: under load a page of 40 rows waits 40 times for its turn, which
costs more than the query. One row is fetched once. Values arrive as JSON has them: moments as texts (SQLite: without a zone,
in UTC; PostgreSQL: with one), flags as 0/1 or booleans.
"""

from typing import Any

from sqlalchemy import Select, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class packed_rows(FunctionElement[str]):  # noqa: N801 - a function of SQL
    """All rows of a statement as a JSON array of arrays, in no order."""

    type = Text()
    inherit_cache = True


def packed(statement: Select[Any]) -> Any:
    """The rows of `statement` as one value: a JSON array of arrays of its columns, `[]` if there are none."""
    return statement.with_only_columns(
        packed_rows(*statement.selected_columns), maintain_column_froms=True
    ).scalar_subquery()


@compiles(packed_rows, "sqlite")
def _rows_on_sqlite(element: packed_rows, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(packed_rows, "postgresql")
def _rows_on_postgresql(element: packed_rows, compiler: SQLCompiler, **options: Any) -> str:
    row = f"json_build_array({compiler.process(element.clauses, **options)})"
    return f"coalesce(CAST(json_agg({row}) AS TEXT), '[]')"
