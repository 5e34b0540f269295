"""The one statement that finds a session with its grants by the token that a request carries.

Parameters: the_hash, the_carrier, the_moment, idle_since.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, case, select

from lti_tool.identity.actor import Role
from lti_tool.identity.models import BrowserSession, Context, Grant, Member, Registration

# Tables, not classes: a statement of mapped classes is adapted anew each time it runs.
_session, _grant, _member = BrowserSession.__table__, Grant.__table__, Member.__table__
_context, _registration = Context.__table__, Registration.__table__


class Found(NamedTuple):
    """A session with one of its grants; without any, the grant's columns are NULL."""

    session_id: int
    session_member_id: int
    chosen_locale: str | None
    scheme: str | None
    seen_at: datetime
    grant_id: int | None
    context_id: int
    role: Role
    gradable: bool
    preview: bool
    own_role: Role | None
    locale: str
    document_target: str
    return_url: str
    resource_link_id: str
    name: str
    tenant_id: int
    registration_id: int
    timezone: str
    title: str
    frame_origins: list[str]


_COLUMNS = (
    _session.c.id.label("session_id"),
    _session.c.member_id.label("session_member_id"),
    _session.c.locale.label("chosen_locale"),
    _session.c.scheme,
    _session.c.seen_at,
    _grant.c.id.label("grant_id"),
    _grant.c.context_id,
    _grant.c.role,
    _grant.c.gradable,
    _grant.c.preview,
    _grant.c.own_role,
    _grant.c.locale,
    _grant.c.document_target,
    _grant.c.return_url,
    _grant.c.resource_link_id,
    _member.c.name,
    _context.c.tenant_id,
    _member.c.registration_id,
    _context.c.timezone,
    _context.c.title,
    _registration.c.frame_origins,
)
WIDTH = len(_COLUMNS)
"""So many columns come before those beside them."""
_HASH: ColumnElement[str] = bindparam("the_hash", type_=_session.c.token_hash.type)


def statement(*more: ColumnElement[Any]) -> Select[Any]:
    """The session of a token with its grants, and `more` in each row."""
    moment = bindparam("the_moment", type_=_session.c.expires_at.type)
    return (
        select(*_COLUMNS, *more)
        .select_from(_session)
        .join(_member, _member.c.id == _session.c.member_id)
        .join(_registration, _registration.c.id == _member.c.registration_id)
        .outerjoin(_grant, (_grant.c.session_id == _session.c.id) & (_grant.c.expires_at > moment))
        .outerjoin(_context, _context.c.id == _grant.c.context_id)
        .where(
            _session.c.token_hash == _HASH,
            _session.c.carrier == bindparam("the_carrier", type_=_session.c.carrier.type),
            _session.c.expires_at > moment,
            _session.c.seen_at > bindparam("idle_since", type_=_session.c.seen_at.type),
        )
    )


_mine = _session.alias("mine")
MEMBER = select(_mine.c.member_id).where(_mine.c.token_hash == _HASH).scalar_subquery()
"""The member of the token's session, for columns beside the grants."""


def beside(context: ColumnElement[Any], columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """The same with columns that are read where the grant is one for `context`, and are NULL elsewhere."""
    found = [case((_grant.c.context_id == context, column)) for column in columns]
    return statement(*(column.label(f"beside_{place}") for place, column in enumerate(found)))
