"""Who is asking now: the grants of this request, from one of two carriers.

The carrier is the `__Host-dk` Partitioned cookie, or `Authorization: Bearer` in pages launched without cookies. All
grants of the session come with one statement and are kept for the request. A view names the context of the object it
addresses; there is no "current course".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from flask import Response, g, request
from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy.orm import Session

from lti_tool.core import security
from lti_tool.core.database import Busy
from lti_tool.core.errors import NotFound, Previewing
from lti_tool.core.hot import Hot
from lti_tool.core.i18n import Preferences
from lti_tool.core.logs import log
from lti_tool.core.web import runtime
from lti_tool.identity import grants
from lti_tool.identity.actor import Actor, Can, Carrier
from lti_tool.identity.grants import WIDTH, Found
from lti_tool.identity.models import BrowserSession, Member, Registration
from lti_tool.identity.sessions import IDLE, hash_token

COOKIE = "__Host-dk"
TOUCH = timedelta(minutes=5)
MOST_AWAKE = 20_000


@dataclass(frozen=True, slots=True)
class Asking:
    """The session of this request with the grants it holds, by context."""

    session_id: int
    member_id: int
    carrier: Carrier
    locale: str | None
    scheme: str | None
    seen_at: datetime
    grants: dict[int, Actor]


def token() -> tuple[str, Carrier] | None:
    """The token this request carries; a bearer header wins over a cookie."""
    environ = request.environ
    header = environ.get("HTTP_AUTHORIZATION", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip(), Carrier.bearer
    # Only ours is looked for: reading all cookies of a jar takes longer than finding the session in the database.
    for part in environ.get("HTTP_COOKIE", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and value:
            return value, Carrier.cookie
    return None


def token_hash() -> str | None:
    """The stored form of this request's token, for hot paths whose own SQL joins browser_session."""
    carried = token()
    return hash_token(carried[0]) if carried else None


_GRANTS = Hot(grants.statement())
"""Built once: building a statement costs more than running it."""


