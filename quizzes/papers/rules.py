"""The rules of a quiz: settings, what is shown when, drawing a paper (pure)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from quizzes.attempts.rules import OnExpiry
from quizzes.marking.rules import GradeMethod

RIGHT_AFTER: Final = timedelta(minutes=2)
"""How long "right after handing in" lasts."""


class Shown(StrEnum):
    """What may be shown of an attempt."""

    attempt = "attempt"
    correctness = "correctness"
    marks = "marks"
    specific_feedback = "specific_feedback"
    general_feedback = "general_feedback"
    right_answer = "right_answer"
    overall_feedback = "overall_feedback"


class Moment(StrEnum):
    """When it is looked at."""

    during = "during"
    right_after = "right_after"
    later = "later"
    after_close = "after_close"


Review = frozenset[tuple[Shown, Moment]]

DEFAULT_REVIEW: Final[Review] = frozenset(
    {
        (Shown.attempt, Moment.during),
        *((each, Moment.after_close) for each in Shown),
        *(
            (each, moment)
            for each in (Shown.attempt, Shown.correctness, Shown.marks, Shown.overall_feedback)
            for moment in (Moment.right_after, Moment.later)
        ),
    }
)
"""Score and what was right at once; the key, which would help with the next attempt, after the closing date."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The rules of one use of a quiz. Durations in seconds."""

    time_limit_seconds: int | None = None
    attempts_allowed: int | None = 1
    """None: as often as one likes."""
    delay_seconds: int = 0
    grade_method: GradeMethod = GradeMethod.highest
    on_expiry: OnExpiry = OnExpiry.autosubmit
    grace_seconds: int = 86_400
    shuffle_questions: bool = False
    shuffle_options: bool = True
    multiple_rule: str = ""
    """Scoring of questions with several answers; empty: as each question says."""
    pass_percent: int | None = 60
    review: Review = field(default=DEFAULT_REVIEW)

    def to_json(self) -> dict[str, Any]:
        """As QuizUse stores it."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        matrix: dict[str, list[str]] = {}
        for shown, moment in sorted(self.review):
            matrix.setdefault(shown.value, []).append(moment.value)
        return {**plain, "review": matrix}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Settings":
        """Read what `to_json` wrote; what is missing is as by default."""
        known = {each.name: stored[each.name] for each in fields(cls) if each.name in stored}
        if "grade_method" in known:
            known["grade_method"] = GradeMethod(known["grade_method"])
        if "on_expiry" in known:
            known["on_expiry"] = OnExpiry(known["on_expiry"])
        if "review" in known:
            known["review"] = frozenset(
                (Shown(shown), Moment(moment)) for shown, moments in known["review"].items() for moment in moments
            )
        return cls(**known)


def moment_of(*, is_open: bool, finished_at: datetime | None, closes: datetime | None, now: datetime) -> Moment:
    """Which column of the review matrix holds now."""
    if is_open or finished_at is None:
        return Moment.during
    if closes is not None and now >= closes:
        return Moment.after_close
    return Moment.right_after if now < finished_at + RIGHT_AFTER else Moment.later


def visible(review: Review, moment: Moment) -> frozenset[Shown]:
    """What may be shown at `moment`. Without the attempt itself nothing of its questions is shown."""
    found = frozenset(shown for shown, when in review if when is moment)
    return found if Shown.attempt in found else found & {Shown.marks, Shown.overall_feedback}


@dataclass(frozen=True, slots=True)
class Item:
    """A question of a quiz with its points."""

    version: int
    points: Decimal

    def to_json(self) -> dict[str, Any]:
        """As QuizVersion stores it."""
        return {"version": self.version, "points": str(self.points)}


def items_of(stored: Sequence[Mapping[str, Any]]) -> tuple[Item, ...]:
    """The items of a quiz version."""
    return tuple(Item(int(each["version"]), Decimal(each["points"])) for each in stored)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A question of an attempt's paper: its version, points, the order of its options, its scoring rule ("": its own)."""

    version: int
    points: Decimal
    order: tuple[str, ...] = ()
    rule: str = ""

    def to_json(self) -> dict[str, Any]:
        """As Attempt.paper stores it."""
        return {"version": self.version, "points": str(self.points), "order": list(self.order), "rule": self.rule}


def drawn_of(stored: Sequence[Mapping[str, Any]]) -> tuple[Drawn, ...]:
    """The paper of an attempt; slot 1 stands first."""
    return tuple(
        Drawn(int(each["version"]), Decimal(each["points"]), tuple(each["order"]), each["rule"]) for each in stored
    )


def draw(
    items: Sequence[Item],
    settings: Settings,
    *,
    mix: Callable[[Sequence[Item]], Sequence[Item]],
    order_of: Callable[[Item, bool], tuple[str, ...]],
) -> tuple[Drawn, ...]:
    """The paper of one attempt. `mix` shuffles by the attempt's seed; `order_of(item, is_shuffled)` orders its options."""
    chosen = mix(items) if settings.shuffle_questions else items
    return tuple(
        Drawn(item.version, item.points, order_of(item, settings.shuffle_options), settings.multiple_rule)
        for item in chosen
    )
