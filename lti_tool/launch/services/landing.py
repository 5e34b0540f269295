"""The landing of a verified launch: state used, course, member, enrolment, session, link and column, in at most 9 statements.

Everything stands in one writing transaction of SQLAlchemy Core; each statement is an upsert that says back what the next
one needs, and is built once per process. A column that has just appeared costs one more (`requeue`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, literal_column, or_, select
from sqlalchemy.orm import Session

from lti_tool.core.columns import upsert
from lti_tool.identity.actor import Carrier, Role
from lti_tool.identity.models import Context, Enrolment, EnrolmentSource, Member, Tenant
from lti_tool.identity.sessions import NewGrant, open_session
from lti_tool.launch.models import DeepLinkRequest
from lti_tool.launch.refused import Refused
from lti_tool.launch.registry import Known, KnownDeployment
from lti_tool.launch.rules.claims import Claims, Endpoint
from lti_tool.launch.rules.roles import Standing
from lti_tool.launch.services import logins
from lti_tool.ledger.models import Activity, ActivityStatus, LineItem, LineItemSource, LineItemState, Placement
from lti_tool.ledger.services import requeue

CHOICE_LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified launch, ready to land."""

    claims: Claims
    known: Known
    deployment: KnownDeployment
    standing: Standing
    pseudonym: str
    """The name of a member whom the LMS does not name; used only if we know none either."""
    state: str
    nonce: str
    secret: str
    former_token: str | None


@dataclass(frozen=True, slots=True)
class Landed:
    """Where a launch has landed."""

    token: str
    placement_id: int | None
    activity_id: int | None
    kind: str | None
    choice_id: int | None
    """Somebody who may author has to choose first."""


class StateNotUsable(Exception):
    """The state could not be used up; `logins.explain` says why, after this transaction was rolled back."""


def land(connection: Connection, arrival: Arrival, now: datetime) -> Landed:
    """Do all that a launch does. Raises StateNotUsable or Refused; then nothing of it may be kept."""
    claims = arrival.claims
    if not logins.use(
        connection,
        state=arrival.state,
        registration_id=arrival.known.id,
        deployment_id=arrival.deployment.id,
        nonce=arrival.nonce,
        secret=arrival.secret,
        target_link_uri=claims.target_link_uri,
        now=now,
    ):
        raise StateNotUsable
    context_id = _context(connection, arrival, now)
    member_id = _member(connection, arrival, now)
    _enrol(connection, context_id, member_id, arrival.standing, now)
    token, session_id = open_session(
        connection,
        grant=NewGrant(
            context_id=context_id,
            member_id=member_id,
            role=arrival.standing.role,
            resource_link_id=claims.resource_link_id,
            return_url=claims.return_url,
            locale=claims.locale,
            document_target=claims.document_target,
            gradable=arrival.standing.gradable,
        ),
        carrier=Carrier.cookie,
        now=now,
        former_token=arrival.former_token,
    )
    choice = {
        "context_id": context_id,
        "member_id": member_id,
        "session_id": session_id,
        "deployment_id": arrival.deployment.id,
        "created_at": now,
        "expires_at": now + CHOICE_LIFE,
    }
    if claims.deep_linking is not None:
        return Landed(token, None, None, None, _asked_by_deep_linking(connection, claims, choice))
    link = _placement(connection, context_id, claims, now)
    if link.activity_id is not None:
        column_of(connection, link.id, link.maximum, link.token, claims.endpoint, now)
        return Landed(token, link.id, link.activity_id, link.kind, None)
    choice_id = None
    if arrival.standing.role is Role.instructor:
        choice_id = _asked_by_link(connection, link.id, claims.endpoint, choice)
    return Landed(token, link.id, None, None, choice_id)


