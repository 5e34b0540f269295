"""What lands, and where it has landed."""

from dataclasses import dataclass
from datetime import datetime

from lti_tool.identity.actor import Carrier
from lti_tool.identity.rules.roles import Standing
from lti_tool.launch.registry import Known, KnownDeployment
from lti_tool.launch.rules.claims import Claims
from lti_tool.ledger.models import ActivityStatus


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
    carrier: Carrier = Carrier.cookie
    """Where the browser's half was kept decides how the session is carried."""


@dataclass(frozen=True, slots=True)
class Link:
    """A resource link and the activity that it shows, if it shows one."""

    id: int
    activity_id: int | None
    kind: str | None
    maximum: int | None
    token: str | None
    status: ActivityStatus | None
    lms_opens_at: datetime | None = None
    """The LMS's own dates as they were stored when the launch came."""
    lms_closes_at: datetime | None = None

    @property
    def is_published(self) -> bool:
        return self.status is ActivityStatus.published


@dataclass(frozen=True, slots=True)
class Landed:
    """Where a launch has landed."""

    token: str
    placement_id: int | None
    activity_id: int | None
    kind: str | None
    choice_id: int | None
    """Somebody who may author has to choose first."""
    mentored_in: int | None = None
    """The course in which a mentor looks on."""
    review: "Review | None" = None
    data_request: int | None = None
    """The way to what is stored on one person."""


@dataclass(frozen=True, slots=True)
class Review:
    """Whose work somebody who teaches looks at."""

    member_id: int | None
    """None: this person has never been in the course here."""
    has_begun: bool


class StateNotUsable(Exception):
    """The state could not be used up; `logins.explain` says why, after this transaction was rolled back."""
