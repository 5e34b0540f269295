"""All that a launch does, in order."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from lti_tool.identity.actor import Role
from lti_tool.identity.sessions import NewGrant, open_session
from lti_tool.launch.rules.claims import DATA_PRIVACY, Endpoint
from lti_tool.launch.services import logins
from lti_tool.launch.services.landing import asking
from lti_tool.launch.services.landing.adoption import from_ancestors, outline_from_history
from lti_tool.launch.services.landing.arrival import Arrival, Landed, Link, StateNotUsable
from lti_tool.launch.services.landing.columns import column_of
from lti_tool.launch.services.landing.dates import keep_dates
from lti_tool.launch.services.landing.links import place
from lti_tool.launch.services.landing.people import STAFF, context_of, enrol, member_of
from lti_tool.launch.services.landing.privacy import to_data
from lti_tool.launch.services.landing.reviewing import to_review
from lti_tool.ledger.kinds import Kind
from lti_tool.ledger.services import requeue_members


def land(connection: Connection, arrival: Arrival, now: datetime, kinds: Mapping[str, Kind]) -> Landed:
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
    if claims.message_type == DATA_PRIVACY and claims.for_user is not None:
        return to_data(connection, arrival, claims.for_user, now)
    context_id = context_of(connection, arrival, now)
    member_id = member_of(connection, arrival, now)
    is_back = enrol(connection, context_id, member_id, arrival.standing, now, claims.custom.groups)
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
            mentored=claims.mentored if arrival.standing.role is Role.mentor else (),
        ),
        carrier=arrival.carrier,
        now=now,
        former_token=arrival.former_token,
    )
    if claims.for_user is not None:
        return to_review(connection, arrival, claims.for_user, context_id=context_id, token=token)
    if arrival.standing.role is Role.mentor:
        return Landed(token, None, None, None, None, mentored_in=context_id)
    choice = {
        "context_id": context_id,
        "member_id": member_id,
        "session_id": session_id,
        "deployment_id": arrival.deployment.id,
        "created_at": now,
        "expires_at": now + asking.CHOICE_LIFE,
    }
    if claims.deep_linking is not None:
        outline_from_history(connection, kinds, arrival, context_id=context_id, member_id=member_id, now=now)
        return Landed(token, None, None, None, asking.by_deep_linking(connection, claims, choice))
    link = place(connection, context_id, claims, now)
    keep_dates(connection, link, claims.dates)
    if link.activity_id is None:
        link = from_ancestors(
            connection, kinds, arrival, context_id=context_id, member_id=member_id, link=link, now=now
        )
    _queue_scores(connection, link, claims.endpoint, context_id, member_id if is_back else None, now)
    if link.activity_id is not None:
        if link.is_published or arrival.standing.role in STAFF:
            return Landed(token, link.id, link.activity_id, link.kind, None)
        return Landed(token, link.id, None, None, None)
    choice_id = None
    if arrival.standing.role is Role.instructor:
        choice_id = asking.by_link(connection, link.id, claims.endpoint, choice)
    return Landed(token, link.id, None, None, choice_id)


def _queue_scores(
    connection: Connection, link: Link, endpoint: Endpoint, context_id: int, back_id: int | None, now: datetime
) -> None:
    """What the LMS can be told from now on: to a column that has appeared, of a member who is back (`back_id`)."""
    if link.activity_id is not None:
        column_of(connection, link, endpoint, now)
    if back_id is not None:
        requeue_members(connection, context_id=context_id, member_ids=[back_id], now=now)
