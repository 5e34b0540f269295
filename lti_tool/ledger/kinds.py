"""What a kind of activity and a sweep are. Each domain exports its own; `app` hands them down; the ledger knows none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from lti_tool.core.web import Runtime
from lti_tool.identity.actor import Actor
from lti_tool.identity.keeping import Keeper

LazyText = Any  # Flask-Babel's lazy string; its class has no public name


def uses_nothing(_connection: Connection, _context_id: int) -> None:
    """`Kind.copy` of a kind whose activities are all that there is of them."""


def leaves_nothing(_connection: Connection, _context_id: int, _member_id: int) -> None:
    """`Kind.forget` of a kind whose previews write no row."""


def only_itself(_connection: Connection, _activity_id: int) -> str:
    """`Kind.state` and `Kind.discard` of a kind whose activities are all that there is of them."""
    return ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of activity: words and endpoint names, and how its content is copied, published and thrown away.

    `show` takes `activity_id`; `create` takes `choice` (the id of a launch.DeepLinkRequest); `review` takes
    `activity_id` and `member_id`. `criteria` gives the words of a criterion (code, target).
    """

    name: str
    label: LazyText
    icon: str
    criteria: Callable[[str, Any], LazyText]
    show: str
    create: str
    review: str
    create_label: LazyText = ""
    is_root: bool = False
    """Whether activities of this kind hold the course's others (the course home)."""
    copy: Callable[[Connection, int], None] = uses_nothing
    """Gives the copied activities of a course (its id) that use nothing yet what their origins use, at the same version.

    Core statements only, their number fixed; nothing of what anybody wrote, answered or reached.
    """
    forget: Callable[[Connection, int, int], None] = leaves_nothing
    """Takes away what previews of one person (his id, the last) have left in one course. Core statements only."""
    publish: Callable[[Session, Any, Actor, datetime], object] | None = None
    """Shows a draft activity to members, with what it uses. None: there is nothing more to it than its status.

    Raises Invalid if it is not fit to be shown.
    """
    state: Callable[[Connection, int], str] = only_itself
    """A text that is another one after every change to what an activity (its id) uses. Locks what it reads."""
    discard: Callable[[Connection, int], object] = only_itself
    """Deletes what an activity (its id) uses and nothing else does: only ever of a draft that nobody has worked on."""
    keeper: Keeper | None = None
    """What activities of this kind keep on persons, and how it is given to them and erased. None: nothing."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something the worker does when it is due: `due` is a cheap question, `run` opens its own transactions."""

    name: str
    due: Callable[[Connection, datetime], bool]
    run: Callable[[Runtime, datetime], int]
