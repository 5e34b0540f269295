"""What the course home reads, of members (a hot path) and of staff."""

from courses.outline.queries.member import NOTHING, Outline, Reached, for_member
from courses.outline.queries.plans import PLANS, Fixed, Plan, Plans
from courses.outline.queries.staff import (
    MEMBERS_A_PAGE,
    Workbench,
    for_staff,
    grid,
    members,
    posted,
    roll,
    tallies,
)

__all__ = [
    "MEMBERS_A_PAGE",
    "NOTHING",
    "PLANS",
    "Fixed",
    "Outline",
    "Plan",
    "Plans",
    "Reached",
    "Workbench",
    "for_member",
    "for_staff",
    "grid",
    "members",
    "posted",
    "roll",
    "tallies",
]
