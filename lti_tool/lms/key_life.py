"""What `dangke keys` does with our keys: announce, activate, retire, destroy, pin, encrypt anew. Flushes, never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lti_tool.core.errors import Conflict, NotFound
from lti_tool.core.i18n import lazy_gettext as _l
from lti_tool.core.secrets import CannotDecrypt, Keys
from lti_tool.identity import erased
from lti_tool.identity.models import Registration
from lti_tool.lms import tokens, tool_keys
from lti_tool.lms.models import AccessToken, KeyPin, ToolKey
from lti_tool.lms.rules import KeyState, Obstacle, may_activate, may_destroy, may_retire

_WORDS: Final = {
    Obstacle.not_announced: (
        _l("This key has signed before."), _l("Announce a new one; a key never begins a second time.")),
    Obstacle.too_young: (
        _l("This key has been published for less than 24 hours."),
        _l("Wait, so that every LMS has fetched it, or say --urgent if the active key has leaked.")),
    Obstacle.still_active: (
        _l("This key is still in use."), _l("Activate another key first; that retires this one.")),
    Obstacle.already_so: (_l("This key has already taken that step."), _l("`dangke keys` shows the state of each.")),
    Obstacle.too_fresh: (
        _l("This key signed less than 7 days ago."),
        _l("Wait until nothing that it signed is on its way, or say --urgent if it has leaked.")),
    Obstacle.pinned: (
        _l("Registrations are pinned to this key: their LMS keeps its public half by value."),
        _l("Give those LMSs another public key, `dangke keys unpin` them, then destroy it.")),
    Obstacle.gone: (_l("This key has been destroyed."), _l("`dangke keys` shows those that are left.")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownKey:
    """One of our keys as the operator sees it."""

    kid: str
    state: KeyState
    changed_at: datetime
    public: dict[str, Any]
    pinned: tuple[int, ...]
    """Ids of the registrations that are signed for with this key whatever is active."""


def listed(session: Session) -> list[ShownKey]:
    """All keys, oldest first. Two statements."""
    pins: dict[int, list[int]] = {}
    for pin in session.execute(select(KeyPin.key_id, KeyPin.registration_id).order_by(KeyPin.registration_id)):
        pins.setdefault(pin.key_id, []).append(pin.registration_id)
    return [
        ShownKey(row.kid, row.state, row.changed_at, row.public, tuple(pins.get(row.id, ())))
        for row in session.scalars(select(ToolKey).order_by(ToolKey.id))
    ]


def announce(session: Session, made: dict[str, Any]) -> str:
    """Publish a key that `tool_keys.new_key` made outside the transaction; it does not sign yet. Returns its kid."""
    row = ToolKey(state=KeyState.announced, **made)
    session.add(row)
    session.flush()
    return row.kid


def activate(session: Session, kid: str, now: datetime, *, is_urgent: bool = False) -> None:
    """Sign with this key from now on; the former one is retired. Raises NotFound, Conflict."""
    row = _key(session, kid)
    _check(may_activate(row.state, row.changed_at, now, is_urgent=is_urgent))
    for former in session.scalars(select(ToolKey).where(ToolKey.state == KeyState.active)):
        former.state, former.changed_at = KeyState.retired, now
    session.flush()  # One key is active at any moment: an index of the database says so.
    row.state, row.changed_at = KeyState.active, now
    session.flush()


def retire(session: Session, kid: str, now: datetime) -> None:
    """Take an announced key back before it ever signs. Raises NotFound, Conflict."""
    row = _key(session, kid)
    _check(may_retire(row.state))
    row.state, row.changed_at = KeyState.retired, now
    session.flush()


def destroy(session: Session, kid: str, now: datetime, *, is_urgent: bool = False) -> None:
    """Delete the private half and take the key out of our key set; the row stays as a record. Raises NotFound, Conflict."""
    row = _key(session, kid)
    pins = session.scalar(select(func.count()).select_from(KeyPin).where(KeyPin.key_id == row.id)) or 0
    _check(may_destroy(row.state, row.changed_at, now, pins=pins, is_urgent=is_urgent))
    row.state, row.changed_at, row.private = KeyState.destroyed, now, b""
    session.flush()


def pin(session: Session, registration_id: int, kid: str | None, now: datetime) -> str:
    """Sign for this registration with this key (the active one, if none is named) until it is unpinned.

    Returns the kid. Raises NotFound, Conflict for a destroyed key.
    """
    if session.get(Registration, registration_id) is None:
        raise NotFound(_l("There is no registration of this number."), action=_l("`dangke registrations` lists them."))
    row = _key(session, kid) if kid else _active(session)
    if row.state is KeyState.destroyed:
        _check(Obstacle.gone)
    found = session.get(KeyPin, registration_id)
    if found is None:
        session.add(KeyPin(registration_id=registration_id, key_id=row.id, created_at=now))
    else:
        found.key_id, found.created_at = row.id, now
    session.flush()
    return row.kid


def unpin(session: Session, registration_id: int) -> bool:
    """Sign for this registration with the active key again; whether it was pinned."""
    found = session.get(KeyPin, registration_id)
    if found is None:
        return False
    session.delete(found)
    session.flush()
    return True


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """What was encrypted anew: keys and tokens, and tokens that no secret opens any more (they are fetched again)."""

    keys: int
    tokens: int
    dropped: int


def rewrap(session: Session, secrets: Keys) -> Rewrapped:
    """Encrypt everything at rest with the present secret, so that the previous one may go.

    Raises CannotDecrypt when neither secret opens a key: then nothing is changed.
    """
    renewed, refreshed, dropped = 0, 0, 0
    for key in session.scalars(select(ToolKey).where(ToolKey.state != KeyState.destroyed)):
        if not secrets.is_current(tool_keys.PURPOSE, key.private):
            key.private = secrets.encrypt(tool_keys.PURPOSE, secrets.decrypt(tool_keys.PURPOSE, key.private))
            renewed += 1
    for token in session.scalars(select(AccessToken)):
        if secrets.is_current(tokens.PURPOSE, token.token):
            continue
        try:
            token.token = secrets.encrypt(tokens.PURPOSE, secrets.decrypt(tokens.PURPOSE, token.token))
            refreshed += 1
        except CannotDecrypt:
            session.execute(delete(AccessToken).where(AccessToken.id == token.id))
            dropped += 1
    session.flush()
    return Rewrapped(renewed + erased.rewrap(session, secrets), refreshed, dropped)


def outdated(session: Session, secrets: Keys) -> Sequence[str]:
    """Names of keys that only the previous secret opens; while there is one, DANGKE_SECRET_PREVIOUS must stay."""
    rows = session.execute(select(ToolKey.kid, ToolKey.private).where(ToolKey.state != KeyState.destroyed))
    ours = [row.kid for row in rows if not secrets.is_current(tool_keys.PURPOSE, row.private)]
    return [*ours, *([erased.PURPOSE] if erased.is_outdated(session, secrets) else [])]


def _key(session: Session, kid: str) -> ToolKey:
    found = session.scalar(select(ToolKey).where(ToolKey.kid == kid))
    if found is None:
        raise NotFound(_l("There is no key of this name."), action=_l("`dangke keys` lists them."))
    return found


def _active(session: Session) -> ToolKey:
    found = session.scalar(select(ToolKey).where(ToolKey.state == KeyState.active))
    if found is None:
        raise tool_keys.NoToolKey
    return found


def _check(obstacle: Obstacle | None) -> None:
    if obstacle is not None:
        message, action = _WORDS[obstacle]
        raise Conflict(message, action=action)
