"""The eight rules for questions with several right options (domain 3.5)."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from lti_tool.questions.model import MapBounds, MultipleRule, Option

ZERO = Decimal(0)
ONE = Decimal(1)


def mapped(options: Sequence[Option], chosen: Collection[str], bounds: MapBounds) -> Decimal:
    """QTI mapResponse: values of the distinct choices, `default` for those without one, 0 for none, within the bounds."""
    total = sum(
        ((bounds.default if option.weight is None else option.weight) for option in options if option.id in chosen),
        ZERO,
    )
    return min(max(total, bounds.lower), bounds.upper)


def default_weight(option: Option, right: int) -> Decimal:
    """What an option without its own weight is worth: right ones share the marks, a wrong one takes them all."""
    return ONE / right if option.is_correct else -ONE


def _weights(options: Sequence[Option], chosen: Collection[str]) -> Decimal:
    right = sum(option.is_correct for option in options)
    total = sum(
        (
            default_weight(option, right) if option.weight is None else option.weight
            for option in options
            if option.id in chosen
        ),
        ZERO,
    )
    # Thirds do not add up to one in decimals: what is short of it by less than 7 places is one.
    return ONE if ONE - total < Decimal("1e-7") else max(ZERO, total)


def fraction(rule: MultipleRule, options: Sequence[Option], chosen: Collection[str], bounds: MapBounds) -> Decimal:
    """The share of the marks, 0 to 1. Ids that are no option's are ignored."""
    all_options, right = len(options), sum(option.is_correct for option in options)
    found = sum(option.is_correct and option.id in chosen for option in options)
    wrong = sum(not option.is_correct and option.id in chosen for option in options)
    match rule:
        case MultipleRule.exact:
            return ONE if found == right and not wrong else ZERO
        case MultipleRule.net:
            return max(ZERO, Decimal(found - wrong) / right)
        case MultipleRule.weights:
            return _weights(options, chosen)
        case MultipleRule.coverage:
            return Decimal(found * found) / (right * (found + wrong)) if found else ZERO
        case MultipleRule.each:
            return Decimal(found + all_options - right - wrong) / all_options
        case MultipleRule.cn_share:
            return ZERO if wrong else Decimal(found) / right
        case MultipleRule.cn_half:
            if wrong or not found:
                return ZERO
            return ONE if found == right else Decimal("0.5")
        case MultipleRule.map:
            return max(ZERO, min(ONE, mapped(options, chosen, bounds) / bounds.upper))
