"""The outbox as rows: which scores are due, taking them by lease, writing down what was answered.

All of it is Core SQL on a connection that the caller opened; nothing here talks to an LMS.
"""

from lti_tool.passback.outbox.claiming import LEASE, claim, targets
from lti_tool.passback.outbox.health import set_breaker
from lti_tool.passback.outbox.recording import held_posts, hold_posts, record
from lti_tool.passback.outbox.rows import Claimed, Claims, Outcome, Target

__all__ = [
    "LEASE",
    "Claimed",
    "Claims",
    "Outcome",
    "Target",
    "claim",
    "held_posts",
    "hold_posts",
    "record",
    "set_breaker",
    "targets",
]