@cache
def _context_statement(dialect: str, *, is_instructor: bool) -> Any:
    # Dates of a new course are shown and typed in its school's zone.
    zone = select(Tenant.timezone).where(Tenant.id == bindparam("of_tenant")).scalar_subquery()
    statement = upsert(Context.__table__, dialect).values(timezone=zone)
    kept = {"title": statement.excluded.title, "label": statement.excluded.label} if is_instructor else {}
    return statement.on_conflict_do_update(
        index_elements=["deployment_id", "context_key"],
        set_=kept or {"context_key": statement.excluded.context_key},
    ).returning(Context.id)


def _context(connection: Connection, arrival: Arrival, now: datetime) -> int:
    """The course; its title follows each launch of an instructor (CT-10)."""
    claims = arrival.claims
    is_instructor = arrival.standing.role is Role.instructor and claims.context_title != ""
    return int(
        connection.execute(
            _context_statement(connection.dialect.name, is_instructor=is_instructor),
            {
                "deployment_id": arrival.deployment.id,
                "tenant_id": arrival.deployment.tenant_id,
                "context_key": claims.context_key,
                "title": claims.context_title or claims.resource_title,
                "label": claims.context_label,
                "of_tenant": arrival.deployment.tenant_id,
                "history": [],
                "created_at": now,
            },
        ).scalar_one()
    )


@cache
def _member_statement(dialect: str, *, is_named: bool) -> Any:
    statement = upsert(Member.__table__, dialect)
    kept = {"name": statement.excluded.name} if is_named else {"sub": statement.excluded.sub}
    return statement.on_conflict_do_update(index_elements=["registration_id", "sub"], set_=kept).returning(Member.id)


def _member(connection: Connection, arrival: Arrival, now: datetime) -> int:
    """The person: registration and sub, never the e-mail (ID-05). A name once known is not taken away by its absence."""
    name = arrival.claims.name
    return int(
        connection.execute(
            _member_statement(connection.dialect.name, is_named=bool(name)),
            {
                "registration_id": arrival.known.id,
                "tenant_id": arrival.deployment.tenant_id,
                "sub": arrival.claims.sub,
                "name": name or arrival.pseudonym,
                "created_at": now,
            },
        ).scalar_one()
    )


@cache
def _enrolment_statement(dialect: str) -> Any:
    statement = upsert(Enrolment.__table__, dialect)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["context_id", "member_id"],
        set_={
            "role": new.role,
            "source": new.source,
            "is_active": new.is_active,
            "gradable": new.gradable,
            "last_launch_at": new.last_launch_at,
        },
    )


def _enrol(connection: Connection, context_id: int, member_id: int, standing: Standing, now: datetime) -> None:
    connection.execute(
        _enrolment_statement(connection.dialect.name),
        {
            "context_id": context_id,
            "member_id": member_id,
            "role": standing.role,
            "source": EnrolmentSource.launch,
            "is_active": True,
            "gradable": standing.gradable,
            "last_launch_at": now,
        },
    )


@cache
def _placement_statement(dialect: str) -> Any:
    """Upsert of the link; binds it by the activity token of its custom parameters, in its own course only (CT-07)."""
    table = Placement.__table__
    named = (
        select(Activity.id)
        .where(
            Activity.token == bindparam("activity_token"),
            Activity.context_id == bindparam("context_id"),
            Activity.status != ActivityStatus.archived,
        )
        .scalar_subquery()
    )
    statement = upsert(table, dialect).values(
        context_id=bindparam("context_id"),
        resource_link_id=bindparam("resource_link_id"),
        activity_id=named,
        title=bindparam("title"),
        lineitems_url=bindparam("lineitems_url"),
        scopes=bindparam("scopes", type_=table.c.scopes.type),
        created_at=bindparam("created_at", type_=table.c.created_at.type),
    )
    new = statement.excluded
    of = Activity.__table__.alias("shown")

    def shown(column: Any) -> Any:
        return select(column).where(of.c.id == literal_column("placement.activity_id")).scalar_subquery()

    return statement.on_conflict_do_update(
        index_elements=["context_id", "resource_link_id"],
        set_={
            "activity_id": func.coalesce(table.c.activity_id, new.activity_id),
            "title": new.title,
            "lineitems_url": new.lineitems_url,
            "scopes": new.scopes,
        },
    ).returning(
        table.c.id,
        table.c.activity_id,
        shown(of.c.kind).label("kind"),
        shown(of.c.maximum).label("maximum"),
        shown(of.c.token).label("token"),
    )


