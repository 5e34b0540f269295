"""Reads of uploads."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from lti_tool.identity.models import BrowserSession, ContextCopy, Grant
from lti_tool.media.models import File, MediaReference


@dataclass(frozen=True, slots=True)
class Shown:
    """What is needed to serve a reference."""

    reference: str
    context_id: int
    name: str
    sha256: str
    size: int
    mime: str
    width: int | None
    height: int | None


_SHOWN = select(
    MediaReference.reference,
    MediaReference.context_id,
    MediaReference.name,
    File.sha256,
    File.size,
    File.mime,
    File.width,
    File.height,
).join(File, File.id == MediaReference.file_id)


def shown(database: Session | Connection, references: Collection[str]) -> dict[str, Shown]:
    """The given references that exist, by reference. Whether the asking person may see them is not decided here."""
    rows = database.execute(_SHOWN.where(MediaReference.reference.in_(references)))
    return {row.reference: Shown(*row) for row in rows}


def copied_to(database: Session | Connection, references: Collection[str]) -> dict[str, set[int]]:
    """The courses that pin content of a reference's course, copied when the file was there already. One statement."""
    rows = database.execute(
        select(MediaReference.reference, ContextCopy.context_id)
        .join(
            ContextCopy,
            (ContextCopy.source_id == MediaReference.context_id) & (ContextCopy.copied_at >= MediaReference.created_at),
        )
        .where(MediaReference.reference.in_(references))
    )
    found: dict[str, set[int]] = {}
    for row in rows:
        found.setdefault(row.reference, set()).add(row.context_id)
    return found


def is_granted(database: Session | Connection, grant_id: int, context_ids: Collection[int], now: datetime) -> bool:
    """Whether this grant still stands, for one of these contexts."""
    statement = (
        select(Grant.id)
        .join(BrowserSession, BrowserSession.id == Grant.session_id)
        .where(
            Grant.id == grant_id,
            Grant.context_id.in_(context_ids),
            Grant.expires_at > now,
            BrowserSession.expires_at > now,
        )
    )
    return database.execute(statement).first() is not None
