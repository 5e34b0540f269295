"""What lands, and where it has landed."""

from dataclasses import dataclass

from lti_tool.launch.registry import Known, KnownDeployment
from lti_tool.launch.rules.claims import Claims
from lti_tool.launch.rules.roles import Standing


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified launch, ready to land."""

    claims: Claims
    known: Known
    deployment: KnownDeployment
    standing: Standing
    pseudonym: str
    """The name of a member whom the LMS does not name; used only if we know none either."""
    state: str
    nonce: str
    secret: str
    former_token: str | None


@dataclass(frozen=True, slots=True)
class Landed:
    """Where a launch has landed."""

    token: str
    placement_id: int | None
    activity_id: int | None
    kind: str | None
    choice_id: int | None
    """Somebody who may author has to choose first."""


class StateNotUsable(Exception):
    """The state could not be used up; `logins.explain` says why, after this transaction was rolled back."""
