"""What each step of a score's history is called, for those who follow and for the member himself."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from lti_tool.core.i18n import format_points, gettext
from lti_tool.passback.rules import Happening
from lti_tool.passback.words.causes import cause_of

Teller = Callable[[Happening], str]


def for_staff(step: Happening) -> str:
    """One sentence or two: what happened, what was said, by whom and why."""
    return STAFF.get(step.event, _happened)(step)


def for_members(step: Happening) -> str:
    """One calm sentence: no cause that only staff can mend, no name, no reason that was given for others to read."""
    return MEMBERS.get(step.event, _not_yet)(step)


def _points(score: Decimal | None) -> str:
    return gettext("no grade") if score is None else gettext("%(points)s points", points=format_points(score))


def _happened(step: Happening) -> str:
    said = cause_of(step.cause)
    return str(said.happened) if said else gettext("Not delivered.")


def _who(step: Happening) -> str:
    return step.by or gettext("A teacher")


def _differs(step: Happening) -> str:
    shown = gettext("Compared: the LMS shows %(points)s.", points=_points(step.score))
    if step.score is None:
        shown = gettext("Compared: the LMS shows no grade.")
    return gettext("%(happened)s %(action)s", happened=shown, action=_happened(step)) if step.cause else shown


def _resent(step: Happening) -> str:
    if step.score is None:
        return gettext("Compared: the LMS shows no grade; sent once more by itself.")
    return gettext("Compared: the LMS shows %(points)s instead; sent once more by itself.", points=_points(step.score))


def _kept(step: Happening) -> str:
    said = gettext("%(name)s let the grade in the LMS count: %(points)s.", name=_who(step), points=_points(step.score))
    if not step.reason:
        return said
    return gettext("%(said)s Reason: %(reason)s", said=said, reason=step.reason)


STAFF: Final[Mapping[str, Teller]] = MappingProxyType(
    {
        "sent": lambda step: gettext("Sent: %(points)s. The LMS said yes.", points=_points(step.score)),
        "confirmed": lambda step: gettext("Confirmed: the LMS shows %(points)s.", points=_points(step.score)),
        "retry": lambda step: gettext("Not delivered: %(points)s. %(why)s", points=_points(step.score), why=_happened(step)),
        "refused": lambda step: gettext("Refused: %(points)s. %(why)s", points=_points(step.score), why=_happened(step)),
        "no_column": lambda step: gettext("Not delivered: %(points)s. %(why)s", points=_points(step.score), why=_happened(step)),
        "differs": _differs,
        "resent": _resent,
        "asked": lambda step: gettext("%(name)s had it sent again.", name=_who(step)),
        "kept_there": _kept,
    }
)  # fmt: skip


def _not_yet(_step: Happening) -> str:
    return gettext("It could not be delivered to your school's platform; your teacher sees why.")


def _shown(step: Happening) -> str:
    if step.score is None:
        return gettext("Compared: your school's platform shows no grade.")
    return gettext("Compared: your school's platform shows %(points)s.", points=_points(step.score))


MEMBERS: Final[Mapping[str, Teller]] = MappingProxyType(
    {
        "sent": lambda step: gettext("Your school's platform was told: %(points)s.", points=_points(step.score)),
        "confirmed": lambda step: gettext("Your school's platform has it: %(points)s.", points=_points(step.score)),
        "retry": lambda _step: gettext("Your school's platform did not take it yet; it is tried again."),
        "differs": _shown,
        "resent": lambda _step: gettext("Your school's platform did not show it; it was sent once more."),
        "asked": lambda _step: gettext("Your teacher had it sent again."),
        "kept_there": lambda step: gettext(
            "Your teacher decided that the grade on your school's platform counts: %(points)s.", points=_points(step.score)
        ),
    }
)  # fmt: skip
"""By event; of the others he only reads that it could not be delivered."""
