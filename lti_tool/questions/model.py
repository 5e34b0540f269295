"""The five kinds. Stems and explanations are Markdown sources; options and blanks are plain text."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from lti_tool.core.i18n import LazyText
from lti_tool.core.i18n import lazy_gettext as _l


class QuestionKind(StrEnum):
    """What is stored in QuestionVersion.kind."""

    single = "single"
    multiple = "multiple"
    true_false = "true_false"
    fill_in = "fill_in"
    numeric = "numeric"


KIND_LABELS: dict[QuestionKind, LazyText] = {
    QuestionKind.single: _l("Single choice"),
    QuestionKind.multiple: _l("Multiple choice"),
    QuestionKind.true_false: _l("True or false"),
    QuestionKind.fill_in: _l("Fill in the blanks"),
    QuestionKind.numeric: _l("Numeric"),
}


class MultipleRule(StrEnum):
    """How several chosen options are scored; c correct options, t correct ones chosen, w wrong ones chosen, n options."""

    exact = "exact"  # 1 if t = c and w = 0
    net = "net"  # max(0, (t - w) / c)
    weights = "weights"  # sum of the weights chosen, between 0 and 1
    coverage = "coverage"  # (t / c) * (t / (t + w))
    each = "each"  # (t + (n - c - w)) / n
    cn_share = "cn_share"  # t / c if w = 0
    cn_half = "cn_half"  # 1 exact, a half if w = 0 and 0 < t < c
    map = "map"  # QTI mapResponse


RULE_TEXTS: dict[MultipleRule, LazyText] = {
    MultipleRule.exact: _l("Full marks only if exactly the right options are chosen."),
    MultipleRule.net: _l("Each wrong option takes away what a right one gives; never less than 0."),
    MultipleRule.weights: _l("The weights of the chosen options are added; never less than 0."),
    MultipleRule.coverage: _l(
        "The share of right options found, reduced by the share of wrong ones among those chosen."
    ),
    MultipleRule.each: _l("Every option counts: rightly chosen or rightly left out."),
    MultipleRule.cn_share: _l("Part of the marks if some right options are missing; 0 if a wrong one is chosen."),
    MultipleRule.cn_half: _l("Half the marks if right options are missing; 0 if a wrong one is chosen."),
    MultipleRule.map: _l("Each option has its own value; the sum stays between the limits set by the author."),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One choice. `fixed` stays in its place when options are shuffled ("all of the above")."""

    id: str
    text: str
    is_correct: bool = False
    fixed: bool = False
    feedback: str = ""
    weight: Decimal | None = None
    """Share of the marks (1 is all); for `map` a value in points. None: derived from `is_correct`, or unmapped."""


@dataclass(frozen=True, slots=True)
class Single:
    """One option is chosen."""

    kind: ClassVar[QuestionKind] = QuestionKind.single
    stem: str
    options: tuple[Option, ...]
    explanation: str = ""
    shuffle: bool = True


@dataclass(frozen=True, slots=True)
class MapBounds:
    """QTI mapResponse: the value of an unmapped choice, and the limits of the sum. `upper` gives all the marks."""

    default: Decimal = Decimal(0)
    lower: Decimal = Decimal(0)
    upper: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Multiple:
    """Any number of options is chosen."""

    kind: ClassVar[QuestionKind] = QuestionKind.multiple
    stem: str
    options: tuple[Option, ...]
    rule: MultipleRule = MultipleRule.cn_share
    bounds: MapBounds = field(default_factory=MapBounds)
    explanation: str = ""
    shuffle: bool = True


@dataclass(frozen=True, slots=True)
class TrueFalse:
    """A statement is right or wrong."""

    kind: ClassVar[QuestionKind] = QuestionKind.true_false
    stem: str
    answer: bool
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What does not matter when words are compared. All on by default, and listed in the editor."""

    ignore_case: bool = True
    fold_width: bool = True
    ignore_spaces: bool = True
    ignore_punctuation: bool = True


@dataclass(frozen=True, slots=True)
class Blank:
    r"""One gap with the answers it accepts; `*` stands for any text, `\\*` for an asterisk."""

    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FillIn:
    """Gaps `[[1]]`, `[[2]]` ... in the stem; gaps that the stem does not name follow after it. Each is worth the same."""

    kind: ClassVar[QuestionKind] = QuestionKind.fill_in
    stem: str
    blanks: tuple[Blank, ...]
    any_order: bool = False
    comparison: Comparison = field(default_factory=Comparison)
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Numeric:
    """A number within `tolerance` of `value`, both ends included."""

    kind: ClassVar[QuestionKind] = QuestionKind.numeric
    stem: str
    value: Decimal
    tolerance: Decimal = Decimal(0)
    unit: str = ""
    explanation: str = ""


Question = Single | Multiple | TrueFalse | FillIn | Numeric
Json = str | bool | list[str]
"""A canonical response: an option id, a truth value, option ids or blanks in order, a number as it was typed."""
