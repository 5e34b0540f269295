"""The three verbs of the domains (`record`, `note`, and creating what can be learned), and `requeue`.

Everything here runs in the caller's transaction and flushes; the door commits once. So the answer, the result and the
duty to tell the LMS are saved together or not at all.
"""

from lti_tool.ledger.services.activities import (
    archive,
    create_activity,
    criteria_changed,
    groups_changed,
    outline_changed,
    publish,
    remove_group_override,
    restore,
    schedule_changed,
    set_override,
    set_required,
)
from lti_tool.ledger.services.auditing import audit
from lti_tool.ledger.services.outbox import (
    REST,
    ask_for_rest,
    is_anothers_grade,
    leave_more,
    leave_others,
    requeue,
    requeue_members,
    requeue_more,
    requeue_returned,
)
from lti_tool.ledger.services.recording import (
    PARENT_DELAY,
    PreviewLeavesNoTrace,
    climb,
    hold,
    note,
    reconsider,
    record,
    standing,
)

__all__ = [
    "PARENT_DELAY",
    "REST",
    "PreviewLeavesNoTrace",
    "archive",
    "ask_for_rest",
    "audit",
    "climb",
    "create_activity",
    "criteria_changed",
    "groups_changed",
    "hold",
    "is_anothers_grade",
    "leave_more",
    "leave_others",
    "note",
    "outline_changed",
    "publish",
    "reconsider",
    "record",
    "remove_group_override",
    "requeue",
    "requeue_members",
    "requeue_more",
    "requeue_returned",
    "restore",
    "schedule_changed",
    "set_override",
    "set_required",
    "standing",
]
