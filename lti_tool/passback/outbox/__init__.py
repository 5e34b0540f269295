"""The outbox as rows: which scores are due, taking them by lease, writing down what was answered.

All of it is Core SQL on a connection that the caller opened; nothing here talks to an LMS.
"""

from lti_tool.passback.outbox.claiming import LEASE, claim, targets
from lti_tool.passback.outbox.health import due_more, set_breaker
from lti_tool.passback.outbox.recording import held_posts, hold_posts, record, settle_more
from lti_tool.passback.outbox.rows import Claimed, Claims, Outcome, Target

__all__ = [
    "LEASE",
    "Claimed",
    "Claims",
    "Outcome",
    "Target",
    "claim",
    "due_more",
    "held_posts",
    "hold_posts",
    "record",
    "set_breaker",
    "settle_more",
    "targets",
]
