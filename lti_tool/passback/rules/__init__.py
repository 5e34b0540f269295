"""Pure rules of passback: what may be sent when, what an LMS's answer means, and what follows from it.

`machine` has the states of a score post and all that can happen to one, `answers` reads an LMS's answer, `steps` says what
follows from it, `breaker` when a registration is spared, `timing` when a score may go, `scores` what is posted,
`cells` what stands in a cell, `history` what happened in a row.
"""

from lti_tool.passback.rules.answers import Answer, Reply, about_person, is_page, read_answer
from lti_tool.passback.rules.breaker import BREAKER_AFTER, Breaker, breaker_after, width_after
from lti_tool.passback.rules.cells import Cell, after_conflict, read_cell
from lti_tool.passback.rules.history import Happening, in_a_row
from lti_tool.passback.rules.machine import FOLLOWS, Event, follow, moved_by
from lti_tool.passback.rules.scores import Attempt, is_resubmitted, score_body, score_given
from lti_tool.passback.rules.steps import HOPELESS, ILL_CAUSES, STUBBORN_AFTER, Health, LineItemChange, Step, after
from lti_tool.passback.rules.timing import (
    AHEAD,
    backoff,
    clock_offset,
    next_timestamp,
    read_date,
    read_wait,
    wait_for_clock,
)

__all__ = [
    "AHEAD",
    "BREAKER_AFTER",
    "FOLLOWS",
    "HOPELESS",
    "ILL_CAUSES",
    "STUBBORN_AFTER",
    "Answer",
    "Attempt",
    "Breaker",
    "Cell",
    "Event",
    "Happening",
    "Health",
    "LineItemChange",
    "Reply",
    "Step",
    "about_person",
    "after",
    "after_conflict",
    "backoff",
    "breaker_after",
    "clock_offset",
    "follow",
    "in_a_row",
    "is_page",
    "is_resubmitted",
    "moved_by",
    "next_timestamp",
    "read_answer",
    "read_cell",
    "read_date",
    "read_wait",
    "score_body",
    "score_given",
    "wait_for_clock",
    "width_after",
]