class Beside:
    """What a page reads of its member, in one statement with the grants of the session, where two would wait twice.

    The columns are read for a session that is good and has a grant for `context`, and for no other.
    """

    def __init__(self, context: ColumnElement[Any], *columns: ColumnElement[Any]) -> None:
        """`context`: the one that the page belongs to. `columns` may name grants.MEMBER, and parameters of their own."""
        self._statement = Hot(grants.beside(context, columns))

    def read(self, connection: Connection, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The columns of the first grant that has them; None without one. `asking` knows the session from then on."""
        carried = token()
        rows = _rows(self._statement, connection, carried, values)
        g.asking = _asking_of([Found._make(row[:WIDTH]) for row in rows], carried)
        if not rows:
            _show_where_it_was(connection, carried)
        return next((row[WIDTH:] for row in rows if any(value is not None for value in row[WIDTH:])), None)


def asking(database: Session | Connection) -> Asking | None:
    """The session of this request, or None. One statement, once per request."""
    if "asking" not in g:
        g.asking = _load(database)
    found: Asking | None = g.asking
    return found


def _load(database: Session | Connection) -> Asking | None:
    carried = token()
    rows = _rows(_GRANTS, database, carried, {})
    if not rows:
        _show_where_it_was(database, carried)
    return _asking_of([Found._make(row) for row in rows], carried)


_Carried = tuple[str, Carrier] | None


def _show_where_it_was(database: Session | Connection, carried: _Carried) -> None:
    """A session that is over by time: what is answered is seen in the LMS's frame all the same (WS-05).

    It says to open it from the course again; without this the browser shows an empty frame. One statement, and only for
    whoever carries a token.
    """
    if carried is None or len(carried[0]) > 100:
        return
    statement = (
        select(Registration.frame_origins)
        .join(Member, Member.registration_id == Registration.id)
        .join(BrowserSession, BrowserSession.member_id == Member.id)
        .where(BrowserSession.token_hash == hash_token(carried[0]), BrowserSession.carrier == carried[1])
    )
    security.allow_frames(database.execute(statement).scalar() or ())


def _rows(
    statement: Hot, database: Session | Connection, carried: _Carried, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """What the statement finds for the token that this request carries; nothing without one."""
    if carried is None or len(carried[0]) > 100:
        return []
    now = runtime().clock.now()
    of_token = {
        "the_hash": hash_token(carried[0]), "the_carrier": carried[1], "the_moment": now, "idle_since": now - IDLE
    }  # fmt: skip
    return statement.all(database, {**of_token, **values})


def _asking_of(rows: Sequence[Found], carried: _Carried) -> Asking | None:
    if not rows or carried is None:
        return None
    first = rows[0]
    security.allow_frames(first.frame_origins)
    held = {
        row.context_id: Actor(
            session_id=row.session_id,
            grant_id=row.grant_id,
            context_id=row.context_id,
            member_id=row.session_member_id,
            tenant_id=row.tenant_id,
            registration_id=row.registration_id,
            role=row.role,
            gradable=row.gradable,
            preview=row.preview,
            locale=row.locale,
            document_target=row.document_target,
            return_url=row.return_url,
            resource_link_id=row.resource_link_id,
            name=row.name,
            carrier=carried[1],
            zone=row.timezone,
            course=row.title,
            own_role=row.own_role,
        )
        for row in rows
        if row.grant_id is not None
    }
    return Asking(
        session_id=first.session_id,
        member_id=first.session_member_id,
        carrier=carried[1],
        locale=first.chosen_locale,
        scheme=first.scheme,
        seen_at=first.seen_at,
        grants=held,
    )


def actor(database: Session | Connection, context_id: int, can: Can = Can.learn) -> Actor:
    """The grant of this request for `context_id`.

    Raises NotFound if there is none or its role does not allow `can`: what is not yours does not exist. Raises Previewing
    if it would, were its holder not viewing the course as a member.
    """
    found = asking(database)
    grant = found.grants.get(context_id) if found else None
    if grant is None:
        raise NotFound
    if not grant.can(can):
        refuse(grant, can)
    g.actor = grant
    return grant


def refuse(grant: Actor, can: Can) -> NoReturn:
    """Raises Previewing to who may do it, but not while viewing the course as a member; NotFound to all others."""
    if grant.could(can):
        g.actor = grant
        raise Previewing
    raise NotFound


def any_actor(database: Session | Connection) -> Actor:
    """Some grant of this request, for pages that belong to the person and not to a course.

    Raises NotFound without a session.
    """
    found = asking(database)
    if found is None or not found.grants:
        raise NotFound
    grant: Actor = g.get("actor") or max(found.grants.values(), key=lambda each: each.grant_id)
    g.actor = grant
    return grant


def preferences() -> Preferences:
    """What is known about the reader of this page: choices by hand first, then what the launch said.

    Every text asks for it, so it is put together once per session and grant that the request has loaded.
    """
    found: Asking | None = g.get("asking")
    if found is None:
        return _UNKNOWN
    grant: Actor | None = g.get("actor")
    known: tuple[Asking, Actor | None, Preferences] | None = g.get("reader")
    if known is None or known[0] is not found or known[1] is not grant:
        known = g.reader = (found, grant, _preferences(found, grant or next(iter(found.grants.values()), None)))
    return known[2]


_UNKNOWN = Preferences()


def _preferences(found: Asking, grant: Actor | None) -> Preferences:
    if grant is None:
        return Preferences(language=found.locale, scheme=found.scheme)
    return Preferences(
        language=found.locale,
        launch_locale=grant.locale,
        scheme=found.scheme,
        is_framed={"iframe": True, "frame": True, "window": False}.get(grant.document_target),
        zone=grant.zone,
    )


def touch() -> None:
    """After a response: say at most every 5 minutes that this session is in use (idle time, WS-05)."""
    found: Asking | None = g.get("asking")
    if found is None:
        return
    now = runtime().clock.now()
    if now - found.seen_at >= TOUCH:
        _say_in_use(BrowserSession.id == found.session_id, now)


def stay_awake() -> None:
    """The same for hot paths, which do not load the session: call it when their own statement has found it good.

    When this process last wrote is kept in memory, so that the others of 5 minutes cost nothing.
    """
    carried = token_hash()
    if carried is None:
        return
    known: dict[str, datetime] = runtime().services.setdefault("awake", {})
    now = runtime().clock.now()
    if len(known) >= MOST_AWAKE:
        known.clear()
    # The page that sends these requests has been loaded before, and said so then.
    if now - known.setdefault(carried, now) >= TOUCH:
        known[carried] = now
        _say_in_use(BrowserSession.token_hash == carried, now)


def _say_in_use(condition: ColumnElement[bool], now: datetime) -> None:
    try:
        with runtime().database.writing_core() as connection:
            connection.execute(update(BrowserSession).where(condition).values(seen_at=now))
    except Busy:
        # What was asked for is done; the next request says it again.
        log.warning("session_not_touched")


def set_cookie(response: Response, value: str) -> None:
    """Give the browser its token (WS-01): opaque, HttpOnly, Secure, SameSite=None and Partitioned for LMS frames."""
    response.set_cookie(COOKIE, value, secure=True, httponly=True, path="/", samesite="None", partitioned=True)


def forget_cookie(response: Response) -> None:
    """Take the token away from the browser; with the same attributes, else a Partitioned cookie stays."""
    response.delete_cookie(COOKIE, secure=True, httponly=True, path="/", samesite="None", partitioned=True)
