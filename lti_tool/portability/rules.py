"""How values are written into an archive; pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings that a table program may take for a formula; the full-width ones count in Chinese and Japanese versions."""


def plain(value: Any) -> Any:
    """The value as JSON has it: moments as ISO 8601 in UTC, marks as text, so that none is rounded."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


def cell(value: Any) -> str:
    """The value as a table has it; a text that could be taken for a formula gets an apostrophe in front."""
    found = plain(value)
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(value, int | Decimal):
        return str(found)
    text = str(found)
    return f"'{text}" if text.startswith(_FORMULA) else text


def records(fields: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Rows as JSON objects."""
    return [dict(zip(fields, map(plain, row), strict=True)) for row in rows]
