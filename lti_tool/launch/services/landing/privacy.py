"""A data privacy launch (ID-12): to what is stored on one person, for himself or for who runs the school's platform."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from lti_tool.identity.models import Member
from lti_tool.identity.rules.roles import administers
from lti_tool.identity.sessions import open_bare_session
from lti_tool.launch.models import DataRequest
from lti_tool.launch.refused import Refused
from lti_tool.launch.services.landing.arrival import Arrival, Landed
from lti_tool.launch.services.landing.people import member_of

LIFE = timedelta(hours=1)


def to_data(connection: Connection, arrival: Arrival, for_user: str, now: datetime) -> Landed:
    """Open a session without any course, and the way to the data of the named person. At most five statements.

    Raises Refused: neither the person himself nor an administrator by exact role; or it is himself and nothing is stored,
    since a session of his would be the first thing to be stored.
    """
    claims = arrival.claims
    is_own = for_user == claims.sub
    if not is_own and not administers(claims.roles):
        raise Refused("privacy_not_yours")
    subject_id = connection.execute(
        select(Member.id).where(Member.registration_id == arrival.known.id, Member.sub == for_user)
    ).scalar()
    if is_own and subject_id is None:
        raise Refused("privacy_nothing")
    member_id = int(subject_id or 0) if is_own else member_of(connection, arrival, now)
    token, session_id = open_bare_session(
        connection, member_id=member_id, carrier=arrival.carrier, now=now, former_token=arrival.former_token
    )
    request_id = connection.execute(
        insert(DataRequest)
        .values(
            session_id=session_id, member_id=member_id, subject_id=subject_id, created_at=now, expires_at=now + LIFE
        )
        .returning(DataRequest.id)
    ).scalar_one()
    return Landed(token, None, None, None, None, data_request=int(request_id))
