"""Tables of the roster: how far the reading of a course's list is, and what it has read so far."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, Json, UtcDateTime, text_enum
from lti_tool.identity.actor import Role


class SyncState(StrEnum):
    """How far a reading is. What it brings is used in `merging` and `done` only."""

    reading = "reading"
    merging = "merging"
    done = "done"
    failed = "failed"


class RosterSync(Base):
    """The last reading of one course's roster, and when one was complete."""

    __tablename__ = "roster_sync"

    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"), primary_key=True, autoincrement=False)
    state: Mapped[SyncState] = mapped_column(text_enum(SyncState))
    run: Mapped[int] = mapped_column(default=1)
    """Rises with every reading, so that one that has been taken over by another writes nothing more."""
    cause: Mapped[str] = mapped_column(String(40), default="")
    """Why it failed, as a code; empty if it did not."""
    failures: Mapped[int] = mapped_column(default=0)
    """In a row."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pages: Mapped[int] = mapped_column(default=0)
    """Read so far."""
    complete_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last complete reading began: who launched later knows better. NULL: there was none."""
    listed: Mapped[int] = mapped_column(default=0)
    """How many people the last complete reading named."""
    came: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many people the last complete reading brought into the course, or back."""
    gone: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many it hid."""
    renamed: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many it gave another name."""
    nameless: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of those whom the last complete reading of the whole list named: how many by their number only."""
    differences_url: Mapped[str | None] = mapped_column(String(2000))
    """Where the LMS tells what has changed since (NRPS 2.4.3), if it offers that."""
    groups_cause: Mapped[str] = mapped_column(String(40), default="")
    """Why the groups could not be read, as a code; empty if they were, or there is no such service."""


class RosterRow(Base):
    """One person of a list that is being read; nobody looks at it until the list is complete."""

    __tablename__ = "roster_row"
    __table_args__ = (UniqueConstraint("context_id", "sub"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    sub: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(200))
    is_named: Mapped[bool] = mapped_column(Boolean)
    """False: `name` is a pseudonym, and takes no name away."""
    role: Mapped[Role | None] = mapped_column(text_enum(Role))
    """NULL: the list says nothing that we know about a role here."""
    gradable: Mapped[bool] = mapped_column(Boolean)
    is_active: Mapped[bool] = mapped_column(Boolean)
    groups: Mapped[list[str] | None] = mapped_column(Json)
    """Ids of the LMS's groups; NULL: the list does not speak of groups."""
