"""Values that the outbox hands to the drain and back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from lti_tool.lms.platform import Platform
from lti_tool.passback import rules
from lti_tool.passback.rules import scores


@dataclass(frozen=True, slots=True)
class Target:
    """A registration with scores that are due."""

    platform: Platform
    breaker: rules.Breaker
    offset: timedelta
    """The LMS's clock minus ours."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A score that this worker may send until its lease ends. `send_at` is the timestamp it will carry, and our proof."""

    id: int
    line_item_id: int
    registration_id: int
    revision: int
    attempts: int
    """With this one."""
    cause: str
    send_at: datetime
    claimed_at: datetime
    url: str
    sub: str
    given: Decimal
    maximum: int
    score: Decimal
    """As it stands in our Result, before it is put on the column's scale."""
    member_id: int = 0
    context_id: int = 0
    attempt: scores.Attempt = scores.UNKNOWN
    sent_at: datetime | None = None
    """When a score last arrived in this column for this person."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A claimed score, what was answered, and what follows."""

    post: Claimed
    reply: rules.Reply
    step: rules.Step


@dataclass(slots=True)
class Claims:
    """What a claim brought: scores to send, scores that were put away, and whether there may be more."""

    claimed: list[Claimed] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)
    is_full: bool = False
