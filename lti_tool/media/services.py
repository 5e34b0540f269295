"""Writes of uploads. The bytes are on disk before the transaction begins."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.core.columns import upsert
from lti_tool.core.text import clean_line
from lti_tool.identity.actor import Actor
from lti_tool.identity.models import Context
from lti_tool.media.models import File, MediaReference
from lti_tool.media.rules import ENDINGS
from lti_tool.media.storage import Blob

LONGEST_NAME = 120


def file_name(claimed: str, mime: str) -> str:
    """The name for downloads: without folders and quotes, with the ending that the bytes have earned."""
    last = claimed.replace("\\", "/").rsplit("/", 1)[-1]
    stem = clean_line(last.rpartition(".")[0] or last, LONGEST_NAME - 10).strip(". \"'<>|:*?") or "file"
    return f"{stem}.{ENDINGS[mime]}"


def register(session: Session, *, blob: Blob, name: str, actor: Actor, now: datetime) -> MediaReference:
    """Return the reference of these bytes in the actor's context; the same bytes have the same one. Flushes."""
    dialect = session.get_bind().dialect.name
    pixels = blob.pixels
    # The course's school as it is now; the lock lets a course that is being moved to another one wait (launch.schools).
    school = session.execute(
        select(Context.tenant_id).where(Context.id == actor.context_id).with_for_update(read=True, key_share=True)
    ).scalar_one()
    session.execute(
        upsert(File.__table__, dialect)
        .values(
            tenant_id=school,
            sha256=blob.sha256,
            size=blob.size,
            mime=blob.mime,
            width=pixels.width if pixels else None,
            height=pixels.height if pixels else None,
            uploaded_by=actor.member_id,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    file_id = session.execute(select(File.id).where(File.tenant_id == school, File.sha256 == blob.sha256)).scalar_one()
    session.execute(
        upsert(MediaReference.__table__, dialect)
        .values(
            reference=secrets.token_urlsafe(16),
            context_id=actor.context_id,
            file_id=file_id,
            name=file_name(name, blob.mime),
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["context_id", "file_id"])
    )
    return session.execute(
        select(MediaReference).where(MediaReference.context_id == actor.context_id, MediaReference.file_id == file_id)
    ).scalar_one()
