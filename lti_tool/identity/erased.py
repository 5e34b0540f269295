"""Who was erased: a mark in the place of a name, so that the next roster does not bring the name back (ID-12).

A mark is an HMAC of registration and `sub` under a key of its own. That key lies encrypted in the database, so the marks
can still be read after `DANGKE_SECRET` has changed as often as it may; whoever has only the rows learns nothing from them.
Whoever launches again comes back by his own act: then there is a member again, and the mark says nothing any more.
"""

import hmac
import secrets
from collections.abc import Collection

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from lti_tool.core.columns import upsert
from lti_tool.core.secrets import Keys
from lti_tool.identity.models import ErasedMember, ErasureKey, Member

PURPOSE = "erased-member"
_ONLY = 1
AT_ONCE = 500


def is_erased(database: Session | Connection, keys: Keys, registration_id: int, sub: str) -> bool:
    """Whether this person was erased and has not come back since. At most three statements."""
    return sub in erased_among(database, keys, registration_id, [sub])


def erased_among(
    database: Session | Connection, keys: Keys, registration_id: int, subs: Collection[str]
) -> frozenset[str]:
    """Which of these were erased and have not come back: of them a roster may write nothing, no name and no row.

    Ask in the transaction that writes. At most 500 at once; at most three statements. Raises CannotDecrypt when the secret
    was changed without a rotation: better no roster than one that brings names back.
    """
    if len(subs) > AT_ONCE:
        raise ValueError(f"more than {AT_ONCE} at once")
    key = _key(database, keys) if subs else None
    if key is None:
        return frozenset()
    marks = {_mark(key, registration_id, sub): sub for sub in subs}
    erased = database.execute(
        select(ErasedMember.mark).where(
            ErasedMember.registration_id == registration_id, ErasedMember.mark.in_(marks.keys())
        )
    )
    gone = {marks[row.mark] for row in erased}
    if not gone:
        return frozenset()
    back = database.execute(select(Member.sub).where(Member.registration_id == registration_id, Member.sub.in_(gone)))
    return frozenset(gone - {row.sub for row in back})


def remember(connection: Connection, keys: Keys, registration_id: int, sub: str) -> None:
    """Lay down the mark of somebody who is being erased. Repeating it changes nothing; at most three statements."""
    key = _key(connection, keys) or _made(connection, keys)
    connection.execute(
        upsert(ErasedMember, connection.dialect.name)
        .values(registration_id=registration_id, mark=_mark(key, registration_id, sub))
        .on_conflict_do_nothing()
    )


def anonymise(connection: Connection, member_id: int) -> None:
    """Take `sub`, name and place in the organisation from the row. One statement; nobody finds his way to it any more."""
    connection.execute(
        update(Member)
        .where(Member.id == member_id)
        .values(sub=f"erased:{secrets.token_hex(16)}", name="", org_unit_id=None, is_erased=True)
    )


def rewrap(session: Session, keys: Keys) -> int:
    """Encrypt the key of the marks with the present secret; returns 1 if it was another's. Raises CannotDecrypt."""
    row = session.get(ErasureKey, _ONLY)
    if row is None or keys.is_current(PURPOSE, row.key):
        return 0
    row.key = keys.encrypt(PURPOSE, keys.decrypt(PURPOSE, row.key))
    session.flush()
    return 1


def is_outdated(session: Session, keys: Keys) -> bool:
    """Whether only the previous secret opens the key of the marks."""
    row = session.get(ErasureKey, _ONLY)
    return row is not None and not keys.is_current(PURPOSE, row.key)


def _key(database: Session | Connection, keys: Keys) -> bytes | None:
    stored = database.execute(select(ErasureKey.key).where(ErasureKey.id == _ONLY)).scalar()
    return None if stored is None else keys.decrypt(PURPOSE, stored)


def _made(connection: Connection, keys: Keys) -> bytes:
    """The key, made by whoever needs it first; of two at once, one is kept and both use it."""
    connection.execute(
        upsert(ErasureKey, connection.dialect.name)
        .values(id=_ONLY, key=keys.encrypt(PURPOSE, secrets.token_bytes(32)))
        .on_conflict_do_nothing()
    )
    kept = _key(connection, keys)
    if kept is None:
        raise RuntimeError("the key of the marks is not there")
    return kept


def _mark(key: bytes, registration_id: int, sub: str) -> str:
    return hmac.digest(key, f"{registration_id}:{sub}".encode(), "sha256").hex()
