"""Tables of uploads: the file as it lies on disk, and the references by which courses show it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, UtcDateTime


class File(Base):
    """Bytes of one tenant, known by their SHA-256; never changed. The path follows from the hash."""

    __tablename__ = "media_file"
    __table_args__ = (UniqueConstraint("tenant_id", "sha256"), CheckConstraint("size > 0", name="size"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigId)
    mime: Mapped[str] = mapped_column(String(40))
    width: Mapped[int | None]
    """Pixels of an image, so that pages can keep its place; NULL for everything else."""
    height: Mapped[int | None]
    uploaded_by: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MediaReference(Base):
    """What stored HTML names: `/media/<reference>`. 128 random bits, good in one context only."""

    __tablename__ = "media_reference"
    __table_args__ = (UniqueConstraint("context_id", "file_id"), Index("ix_media_reference_file", "file_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reference: Mapped[str] = mapped_column(String(32), unique=True)
    context_id: Mapped[int] = mapped_column(ForeignKey("context.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("media_file.id"))
    name: Mapped[str] = mapped_column(String(120))
    """The file's name as its author knows it; used for downloads."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
