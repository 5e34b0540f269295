"""Autosave: the hot path. One authorising statement; a second only to say why it saved nothing.

Both are built once per database engine and run on a bare connection. That the answer fits its question is not asked
here (marking ignores what a question does not know); its shape and size are checked before.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, String, bindparam, or_, select
from sqlalchemy.orm import aliased

from lti_tool.core.columns import Json, UtcDateTime, upsert
from lti_tool.core.errors import Conflict, NotFound, SessionChanged, SessionEnded
from lti_tool.core.hot import Hot
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.identity.models import BrowserSession, Grant
from lti_tool.identity.sessions import IDLE
from quizzes.attempts.models import Answer, Attempt
from quizzes.attempts.rules import LATE_PACKETS, AttemptState


class TimeUp(Conflict):
    """The time is up or the attempt is closed: this answer was not taken."""

    code = "DK-409-TIME"
    message = _l("The time is up. What was saved before has been handed in.")
    action = _l("Look at the result.")


@dataclass(frozen=True, slots=True)
class Change:
    """One changed answer, and who claims to send it."""

    attempt_id: int
    slot: int
    seq: int
    response: Any
    session_id: int
    member_id: int
    token_hash: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database holds now for the question: this change, or a newer one."""

    seq: int
    saved_at: datetime
    ends_at: datetime | None


_ASKING = (
    BrowserSession.id == bindparam("p_session_id", type_=BigInteger),
    BrowserSession.token_hash == bindparam("p_token_hash", type_=String),
    BrowserSession.member_id == bindparam("p_member_id", type_=BigInteger),
    BrowserSession.expires_at > bindparam("p_now", type_=UtcDateTime),
    BrowserSession.seen_at > bindparam("p_idle_since", type_=UtcDateTime),
)


@cache
def _saving(dialect: str) -> Hot:
    source = (
        select(
            Attempt.id,
            bindparam("p_slot", type_=Integer),
            bindparam("p_seq", type_=BigInteger),
            bindparam("p_response", type_=Json),
            bindparam("p_now", type_=UtcDateTime),
        )
        .join(BrowserSession, BrowserSession.member_id == Attempt.member_id)
        .join(
            Grant,
            (Grant.session_id == BrowserSession.id)
            & (Grant.context_id == Attempt.context_id)
            & (Grant.expires_at > bindparam("p_now", type_=UtcDateTime)),
        )
        .where(
            Attempt.id == bindparam("p_attempt_id", type_=BigInteger),
            Attempt.state == AttemptState.in_progress,
            Attempt.slots >= bindparam("p_slot", type_=Integer),
            or_(Attempt.ends_at.is_(None), Attempt.ends_at >= bindparam("p_ended_since", type_=UtcDateTime)),
            *_ASKING,
        )
        # Whoever closes the attempt holds its row: wait for him and look again, so that no answer is acknowledged after
        # it was marked, and let him wait for this answer. SQLite has one writer only, and leaves this out.
        .with_for_update(read=True, of=Attempt)
    )
    statement = upsert(Answer, dialect).from_select(["attempt_id", "slot", "seq", "response", "saved_at"], source)
    of_attempt = aliased(Attempt)
    saving = statement.on_conflict_do_update(
        index_elements=["attempt_id", "slot"],
        set_={
            "seq": statement.excluded.seq,
            "response": statement.excluded.response,
            "saved_at": statement.excluded.saved_at,
        },
        where=statement.excluded.seq > Answer.seq,
    ).returning(
        # By the parameter, not by answer.attempt_id: RETURNING correlates nothing, and would read every attempt.
        select(of_attempt.ends_at)
        .where(of_attempt.id == bindparam("p_attempt_id", type_=BigInteger))
        .scalar_subquery()
        .label("ends_at")
    )
    return Hot(saving)


_WHY = (
    select(
        Attempt.member_id,
        Attempt.state,
        Attempt.slots,
        Attempt.ends_at,
        Answer.seq,
        Answer.saved_at,
        BrowserSession.member_id.label("asking"),
        Grant.member_id.label("granted_to"),
    )
    .outerjoin(Answer, (Answer.attempt_id == Attempt.id) & (Answer.slot == bindparam("p_slot", type_=Integer)))
    .outerjoin(
        BrowserSession,
        (BrowserSession.token_hash == bindparam("p_token_hash", type_=String))
        & (BrowserSession.expires_at > bindparam("p_now", type_=UtcDateTime))
        & (BrowserSession.seen_at > bindparam("p_idle_since", type_=UtcDateTime)),
    )
    .outerjoin(
        Grant,
        (Grant.session_id == BrowserSession.id)
        & (Grant.context_id == Attempt.context_id)
        & (Grant.expires_at > bindparam("p_now", type_=UtcDateTime)),
    )
    .where(Attempt.id == bindparam("p_attempt_id", type_=BigInteger))
)


def save(connection: Connection, change: Change, now: datetime) -> Kept:
    """Save one answer; at most two statements.

    An older `seq` than the saved one changes nothing and is told the newer. Raises NotFound (not this person's
    attempt), SessionChanged (the page belongs to a former member of this browser), SessionEnded, TimeUp.
    """
    values = {
        "p_attempt_id": change.attempt_id,
        "p_slot": change.slot,
        "p_seq": change.seq,
        "p_response": change.response,
        "p_session_id": change.session_id,
        "p_member_id": change.member_id,
        "p_token_hash": change.token_hash,
        "p_now": now,
        "p_idle_since": now - IDLE,
        "p_ended_since": now - LATE_PACKETS,
    }
    saved = _saving(connection.dialect.name).all(connection, values)
    if saved:
        return Kept(change.seq, now, saved[0][0])
    return _why_not(connection, change, values, now)


def _why_not(connection: Connection, change: Change, values: dict[str, Any], now: datetime) -> Kept:
    wanted = {name: values[name] for name in ("p_slot", "p_token_hash", "p_now", "p_idle_since", "p_attempt_id")}
    row = connection.execute(_WHY, wanted).first()
    if row is None or row.member_id != change.member_id or not 1 <= change.slot <= row.slots:
        raise NotFound
    if row.asking is not None and row.asking != change.member_id:
        raise SessionChanged  # The token is of a session that named this member, but another one asks now.
    if row.granted_to is None:
        raise SessionEnded
    if row.state is not AttemptState.in_progress or (row.ends_at is not None and row.ends_at < now - LATE_PACKETS):
        raise TimeUp
    if row.seq is not None and row.seq >= change.seq:
        return Kept(row.seq, row.saved_at, row.ends_at)
    raise SessionEnded  # The page is of a former session of this very member.
