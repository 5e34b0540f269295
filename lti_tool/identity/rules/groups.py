"""Who says who is in a group."""

from enum import StrEnum


class GroupSource(StrEnum):
    """Who says who is in a group; only what was made by hand is changed by hand."""

    hand = "hand"
    service = "service"
    """The LMS's groups service, with names."""
    roster = "roster"
    """The members' list, which names groups by their ids."""
    launch = "launch"
    """Each member's own launch, likewise."""
