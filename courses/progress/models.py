"""Tables of learning time: one pointer per person, sums per item. A heartbeat appends no row."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.core.columns import Base, UtcDateTime


class LearningPointer(Base):
    """When and where a person last showed signs of life: one per person, not per tab or device (domain 3.11)."""

    __tablename__ = "learning_pointer"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    beat_ms: Mapped[int] = mapped_column(BigInteger)
    """Server time of the last beat, milliseconds since 1970: the gap is computed inside the statement."""
    gap_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    """From the beat before to the last one."""
    credit_ms: Mapped[int] = mapped_column(default=0)
    """How much of that gap was credited."""
    day: Mapped[int] = mapped_column(default=0)
    """The day of `day_ms`, as days since 1970."""
    day_ms: Mapped[int] = mapped_column(default=0)
    """Credited on that day over all items."""


class LearningTime(Base):
    """What a person has been credited in an item, and how long it stood open."""

    __tablename__ = "learning_time"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)
    credited_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    open_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    """How long the page says it stood open, credited or not; never more than the time between beats."""
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
