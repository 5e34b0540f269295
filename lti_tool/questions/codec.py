"""Questions as JSON, as QuestionVersion stores them, and back. Numbers are strings: JSON has no decimals."""

from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any

from lti_tool.questions.model import (
    Blank,
    Comparison,
    FillIn,
    MapBounds,
    Multiple,
    MultipleRule,
    Numeric,
    Option,
    Question,
    QuestionKind,
    Single,
    TrueFalse,
)


class Unreadable(ValueError):
    """The stored JSON is no question of ours."""


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def to_json(question: Question) -> dict[str, Any]:
    """Return a JSON object that `from_json` reads back as an equal question."""
    return {"kind": question.kind.value, **_plain(asdict(question))}


def _number(text: object) -> Decimal:
    value = Decimal(str(text))
    if not value.is_finite():
        raise Unreadable("not a number")
    return value


def _option(data: dict[str, Any]) -> Option:
    weight = data.get("weight")
    return Option(**{**data, "weight": None if weight is None else _number(weight)})


def _single(data: dict[str, Any]) -> Single:
    return Single(**{**data, "options": tuple(_option(item) for item in data["options"])})


def _multiple(data: dict[str, Any]) -> Multiple:
    bounds = MapBounds(**{key: _number(value) for key, value in data.get("bounds", {}).items()})
    options = tuple(_option(item) for item in data["options"])
    return Multiple(**{**data, "options": options, "rule": MultipleRule(data["rule"]), "bounds": bounds})


def _true_false(data: dict[str, Any]) -> TrueFalse:
    return TrueFalse(**data)


def _fill_in(data: dict[str, Any]) -> FillIn:
    blanks = tuple(Blank(tuple(item["accepted"])) for item in data["blanks"])
    return FillIn(**{**data, "blanks": blanks, "comparison": Comparison(**data.get("comparison", {}))})


def _numeric(data: dict[str, Any]) -> Numeric:
    return Numeric(**{**data, "value": _number(data["value"]), "tolerance": _number(data.get("tolerance", "0"))})


_READERS: dict[QuestionKind, Callable[[dict[str, Any]], Question]] = {
    QuestionKind.single: _single,
    QuestionKind.multiple: _multiple,
    QuestionKind.true_false: _true_false,
    QuestionKind.fill_in: _fill_in,
    QuestionKind.numeric: _numeric,
}


def from_json(data: dict[str, Any]) -> Question:
    """Read what `to_json` wrote. Raises Unreadable."""
    rest = dict(data)
    try:
        return _READERS[QuestionKind(rest.pop("kind", None))](rest)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise Unreadable("not a question") from error
