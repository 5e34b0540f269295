"""The roles claim of a launch, and what it makes of who sends it; the table stands in `identity.rules.roles`."""

from collections.abc import Mapping, Sequence
from typing import Final

from lti_tool.identity.rules import roles
from lti_tool.identity.rules.roles import NoCourseRole, Standing
from lti_tool.launch.refused import Refused

MOST: Final = 100


def read_roles(claim: object, *, is_required: bool) -> tuple[str, ...]:
    """The roles claim, at most the first 100. Raises Refused: missing, no array, or not only texts."""
    if claim is None and not is_required:
        return ()
    if not isinstance(claim, list) or not all(isinstance(role, str) for role in claim):
        raise Refused("roles_malformed")
    return tuple(claim[:MOST])


def standing(claimed: Sequence[str], overrides: Mapping[str, str] | None = None) -> Standing:
    """What the person is in this course. Raises Refused("no_course_role"): only roles outside it (RO-07, RO-09)."""
    try:
        return roles.standing(claimed, overrides)
    except NoCourseRole:
        raise Refused("no_course_role") from None
