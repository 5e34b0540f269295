"""Tables of discussions."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, BigId, UtcDateTime


class ForumUse(Base):
    """The discussion of an activity: its task in words. The criteria stand in Activity.criteria."""

    __tablename__ = "forum_use"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text, default="")


class Thread(Base):
    """A topic. Its first post has no parent; everything else hangs below it."""

    __tablename__ = "thread"
    __table_args__ = (Index("ix_thread_list", "activity_id", "is_pinned", "last_post_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    is_pinned: Mapped[bool] = mapped_column(Boolean, default=False)
    is_locked: Mapped[bool] = mapped_column(Boolean, default=False)
    replies: Mapped[int] = mapped_column(default=0)
    """Posts below the first, hidden ones included."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_post_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Post(Base):
    """What somebody wrote: the source as typed and the HTML rendered from it once."""

    __tablename__ = "post"
    __table_args__ = (Index("ix_post_thread", "thread_id", "id"), Index("ix_post_author", "author_id", "created_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    depth: Mapped[int] = mapped_column(default=0)
    """0 the first post, 1 a reply, 2 a reply to a reply; deeper answers stay at 2 and quote."""
    source: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_hidden: Mapped[bool] = mapped_column(Boolean, default=False)
    hidden_reason: Mapped[str] = mapped_column(String(500), default="")


class ReadMark(Base):
    """Up to when a member has seen a thread."""

    __tablename__ = "read_mark"

    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)
    post_id: Mapped[int] = mapped_column()
    """The newest post that was there."""
