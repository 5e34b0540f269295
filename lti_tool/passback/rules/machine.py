"""The life of a score post: its states, everything that can happen to one, and what follows.

The tables are the truth. Answers come here by `steps.after`; SQL that moves many posts at once asks `moved_by` for the
states that an event moves, and a test does each of these statements to a post in every state. A pair that is not in the
tables changes nothing: an answer to a post that somebody else has moved in the meantime is history only.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from lti_tool.ledger.rules import PostState

_S = PostState


class Event(StrEnum):
    """What can happen to a score post."""

    wanted = "wanted"
    """The LMS shall be told: the result has changed, somebody said "send again", a column or a person has come (back)."""
    wanted_without_column = "wanted_without_column"
    wanted_of_ungraded = "wanted_of_ungraded"
    """The same for a person whom no scores are sent for: staff, test users, who is not active in the course."""
    relinked = "relinked"
    """Its column is another activity's now, in which this person has no score."""

    claimed = "claimed"
    """A worker has taken it, and its timestamp is written down."""
    early = "early"
    """A worker would have taken it, but its timestamp would run ahead of the LMS's clock."""
    columnless = "columnless"
    ungraded = "ungraded"
    numberless = "numberless"
    """There is no score to send, and one without a number would make an LMS delete its grade (AG-16)."""

    accepted = "accepted"
    there_already = "there_already"
    """The LMS calls our score old, and what it has is what we wanted to send."""
    again = "again"
    """It did not arrive, and may later."""
    unsent = "unsent"
    """It was not even tried."""
    refused = "refused"
    """It will not be accepted until somebody does something."""
    column_lost = "column_lost"
    """The answer says that the column is gone or closed; `column_gone` says it to the other posts of the line item."""

    column_gone = "column_gone"
    column_back = "column_back"

    seen = "seen"
    """A reading of the LMS's gradebook shows it as it was told."""
    seen_other = "seen_other"
    """A reading shows another grade, or none, and it is not ours to change that."""
    dropped = "dropped"
    """The LMS was told and never showed it; it is told once more (AG-15)."""
    kept_there = "kept_there"
    """An instructor said that the LMS's grade counts."""


def _all(state: PostState) -> Mapping[PostState, PostState]:
    return dict.fromkeys(PostState, state)


def _due(state: PostState) -> Mapping[PostState, PostState]:
    """A post on its way whose worker has lost its lease is taken up like one that waits."""
    return {_S.waiting: state, _S.sending: state}


FOLLOWS: Final[Mapping[Event, Mapping[PostState, PostState]]] = MappingProxyType(
    {
        Event.wanted: _all(_S.waiting),
        Event.wanted_without_column: _all(_S.waiting_for_column),
        Event.wanted_of_ungraded: _all(_S.not_gradable),
        Event.relinked: _all(_S.kept),
        Event.claimed: _due(_S.sending),
        Event.early: _due(_S.waiting),
        Event.columnless: _due(_S.waiting_for_column),
        Event.ungraded: _due(_S.not_gradable),
        Event.numberless: _due(_S.kept),
        Event.accepted: {_S.sending: _S.sent},
        Event.there_already: {_S.sending: _S.confirmed},
        Event.again: {_S.sending: _S.waiting},
        Event.unsent: {_S.sending: _S.waiting},
        Event.refused: {_S.sending: _S.refused},
        Event.column_lost: {_S.sending: _S.waiting_for_column},
        Event.column_gone: {_S.waiting: _S.waiting_for_column, _S.waiting_for_column: _S.waiting_for_column},
        Event.column_back: {_S.waiting: _S.waiting, _S.waiting_for_column: _S.waiting},
        Event.seen: {_S.sent: _S.confirmed, _S.differs: _S.confirmed, _S.refused: _S.confirmed},
        Event.seen_other: {_S.sent: _S.differs, _S.confirmed: _S.differs, _S.differs: _S.differs},
        Event.dropped: {_S.sent: _S.waiting, _S.confirmed: _S.waiting, _S.differs: _S.waiting},
        Event.kept_there: {_S.differs: _S.kept, _S.refused: _S.kept},
    }
)


def follow(state: PostState, event: Event) -> PostState:
    """The state after an event."""
    return FOLLOWS[event].get(state, state)


def moved_by(event: Event) -> tuple[PostState, ...]:
    """The states in which an event means something to a post, in the order of PostState."""
    return tuple(state for state in PostState if state in FOLLOWS[event])
