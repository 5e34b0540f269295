"""The differences that we know of, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Quirks:
    """How one LMS differs from the specification's plain reading."""

    teacher_allows_columns: bool = False
    """It offers the scope to make columns even where the teacher has not allowed grades. A column of ours would be a second
    one beside the activity's own, without its completion; so we wait for the tick, and the instructor is told of it."""
    score_erases_comment: bool = False
    """A score without comment takes away the comment that stands there, also one that a teacher typed: it is read first and
    sent along (AG-24)."""
    ids_are_numbers: bool = False
    """It breaks over a person's id that is no number, and answers 502 as if it were down (passback.rules.answers)."""
    regrade: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Members of a score that is no new submission (AG-25)."""