def _placement(connection: Connection, context_id: int, claims: Claims, now: datetime) -> Any:
    return connection.execute(
        _placement_statement(connection.dialect.name),
        {
            "context_id": context_id,
            "resource_link_id": claims.resource_link_id,
            "activity_token": claims.activity_token,
            "title": claims.resource_title,
            "lineitems_url": claims.endpoint.line_items or None,
            "scopes": list(claims.endpoint.scopes),
            "created_at": now,
        },
    ).one()


def column_of(
    connection: Connection, placement_id: int, maximum: int, resource_id: str, endpoint: Endpoint, now: datetime
) -> None:
    """Bring the link's column up to what the launch claims; if it has just become usable, queue what waits for it.

    One statement, and one more in that case. A column that we found or made ourselves is not taken away because a
    launch does not name it.
    """
    state, url, cause = _claimed(endpoint)
    changed = connection.execute(
        _column_statement(connection.dialect.name),
        {
            "placement_id": placement_id,
            "url": url,
            "resource_id": resource_id,
            "tag": "",
            "maximum": maximum,
            "source": LineItemSource.claimed if url else None,
            "state": state,
            "cause": cause,
            "checked_at": now,
        },
    ).first()
    if changed is not None and state is LineItemState.ready:
        with Session(connection) as session:
            requeue(session, line_item_id=changed.id, now=now)


def _claimed(endpoint: Endpoint) -> tuple[LineItemState, str | None, str]:
    """(state, URL, cause) of a column as the AGS claim tells it."""
    if endpoint.line_item == "":
        return LineItemState.gone, None, "gone"
    if endpoint.line_item is None:
        return LineItemState.none, None, "not_allowed" if endpoint.line_items else "no_service"
    if not endpoint.may_score:
        return LineItemState.forbidden, endpoint.line_item, "no_scope"
    return LineItemState.ready, endpoint.line_item, ""


@cache
def _column_statement(dialect: str) -> Any:
    table = LineItem.__table__
    statement = upsert(table, dialect)
    old, new = table.c, statement.excluded
    has_appeared = and_(
        new.url.is_not(None),
        or_(
            old.url.is_distinct_from(new.url),
            old.state.in_([LineItemState.none, LineItemState.gone]),
            and_(old.cause == "no_scope", new.cause == ""),
            and_(old.cause == "", new.cause == "no_scope"),
        ),
    )
    has_vanished = and_(
        new.url.is_(None),
        or_(old.source.is_(None), old.source == LineItemSource.claimed),
        or_(old.state != new.state, old.cause != new.cause),
    )
    return statement.on_conflict_do_update(
        index_elements=["placement_id"],
        set_={
            "url": new.url,
            "source": new.source,
            "state": new.state,
            "cause": new.cause,
            "checked_at": new.checked_at,
        },
        where=or_(has_appeared, has_vanished),
    ).returning(old.id)


def _asked_by_link(connection: Connection, placement_id: int, endpoint: Endpoint, choice: dict[str, Any]) -> int:
    return _choice(
        connection,
        choice | {"placement_id": placement_id, "line_item_url": endpoint.line_item, "scopes": list(endpoint.scopes)},
    )


def _asked_by_deep_linking(connection: Connection, claims: Claims, choice: dict[str, Any]) -> int:
    asked = claims.deep_linking
    if asked is None:
        raise Refused("deep_linking")
    return _choice(
        connection,
        choice
        | {
            "return_url": asked.return_url,
            "accept_types": list(asked.accept_types),
            "targets": list(asked.targets),
            "accepts_line_item": asked.accepts_line_item,
            "data": asked.data,
        },
    )


def _choice(connection: Connection, values: dict[str, Any]) -> int:
    return int(connection.execute(insert(DeepLinkRequest).values(values).returning(DeepLinkRequest.id)).scalar_one())
