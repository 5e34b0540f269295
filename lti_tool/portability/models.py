"""The table of erasures: asked for, begun, done. A row that is done is gone."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, false, true
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, UtcDateTime


class Erasure(Base):
    """The erasure of one person, from the wish for it until nothing of him is left."""

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), unique=True)
    keeps_posts: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """What the person wrote in discussions stays, without the name."""
    leaves_trail: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    """The nameless trail stays, so that counts stay right; not of a test user, who counts nowhere."""
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """NULL: a member's own wish, which the operator has not carried out yet."""
    emptied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When nothing was left for the first time; the worker looks once more, for requests that were on their way."""
